import { Reader } from "jute-ts";
import { isAscii, viewOf } from "../base/bytes.ts";
import { STAT_PERSISTED_BYTES } from "./client/shared.ts";

/**
 * A node of a snapshot where it lies in the bytes that were read: ustring path, buffer data, long ACL key, StatPersisted
 * (on-disk-formats 4.4). One is used for a million of them, so it is good only until it is moved to the next; what its getters give are
 * views and texts made anew at each call.
 */
export class NodeRecord {
  bytes: Uint8Array = NOTHING;
  view: DataView = viewOf(NOTHING);
  /** The path is bytes[pathAt, pathEnd). */
  pathAt = 0;
  pathEnd = 0;
  /** -1 for null. */
  dataLength = -1;

  /** The node whose record begins at `at`, with a path and data of these lengths. */
  move(bytes: Uint8Array, view: DataView, at: number, pathLength: number, dataLength: number): void {
    this.bytes = bytes;
    this.view = view;
    this.pathAt = at + 4;
    this.pathEnd = this.pathAt + pathLength;
    this.dataLength = dataLength;
  }

  /** The root, whose path is "". */
  get isRoot(): boolean {
    return this.pathAt === this.pathEnd;
  }

  get path(): string {
    const reader = new Reader(this.bytes, this.pathAt - 4, this.pathEnd, this.pathEnd);
    return reader.ustring() ?? "";
  }

  get data(): Uint8Array | null {
    return this.dataLength < 0 ? null : this.bytes.subarray(this.dataAt, this.keyAt);
  }

  get dataAt(): number {
    return this.pathEnd + 4;
  }

  get aclKey(): bigint {
    return this.view.getBigInt64(this.keyAt);
  }

  get stat(): Uint8Array {
    return this.bytes.subarray(this.statAt, this.statAt + STAT_PERSISTED_BYTES);
  }

  /** Where the ACL key lies. */
  get keyAt(): number {
    return this.dataAt + Math.max(0, this.dataLength);
  }

  get statAt(): number {
    return this.keyAt + 8;
  }

  /** Whether the path's bytes are those of its characters. */
  get isAscii(): boolean {
    return isAscii(this.bytes, this.pathAt, this.pathEnd);
  }
}

const NOTHING = new Uint8Array(0);

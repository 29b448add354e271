import { DecodeError, Reader } from "jute-ts";
import { unreachable } from "../base/assert.ts";
import { ByteQueue } from "../base/byteQueue.ts";
import { viewOf } from "../base/bytes.ts";
import { adler32 } from "../base/checksum.ts";
import { toZxid, ZXID_ZERO, type Zxid } from "../base/zxid.ts";
import { ACL, STAT_PERSISTED_BYTES } from "../wire/client/shared.ts";
import { FileHeader, SNAPSHOT_MAGIC } from "../wire/files.ts";
import { NodeRecord } from "../wire/nodeRecord.ts";
import {
  DIGEST_SECTION_BYTES,
  LAST_ZXID_SECTION_BYTES,
  SEAL_BYTES,
  SNAPSHOT_TERMINATOR,
  type SnapshotDigest,
  type SnapshotForm,
  STREAM_SIGNATURE_BYTES,
} from "./snapshotEncoder.ts";

/** Takes what a snapshot holds, in the order of the bytes: sessions, ACL table, nodes (parents first, the root as ""). */
export interface SnapshotSink {
  session(id: bigint, timeoutMs: number): void;
  acl(key: bigint, acl: readonly ACL[]): void;
  /** The record is good during the call only. DecodeError refuses the snapshot. */
  node(record: NodeRecord): void;
  /** So much of the snapshot's bytes was taken, where that is known. */
  progress?(share: number): void;
  /** Is told of nodes that are about to come, if that is of any use. */
  readonly lookAhead?: PathsAhead;
}

/** Takes the paths of nodes that follow, if they are ASCII; they lie in `bytes`. */
export interface PathsAhead {
  readonly isFull: boolean;
  begin(bytes: Uint8Array): void;
  expect(start: number, end: number): void;
  fetchSlots(): void;
}

/** The optional sections of a file (on-disk-formats 4.5). */
export interface SnapshotSections {
  readonly digest: SnapshotDigest | undefined;
  readonly lastZxid: Zxid | undefined;
}

/**
 * Parses a snapshot that arrives in chunks. DecodeError on anything that is not one; the sink's state is then worthless.
 * A stream is over when `push` returns true, and `consumed` of all pushed bytes belong to it. A file is over when its reader says so: how
 * many bytes are left then decides which sections they are (R8).
 */
export class SnapshotDecoder {
  /** Bytes that were understood so far. */
  consumed = 0;
  private readonly sink: SnapshotSink;
  private readonly form: SnapshotForm;
  private readonly maxLength: number;
  private readonly queue = new ByteQueue();
  private readonly reader: Reader;
  private readonly record = new NodeRecord();
  private bytes: Uint8Array = NOTHING;
  private view: DataView = viewOf(NOTHING);
  /** bytes[at, end) is not understood yet; bytes before `summed` are in the checksum. */
  private at = 0;
  private end = 0;
  private summed = 0;
  private state: State;
  private remaining = 0;
  private rootSeen = false;
  /** Nodes that begin before it in `bytes` were announced. */
  private expectedUntil = 0;
  private adler = 1;

  /** `maxLength`: the longest path or data in bytes (`jute.maxbuffer` plus extrasize). */
  constructor(sink: SnapshotSink, form: SnapshotForm, maxLength: number) {
    this.sink = sink;
    this.form = form;
    this.maxLength = maxLength;
    this.reader = new Reader(NOTHING, 0, 0, maxLength);
    this.state = form === "file" ? "header" : "sessionCount";
  }

  /** Takes a chunk; true once a stream is complete. The chunk may be kept until it is understood. */
  push(chunk: Uint8Array): boolean {
    this.queue.push(chunk);
    this.open();
    while (this.step());
    const parsed = this.close();
    if (this.state === "sections" && this.queue.length > LONGEST_SECTIONS) throw unknownSections(this.queue.length);
    return parsed;
  }

  /** Bytes that were pushed and not understood: after the end of a stream they are somebody else's. */
  rest(): Uint8Array {
    return this.queue.bytes.subarray(this.queue.start, this.queue.end);
  }

  /** Whether all of a file is there but for its optional sections. */
  get isFileComplete(): boolean {
    return this.state === "sections";
  }

  /** Ends a file: verifies the seals of what is left. */
  finish(): SnapshotSections {
    if (this.state !== "sections") throw new DecodeError(`the snapshot ends in its ${this.state}`);
    this.open();
    const form = SECTION_FORMS.find((candidate) => candidate.length === this.end - this.at);
    if (form === undefined) throw unknownSections(this.end - this.at);
    const digest = form.digest ? this.digestSection() : undefined;
    const lastZxid = form.lastZxid ? this.lastZxidSection() : undefined;
    this.close();
    this.state = "done";
    return { digest, lastZxid };
  }

  private open(): void {
    if (this.bytes !== this.queue.bytes) {
      this.bytes = this.queue.bytes;
      this.view = viewOf(this.bytes);
      this.expectedUntil = 0;
    }
    this.at = this.queue.start;
    this.end = this.queue.end;
    this.summed = this.at;
  }

  private close(): boolean {
    this.sum();
    const understood = this.at - this.queue.start;
    this.consumed += understood;
    this.queue.consume(understood);
    return this.state === "done";
  }

  /** Understands one item; false when its bytes are not all there. */
  private step(): boolean {
    switch (this.state) {
      case "header":
        return this.header();
      case "sessionCount":
        return this.count("sessions", "aclCount");
      case "sessions":
        return this.session();
      case "aclCount":
        return this.count("acls", "nodes");
      case "acls":
        return this.acl();
      case "nodes":
        return this.node();
      case "seal":
        return this.firstSeal();
      case "signature":
        return this.signature();
      case "sections":
      case "done":
        return false;
      default:
        return unreachable(this.state);
    }
  }

  private header(): boolean {
    if (this.end - this.at < FileHeader.size) return false;
    if (this.view.getInt32(this.take(FileHeader.size)) !== SNAPSHOT_MAGIC)
      throw new DecodeError("no snapshot: it does not start with ZKSN");
    this.state = "sessionCount";
    return true;
  }

  private count(some: State, none: State): boolean {
    if (this.end - this.at < 4) return false;
    this.remaining = this.view.getInt32(this.take(4));
    this.state = this.remaining > 0 ? some : none;
    return true;
  }

  private session(): boolean {
    if (this.end - this.at < 12) return false;
    const at = this.take(12);
    this.sink.session(this.view.getBigInt64(at), this.view.getInt32(at + 8));
    this.remaining--;
    if (this.remaining === 0) this.state = "aclCount";
    return true;
  }

  private acl(): boolean {
    const length = this.aclEntryLength();
    if (length > this.end - this.at) return false;
    this.reader.reset(this.bytes, this.at, this.at + length);
    this.take(length);
    const key = this.reader.long();
    const acls: ACL[] = [];
    for (let left = this.reader.count(ACL.minimumSize); left > 0; left--) acls.push(ACL.read(this.reader));
    this.sink.acl(key, acls);
    this.remaining--;
    if (this.remaining === 0) this.state = "nodes";
    return true;
  }

  /** Bytes of the ACL entry at hand: a long, a count, and per ACL an int and two ustrings. More than there are if unknown. */
  private aclEntryLength(): number {
    const start = this.at;
    let at = start + 12;
    let left = at <= this.end ? this.view.getInt32(start + 8) : 0;
    for (; left > 0 && at <= this.end; left--) {
      at = this.afterText(at + 4);
      at = this.afterText(at);
      if (at - start > this.maxLength) throw new DecodeError(`snapshot: an ACL of more than ${this.maxLength} bytes`);
    }
    return at - start;
  }

  private afterText(at: number): number {
    if (at + 4 > this.end) return at + 4;
    return at + 4 + Math.max(0, this.length(at, "ACL"));
  }

  private node(): boolean {
    const available = this.end - this.at;
    if (available < 5) return false;
    const pathLength = this.length(this.at, "path");
    if (pathLength < 0) throw new DecodeError("snapshot: a node without a path");
    if (pathLength === 1 && this.bytes[this.at + 4] === SLASH) return this.terminator();
    if (available < pathLength + 8) return false;
    if (this.at >= this.expectedUntil) this.lookAhead();
    const dataLength = this.length(this.at + 4 + pathLength, "data");
    const total = pathLength + Math.max(0, dataLength) + NODE_FIXED_BYTES;
    if (available < total) return false;
    this.record.move(this.bytes, this.view, this.take(total), pathLength, dataLength);
    this.checkPath();
    this.sink.node(this.record);
    return true;
  }

  /** Tells the sink the paths of this node and of those behind it whose lengths are there. */
  private lookAhead(): void {
    const ahead = this.sink.lookAhead;
    if (ahead === undefined) return;
    ahead.begin(this.bytes);
    let at = this.at;
    while (!ahead.isFull && at + 4 <= this.end) {
      const pathEnd = at + 4 + this.view.getInt32(at);
      if (pathEnd <= at + 4 || pathEnd + 4 > this.end) break;
      ahead.expect(at + 4, pathEnd);
      at = pathEnd + Math.max(0, this.view.getInt32(pathEnd)) + NODE_FIXED_BYTES - 4;
    }
    this.expectedUntil = at;
    ahead.fetchSlots();
  }

  /** The root comes first and once. */
  private checkPath(): void {
    const { record } = this;
    const isPath = record.isRoot || record.bytes[record.pathAt] === SLASH;
    if (record.isRoot === this.rootSeen || !isPath)
      throw new DecodeError(`snapshot: unexpected path ${JSON.stringify(record.path)}`);
    this.rootSeen = true;
  }

  private terminator(): boolean {
    this.take(SNAPSHOT_TERMINATOR.length);
    this.state = this.form === "file" ? "seal" : "signature";
    return true;
  }

  private firstSeal(): boolean {
    if (this.end - this.at < SEAL_BYTES) return false;
    this.seal();
    this.state = "sections";
    return true;
  }

  private signature(): boolean {
    if (this.end - this.at < STREAM_SIGNATURE_BYTES.length) return false;
    const at = this.take(STREAM_SIGNATURE_BYTES.length);
    if (STREAM_SIGNATURE_BYTES.some((byte, i) => byte !== this.bytes[at + i]))
      throw new DecodeError("the snapshot is not signed BenWasHere");
    this.state = "done";
    return true;
  }

  private digestSection(): SnapshotDigest | undefined {
    const at = this.take(DIGEST_SECTION_BYTES);
    const zxid = toZxid(this.view.getBigInt64(at));
    const version = this.view.getInt32(at + 8);
    const digest = this.view.getBigInt64(at + 12);
    this.seal();
    return zxid === ZXID_ZERO ? undefined : { zxid, version, digest };
  }

  private lastZxidSection(): Zxid {
    const zxid = toZxid(this.view.getBigInt64(this.take(LAST_ZXID_SECTION_BYTES)));
    this.seal();
    return zxid;
  }

  /** The checksum covers every byte before it, earlier seals too. */
  private seal(): void {
    this.sum();
    const at = this.take(SEAL_BYTES);
    const terminated = SNAPSHOT_TERMINATOR.every((byte, i) => byte === this.bytes[at + 8 + i]);
    if (this.view.getBigInt64(at) !== BigInt(this.adler) || !terminated)
      throw new DecodeError("the snapshot's checksum is wrong");
  }

  private sum(): void {
    if (this.form === "file") this.adler = adler32(this.adler, this.bytes, this.summed, this.at);
    this.summed = this.at;
  }

  private length(at: number, what: string): number {
    const length = this.view.getInt32(at);
    if (length < -1 || length > this.maxLength)
      throw new DecodeError(`snapshot: ${what} of ${length} bytes, allowed are -1 (null) to ${this.maxLength}`);
    return length;
  }

  private take(length: number): number {
    const at = this.at;
    this.at = at + length;
    return at;
  }
}

type State =
  | "header"
  | "sessionCount"
  | "sessions"
  | "aclCount"
  | "acls"
  | "nodes"
  | "seal"
  | "signature"
  | "sections"
  | "done";

function unknownSections(length: number): DecodeError {
  return new DecodeError(`snapshot: ${length} bytes after its first seal, known are 0, 21, 33 and 54`);
}

const SECTION_FORMS = [
  { length: 0, digest: false, lastZxid: false },
  { length: 33, digest: true, lastZxid: false },
  { length: 54, digest: true, lastZxid: true },
  { length: 21, digest: false, lastZxid: true },
] as const;
const LONGEST_SECTIONS = 54;
const NOTHING = new Uint8Array(0);
const SLASH = 0x2f;
/** Two lengths, the ACL key and the stat. */
const NODE_FIXED_BYTES = 8 + 8 + STAT_PERSISTED_BYTES;

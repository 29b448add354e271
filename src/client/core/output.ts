import { Writer } from "jute-ts";
import { Op, Xid } from "../../wire/client/numbers.ts";
import { SetWatches, SetWatches2 } from "../../wire/client/requests.ts";
import type { Call } from "./call.ts";
import type { Watches, WatchLists } from "./watches.ts";

/** Frames that wait to be written: whatever is asked in one turn leaves together. */
export class Output {
  private writer = new Writer();
  private xid: number;

  constructor(lastXid = 0) {
    this.xid = lastXid;
  }

  /** 1, 2, 3, ...; behind the largest int comes 1 again, as in Java. */
  nextXid(): number {
    this.xid = this.xid === MAX_XID ? 1 : this.xid + 1;
    return this.xid;
  }

  call(call: Call): void {
    this.framed(call.xid, call.type, call);
  }

  request(xid: number, type: number, record: Part = NOTHING): void {
    this.framed(xid, type, record);
  }

  /** A frame without a header: the handshake's. */
  bare(record: Part): void {
    const at = this.writer.reserve(4);
    record.write(this.writer);
    this.writer.patchInt(at, this.writer.length - at - 4);
  }

  /** Sends the watches again (client-protocol 6.5), in frames far below a server's limit. How many replies are due. */
  watches(watches: Watches, relativeZxid: bigint): number {
    let frames = 0;
    for (const lists of watches.lists(WATCHES_BYTES)) {
      const value = { relativeZxid, ...lists };
      const old = isForOldServers(lists);
      const write = (out: Writer): void => (old ? SetWatches : SetWatches2).write(out, value);
      this.framed(Xid.setWatches, old ? Op.setWatches : Op.setWatches2, { write });
      frames++;
    }
    return frames;
  }

  /** All of it, in bytes of their own. */
  take(): Uint8Array {
    const { writer } = this;
    if (writer.bytes.length > KEPT_CAPACITY) {
      this.writer = new Writer();
      return writer.written();
    }
    const bytes = writer.toBytes();
    writer.reset();
    return bytes;
  }

  clear(): void {
    this.writer.reset();
  }

  private framed(xid: number, type: number, record: Part): void {
    const { writer } = this;
    const at = writer.reserve(12);
    record.write(writer);
    writer.patchInt(at, writer.length - at - 4);
    writer.patchInt(at + 4, xid);
    writer.patchInt(at + 8, type);
  }
}

interface Part {
  write(out: Writer): void;
}

/** Servers before 3.6 know the old form only. */
function isForOldServers({ persistentWatches, persistentRecursiveWatches }: WatchLists): boolean {
  return persistentWatches.length === 0 && persistentRecursiveWatches.length === 0;
}

const NOTHING: Part = { write: () => {} };
const MAX_XID = 0x7fffffff;
/** Of paths in a frame; Java's client takes as much. */
const WATCHES_BYTES = 128 * 1024;
const KEPT_CAPACITY = 256 * 1024;

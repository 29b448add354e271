import { viewOf } from "../base/bytes.ts";
import { highOf, lowOf } from "../base/long.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { END_OF_RECORD, LENGTH_OFFSET, RECORD_HEAD_BYTES, RECORD_OVERHEAD_BYTES } from "./logRecord.ts";

/**
 * Transactions that will be appended together, laid out as the log takes them, so that nobody copies them again: `LogAppender` only
 * fills in the checksums. Until then each record's zxid stands in the place of its checksum.
 */
export class RecordGroup {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private view = viewOf(this.bytes);
  length = 0;

  /** Copies the transaction: its bytes may change afterwards. */
  add(entry: TxnBytes): void {
    const at = this.length;
    const size = entry.bytes.length;
    const end = at + size + RECORD_OVERHEAD_BYTES;
    if (end > this.bytes.length) this.grow(end);
    this.view.setInt32(at, highOf(entry.zxid));
    this.view.setInt32(at + 4, lowOf(entry.zxid));
    this.view.setInt32(at + LENGTH_OFFSET, size);
    this.bytes.set(entry.bytes, at + RECORD_HEAD_BYTES);
    this.bytes[end - 1] = END_OF_RECORD;
    this.length = end;
  }

  /** What was gathered, as a buffer of its own; nothing is left. */
  take(): ArrayBuffer {
    const records = this.bytes.buffer.slice(0, this.length);
    this.length = 0;
    return records;
  }

  private grow(wanted: number): void {
    const grown = new Uint8Array(Math.max(wanted, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

const INITIAL_BYTES = 64 * 1024;

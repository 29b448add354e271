import type { LookAhead } from "../tree/lookAhead.ts";
import { TxnRecord } from "../wire/txnRecord.ts";
import type { TxnBytes } from "../wire/txnValue.ts";

/**
 * Transactions of a log that are about to be replayed: those that lie in the same memory are taken apart together, and the tree is
 * told of their paths, so that it waits for memory once for many of them. Nothing depends on it but the time that they take.
 */
export class UpcomingTxns {
  private readonly records = Array.from({ length: MOST_TXNS }, () => new TxnRecord());
  private readonly isUsual = new Array<boolean>(MOST_TXNS).fill(false);
  /** What the records say: entries[start, end). */
  private entries: readonly TxnBytes[] = [];
  private start = 0;
  private end = 0;

  /** The record of the entry at `at`, to be used before another is asked for; undefined: it is to be decoded. */
  record(entries: readonly TxnBytes[], at: number, lookAhead: LookAhead): TxnRecord | undefined {
    if (entries !== this.entries || at < this.start || at >= this.end) this.see(entries, at, lookAhead);
    const index = at - this.start;
    return this.isUsual[index] === true ? this.records[index] : undefined;
  }

  private see(entries: readonly TxnBytes[], start: number, lookAhead: LookAhead): void {
    const first = this.records[0] as TxnRecord;
    const buffer = entries[start]?.bytes.buffer;
    const stop = Math.min(start + MOST_TXNS, entries.length);
    this.entries = entries;
    this.start = start;
    for (this.end = start; this.end < stop; this.end++) {
      const { bytes } = entries[this.end] as TxnBytes;
      if (bytes.buffer !== buffer) break;
      const record = this.records[this.end - start] as TxnRecord;
      record.share(first);
      const isUsual = record.move(bytes);
      if (record === first) lookAhead.begin(first.bytes);
      if (isUsual) lookAhead.expect(record.pathAt, record.pathEnd);
      this.isUsual[this.end - start] = isUsual;
    }
    lookAhead.fetchSlots();
  }
}

/** As many paths as the tree looks up ahead. */
const MOST_TXNS = 32;

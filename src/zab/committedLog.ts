import { assert } from "../base/assert.ts";
import { Fifo } from "../base/fifo.ts";
import { counterOf, epochOf, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";

/**
 * The newest committed transactions in memory, oldest first: what a learner that was away for a moment is synced from.
 * One per server; it outlives roles. It mirrors the tree: who rebuilds the tree from disk clears it and fills it from the
 * log again, who commits adds to it.
 *
 * Invariant Z17: no hole inside an epoch. A hole would become a DIFF that skips transactions (ZOOKEEPER-4925).
 */
export class CommittedLog {
  private readonly entries = new Fifo<TxnBytes>();
  private holds = 0;
  private readonly limit: number;

  /** `limit`: how many to keep; `zookeeper.commitLogCount`, never below 500. */
  constructor(limit = COMMIT_LOG_COUNT) {
    this.limit = limit;
  }

  get size(): number {
    return this.entries.length;
  }

  get min(): Zxid | undefined {
    return this.entries.first?.zxid;
  }

  get max(): Zxid | undefined {
    return this.entries.last?.zxid;
  }

  /** Asserts Z17. Ask `accepts` first where the zxid comes from a file or a peer. */
  add(entry: TxnBytes): void {
    assert(this.accepts(entry.zxid), "the committed log has no hole");
    this.entries.push(entry);
    if (this.holds === 0) this.shed();
  }

  /** Whether it is the history of a tree that stands at `zxid`: it ends there, or is empty; a fresh zxid(epoch, 0) may lie above. */
  endsAt(zxid: Zxid): boolean {
    const { max } = this;
    return max === undefined || max === zxid || (counterOf(zxid) === 0 && max < zxid);
  }

  accepts(zxid: Zxid): boolean {
    return this.max === undefined || continues(this.max, zxid);
  }

  visit(look: (entry: TxnBytes) => void): void {
    this.entries.visit(look);
  }

  /** Every entry above `zxid`, in order. */
  after(zxid: Zxid): TxnBytes[] {
    const found: TxnBytes[] = [];
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries.at(i);
      if (entry === undefined || entry.zxid <= zxid) break;
      found.push(entry);
    }
    return found.reverse();
  }

  /** While held nothing is dropped at the old end, so that history read from disk meanwhile still joins. */
  hold(): void {
    this.holds++;
  }

  release(): void {
    assert(this.holds > 0, "a release has its hold");
    this.holds--;
    if (this.holds === 0) this.shed();
  }

  clear(): void {
    this.entries.clear();
  }

  private shed(): void {
    while (this.size > this.limit) this.entries.shift();
  }
}

/**
 * Whether `next` may follow `previous` in a history: the next counter, or the first of a higher epoch. Java lets any of a higher epoch
 * pass (peer-protocol 3.9), but every leader begins with 1 (4.2), and a log with another beginning is one with a hole.
 */
export function continues(previous: Zxid, next: Zxid): boolean {
  return next === previous + 1n || (epochOf(next) > epochOf(previous) && counterOf(next) === 1);
}

export const COMMIT_LOG_COUNT = 500;

import { assert } from "../base/assert.ts";
import type { Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { continues } from "./committedLog.ts";

/**
 * A learner's proposals that are not applied yet, oldest first. From the front: some are committed (`committed` of them), and
 * some were handed to the log (`logged` of them).
 *
 * Invariant: what comes in continues what came before, without a gap inside an epoch (ZOOKEEPER-4925).
 */
export class PendingProposals {
  /** The newest zxid that came in, or where the learner stood before. */
  last: Zxid;
  committed = 0;
  logged = 0;
  /** The first may also lie at or below `last`: a snapshot that was streamed can hold what follows it (3.8). */
  private fuzzy: boolean;
  private entries: TxnBytes[] = [];
  private head = 0;

  constructor(last: Zxid, fuzzy: boolean) {
    this.last = last;
    this.fuzzy = fuzzy;
  }

  get size(): number {
    return this.entries.length - this.head;
  }

  /** The oldest that is not committed. */
  get nextToCommit(): TxnBytes | undefined {
    return this.entries[this.head + this.committed];
  }

  continuedBy(zxid: Zxid): boolean {
    return continues(this.last, zxid) || (this.fuzzy && zxid <= this.last);
  }

  push(entry: TxnBytes): void {
    this.entries.push(entry);
    this.fuzzy = false;
    this.last = entry.zxid;
  }

  /** The next to be handed to the log. */
  takeUnlogged(): TxnBytes | undefined {
    const entry = this.entries[this.head + this.logged];
    if (entry !== undefined) this.logged++;
    return entry;
  }

  /** Removes the oldest when it is committed. */
  takeCommitted(): TxnBytes | undefined {
    if (this.committed === 0) return undefined;
    const entry = this.entries[this.head];
    assert(entry !== undefined, "what is committed is pending");
    this.committed--;
    if (this.logged > 0) this.logged--;
    this.head++;
    this.cut();
    return entry;
  }

  private cut(): void {
    if (this.head === this.entries.length) this.entries.length = 0;
    else if (this.head < CUT_AT) return;
    else this.entries = this.entries.slice(this.head);
    this.head = 0;
  }
}

const CUT_AT = 1024;

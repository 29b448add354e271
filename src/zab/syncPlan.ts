import { counterOf, epochOf, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { CommittedLog } from "./committedLog.ts";

/** What the leader knows when it decides how to bring one learner up to date. */
export interface SyncInput {
  /** P: the learner's last logged zxid, from ACKEPOCH. */
  readonly peerZxid: Zxid;
  /** L: what the leader's tree stands at; zxid(epoch, 0) between becoming established and the first commit. */
  readonly lastProcessed: Zxid;
  /** The newest transaction of the leader's history; below L only where L is a fresh zxid(epoch, 0). */
  readonly lastTxn: Zxid;
  readonly committedLog: CommittedLog;
  /** The disk log from the newest record <= P on; undefined: not read yet. */
  readonly history: readonly TxnBytes[] | "unusable" | undefined;
}

/**
 * What goes to the learner: the packet of `kind` with `zxid`, then PROPOSAL and COMMIT of each entry, then live traffic above
 * `forwardFrom`.
 */
export type SyncPlan =
  | {
      readonly kind: "diff" | "trunc" | "snap";
      readonly zxid: Zxid;
      readonly entries: readonly TxnBytes[];
      readonly forwardFrom: Zxid;
    }
  | { readonly kind: "needDiskHistory" };

/**
 * The decision of peer-protocol 3.6. Two differences from Java, both towards what is safe or cheap: a plan that would skip a
 * zxid inside an epoch becomes a SNAP (ZOOKEEPER-2846, 4352, 4925), and an empty committed log counts from the newest transaction,
 * not from the fresh zxid(epoch, 0): a learner that has everything gets an empty DIFF where Java sends a SNAP.
 */
export function planSync(input: SyncInput): SyncPlan {
  const { peerZxid, lastProcessed, lastTxn, committedLog } = input;
  if (peerZxid === lastProcessed || peerZxid === lastTxn) return plan("diff", peerZxid, [], peerZxid);
  const min = committedLog.min ?? lastTxn;
  const max = committedLog.max ?? lastTxn;
  if (peerZxid > max) return isFresh(peerZxid) ? snapshot(lastProcessed) : plan("trunc", max, [], max);
  const walk = new Walk(peerZxid, max);
  if (peerZxid < min) {
    if (input.history === undefined) return { kind: "needDiskHistory" };
    if (!joins(walk, input.history, min)) return snapshot(lastProcessed);
  }
  committedLog.visit((entry) => walk.visit(entry));
  return walk.plan() ?? snapshot(lastProcessed);
}

/** Walks the disk log up to `min`; whether it reaches it, so that the committed log continues it (ZOOKEEPER-2418). */
function joins(walk: Walk, history: readonly TxnBytes[] | "unusable", min: Zxid): boolean {
  if (history === "unusable") return false;
  const first = history[0];
  if (first === undefined || first.zxid > walk.peerZxid) return false;
  for (const entry of history) {
    if (entry.zxid > min) break;
    walk.visit(entry);
  }
  return walk.last >= min;
}

/** The walk over one ordered history: disk log first, committed log behind it. */
class Walk {
  readonly peerZxid: Zxid;
  /** Where the learner stands after what is queued so far. */
  last: Zxid;
  private readonly max: Zxid;
  private kind: "diff" | "trunc" | "impossible" | undefined = undefined;
  /** The newest zxid below P: what a TRUNC keeps. */
  private previous: Zxid | undefined = undefined;
  private keepUpTo: Zxid;
  private readonly entries: TxnBytes[] = [];

  constructor(peerZxid: Zxid, max: Zxid) {
    this.peerZxid = peerZxid;
    this.last = peerZxid;
    this.max = max;
    this.keepUpTo = max;
  }

  visit(entry: TxnBytes): void {
    if (entry.zxid < this.peerZxid) {
      this.previous = entry.zxid;
      return;
    }
    if (this.kind === undefined) this.decide(entry.zxid);
    if (this.kind === "impossible" || entry.zxid <= this.last) return;
    if (!follows(this.last, entry.zxid)) this.kind = "impossible";
    this.entries.push(entry);
    this.last = entry.zxid;
  }

  /** Undefined: this history cannot be told as DIFF or TRUNC. */
  plan(): SyncPlan | undefined {
    switch (this.kind) {
      case "impossible":
        return undefined;
      case undefined:
        return isFresh(this.peerZxid) ? plan("diff", this.max, [], this.last) : undefined;
      case "diff":
        return plan("diff", this.max, this.entries, this.last);
      case "trunc":
        return plan("trunc", this.keepUpTo, this.entries, this.last);
    }
  }

  /** At the first transaction from P on. */
  private decide(zxid: Zxid): void {
    if (zxid === this.peerZxid || isFresh(this.peerZxid)) this.kind = "diff";
    else if (epochOf(zxid) !== epochOf(this.peerZxid) || this.previous === undefined) this.kind = "impossible";
    else {
      this.kind = "trunc";
      this.keepUpTo = this.previous;
      this.last = this.previous;
    }
  }
}

/** Whether nothing can be missing between two neighbours: the next counter, or the first transaction of a later epoch. */
function follows(previous: Zxid, next: Zxid): boolean {
  return next === previous + 1n || (epochOf(next) > epochOf(previous) && counterOf(next) === 1);
}

/** zxid(epoch, 0) belongs to no transaction; so does 0, the zxid of an empty server. */
function isFresh(zxid: Zxid): boolean {
  return counterOf(zxid) === 0;
}

function snapshot(lastProcessed: Zxid): SyncPlan {
  return plan("snap", lastProcessed, [], lastProcessed);
}

function plan(kind: "diff" | "trunc" | "snap", zxid: Zxid, entries: readonly TxnBytes[], forwardFrom: Zxid): SyncPlan {
  return { kind, zxid, entries, forwardFrom };
}

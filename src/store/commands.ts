import type { Epoch, Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";

/**
 * What a server asks of its disk, and what it hears back. Commands are carried out in the order given; every answer comes
 * later as an event. In production they cross to a worker thread, in the simulator they wait in fake time.
 */
export type DiskCommand =
  /** Appends and syncs as one group; `flushed` with the last zxid once all of it is on disk. */
  | { readonly kind: "append"; readonly entries: readonly TxnBytes[] }
  | { readonly kind: "saveEpoch"; readonly which: EpochFile; readonly epoch: Epoch }
  /**
   * Drops every record above `zxid` and every snapshot above it (on-disk-formats R5): `truncated`, or `truncateRefused` with
   * nothing touched.
   */
  | { readonly kind: "truncate"; readonly zxid: Zxid }
  /**
   * A snapshot named `zxid` follows in chunks; it counts once `endSnapshot` was carried out and synced. With one that a leader
   * sent all else on disk, above and below, stops being history in the same step (ZOOKEEPER-2846). `retires`: logs that an own
   * one makes needless, of those that keep Java from starting.
   */
  | {
      readonly kind: "beginSnapshot";
      readonly zxid: Zxid;
      readonly origin: SnapshotOrigin;
      readonly retires?: readonly string[];
    }
  | { readonly kind: "snapshotChunk"; readonly bytes: Uint8Array }
  | { readonly kind: "endSnapshot"; readonly zxid: Zxid }
  | { readonly kind: "abortSnapshot" }
  /**
   * Removes one file that nobody needs once the snapshot of `oldest` is the oldest to keep (`store/purge`), so that the log
   * waits for one removal at most; `purged` tells whether there are more.
   */
  | { readonly kind: "purge"; readonly oldest: Zxid }
  /** Answered by `drained`: everything asked for before has been carried out and answered. */
  | { readonly kind: "drain" };

export type EpochFile = "acceptedEpoch" | "currentEpoch";

/** What a snapshot shows: the tree that this server's own log led to, or one that a leader sent in its place. */
export type SnapshotOrigin = "own" | "leader";

export type DiskEvent =
  | { readonly kind: "flushed"; readonly zxid: Zxid; readonly count: number; readonly fsyncMs: number }
  | { readonly kind: "epochSaved"; readonly which: EpochFile; readonly epoch: Epoch }
  | { readonly kind: "truncated"; readonly zxid: Zxid }
  /** The files hold no such cut, and are as they were: only a leader's whole tree helps. */
  | { readonly kind: "truncateRefused"; readonly zxid: Zxid; readonly reason: string }
  /** Half of it may be done: nothing else is, and the process ends (ZOOKEEPER-3701). */
  | { readonly kind: "truncateFailed"; readonly zxid: Zxid; readonly reason: string }
  | { readonly kind: "snapshotSaved"; readonly zxid: Zxid; readonly origin: SnapshotOrigin; readonly bytes: number }
  /** An own one is dropped and the log goes on (ZOOKEEPER-3082); without a leader's the process ends (peer-protocol 4.15). */
  | { readonly kind: "snapshotFailed"; readonly zxid: Zxid; readonly origin: SnapshotOrigin; readonly reason: string }
  | { readonly kind: "purged"; readonly oldest: Zxid; readonly removed: string | undefined; readonly left: number }
  | { readonly kind: "purgeFailed"; readonly reason: string }
  | { readonly kind: "drained" }
  /** Enough was logged since the last snapshot (snapCount, snapSizeLimit): the log has rolled, a snapshot is wanted. */
  | { readonly kind: "snapshotDue" }
  /** An error of write or fsync on the log or an epoch file: the process ends (on-disk-formats D3). */
  | { readonly kind: "failed"; readonly reason: string };

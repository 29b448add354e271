import type { ServerId } from "../base/ids.ts";
import type { Epoch, Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { CommittedLog } from "./committedLog.ts";
import type { EpochName, LearnerRole } from "./leaderWorld.ts";

/** What a learner begins with, its link to the leader being open. */
export interface LearnerInit {
  readonly sid: ServerId;
  /** "follower" for every server of type participant, also one that the configuration does not list. */
  readonly role: LearnerRole;
  /** Version of the committed configuration; goes into LearnerInfo. */
  readonly configVersion: bigint;
  readonly tickTimeMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;
  /** The newest transaction of this server, committed or not: durable in log or snapshot, and applied to the tree. */
  readonly lastLoggedZxid: Zxid;
  /** Shared with the server; see `CommittedLog`. */
  readonly committedLog: CommittedLog;
  /** An earlier session ended with `wantSnapshot`, and no snapshot was saved since. */
  readonly wantSnapshot: boolean;
}

/** What a learner leaves behind. */
export interface LearnerEnd {
  /**
   * The tree is not what the disk has, a SNAP being half taken (ZOOKEEPER-3642) or a TRUNC under way: reload it from disk before anything
   * else, the vote included.
   */
  readonly discardMemory: boolean;
  /** The leader cut this server's history where its files cannot be cut: only a whole tree helps (`LearnerInit.wantSnapshot`). */
  readonly wantSnapshot: boolean;
}

/**
 * What a learner wants from the world. Nothing returns and nothing is answered inside the call, except where it says so;
 * answers are the `on...` methods of `Learner`.
 */
export interface LearnerWorld {
  send(packet: QuorumPacket): void;
  /** Write durably, then `onEpochSaved`. */
  saveEpoch(which: EpochName, epoch: Epoch): void;
  /** Log, in order; `onFlushed(zxid)` once everything up to `zxid` is durable. An observer without a log answers the same. */
  append(entry: TxnBytes): void;
  /** Apply to the tree, within the call. After a SNAP it can be a transaction that the snapshot already holds: replay rules of 3.8. */
  commit(entry: TxnBytes): void;
  /**
   * Drop every log record and snapshot above `zxid`, rebuild the tree and the committed log from disk, then `onTruncated(last)` with
   * the zxid the tree stands at. `onTruncated(undefined)`: the files hold no such cut, and nothing was touched (the history up to there
   * came in a snapshot that lies above). Failure half-way is fatal for the process, exit code 13 (ZOOKEEPER-3701).
   */
  truncate(zxid: Zxid): void;
  /**
   * Forget tree and sessions; the bytes behind the SNAP packet are the new tree (peer-protocol 3.8). No packet is delivered
   * until `onSnapshotReceived(ok)`; ok is false for a bad stream. `onSnapshotProgress` as bytes arrive.
   */
  receiveSnapshot(zxid: Zxid): void;
  /**
   * Save the tree as a snapshot named `zxid`, synced; then `onSnapshotSaved`. What is on disk is not this history's: no snapshot above
   * `zxid` and no record of the log, above or below, may be recovered from or read as history again (ZOOKEEPER-2846: a tail that the leader never had, at a zxid below the
   * snapshot's, would go out as committed). Failure is fatal, exit code 10.
   */
  saveSnapshot(zxid: Zxid): void;
  /** Text of the leader's last-seen configuration, from NEWLEADER; it becomes the committed one at `established`. */
  newLeaderConfig(text: Uint8Array): void;
  /** UPTODATE: serve clients. Everything committed so far is in the tree. */
  established(epoch: Epoch): void;
  /**
   * A reconfiguration is about to be committed: activate it (peer-protocol 6.5.4) within the call. If it changes role or leader, call
   * `learner.stop` after the `commit` that follows.
   */
  activateConfig(entry: TxnBytes, designatedLeader: ServerId): void;
  /** Answer with `learner.pong(ping, touched)`: the data is what was touched since the last answer (peer-protocol 4.10). */
  pinged(ping: QuorumPacket): void;
  /** SYNC: the oldest forwarded sync is done, if there is one (peer-protocol 4.9, 10.16). */
  syncReturned(): void;
  /** Data of a REVALIDATE answer, asked for or not (peer-protocol 4.11, 10.16). */
  revalidated(data: Uint8Array | null): void;
  /** The role is over: close the link, let the disk finish what it was asked, and start an election. */
  ended(reason: string, then: LearnerEnd): void;
  observe(event: LearnerEvent): void;
}

/** What an operator may want to read; decides nothing. */
export type LearnerEvent =
  | { readonly kind: "syncing"; readonly by: "diff" | "trunc" | "snap"; readonly zxid: Zxid }
  | { readonly kind: "historyTaken"; readonly epoch: Epoch; readonly entries: number }
  | { readonly kind: "commitWithoutProposal"; readonly zxid: Zxid }
  | { readonly kind: "ignoredPacket"; readonly type: number };

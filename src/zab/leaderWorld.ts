import type { ServerId } from "../base/ids.ts";
import type { Epoch, Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { CommittedLog } from "./committedLog.ts";
import type { QuorumVerifier } from "./quorum.ts";

/** One learner connection; the world numbers them and never uses a number twice. */
export type LinkId = number;

export type EpochName = "acceptedEpoch" | "currentEpoch";

/** What a leader begins with. All durations in ms of the monotonic clock, limits in ticks. */
export interface LeaderInit {
  readonly sid: ServerId;
  /** Standalone: an ensemble of one that writes no epoch files, has no learners and counts on from `lastZxid`. */
  readonly solo: boolean;
  /** The configuration in force. */
  readonly verifier: QuorumVerifier;
  /** A newer configuration that was proposed and is not known to be committed: quorums are needed in both. */
  readonly pendingVerifier: QuorumVerifier | undefined;
  /** Text of the last-seen configuration, as NEWLEADER carries it (peer-protocol 6.5.1). */
  readonly configText: Uint8Array;
  readonly tickTimeMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;
  /** The newest transaction of this server: logged and fsynced, and applied to the tree (peer-protocol 3.4 step 2). */
  readonly lastZxid: Zxid;
  /** Shared with the server: filled by replay at boot, continued here by every commit. */
  readonly committedLog: CommittedLog;
  /** Whether history may be read from the disk log: `zookeeper.snapshotSizeFactor` is not negative. */
  readonly diskHistory: boolean;
  /** Syncs of observers at one time; one more is refused. Followers count, and are never refused (peer-protocol 3.5). */
  readonly maxConcurrentSnapSyncs: number;
  readonly maxConcurrentDiffSyncs: number;
}

/**
 * What a leader wants from the world. Nothing returns and nothing is answered inside the call; answers are the `on...`
 * methods of `Leader`. A link that `close` named is gone at once: no packet of it is delivered any more.
 */
export interface LeaderWorld {
  /** In order per link. A packet for several links is one object: encode it once, by identity. */
  send(link: LinkId, packet: QuorumPacket): void;
  /**
   * Stream the tree as it is from now on (fuzzy is fine) behind what was sent; then `onSnapshotSent(link)`. Nothing else is
   * sent to the link until then. `onSnapshotProgress(link)` as the peer takes bytes keeps the link from timing out.
   */
  sendSnapshot(link: LinkId): void;
  close(link: LinkId, reason: string): void;
  /** Write durably, then `onEpochSaved`. */
  saveEpoch(which: EpochName, epoch: Epoch): void;
  /** Log, in order; `onFlushed(zxid)` once everything up to `zxid` is durable. */
  append(entry: TxnBytes): void;
  /** Apply to the tree, within the call, in zxid order. May call `propose` and other methods of the leader. */
  commit(entry: TxnBytes): void;
  /**
   * Read the disk log: the newest record with a zxid <= `from` and everything after it, or "unusable" (no such record, or over the
   * size limit of peer-protocol 3.6 and 10.1). Answer with `onLogRead(link, ...)`, also when the link is gone by then.
   */
  readLog(link: LinkId, from: Zxid): void;
  /** A quorum took over the history: the tree's last processed zxid becomes `zxid`, the pipeline runs, clients are served. */
  established(zxid: Zxid): void;
  /** Leadership is over and every link is closed. Nothing more is asked. */
  ended(reason: string): void;
  /** A REQUEST of a synced learner (peer-protocol 4.8); refusing its type is the world's. */
  request(link: LinkId, sid: ServerId, packet: QuorumPacket): void;
  /** Sessions touched at a learner: the data of its ping answer, a run of `TouchedSession` (peer-protocol 4.10). */
  touched(link: LinkId, sessions: Uint8Array): void;
  /** A REVALIDATE; answer with `leader.reply(link, ...)` (peer-protocol 4.11). */
  revalidate(link: LinkId, packet: QuorumPacket): void;
  /** A learner that could send requests is gone. */
  learnerGone(link: LinkId): void;
  observe(event: LeaderEvent): void;
}

/** What an operator may want to read; decides nothing. */
export type LeaderEvent =
  | { readonly kind: "epochChosen"; readonly epoch: Epoch }
  | { readonly kind: "epochAccepted"; readonly epoch: Epoch }
  | {
      readonly kind: "syncing";
      readonly link: LinkId;
      readonly sid: ServerId;
      readonly by: "diff" | "trunc" | "snap";
      readonly peerZxid: Zxid;
      readonly packetZxid: Zxid;
      readonly entries: number;
    }
  | { readonly kind: "synced"; readonly link: LinkId; readonly sid: ServerId; readonly role: LearnerRole }
  | { readonly kind: "wrongNewLeaderAck"; readonly link: LinkId; readonly sid: ServerId; readonly zxid: Zxid }
  | { readonly kind: "unknownAck"; readonly sid: ServerId; readonly zxid: Zxid }
  | { readonly kind: "ignoredPacket"; readonly link: LinkId; readonly sid: ServerId; readonly type: number };

export type LearnerRole = "follower" | "observer";

/** One learner as `srvr`, `mntr` and the admin pages show it. */
export interface LearnerStatus {
  readonly link: LinkId;
  readonly sid: ServerId;
  readonly role: LearnerRole;
  readonly voter: boolean;
  /** It has been told UPTODATE. */
  readonly synced: boolean;
}

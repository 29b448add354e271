import { NEVER } from "../base/instant.ts";
import type { Epoch, Zxid } from "../base/zxid.ts";
import { ZXID_ZERO } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { EpochName, LeaderInit, LeaderWorld, LearnerStatus, LinkId } from "./leaderWorld.ts";

/** Signatures first; the machine follows. `now` is the monotonic clock in ms. */
export class Leader {
  readonly init: LeaderInit;
  readonly world: LeaderWorld;
  /** When `onDeadline` wants to be called; may be early, never late. */
  deadline = NEVER;
  epoch: Epoch = -1;
  isEstablished = false;
  lastProposed: Zxid = ZXID_ZERO;
  lastCommitted: Zxid = ZXID_ZERO;

  constructor(init: LeaderInit, world: LeaderWorld) {
    this.init = init;
    this.world = world;
  }

  /** Proposals that are not committed yet. */
  get outstanding(): number {
    return 0;
  }

  start(_now: number): void {}

  /** The next zxid; the same until `propose` takes it. Undefined: the epoch is used up, and leadership ends (4.13). */
  nextZxid(): Zxid | undefined {
    return undefined;
  }

  /** Only once established. `entry.zxid` is `nextZxid()`. */
  propose(_entry: TxnBytes, _now: number): void {}

  /** A learner forwarded a sync; SYNC goes to it once everything proposed so far is committed (4.9). */
  syncRequested(_link: LinkId): void {}

  /** Sends an answer of the server's to a synced learner; nothing happens when the link is gone. */
  reply(_link: LinkId, _packet: QuorumPacket): void {}

  /** The server itself wants to stop leading: closes every link, then `ended`. */
  stop(_reason: string): void {}

  learners(): LearnerStatus[] {
    return [];
  }

  onLearnerConnected(_link: LinkId, _now: number): void {}
  onPacket(_link: LinkId, _packet: QuorumPacket, _now: number): void {}
  onLinkClosed(_link: LinkId, _now: number): void {}
  onEpochSaved(_which: EpochName, _epoch: Epoch, _now: number): void {}
  onFlushed(_zxid: Zxid, _now: number): void {}
  onSnapshotProgress(_link: LinkId, _now: number): void {}
  onSnapshotSent(_link: LinkId, _now: number): void {}
  onLogRead(_link: LinkId, _history: readonly TxnBytes[] | "unusable", _now: number): void {}
  onDeadline(_now: number): void {}
}

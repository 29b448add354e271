import { NEVER } from "../base/instant.ts";
import type { Epoch, Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { EpochName } from "./leaderWorld.ts";
import type { LearnerInit, LearnerWorld } from "./learnerWorld.ts";

/** Signatures first; the machine follows. `now` is the monotonic clock in ms. */
export class Learner {
  readonly init: LearnerInit;
  readonly world: LearnerWorld;
  /** When `onDeadline` wants to be called. */
  deadline = NEVER;
  isEstablished = false;

  constructor(init: LearnerInit, world: LearnerWorld) {
    this.init = init;
    this.world = world;
  }

  /** The link is open: introduces itself. */
  start(_now: number): void {}

  /** Forwards a request; only once established. `data`: see 4.8. `identities`: of the client, null for createSession. */
  request(_data: Uint8Array, _identities: QuorumPacket["authinfo"]): void {}

  /** Asks the leader whether a session still lives. `data`: a `RevalidateRequest`. Only once established. */
  revalidate(_data: Uint8Array): void {}

  /** Answers a ping. `touched`: a run of `TouchedSession`, possibly empty. */
  pong(_ping: QuorumPacket, _touched: Uint8Array): void {}

  /** The server itself wants to leave. */
  stop(_reason: string): void {}

  onPacket(_packet: QuorumPacket, _now: number): void {}
  /** The link is lost, or brought bytes that are no packet. */
  onLinkClosed(_reason: string): void {}
  onEpochSaved(_which: EpochName, _epoch: Epoch, _now: number): void {}
  onFlushed(_zxid: Zxid, _now: number): void {}
  onTruncated(_last: Zxid, _now: number): void {}
  onSnapshotProgress(_now: number): void {}
  onSnapshotReceived(_ok: boolean, _now: number): void {}
  onSnapshotSaved(_now: number): void {}
  onDeadline(_now: number): void {}
}

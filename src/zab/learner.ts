import { assert } from "../base/assert.ts";
import { hex64 } from "../base/bytes.ts";
import { type ServerId, toServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import { counterOf, type Epoch, epochOf, toZxid, ZXID_ZERO, type Zxid, zxidOf } from "../base/zxid.ts";
import {
  DesignatedLeader,
  IntData,
  LearnerInfo,
  PacketType,
  PROTOCOL_VERSION,
  type QuorumPacket,
  quorumPacket,
  requestPacket,
} from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { EpochName } from "./leaderWorld.ts";
import type { LearnerInit, LearnerWorld } from "./learnerWorld.ts";
import { PendingProposals } from "./pending.ts";

/**
 * A follower, voting or not, or an observer: from the open link to its end (peer-protocol 3.3, 3.9, 3.10, 4.6, 4.7). `now` is the monotonic
 * clock in ms.
 *
 * ```
 *   greeting --LEADERINFO--> promising (acceptedEpoch to disk) --ACKEPOCH--> choosing
 *   choosing --DIFF--> collecting    --TRUNC--> truncating --> collecting    --SNAP--> loading --> collecting
 *   collecting --NEWLEADER--> savingSnapshot (after SNAP), or flushing (the committed history)
 *                         --> savingEpoch (currentEpoch to disk) --ACK--> collecting
 *   collecting --UPTODATE--> following
 *   any --> ended
 * ```
 * Durable order: acceptedEpoch, ACKEPOCH; history or snapshot, currentEpoch, NEWLEADER ack; later proposals, their acks. While the disk
 * works packets wait in `backlog`; no packet is handled between a step and its durability.
 */
export class Learner {
  /** When `onDeadline` wants to be called: the leader has been silent for too long then. */
  deadline = NEVER;
  private readonly init: LearnerInit;
  private readonly world: LearnerWorld;
  private readonly syncMs: number;
  private readMs: number;
  private phase: LearnerPhase = "idle";
  private epoch: Epoch;
  private pending: PendingProposals;
  /** Between SNAP and its saved snapshot: commits go to memory alone, and the disk lacks what memory has. */
  private memoryOnly = false;
  /** A TRUNC is under way: memory still has what the disk loses. */
  private diskIsCut = false;
  private wantSnapshot: boolean;
  private tookHistory = false;
  private lastApplied: Zxid;
  private awaitedFlush: Zxid = ZXID_ZERO;
  /** Appended since UPTODATE and not durable yet. */
  private unacked: Zxid[] = [];
  private backlog: QuorumPacket[] = [];

  constructor(init: LearnerInit, world: LearnerWorld) {
    const { committedLog, lastLoggedZxid } = init;
    assert(committedLog.endsAt(lastLoggedZxid), "the committed log ends where the tree stands");
    this.init = init;
    this.world = world;
    this.readMs = init.tickTimeMs * init.initLimit;
    this.syncMs = init.tickTimeMs * init.syncLimit;
    this.epoch = init.acceptedEpoch;
    this.pending = new PendingProposals(lastLoggedZxid, false);
    this.lastApplied = lastLoggedZxid;
    this.wantSnapshot = init.wantSnapshot;
  }

  /** UPTODATE came: clients may be served. */
  get isEstablished(): boolean {
    return this.phase === "following";
  }

  /** The link is open: introduces itself. */
  start(now: number): void {
    assert(this.phase === "idle", "a learner starts once");
    const { sid, role, configVersion, acceptedEpoch } = this.init;
    const type = role === "follower" ? PacketType.followerInfo : PacketType.observerInfo;
    const info = LearnerInfo.encode({ serverId: sid, protocolVersion: PROTOCOL_VERSION, configVersion });
    this.world.send(quorumPacket(type, zxidOf(acceptedEpoch, 0), info));
    this.resume("greeting", now);
  }

  /**
   * Forwards a request, only while established. `data`: peer-protocol 4.8; `identities`: the client's, null for createSession.
   */
  request(data: Uint8Array, identities: QuorumPacket["authinfo"]): void {
    assert(this.isEstablished, "no client is served before UPTODATE");
    this.world.send(requestPacket(data, identities));
  }

  /** Asks whether a session still lives, only while established. `data`: a `RevalidateRequest`. */
  revalidate(data: Uint8Array): void {
    assert(this.isEstablished, "no client is served before UPTODATE");
    this.world.send(quorumPacket(PacketType.revalidate, -1n, data));
  }

  /** Answers a ping. `touched`: a run of `TouchedSession`, possibly empty. */
  pong(ping: QuorumPacket, touched: Uint8Array): void {
    if (!this.isEstablished) return;
    this.world.send({ type: PacketType.ping, zxid: ping.zxid, data: touched, authinfo: ping.authinfo });
  }

  /** The server itself leaves. */
  stop(reason: string): void {
    this.end(reason);
  }

  onPacket(packet: QuorumPacket, now: number): void {
    if (this.phase === "ended") return;
    assert(this.phase !== "loading", "no packet is taken out of a snapshot");
    if (this.isBusy) {
      this.backlog.push(packet);
      return;
    }
    this.deadline = now + this.readMs;
    this.handle(packet, now);
  }

  /** The link is lost, or brought bytes that are no packet. */
  onLinkClosed(reason: string): void {
    this.end(reason);
  }

  onEpochSaved(which: EpochName, epoch: Epoch, now: number): void {
    if (this.phase === "ended") return;
    assert(epoch === this.epoch, `the epoch saved is the leader's: ${epoch}`);
    if (which === "acceptedEpoch") this.acceptedEpochSaved(now);
    else this.currentEpochSaved(now);
  }

  /** The log has everything up to `zxid` on disk. */
  onFlushed(zxid: Zxid): void {
    if (this.phase === "flushing" && zxid >= this.awaitedFlush) this.saveCurrentEpoch();
    else if (this.phase === "following") this.ackUpTo(zxid);
  }

  /** `last`: what the rebuilt tree stands at; undefined: the files cannot be cut there, and were not touched. */
  onTruncated(last: Zxid | undefined, now: number): void {
    if (this.phase === "ended") return;
    assert(this.phase === "truncating", "a truncation was done that was asked for");
    const target = this.pending.last;
    this.diskIsCut = false;
    if (last === undefined) {
      this.wantSnapshot = true;
      this.end(`the files hold no cut at 0x${hex64(target)}; asking for a snapshot next`);
    } else if (last === target || (counterOf(target) === 0 && last < target)) this.resume("collecting", now);
    else this.end(`the log ends at 0x${hex64(last)} where the leader cut it at 0x${hex64(target)}`);
  }

  /** Bytes of the snapshot arrived. */
  onSnapshotProgress(now: number): void {
    if (this.phase === "loading") this.deadline = now + this.readMs;
  }

  onSnapshotReceived(ok: boolean, now: number): void {
    if (this.phase === "ended") return;
    assert(this.phase === "loading", "a snapshot came that was asked for");
    if (ok) this.resume("collecting", now);
    else this.end("the snapshot stream is broken");
  }

  onSnapshotSaved(): void {
    if (this.phase === "ended") return;
    assert(this.phase === "savingSnapshot", "a snapshot was saved that was asked for");
    this.memoryOnly = false;
    this.wantSnapshot = false;
    this.saveCurrentEpoch();
  }

  onDeadline(now: number): void {
    if (now >= this.deadline) this.end(`nothing came from the leader while ${this.phase}`);
  }

  // --- one packet -------------------------------------------------------------------------------------------------------

  private get isBusy(): boolean {
    switch (this.phase) {
      case "promising":
      case "truncating":
      case "loading":
      case "savingSnapshot":
      case "flushing":
      case "savingEpoch":
        return true;
      default:
        return false;
    }
  }

  private handle(packet: QuorumPacket, now: number): void {
    if (this.phase === "greeting") this.leaderInfo(packet, now);
    else if (this.phase === "choosing") this.choose(packet);
    else if (this.phase === "collecting") this.collect(packet);
    else if (this.phase === "following") this.follow(packet);
  }

  private wait(phase: LearnerPhase): void {
    this.phase = phase;
    this.deadline = NEVER;
  }

  private resume(phase: LearnerPhase, now: number): void {
    this.phase = phase;
    this.deadline = now + this.readMs;
    const { backlog } = this;
    this.backlog = [];
    let next = 0;
    for (let packet = backlog[0]; packet !== undefined && !this.isBusy; packet = backlog[next]) {
      next++;
      this.handle(packet, now);
    }
    this.backlog = backlog.slice(next).concat(this.backlog);
  }

  // --- discovery --------------------------------------------------------------------------------------------------------

  private leaderInfo({ type, zxid, data }: QuorumPacket, now: number): void {
    const { acceptedEpoch } = this.init;
    this.epoch = epochOf(toZxid(zxid));
    if (type !== PacketType.leaderInfo) this.end(`packet of type ${type} where LEADERINFO belongs`);
    else if (data === null || data.length < 4) this.end("LEADERINFO without protocol version");
    else if (this.epoch < acceptedEpoch) this.end(`epoch ${this.epoch} is below the accepted epoch ${acceptedEpoch}`);
    else if (this.epoch === acceptedEpoch) this.sendAckEpoch(NOT_COUNTED, now);
    else {
      this.wait("promising");
      this.world.saveEpoch("acceptedEpoch", this.epoch);
    }
  }

  private acceptedEpochSaved(now: number): void {
    assert(this.phase === "promising", "acceptedEpoch was to be saved");
    this.sendAckEpoch(this.init.currentEpoch, now);
  }

  /** Who wants a snapshot says that it has nothing, and is not counted: its history is longer than it says. */
  private sendAckEpoch(epoch: number, now: number): void {
    const [zxid, value] = this.wantSnapshot ? [ZXID_ZERO, NOT_COUNTED] : [this.init.lastLoggedZxid, epoch];
    this.world.send(quorumPacket(PacketType.ackEpoch, zxid, IntData.encode({ value })));
    this.resume("choosing", now);
  }

  private choose({ type, zxid: raw }: QuorumPacket): void {
    const zxid = toZxid(raw);
    if (type === PacketType.snap) this.receiveSnapshot(zxid);
    else if (this.wantSnapshot) this.end(`packet of type ${type} where a snapshot was asked for`);
    else if (type === PacketType.trunc) this.truncate(zxid);
    else if (type === PacketType.diff) {
      this.world.observe({ kind: "syncing", by: "diff", zxid });
      this.phase = "collecting";
    } else this.end(`packet of type ${type} where DIFF, TRUNC or SNAP belongs`);
  }

  private truncate(zxid: Zxid): void {
    this.world.observe({ kind: "syncing", by: "trunc", zxid });
    this.pending = new PendingProposals(zxid, false);
    this.lastApplied = zxid;
    this.diskIsCut = true;
    this.wait("truncating");
    this.world.truncate(zxid);
  }

  private receiveSnapshot(zxid: Zxid): void {
    this.world.observe({ kind: "syncing", by: "snap", zxid });
    this.pending = new PendingProposals(zxid, true);
    this.lastApplied = zxid;
    this.memoryOnly = true;
    this.init.committedLog.clear();
    this.phase = "loading";
    this.world.receiveSnapshot(zxid);
  }

  // --- history until UPTODATE -------------------------------------------------------------------------------------------

  private collect(packet: QuorumPacket): void {
    switch (packet.type) {
      case PacketType.proposal:
        this.takeProposal(packet);
        break;
      case PacketType.commit:
        this.takeCommit(packet);
        break;
      case PacketType.commitAndActivate:
        this.takeCommitAndActivate(packet);
        break;
      case PacketType.inform:
        if (this.takeProposal(packet)) this.takeCommit(packet);
        break;
      case PacketType.informAndActivate:
        this.takeInformAndActivate(packet);
        break;
      case PacketType.newLeader:
        this.newLeader(packet.data);
        break;
      case PacketType.upToDate:
        this.upToDate();
        break;
      default:
        this.world.observe({ kind: "ignoredPacket", type: packet.type });
    }
  }

  /** False: the session with this leader is over. */
  private takeProposal({ zxid: raw, data }: QuorumPacket): boolean {
    const zxid = toZxid(raw);
    if (data === null) this.end(`proposal 0x${hex64(zxid)} without a transaction`);
    else if (!this.pending.continuedBy(zxid))
      this.end(`proposal 0x${hex64(zxid)} does not continue 0x${hex64(this.pending.last)}`);
    else {
      this.pending.push({ zxid, bytes: data });
      return true;
    }
    return false;
  }

  private takeCommit({ zxid }: QuorumPacket, designated?: ServerId): void {
    const next = this.pending.nextToCommit;
    if (next === undefined || next.zxid !== zxid) {
      const expected = next === undefined ? "no proposal" : `0x${hex64(next.zxid)}`;
      this.end(`commit of 0x${hex64(zxid)} where ${expected} is next`);
      return;
    }
    if (designated !== undefined) this.world.activateConfig(next, designated);
    this.pending.committed++;
    if (this.memoryOnly || this.phase === "following") this.applyCommitted();
  }

  private takeCommitAndActivate(packet: QuorumPacket): void {
    if (packet.data === null || packet.data.length < 8) this.end("COMMITANDACTIVATE without a leader");
    else this.takeCommit(packet, toServerId(DesignatedLeader.decode(packet.data).serverId));
  }

  /** The designated leader, then the transaction. Unlike Java's it counts as the next in order (peer-protocol 8.2 hazard 7). */
  private takeInformAndActivate({ type, zxid, data, authinfo }: QuorumPacket): void {
    if (data === null || data.length < 8) {
      this.end("INFORMANDACTIVATE without a leader");
      return;
    }
    const inform = { type, zxid, data: data.subarray(8), authinfo };
    if (!this.takeProposal(inform)) return;
    if (this.phase === "following") this.logPending();
    this.takeCommit(inform, toServerId(DesignatedLeader.decode(data).serverId));
  }

  private applyCommitted(): void {
    while (this.phase !== "ended") {
      const entry = this.pending.takeCommitted();
      if (entry === undefined) return;
      this.apply(entry);
    }
  }

  private apply(entry: TxnBytes): void {
    if (entry.zxid > this.lastApplied) this.lastApplied = entry.zxid;
    this.init.committedLog.add(entry);
    this.world.commit(entry);
  }

  /** The order of peer-protocol 3.10, each step begun when the one before is durable (ZOOKEEPER-3911, 4643, 4646, 4785). */
  private newLeader(config: Uint8Array | null): void {
    if (config !== null && config.length > 1) this.world.newLeaderConfig(config);
    const { committed } = this.pending;
    this.world.observe({ kind: "historyTaken", epoch: this.epoch, entries: committed });
    if (this.memoryOnly) {
      this.wait("savingSnapshot");
      this.world.saveSnapshot(this.lastApplied);
    } else if (committed > 0) {
      this.wait("flushing");
      this.logAndApplyHistory(committed);
    } else this.saveCurrentEpoch();
  }

  /** What is not committed stays pending: it is not ours to log before the leader is established (ZOOKEEPER-4394). */
  private logAndApplyHistory(count: number): void {
    for (let i = 0; i < count; i++) {
      const entry = this.pending.takeUnlogged();
      assert(entry !== undefined, "what is committed is pending");
      this.awaitedFlush = entry.zxid;
      this.world.append(entry);
    }
    this.applyCommitted();
  }

  private saveCurrentEpoch(): void {
    this.wait("savingEpoch");
    this.world.saveEpoch("currentEpoch", this.epoch);
  }

  private currentEpochSaved(now: number): void {
    assert(this.phase === "savingEpoch", "currentEpoch was to be saved");
    this.readMs = this.syncMs;
    this.tookHistory = true;
    this.ackNewLeader();
    this.resume("collecting", now);
  }

  private ackNewLeader(): void {
    this.world.send(quorumPacket(PacketType.ack, zxidOf(this.epoch, 0)));
  }

  /** Clients wait until all that is committed is in the tree; acks of what was pending follow its fsync. */
  private upToDate(): void {
    if (!this.tookHistory) {
      this.end("UPTODATE before NEWLEADER");
      return;
    }
    if (this.init.role === "observer" && this.pending.nextToCommit !== undefined) {
      this.end("a proposal that an observer cannot ack");
      return;
    }
    this.phase = "following";
    this.logPending();
    this.applyCommitted();
    if (!this.isEstablished) return;
    this.ackNewLeader();
    this.world.established(this.epoch);
  }

  // --- the broadcast ----------------------------------------------------------------------------------------------------

  private follow(packet: QuorumPacket): void {
    switch (packet.type) {
      case PacketType.ping:
        this.world.pinged(packet);
        break;
      case PacketType.sync:
        this.world.syncReturned();
        break;
      case PacketType.revalidate:
        this.world.revalidated(packet.data);
        break;
      default:
        if (this.init.role === "follower") this.followBroadcast(packet);
        else this.observeBroadcast(packet);
    }
  }

  private followBroadcast(packet: QuorumPacket): void {
    const { type, zxid } = packet;
    const commits = type === PacketType.commit || type === PacketType.commitAndActivate;
    if (type === PacketType.proposal) {
      if (this.takeProposal(packet)) this.logPending();
    } else if (!commits) this.world.observe({ kind: "ignoredPacket", type });
    else if (this.pending.size === 0) this.world.observe({ kind: "commitWithoutProposal", zxid: toZxid(zxid) });
    else if (type === PacketType.commit) this.takeCommit(packet);
    else this.takeCommitAndActivate(packet);
  }

  private observeBroadcast(packet: QuorumPacket): void {
    if (packet.type === PacketType.informAndActivate) this.takeInformAndActivate(packet);
    else if (packet.type !== PacketType.inform) this.world.observe({ kind: "ignoredPacket", type: packet.type });
    else if (this.takeProposal(packet)) {
      this.logPending();
      this.takeCommit(packet);
    }
  }

  private logPending(): void {
    for (let entry = this.pending.takeUnlogged(); entry !== undefined; entry = this.pending.takeUnlogged()) {
      if (this.init.role === "follower") this.unacked.push(entry.zxid);
      this.world.append(entry);
    }
  }

  /** One ack for each, in order, and none before it and all before it are durable (Z12). */
  private ackUpTo(zxid: Zxid): void {
    let count = 0;
    for (const acked of this.unacked) {
      if (acked > zxid) break;
      this.world.send(quorumPacket(PacketType.ack, acked));
      count++;
    }
    this.unacked.splice(0, count);
  }

  private end(reason: string): void {
    if (this.phase === "ended") return;
    const { wantSnapshot } = this;
    this.wait("ended");
    this.backlog = [];
    this.world.ended(reason, { discardMemory: this.memoryOnly || this.diskIsCut, wantSnapshot });
  }
}

type LearnerPhase =
  | "idle"
  | "greeting"
  | "promising"
  | "choosing"
  | "truncating"
  | "loading"
  | "collecting"
  | "savingSnapshot"
  | "flushing"
  | "savingEpoch"
  | "following"
  | "ended";

/** ACKEPOCH's word for: sync me, I promised this epoch before. */
const NOT_COUNTED = -1;

import { assert } from "../base/assert.ts";
import { hex64 } from "../base/bytes.ts";
import { NEVER } from "../base/instant.ts";
import { COUNTER_EXHAUSTED, counterOf, type Epoch, epochOf, nextZxid, toZxid, type Zxid } from "../base/zxid.ts";
import { IntData, PacketType, PROTOCOL_VERSION, type QuorumPacket, quorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { type Arrival, Barriers } from "./barriers.ts";
import { Broadcast, type Proposal, packetOf } from "./broadcast.ts";
import type { EpochName, LeaderInit, LeaderWorld, LearnerStatus, LinkId } from "./leaderWorld.ts";
import { type Introduction, LearnerHandler, readIntroduction } from "./learnerHandler.ts";
import { Links } from "./links.ts";
import type { QuorumVerifier } from "./quorum.ts";
import { planSync, type SyncPlan } from "./syncPlan.ts";

/**
 * The leader of one epoch (peer-protocol 3.4, 3.5, 4.5, 4.9, 4.13, 4.14). `now` is the monotonic clock in ms.
 *
 * ```
 *   start --> discovering          until a quorum told its accepted epoch
 *         --> savingAcceptedEpoch  then LEADERINFO may go out
 *         --> collectingPromises   until a quorum sent ACKEPOCH
 *         --> savingCurrentEpoch   then learners are synced and NEWLEADER may go out
 *         --> synchronising        until a quorum has taken the history
 *         --> broadcasting         proposes, commits, pings, counts who is alive
 *         --> ended                from anywhere: time-out, quorum lost, counter used up, stopped
 *   start --> broadcasting         a server alone: no epochs, no learners, no ticks
 * ```
 * Order of effects: an epoch is on disk before a packet tells it; PROPOSAL goes out beside the own append; COMMIT goes out before
 * the own tree applies it, and SYNC right behind the COMMIT.
 */
export class Leader {
  /** When `onDeadline` wants to be called: may be early, is never late. */
  deadline = NEVER;
  private readonly init: LeaderInit;
  private readonly world: LeaderWorld;
  private readonly verifiers: readonly QuorumVerifier[];
  private readonly initMs: number;
  private readonly syncMs: number;
  private readonly links = new Links();
  private readonly barriers: Barriers;
  private readonly self: Arrival;
  private phase: LeaderPhase = "idle";
  private phaseDeadline = NEVER;
  private broadcast: Broadcast;
  /** What the tree stands at, and the newest transaction in it. */
  private lastProcessed: Zxid;
  private lastTxn: Zxid;
  private tick = 0;
  private passes = 0;
  private nextPass = NEVER;

  constructor(init: LeaderInit, world: LeaderWorld) {
    const { committedLog, lastZxid, verifier, pendingVerifier, sid } = init;
    assert(committedLog.endsAt(lastZxid), "the committed log ends where the tree stands");
    this.init = init;
    this.world = world;
    this.verifiers = pendingVerifier === undefined ? [verifier] : [verifier, pendingVerifier];
    this.initMs = init.tickTimeMs * init.initLimit;
    this.syncMs = init.tickTimeMs * init.syncLimit;
    this.barriers = new Barriers(init);
    this.self = { sid, role: "follower" };
    this.broadcast = new Broadcast(lastZxid);
    this.lastProcessed = lastZxid;
    this.lastTxn = committedLog.max ?? lastZxid;
  }

  /** A quorum follows and clients may be served. */
  get isEstablished(): boolean {
    return this.phase === "broadcasting";
  }

  /** The epoch led, or the one being established; undefined until it is chosen. */
  get epoch(): Epoch | undefined {
    if (this.init.solo) return epochOf(this.lastProposed);
    return this.barriers.isChosen ? this.barriers.epoch : undefined;
  }

  get lastProposed(): Zxid {
    return this.broadcast.lastProposed;
  }

  get lastCommitted(): Zxid {
    return this.broadcast.lastCommitted;
  }

  /** Proposals that are not committed yet. */
  get outstanding(): number {
    return this.broadcast.outstanding;
  }

  /** Everybody connected who said who it is. */
  learners(): LearnerStatus[] {
    const introduced = [...this.links.all.values()].filter(({ phase }) => phase !== "introducing");
    return introduced.map(({ link, sid, role, phase }) => ({
      link,
      sid,
      role,
      voter: this.init.verifier.voters.has(sid),
      synced: phase === "live",
    }));
  }

  start(now: number): void {
    assert(this.phase === "idle", "a leader starts once");
    if (this.init.solo) {
      this.establish(now);
      return;
    }
    this.enter("discovering", now);
    if (this.barriers.tell(this.self, this.init.acceptedEpoch)) this.chooseEpoch(now);
  }

  /**
   * The next zxid; the same until `propose` takes it. Undefined: not established, or the counter of this epoch is used up, and then
   * leadership has just ended (peer-protocol 4.13).
   */
  nextZxid(): Zxid | undefined {
    if (!this.isEstablished) return undefined;
    const next = nextZxid(this.lastProposed);
    if (counterOf(next) !== COUNTER_EXHAUSTED || this.init.solo) return next;
    this.end("the counter of the epoch is used up");
    return undefined;
  }

  /** Only while established. `entry.zxid` is `nextZxid()`. */
  propose(entry: TxnBytes, now: number): void {
    assert(this.isEstablished, "nothing is proposed before a quorum has the history, or after leadership");
    const proposal = this.broadcast.propose(entry, this.verifiers);
    if (this.links.isRegistered("follower")) this.links.forward("follower", packetOf(proposal), now);
    this.world.append(entry);
  }

  /** A learner forwarded a sync; SYNC goes to it once everything proposed so far is committed (peer-protocol 4.9). */
  syncRequested(link: LinkId): void {
    if (this.broadcast.waitForSync(link)) return;
    this.reply(link, SYNC);
  }

  /** Sends an answer of the server's to a synced learner; nothing happens when the link is gone. */
  reply(link: LinkId, packet: QuorumPacket): void {
    const handler = this.links.all.get(link);
    if (handler?.phase === "live") handler.send(packet);
  }

  /** The server itself stops leading: closes every link, then `ended`. */
  stop(reason: string): void {
    this.end(reason);
  }

  onLearnerConnected(link: LinkId, now: number): void {
    if (this.phase === "ended") return;
    this.makeRoom();
    const syncedUntilTick = this.tick + this.init.initLimit + this.init.syncLimit;
    const handler = new LearnerHandler(link, this.world, now + this.initMs, syncedUntilTick);
    this.links.add(handler);
    this.arm(handler.deadline);
  }

  /** A learner says at once who it is: of many that do not, the oldest goes, so that silent strangers keep nobody out. */
  private makeRoom(): void {
    const strangers = this.links.in("introducing");
    const [oldest] = strangers;
    if (oldest !== undefined && strangers.length >= MOST_STRANGERS)
      this.drop(oldest, `${MOST_STRANGERS} newer ones have not said who they are either`);
  }

  onPacket(link: LinkId, packet: QuorumPacket, now: number): void {
    const handler = this.links.all.get(link);
    if (handler === undefined) return;
    const meaning = handler.meaning(packet);
    switch (meaning) {
      case "introduction":
        this.introduced(handler, readIntroduction(packet), now);
        break;
      case "promise":
        this.promised(handler, packet, now);
        break;
      case "ack":
        this.acked(handler, toZxid(packet.zxid), now);
        break;
      case "touched":
      case "request":
      case "revalidate":
      case "ignored":
        this.heard(handler, now);
        this.handOver(handler, meaning, packet);
        break;
      case "refused":
        this.drop(handler, `packet of type ${packet.type} while ${handler.phase}`);
        break;
    }
  }

  onLinkClosed(link: LinkId): void {
    const handler = this.links.all.get(link);
    if (handler !== undefined) this.forget(handler);
  }

  onEpochSaved(which: EpochName, epoch: Epoch, now: number): void {
    if (this.phase === "ended") return;
    assert(epoch === this.barriers.epoch, `the epoch saved is the one chosen: ${epoch}`);
    if (which === "acceptedEpoch") this.acceptedEpochSaved(now);
    else this.currentEpochSaved(now);
  }

  /** The own log has everything up to `zxid` on disk. */
  onFlushed(zxid: Zxid, now: number): void {
    if (this.phase !== "broadcasting") return;
    this.broadcast.ackUpTo(this.init.sid, zxid);
    this.commitReady(now);
  }

  /** The peer takes bytes of the snapshot. */
  onSnapshotProgress(link: LinkId, now: number): void {
    const handler = this.links.all.get(link);
    if (handler?.phase === "streaming") handler.deadline = now + this.initMs;
  }

  onSnapshotSent(link: LinkId, now: number): void {
    const handler = this.links.all.get(link);
    if (handler === undefined) return;
    assert(handler.phase === "streaming", "a snapshot was sent that was asked for");
    handler.release(now);
    this.sendNewLeader(handler, now);
  }

  onLogRead(link: LinkId, history: readonly TxnBytes[] | "unusable", now: number): void {
    const handler = this.links.all.get(link);
    if (handler === undefined) return;
    assert(handler.phase === "planning", "history was read that was asked for");
    handler.enter("awaitingQuorum", NEVER);
    this.sync(handler, history, now);
    this.init.committedLog.release();
  }

  onDeadline(now: number): void {
    if (now >= this.phaseDeadline) this.end(`no quorum while ${this.phase}`);
    for (const handler of [...this.links.all.values()]) {
      if (now >= handler.deadline) this.drop(handler, `nothing came while ${handler.phase}`);
    }
    if (now >= this.nextPass) this.pass(now);
    this.deadline = Math.min(this.phaseDeadline, this.nextPass, this.links.earliestDeadline);
  }

  // --- the epoch, and who promises to follow it ---------------------------------------------------------------------

  private introduced(handler: LearnerHandler, introduction: Introduction | undefined, now: number): void {
    const refusal = this.refusal(introduction);
    if (introduction === undefined || refusal !== undefined) {
      this.drop(handler, refusal ?? "");
      return;
    }
    handler.sid = introduction.sid;
    handler.role = introduction.role;
    handler.enter("awaitingEpoch", now + this.initMs);
    if (this.barriers.tell(handler, introduction.acceptedEpoch)) this.chooseEpoch(now);
    else if (this.barriers.isChosen && this.phase !== "savingAcceptedEpoch") this.sendLeaderInfo(handler, now);
  }

  private refusal(introduction: Introduction | undefined): string | undefined {
    if (introduction === undefined) return "LearnerInfo is too short, or of a protocol before 3.4";
    if (introduction.sid === this.init.sid) return `it claims to be this server, ${this.init.sid}`;
    if (introduction.acceptedEpoch >= LAST_EPOCH)
      return `accepted epoch ${introduction.acceptedEpoch} has no successor`;
    const { version } = this.init.verifier;
    if (introduction.configVersion <= version) return undefined;
    return `its configuration ${hex64(introduction.configVersion)} is later than ${hex64(version)}`;
  }

  private chooseEpoch(now: number): void {
    const { epoch } = this.barriers;
    this.enter("savingAcceptedEpoch", now);
    this.world.observe({ kind: "epochChosen", epoch });
    this.world.saveEpoch("acceptedEpoch", epoch);
  }

  private acceptedEpochSaved(now: number): void {
    assert(this.phase === "savingAcceptedEpoch", "acceptedEpoch was to be saved");
    this.broadcast = new Broadcast(this.barriers.newLeaderZxid);
    this.enter("collectingPromises", now);
    for (const handler of this.links.in("awaitingEpoch")) this.sendLeaderInfo(handler, now);
    if (this.barriers.promise(this.self)) this.saveCurrentEpoch(now);
  }

  private sendLeaderInfo(handler: LearnerHandler, now: number): void {
    handler.enter("promising", now + this.initMs);
    handler.send(quorumPacket(PacketType.leaderInfo, this.barriers.newLeaderZxid, LEADER_PROTOCOL));
  }

  private promised(handler: LearnerHandler, { zxid, data }: QuorumPacket, now: number): void {
    const currentEpoch = data === null ? NOT_COUNTED : IntData.decode(data).value;
    const counts = currentEpoch !== NOT_COUNTED;
    handler.peerZxid = toZxid(zxid);
    if (counts && this.barriers.isAhead(currentEpoch, handler.peerZxid)) {
      this.drop(handler, `it is ahead of this leader: epoch ${currentEpoch}, zxid 0x${hex64(zxid)}`);
      return;
    }
    handler.enter("awaitingQuorum", now + this.initMs);
    if (this.phase === "synchronising" || this.phase === "broadcasting") this.sync(handler, undefined, now);
    else if (counts && zxid !== -1n && this.barriers.promise(handler)) this.saveCurrentEpoch(now);
  }

  private saveCurrentEpoch(now: number): void {
    this.enter("savingCurrentEpoch", now);
    this.world.saveEpoch("currentEpoch", this.barriers.epoch);
  }

  private currentEpochSaved(now: number): void {
    assert(this.phase === "savingCurrentEpoch", "currentEpoch was to be saved");
    this.world.observe({ kind: "epochAccepted", epoch: this.barriers.epoch });
    this.enter("synchronising", now);
    for (const handler of this.links.in("awaitingQuorum")) this.sync(handler, undefined, now);
    if (this.barriers.take(this.self)) this.establish(now);
  }

  // --- one learner's history --------------------------------------------------------------------------------------------

  /** Decides, sends and registers in one step: nothing is lost or repeated between history and live traffic (3.6). */
  private sync(handler: LearnerHandler, history: readonly TxnBytes[] | "unusable" | undefined, now: number): void {
    const { lastProcessed, lastTxn } = this;
    const { committedLog, diskHistory } = this.init;
    const { peerZxid } = handler;
    const known = diskHistory ? history : "unusable";
    const plan = planSync({ peerZxid, lastProcessed, lastTxn, committedLog, history: known });
    if (plan.kind === "needDiskHistory") this.askHistory(handler, now);
    else if (this.hasRoomFor(handler, plan.kind)) this.register(handler, plan, now);
    else this.drop(handler, `too many learners are being synced by ${plan.kind}`);
  }

  private askHistory(handler: LearnerHandler, now: number): void {
    handler.enter("planning", now + this.initMs);
    this.arm(handler.deadline);
    this.init.committedLog.hold();
    this.world.readLog(handler.link, handler.peerZxid);
  }

  private hasRoomFor(handler: LearnerHandler, kind: "diff" | "trunc" | "snap"): boolean {
    if (handler.role === "follower") return true;
    const { maxConcurrentSnapSyncs, maxConcurrentDiffSyncs } = this.init;
    return this.links.syncing(kind === "snap") < (kind === "snap" ? maxConcurrentSnapSyncs : maxConcurrentDiffSyncs);
  }

  private register(handler: LearnerHandler, plan: Decided, now: number): void {
    this.observeSync(handler, plan);
    handler.syncing = plan.kind;
    handler.send(quorumPacket(SYNC_PACKET[plan.kind], plan.zxid));
    for (const { zxid, bytes } of plan.entries) {
      handler.send(quorumPacket(PacketType.proposal, zxid, bytes));
      handler.send(quorumPacket(PacketType.commit, zxid));
    }
    this.links.register(handler, this.lastProposed);
    if (handler.role === "follower") this.forwardOutstanding(handler, plan.forwardFrom, now);
    if (plan.kind === "snap") {
      handler.enter("streaming", now + this.initMs);
      this.world.sendSnapshot(handler.link);
      return;
    }
    handler.release(now);
    this.sendNewLeader(handler, now);
  }

  private observeSync({ link, sid, peerZxid }: LearnerHandler, plan: Decided): void {
    const { kind: by, zxid: packetZxid, entries } = plan;
    this.world.observe({ kind: "syncing", link, sid, by, peerZxid, packetZxid, entries: entries.length });
  }

  private forwardOutstanding(handler: LearnerHandler, from: Zxid, now: number): void {
    this.broadcast.forget(handler.sid);
    this.broadcast.visit((proposal) => {
      if (proposal.entry.zxid > from) handler.forward(packetOf(proposal), now);
    });
  }

  /** Behind the whole history and never before the snapshot is out (ZOOKEEPER-3104). */
  private sendNewLeader(handler: LearnerHandler, now: number): void {
    handler.enter("taking", now + this.initMs);
    handler.send(quorumPacket(PacketType.newLeader, this.barriers.newLeaderZxid, this.init.configText));
  }

  private tookHistory(handler: LearnerHandler, now: number): void {
    handler.syncing = undefined;
    handler.ackTimer.start();
    handler.enter("ready", now + this.initMs);
    if (this.isEstablished) this.welcome(handler, now);
    else if (this.barriers.take(handler)) this.establish(now);
  }

  private welcome(handler: LearnerHandler, now: number): void {
    handler.enter("live", now + this.syncMs);
    this.arm(handler.deadline);
    handler.send(UPTODATE);
    handler.release(now);
    this.world.observe({ kind: "synced", link: handler.link, sid: handler.sid, role: handler.role });
  }

  // --- the broadcast ----------------------------------------------------------------------------------------------------

  private establish(now: number): void {
    this.enter("broadcasting", now);
    if (!this.init.solo) {
      this.lastProcessed = this.barriers.newLeaderZxid;
      this.nextPass = now + this.init.tickTimeMs / 2;
      this.arm(this.nextPass);
    }
    this.world.established(this.lastProcessed);
    for (const handler of this.links.in("ready")) this.welcome(handler, now);
  }

  /** Before its NEWLEADER ack a follower of 3.5.10 to 3.9.1 may ack proposals (peer-protocol 3.5, 3.11). */
  private acked(handler: LearnerHandler, zxid: Zxid, now: number): void {
    this.heard(handler, now);
    if (handler.phase === "taking" && zxid === this.barriers.newLeaderZxid) {
      this.tookHistory(handler, now);
      return;
    }
    const { sid, link } = handler;
    if (handler.phase === "taking") this.world.observe({ kind: "wrongNewLeaderAck", link, sid, zxid });
    handler.ackTimer.acked(zxid);
    if (handler.role !== "follower" || zxid <= handler.countsAbove) return;
    if (!this.broadcast.ack(sid, zxid)) this.world.observe({ kind: "unknownAck", sid, zxid });
    this.commitReady(now);
  }

  private handOver(
    handler: LearnerHandler,
    meaning: "touched" | "request" | "revalidate" | "ignored",
    packet: QuorumPacket,
  ): void {
    const { link, sid } = handler;
    if (meaning === "request") this.world.request(link, sid, packet);
    else if (meaning === "revalidate") this.world.revalidate(link, packet);
    else if (meaning === "ignored") this.world.observe({ kind: "ignoredPacket", link, sid, type: packet.type });
    else if (packet.data !== null) this.world.touched(link, packet.data);
  }

  private commitReady(now: number): void {
    while (this.isEstablished) {
      const proposal = this.broadcast.takeCommitted();
      if (proposal === undefined) return;
      this.commit(proposal, now);
    }
  }

  private commit({ entry, syncs }: Proposal, now: number): void {
    const { zxid, bytes } = entry;
    this.init.committedLog.add(entry);
    this.lastProcessed = zxid;
    this.lastTxn = zxid;
    if (this.links.isRegistered("follower")) this.links.forward("follower", quorumPacket(PacketType.commit, zxid), now);
    if (this.links.isRegistered("observer")) {
      this.links.forward("observer", quorumPacket(PacketType.inform, zxid, bytes), now);
    }
    if (syncs !== undefined) for (const link of syncs) this.reply(link, SYNC);
    this.world.commit(entry);
  }

  // --- time, and the end ------------------------------------------------------------------------------------------------

  /** Every half tick (peer-protocol 4.14). */
  private pass(now: number): void {
    this.nextPass = now + this.init.tickTimeMs / 2;
    this.passes++;
    if (this.passes % 2 === 0) this.countSynced();
    if (!this.isEstablished) return;
    const ping = quorumPacket(PacketType.ping, this.lastProposed);
    for (const handler of [...this.links.all.values()]) {
      if (!handler.isPinged) continue;
      if (handler.ackTimer.isLate(now, this.syncMs)) this.drop(handler, "its acks are late");
      else handler.send(ping);
    }
  }

  private countSynced(): void {
    this.tick++;
    const synced = this.links.syncedAt(this.tick).add(this.init.sid);
    if (this.verifiers.every((verifier) => verifier.containsQuorum(synced))) return;
    this.end(`not sufficient followers synced, only with sids ${[...synced].join(", ")}`);
  }

  private heard(handler: LearnerHandler, now: number): void {
    if (handler.phase === "taking" || handler.phase === "ready") {
      handler.deadline = now + this.initMs;
      return;
    }
    handler.deadline = now + this.syncMs;
    handler.syncedUntilTick = this.tick + this.init.syncLimit;
  }

  private enter(phase: LeaderPhase, now: number): void {
    this.phase = phase;
    this.phaseDeadline = phase === "broadcasting" ? NEVER : now + this.initMs;
    this.arm(this.phaseDeadline);
  }

  private arm(deadline: number): void {
    if (deadline < this.deadline) this.deadline = deadline;
  }

  private drop(handler: LearnerHandler, reason: string): void {
    this.world.close(handler.link, reason);
    this.forget(handler);
  }

  private forget(handler: LearnerHandler): void {
    const wasLive = handler.phase === "live";
    if (handler.phase === "planning") this.init.committedLog.release();
    handler.enter("closed", NEVER);
    this.links.remove(handler);
    if (wasLive) this.world.learnerGone(handler.link);
  }

  private end(reason: string): void {
    if (this.phase === "ended") return;
    this.phase = "ended";
    this.phaseDeadline = NEVER;
    this.nextPass = NEVER;
    this.deadline = NEVER;
    for (const handler of [...this.links.all.values()]) this.drop(handler, reason);
    this.world.ended(reason);
  }
}

type Decided = Exclude<SyncPlan, { kind: "needDiskHistory" }>;

type LeaderPhase =
  | "idle"
  | "discovering"
  | "savingAcceptedEpoch"
  | "collectingPromises"
  | "savingCurrentEpoch"
  | "synchronising"
  | "broadcasting"
  | "ended";

const LEADER_PROTOCOL = IntData.encode({ value: PROTOCOL_VERSION });
const SYNC = quorumPacket(PacketType.sync, 0n);
const UPTODATE = quorumPacket(PacketType.upToDate, -1n);
const SYNC_PACKET = { diff: PacketType.diff, trunc: PacketType.trunc, snap: PacketType.snap } as const;
/** ACKEPOCH's word for: sync me, I promised this epoch before. */
const NOT_COUNTED = -1;
/** Connections that have not said who they are, as on the election port. */
const MOST_STRANGERS = 256;
/** The next epoch would be negative. */
const LAST_EPOCH = 0x7fffffff;

import { equalBytes } from "../base/bytes.ts";
import { toServerId } from "../base/ids.ts";
import { counterOf, type Epoch, epochOf, toZxid, type Zxid } from "../base/zxid.ts";
import { PacketType, type QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { Majority } from "./quorum.ts";
import { type DiskState, type Link, Member, recovered, type Watcher } from "./testMember.ts";
import { textOfZxid } from "./testScript.ts";

/**
 * Leaders and learners of this room against each other: random orders of packets, disk completions, proposals, silence, lost links, crashes
 * and elections, sometimes of the wrong server. After every step the invariants of peer-protocol 8.1 hold that can be seen from here; once
 * faults stop, everybody ends with one history.
 */
class Ensemble implements Watcher {
  now = 0;
  readonly verifier: Majority;
  readonly committedLogLimit: number;
  readonly counts = new Map<string, number>();
  readonly members: Member[];
  readonly voters: Member[];
  private readonly links: WatchedLink[] = [];
  /** The one sequence of which everybody's is a prefix (Z1, Z4). */
  private decided: TxnBytes[] = [];
  private readonly ledEpochs = new Set<Epoch>();
  private readonly checked = new Map<object, readonly TxnBytes[]>();
  private proposals = 0;
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
    const voters = this.random.pick([1, 3, 3, 3, 5, 5]);
    const observers = this.random.below(2);
    this.committedLogLimit = this.random.pick([2, 5, 500]);
    const sids = Array.from({ length: voters + observers }, (_, i) => toServerId(BigInt(i + 1)));
    this.verifier = new Majority(0n, sids.slice(0, voters), sids.slice(voters));
    this.members = sids.map((sid, i) => new Member(sid, i < voters ? "follower" : "observer", this));
    this.voters = this.members.slice(0, voters);
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) this.step(true);
    this.heal();
    for (const member of this.members) {
      expect(member.tree.map(nameOf)).toEqual(this.decided.map(nameOf));
      expect(recovered(member.disk).history.map(nameOf)).toEqual(this.decided.map(nameOf));
    }
  }

  // One step of the schedule.

  private step(faulty: boolean): void {
    const dice = this.random.below(1000);
    if (dice < 500) this.deliver();
    else if (dice < 720) this.workOfDisk();
    else if (dice < 770) this.doJob();
    else if (dice < 850) this.propose();
    else if (dice < 900) this.passTime(this.random.below(1500));
    else if (dice < 940) this.elect(faulty);
    else if (dice < 970) this.join();
    else if (faulty) this.fault();
    this.checkDisks();
  }

  private deliver(): void {
    const ready = this.links.filter(
      ({ stalled, toLeader, toLearner }) => !stalled && toLeader.length + toLearner.length > 0,
    );
    const link = this.random.pickOr(ready);
    if (link === undefined) return;
    const toLeader = link.toLearner.length === 0 || (link.toLeader.length > 0 && this.random.below(2) === 0);
    for (let count = 1 + this.random.below(4); count > 0; count--) {
      if (toLeader) this.deliverToLeader(link);
      else this.deliverToLearner(link);
    }
  }

  private deliverToLeader(link: WatchedLink): void {
    const item = link.toLeader.shift();
    const { leader, id } = link;
    if (item === undefined || leader.links.get(id) !== link || leader.leader === undefined) return;
    if (item.kind === "packet") leader.leader.onPacket(id, item.packet, this.now);
    if (item.kind !== "closed") return;
    leader.links.delete(id);
    leader.leader.onLinkClosed(id);
  }

  private deliverToLearner(link: WatchedLink): void {
    const item = link.toLearner.shift();
    const { learner } = link;
    if (item === undefined || learner.link !== link || learner.learner === undefined) return;
    if (item.kind === "packet") learner.learner.onPacket(item.packet, this.now);
    else if (item.kind === "closed") learner.learner.onLinkClosed("closed");
    else {
      learner.tree = [...item.history];
      learner.learner.onSnapshotReceived(true, this.now);
    }
  }

  private workOfDisk(): void {
    const member = this.random.pickOr(this.members.filter(({ operations }) => operations.length > 0));
    member?.work(1 + this.random.below(member.operations.length));
  }

  private doJob(): void {
    this.random.pickOr(this.members.filter(({ jobs }) => jobs.length > 0))?.jobs.shift()?.();
  }

  private propose(): void {
    const leader = this.random.pickOr(this.members.filter((member) => member.leader?.isEstablished))?.leader;
    const zxid = leader?.nextZxid();
    if (leader === undefined || zxid === undefined || leader.outstanding > 8) return;
    leader.propose({ zxid, bytes: Uint8Array.of(this.proposals & 0xff, this.proposals >> 8) }, this.now);
    this.proposals++;
  }

  private passTime(ms: number): void {
    this.now += ms;
    for (const member of this.members) member.onDeadline();
  }

  /** A quorum of servers that look elects the best of them (E1); with faults sometimes another. */
  private elect(faulty: boolean): void {
    const lookers = this.voters.filter(({ state }) => state === "looking");
    const electors = faulty ? lookers.filter(() => this.random.below(4) > 0) : lookers;
    if (!this.verifier.containsQuorum(new Set(electors.map(({ sid }) => sid)))) return;
    const best = electors.reduce((a, b) => (isBetter(b, a) ? b : a));
    const leader = faulty && this.random.below(8) === 0 ? (this.random.pickOr(electors) ?? best) : best;
    if (leader !== best) this.count("wrong leader elected");
    leader.lead();
    for (const elector of electors) if (elector !== leader && leader.state === "leading") elector.follow(leader);
  }

  private join(): void {
    const looker = this.random.pickOr(this.members.filter(({ state }) => state === "looking"));
    const leader = this.random.pickOr(this.members.filter(({ state }) => state === "leading"));
    if (looker !== undefined && leader !== undefined) looker.follow(leader);
  }

  // Faults.

  private fault(): void {
    const dice = this.random.below(10);
    const member = this.random.pick(this.members);
    const link = this.random.pickOr(this.links.filter(({ isOpen }) => isOpen));
    if (dice < 2 && member.state !== "down") this.crash(member);
    else if (dice < 6 && member.state === "down") member.boot();
    else if (dice < 8 && link !== undefined) this.cut(link);
    else if (link !== undefined) link.stalled = !link.stalled;
  }

  private crash(member: Member): void {
    this.count("crash");
    for (const link of this.links) if (link.leader === member || link.learner === member) this.cut(link);
    member.crash(this.random.below(member.operations.length + 1));
  }

  /** What was sent last may never arrive. */
  private cut(link: WatchedLink): void {
    link.isOpen = false;
    for (const queue of [link.toLeader, link.toLearner]) {
      queue.length -= this.random.below(queue.length + 1);
      queue.push({ kind: "closed" });
    }
  }

  private heal(): void {
    for (const link of this.links) link.stalled = false;
    for (const member of this.members) if (member.state === "down") member.boot();
    for (let i = 1; i < 60_000 && !this.isWhole(); i++) {
      this.step(false);
      if (i % 5000 === 0) this.holdElectionAnew();
    }
    must(this.isWhole(), "everybody serves once faults stop");
    for (let i = 0; i < 400; i++) this.step(false);
    for (let i = 0; i < 40_000 && !this.isQuiet(); i++) this.settle();
    must(this.isQuiet(), "everything is delivered in the end");
  }

  /** Who promised a higher epoch to a leader that is gone waits for the next election (peer-protocol 3.3). */
  private holdElectionAnew(): void {
    this.count("election held anew");
    for (const { leader } of this.members) leader?.stop("an operator restarts it");
  }

  private settle(): void {
    this.deliver();
    this.workOfDisk();
    this.doJob();
    if (this.members.some(({ state }) => state === "looking")) this.elect(false);
    this.join();
    if (this.random.below(20) === 0) this.passTime(100);
    this.checkDisks();
  }

  /** One leads, and everybody else follows it. */
  private isWhole(): boolean {
    const [leader, ...others] = this.members.filter(({ state }) => state === "leading");
    if (leader === undefined || others.length > 0 || !leader.leader?.isEstablished) return false;
    return this.members.every(({ learner, link }, i) => {
      return this.members[i] === leader || (learner?.isEstablished === true && link?.leader === leader);
    });
  }

  private isQuiet(): boolean {
    const busy = this.members.some(({ operations, leader }) => operations.length > 0 || (leader?.outstanding ?? 0) > 0);
    const open = this.links.filter(({ id, learner }) => learner.link?.id === id);
    const isPing = (items: Link["toLeader"]) =>
      items.every((item) => item.kind === "packet" && item.packet.type === PacketType.ping);
    return !busy && this.isWhole() && open.every(({ toLeader, toLearner }) => isPing(toLeader) && isPing(toLearner));
  }

  // What the members tell.

  connect(learner: Member, leader: Member): Link {
    const link = new WatchedLink(this.links.length, learner, leader);
    this.links.push(link);
    return link;
  }

  established(leader: Member, epoch: Epoch): void {
    this.count("established");
    must(!this.ledEpochs.has(epoch), `epoch ${epoch} is established once (Z8)`);
    this.ledEpochs.add(epoch);
    // A leader whose quorum went over to a later one meanwhile can still be established, and then commits nothing more.
    const earlier = this.decided.filter(({ zxid }) => epochOf(zxid) < epoch);
    expectPrefix(earlier, leader.tree, "the history of a new leader has everything committed (Z7)");
    if (leader.tree.length > this.decided.length) this.decided = [...leader.tree];
    else expectPrefix(leader.tree, this.decided, "a leader that comes late has what went on without it (Z4)");
  }

  committed(_leader: Member, entry: TxnBytes): void {
    this.count("committed");
    const holders = this.voters.filter(({ disk }) => holds(disk, entry));
    must(this.verifier.containsQuorum(new Set(holders.map(({ sid }) => sid))), `a quorum has ${nameOf(entry)} (Z11)`);
    const before = this.decided[this.decided.length - 1]?.zxid ?? toZxid(0n);
    must(follows(before, entry.zxid), `${textOfZxid(entry.zxid)} follows ${textOfZxid(before)} (Z3, Z13)`);
    this.decided.push(entry);
  }

  applied(learner: Member): void {
    if (!learner.learner?.isEstablished) return;
    const { length } = learner.tree;
    const [mine, theirs] = [learner.tree[length - 1], this.decided[length - 1]];
    must(length <= this.decided.length, "nobody applies what no leader committed (Z2)");
    if (mine === undefined || theirs === undefined || !isSame(mine, theirs)) {
      expect(learner.tree.map(nameOf)).toEqual(this.decided.slice(0, length).map(nameOf));
    }
  }

  sentToLeader(link: Link, { type, zxid: raw }: QuorumPacket): void {
    const zxid = toZxid(raw);
    const { disk, tree, learner } = link.learner;
    const { epoch } = this.watched(link);
    if (type === PacketType.ackEpoch)
      must(disk.acceptedEpoch === epoch, "acceptedEpoch is saved before ACKEPOCH (Z10)");
    if (type !== PacketType.ack) return;
    must(epochOf(zxid) === epoch && disk.acceptedEpoch === epoch, "an ack belongs to the promised epoch (Z10)");
    must(disk.currentEpoch === epoch, "currentEpoch is saved before the NEWLEADER ack");
    const { history } = recovered(disk);
    if (counterOf(zxid) > 0)
      must(
        history.some((entry) => entry.zxid === zxid),
        "an ack is durable (Z12)",
      );
    else if (!learner?.isEstablished) expectPrefix(tree, history, "the history is durable at the NEWLEADER ack (Z15)");
  }

  sentToLearner(link: Link, packet: QuorumPacket): void {
    const watched = this.watched(link);
    watched.watch(packet);
    if (watched.sync !== undefined) this.count(watched.sync);
  }

  private watched(link: Link): WatchedLink {
    const found = this.links[link.id];
    if (found === undefined) throw new Error("a link of this ensemble");
    return found;
  }

  /** The disks are read again where they changed: gapless (Z13, Z16), and no epoch ahead of its promise (Z9). */
  private checkDisks(): void {
    for (const { disk } of this.members) {
      if (this.checked.get(disk) === disk.log) continue;
      this.checked.set(disk, disk.log);
      recovered(disk);
    }
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

/** One connection, with the order of what the leader says on it (Z14). */
class WatchedLink implements Link {
  readonly toLeader: Link["toLeader"] = [];
  readonly toLearner: Link["toLearner"] = [];
  stalled = false;
  isOpen = true;
  epoch: Epoch = -1;
  /** How the learner is synced, when this packet decided it. */
  sync: string | undefined = undefined;
  private lastProposal: Zxid = toZxid(0n);
  private lastCommit: Zxid = toZxid(0n);
  private entries = 0;
  private said: "nothing" | "sync" | "newLeader" | "upToDate" = "nothing";
  readonly id: number;
  readonly learner: Member;
  readonly leader: Member;

  constructor(id: number, learner: Member, leader: Member) {
    this.id = id;
    this.learner = learner;
    this.leader = leader;
  }

  watch({ type, zxid: raw }: QuorumPacket): void {
    const zxid = toZxid(raw);
    this.sync = undefined;
    if (type === PacketType.leaderInfo) this.epoch = epochOf(zxid);
    else if (type === PacketType.proposal) this.proposal(zxid);
    else if (type === PacketType.commit) this.commit(zxid);
    else if (type === PacketType.inform) {
      this.proposal(zxid);
      this.commit(zxid);
    } else if (SYNC.has(type)) {
      must(this.said === "nothing", "a learner is synced once");
      this.said = "sync";
      this.sync = SYNC.get(type);
    } else if (type === PacketType.newLeader) {
      must(this.said === "sync", "NEWLEADER ends the history, once (ZOOKEEPER-1324)");
      this.said = "newLeader";
      this.sync = this.entries > 0 ? "history sent" : undefined;
    } else if (type === PacketType.upToDate) {
      must(this.said === "newLeader", "NEWLEADER precedes UPTODATE (Z14)");
      this.said = "upToDate";
    }
  }

  private proposal(zxid: Zxid): void {
    must(this.said === "sync" || this.said === "upToDate", "live packets wait from NEWLEADER to UPTODATE");
    must(this.lastProposal === 0n || follows(this.lastProposal, zxid), "no gap between proposals (Z13)");
    this.lastProposal = zxid;
    this.entries++;
  }

  private commit(zxid: Zxid): void {
    must(this.said === "sync" || this.said === "upToDate", "live packets wait from NEWLEADER to UPTODATE");
    must(zxid > this.lastCommit && zxid <= this.lastProposal, "COMMIT follows its PROPOSAL, in order (Z14)");
    this.lastCommit = zxid;
  }
}

/** `expect` is too slow for a check after every step. */
function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** mulberry32 */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  }

  pickOr<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }

  pick<T>(items: readonly T[]): T {
    const picked = this.pickOr(items);
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }
}

/** Z13: the next of the epoch, or the first of a later one. */
function follows(before: Zxid, next: Zxid): boolean {
  return next === before + 1n || (epochOf(next) > epochOf(before) && counterOf(next) === 1);
}

function holds({ snapshots, log }: DiskState, entry: TxnBytes): boolean {
  const isIt = (held: TxnBytes) => isSame(held, entry);
  return log.some(isIt) || (snapshots[snapshots.length - 1]?.history.some(isIt) ?? false);
}

function isSame(a: TxnBytes, b: TxnBytes): boolean {
  return a.zxid === b.zxid && equalBytes(a.bytes, b.bytes);
}

function nameOf({ zxid, bytes }: TxnBytes): string {
  return `${textOfZxid(zxid)}=${bytes.join(".")}`;
}

function isBetter(a: Member, b: Member): boolean {
  if (a.disk.currentEpoch !== b.disk.currentEpoch) return a.disk.currentEpoch > b.disk.currentEpoch;
  return a.last !== b.last ? a.last > b.last : a.sid > b.sid;
}

function expectPrefix(shorter: readonly TxnBytes[], longer: readonly TxnBytes[], what: string): void {
  expect([what, ...longer.slice(0, shorter.length).map(nameOf)]).toEqual([what, ...shorter.map(nameOf)]);
}

const SYNC: ReadonlyMap<number, string> = new Map([
  [PacketType.diff, "DIFF"],
  [PacketType.trunc, "TRUNC"],
  [PacketType.snap, "SNAP"],
]);

test("whatever the schedule, one history", () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const ensemble = new Ensemble(seed);
    try {
      ensemble.run(STEPS);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    for (const [what, count] of ensemble.counts) counts.set(what, (counts.get(what) ?? 0) + count);
  }
  for (const what of [
    "DIFF",
    "TRUNC",
    "SNAP",
    "history sent",
    "crash",
    "wrong leader elected",
    "established",
    "committed",
  ]) {
    expect(`${what} ${(counts.get(what) ?? 0) > 0 ? "seen" : "never seen"}`).toBe(`${what} seen`);
  }
});

/** About a second. More: SEEDS=2000. */
const SEEDS = Number(process.env.SEEDS ?? 40);
const STEPS = 1500;

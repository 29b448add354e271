import { assert, present } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import { counterOf, type Epoch, epochOf, ZXID_ZERO, type Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { CommittedLog, continues } from "./committedLog.ts";
import { Leader } from "./leader.ts";
import type { EpochName, LeaderWorld, LearnerRole, LinkId } from "./leaderWorld.ts";
import { Learner } from "./learner.ts";
import type { LearnerEnd, LearnerWorld } from "./learnerWorld.ts";
import type { Majority } from "./quorum.ts";
import { CONFIG_TEXT } from "./testScript.ts";

/** For tests: what travels on a link, in order. */
export type Item =
  | { readonly kind: "packet"; readonly packet: QuorumPacket }
  | { readonly kind: "snapshot"; readonly history: readonly TxnBytes[] }
  | { readonly kind: "closed" };

/** For tests: one connection. What is in its queues still arrives after an end let go of it. */
export interface Link {
  readonly id: LinkId;
  readonly learner: Member;
  readonly leader: Member;
  readonly toLeader: Item[];
  readonly toLearner: Item[];
}

/** For tests: what the checks hear of. */
export interface Watcher {
  readonly now: number;
  readonly verifier: Majority;
  readonly committedLogLimit: number;
  connect(learner: Member, leader: Member): Link;
  established(leader: Member, epoch: Epoch): void;
  committed(leader: Member, entry: TxnBytes): void;
  applied(learner: Member): void;
  sentToLeader(link: Link, packet: QuorumPacket): void;
  sentToLearner(link: Link, packet: QuorumPacket): void;
}

/** For tests: what survives a crash. The tree is the list of everything applied, so a snapshot is such a list. */
export interface DiskState {
  snapshots: readonly Snapshot[];
  log: readonly TxnBytes[];
  acceptedEpoch: Epoch;
  currentEpoch: Epoch;
}

interface Snapshot {
  readonly zxid: Zxid;
  readonly history: readonly TxnBytes[];
}

type DiskOperation =
  | { readonly kind: "append"; readonly entry: TxnBytes }
  | { readonly kind: "epoch"; readonly which: EpochName; readonly epoch: Epoch }
  | { readonly kind: "truncate"; readonly zxid: Zxid }
  | { readonly kind: "snapshot"; readonly zxid: Zxid; readonly history: readonly TxnBytes[] };

/** What a boot finds; asserts that the log continues the snapshot without a hole. */
export function recovered(disk: DiskState): {
  readonly history: TxnBytes[];
  readonly last: Zxid;
  readonly tail: TxnBytes[];
} {
  const newest = present(disk.snapshots[disk.snapshots.length - 1], "there is a snapshot");
  const tail = disk.log.filter(({ zxid }) => zxid > newest.zxid);
  let last = newest.zxid;
  for (const { zxid } of tail) {
    assert(continues(last, zxid), `the log has no hole between ${last} and ${zxid}`);
    last = zxid;
  }
  return { history: [...newest.history, ...tail], last, tail };
}

/** What a truncation leaves; untouched when the files hold no such cut. */
function cutAt(disk: DiskState, zxid: Zxid): Pick<DiskState, "snapshots" | "log"> {
  const snapshots = disk.snapshots.filter((snapshot) => snapshot.zxid <= zxid);
  const log = disk.log.filter((entry) => entry.zxid <= zxid);
  if (snapshots.length === 0) return disk;
  const { last } = recovered({ ...disk, snapshots, log });
  return isCutAt(last, zxid) ? { snapshots, log } : disk;
}

function isCutAt(last: Zxid, zxid: Zxid): boolean {
  return last === zxid || (counterOf(zxid) === 0 && last < zxid);
}

/** For tests: one server without clients: a disk that answers late, and whichever machine its state asks for. */
export class Member {
  readonly sid: ServerId;
  readonly role: LearnerRole;
  readonly watcher: Watcher;
  state: "down" | "draining" | "looking" | "leading" | "following" = "looking";
  readonly disk: DiskState = {
    snapshots: [{ zxid: ZXID_ZERO, history: [] }],
    log: [],
    acceptedEpoch: 0,
    currentEpoch: 0,
  };
  tree: TxnBytes[] = [];
  last: Zxid = ZXID_ZERO;
  leader: Leader | undefined = undefined;
  learner: Learner | undefined = undefined;
  link: Link | undefined = undefined;
  readonly links = new Map<LinkId, Link>();
  readonly operations: DiskOperation[] = [];
  /** Work of its own that takes time: streaming a snapshot, reading the log. */
  jobs: (() => void)[] = [];
  readonly committedLog: CommittedLog;
  private discardMemory = false;
  private wantSnapshot = false;

  constructor(sid: ServerId, role: LearnerRole, watcher: Watcher) {
    this.sid = sid;
    this.role = role;
    this.watcher = watcher;
    this.committedLog = new CommittedLog(watcher.committedLogLimit);
  }

  get deadline(): number {
    return Math.min(
      this.leader?.deadline ?? Number.POSITIVE_INFINITY,
      this.learner?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  onDeadline(): void {
    const { now } = this.watcher;
    if (this.leader !== undefined && now >= this.leader.deadline) this.leader.onDeadline(now);
    if (this.learner !== undefined && now >= this.learner.deadline) this.learner.onDeadline(now);
  }

  // Coming and going.

  lead(): void {
    this.state = "leading";
    const { acceptedEpoch, currentEpoch } = this.disk;
    const { verifier, now } = this.watcher;
    const { sid, last: lastZxid, committedLog } = this;
    const fixed = { solo: false, verifier, pendingVerifier: undefined, configText: CONFIG_TEXT, ...TIMES, ...LIMITS };
    this.leader = new Leader({ ...fixed, sid, acceptedEpoch, currentEpoch, lastZxid, committedLog }, leaderWorld(this));
    this.leader.start(now);
  }

  follow(leader: Member): void {
    this.state = "following";
    const { acceptedEpoch, currentEpoch } = this.disk;
    const { sid, role, last: lastLoggedZxid, committedLog } = this;
    this.link = this.watcher.connect(this, leader);
    leader.links.set(this.link.id, this.link);
    leader.leader?.onLearnerConnected(this.link.id, this.watcher.now);
    const { wantSnapshot } = this;
    const epochs = { acceptedEpoch, currentEpoch, wantSnapshot };
    this.learner = new Learner(
      { sid, role, configVersion: 0n, ...TIMES, ...epochs, lastLoggedZxid, committedLog },
      learnerWorld(this),
    );
    this.learner.start(this.watcher.now);
  }

  /** The process dies: of what the disk was asked, `done` operations were carried out. */
  crash(done: number): void {
    for (const operation of this.operations.slice(0, done)) this.carryOut(operation);
    this.state = "down";
    this.letGo();
  }

  boot(): void {
    this.state = "looking";
    this.reload();
  }

  /** A role ended; the log is flushed before the next vote (ZOOKEEPER-4712). */
  drain({ discardMemory, wantSnapshot }: LearnerEnd): void {
    for (const link of this.links.values()) link.toLearner.push({ kind: "closed" });
    this.link?.toLeader.push({ kind: "closed" });
    const rest = [...this.operations];
    this.letGo();
    this.operations.push(...rest);
    this.state = "draining";
    this.discardMemory = discardMemory;
    this.wantSnapshot ||= wantSnapshot;
    this.lookWhenDrained();
  }

  private letGo(): void {
    this.leader = undefined;
    this.learner = undefined;
    this.link = undefined;
    this.links.clear();
    this.operations.length = 0;
    this.jobs = [];
  }

  private lookWhenDrained(): void {
    if (this.operations.length > 0) return;
    this.state = "looking";
    const { tail, last, history } = recovered(this.disk);
    if (this.discardMemory) return this.reload();
    for (const entry of tail) if (entry.zxid > this.last) this.apply(entry);
    this.last = last;
    assert(this.tree.length === history.length, "tree and disk hold the same when a role ended");
    return undefined;
  }

  private reload(): void {
    const { history, tail, last } = recovered(this.disk);
    const { disk } = this;
    // A crash between history and epoch: the promise was made before (peer-protocol 2.15).
    if (epochOf(last) > disk.currentEpoch && epochOf(last) <= disk.acceptedEpoch) disk.currentEpoch = epochOf(last);
    this.tree = history;
    this.last = last;
    this.committedLog.clear();
    for (const entry of tail) this.committedLog.add(entry);
  }

  private apply(entry: TxnBytes): void {
    this.committedLog.add(entry);
    this.applyToTree(entry);
  }

  /** As a tree does: a transaction that a fuzzy snapshot already holds changes nothing. */
  applyToTree(entry: TxnBytes): void {
    if (entry.zxid > this.last) this.last = entry.zxid;
    const newest = this.tree[this.tree.length - 1];
    if (newest === undefined || entry.zxid > newest.zxid) this.tree.push(entry);
  }

  // Disk.

  /** Carries out the next operations as one group and reports them. */
  work(count: number): void {
    const group = this.operations.splice(0, count);
    for (const operation of group) this.carryOut(operation);
    const appends = group.findLast((operation) => operation.kind === "append");
    if (appends?.kind === "append") this.reportFlushed(appends.entry.zxid);
    for (const operation of group) this.report(operation);
    if (this.state === "draining") this.lookWhenDrained();
  }

  private carryOut(operation: DiskOperation): void {
    const { disk } = this;
    switch (operation.kind) {
      case "append":
        disk.log = [...disk.log, operation.entry];
        return;
      case "epoch":
        assert(operation.epoch >= disk[operation.which], `${operation.which} never goes back (Z9)`);
        disk[operation.which] = operation.epoch;
        assert(disk.currentEpoch <= disk.acceptedEpoch, "currentEpoch <= acceptedEpoch (Z9)");
        return;
      case "truncate": {
        const { snapshots, log } = cutAt(disk, operation.zxid);
        disk.snapshots = snapshots;
        disk.log = log;
        return;
      }
      case "snapshot":
        this.wantSnapshot = false;
        // The log may hold what that history does not: none of it is history any more (ZOOKEEPER-2846).
        disk.snapshots = [
          { zxid: ZXID_ZERO, history: [] },
          { zxid: operation.zxid, history: operation.history },
        ];
        disk.log = [];
        return;
    }
  }

  private reportFlushed(zxid: Zxid): void {
    this.leader?.onFlushed(zxid, this.watcher.now);
    this.learner?.onFlushed(zxid);
  }

  private report(operation: DiskOperation): void {
    const { now } = this.watcher;
    if (operation.kind === "epoch") {
      this.leader?.onEpochSaved(operation.which, operation.epoch, now);
      this.learner?.onEpochSaved(operation.which, operation.epoch, now);
    } else if (operation.kind === "snapshot") this.learner?.onSnapshotSaved();
    else if (operation.kind === "truncate" && this.state === "following") {
      this.reload();
      this.learner?.onTruncated(isCutAt(this.last, operation.zxid) ? this.last : undefined, now);
    }
  }
}

function leaderWorld(self: Member): LeaderWorld {
  const { watcher } = self;
  return {
    send: (id, packet) => {
      const link = self.links.get(id);
      if (link === undefined) return;
      watcher.sentToLearner(link, packet);
      link.toLearner.push({ kind: "packet", packet });
    },
    sendSnapshot: (id) => {
      self.jobs.push(() => {
        self.links.get(id)?.toLearner.push({ kind: "snapshot", history: [...self.tree] });
        self.leader?.onSnapshotSent(id, watcher.now);
      });
    },
    close: (id) => {
      self.links.get(id)?.toLearner.push({ kind: "closed" });
      self.links.delete(id);
    },
    saveEpoch: (which, epoch) => self.operations.push({ kind: "epoch", which, epoch }),
    append: (entry) => self.operations.push({ kind: "append", entry }),
    commit: (entry) => {
      watcher.committed(self, entry);
      self.applyToTree(entry);
    },
    readLog: (id, from) => {
      self.jobs.push(() => {
        const first = self.disk.log.findLastIndex(({ zxid }) => zxid <= from);
        self.leader?.onLogRead(id, first < 0 ? "unusable" : self.disk.log.slice(first), watcher.now);
      });
    },
    established: () => watcher.established(self, present(self.leader?.epoch, "an established leader has an epoch")),
    ended: () => self.drain({ discardMemory: false, wantSnapshot: false }),
    request: () => undefined,
    touched: () => undefined,
    revalidate: () => undefined,
    learnerGone: () => undefined,
    observe: () => undefined,
  };
}

function learnerWorld(self: Member): LearnerWorld {
  const { watcher } = self;
  const link = present(self.link, "a learner has a link");
  return {
    send: (packet) => {
      watcher.sentToLeader(link, packet);
      link.toLeader.push({ kind: "packet", packet });
    },
    saveEpoch: (which, epoch) => self.operations.push({ kind: "epoch", which, epoch }),
    append: (entry) => self.operations.push({ kind: "append", entry }),
    commit: (entry) => {
      self.applyToTree(entry);
      watcher.applied(self);
    },
    truncate: (zxid) => self.operations.push({ kind: "truncate", zxid }),
    receiveSnapshot: (zxid) => {
      self.tree = [];
      self.last = zxid;
    },
    saveSnapshot: (zxid) => self.operations.push({ kind: "snapshot", zxid, history: [...self.tree] }),
    newLeaderConfig: () => undefined,
    established: () => watcher.applied(self),
    activateConfig: () => undefined,
    pinged: (ping) => self.learner?.pong(ping, new Uint8Array(0)),
    syncReturned: () => undefined,
    revalidated: () => undefined,
    ended: (_reason, then) => self.drain(then),
    observe: () => undefined,
  };
}

const TIMES = { tickTimeMs: 2000, initLimit: 10, syncLimit: 5 };
const LIMITS = { diskHistory: true, maxConcurrentSnapSyncs: 10, maxConcurrentDiffSyncs: 100 };

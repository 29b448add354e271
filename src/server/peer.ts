import { unreachable } from "../base/assert.ts";
import { hex64 } from "../base/bytes.ts";
import type { ServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import type { ServerSpec } from "../config/config.ts";
import { initialProposal } from "../election/votes.ts";
import type { DiskEvent } from "../store/commands.ts";
import { PeerState } from "../wire/election/messages.ts";
import { event } from "./events.ts";
import { Following, type LearnerEnd } from "./following.ts";
import type { Home } from "./home.ts";
import { Leading } from "./leading.ts";
import type { ByteLink, HostPort } from "./ports.ts";
import { Reload } from "./reloadJob.ts";
import { dropSnapshot } from "./snapshotJobs.ts";
import type { Voting } from "./voting.ts";

/**
 * The role of the moment. A change of role drops the old object whole.
 *
 *   standalone                                leading (solo) for good
 *
 *                 ┌────────── settling <───── any role ends ──────────┐
 *                 v     log flushed, tree = log, rest a moment        │
 *   start ──> looking ─ elected ──> binding ─ port is open ──> leading
 *                 └──── other ────> dialling ─ connected ───> following
 */
export type Role =
  | { readonly kind: "looking" }
  | { readonly kind: "binding"; readonly leading: Leading }
  | { readonly kind: "leading"; readonly leading: Leading }
  | Dialling
  | { readonly kind: "following"; readonly following: Following }
  | Settling
  | { readonly kind: "stopped" };

interface Dialling {
  readonly kind: "dialling";
  readonly leader: ServerId;
  readonly addresses: readonly HostPort[];
  readonly giveUpMs: number;
  attempt: number;
  /** NEVER while an attempt is under way. */
  retryMs: number;
}

interface Settling {
  readonly kind: "settling";
  readonly discardMemory: boolean;
  /** Not before this: observers wait a random moment (peer-protocol 6.1). */
  readonly restUntilMs: number;
  /** The disk has nothing left of what earlier roles asked: no answer to them reaches the next one. */
  isDrained: boolean;
  reloading: boolean;
}

export class Peer {
  role: Role = { kind: "looking" };
  private readonly home: Home;
  private readonly voting: Voting | undefined;
  private attempts = 0;
  private dialled = 0;

  /** `voting`: undefined for a standalone server. */
  constructor(home: Home, voting: Voting | undefined) {
    this.home = home;
    this.voting = voting;
  }

  start(): void {
    if (this.voting === undefined) this.lead(true);
    else this.look();
  }

  /** Election result: this server leads, or dials who does. */
  onDecided(leader: ServerId): void {
    this.log("info", "peer.elected", `elected ${leader === this.home.sid ? "self" : `server ${leader}`}`);
    if (leader === this.home.sid) this.lead(false);
    else this.dial(leader);
  }

  onQuorumListening(failure: string | undefined): void {
    if (this.role.kind !== "binding") return;
    const { leading } = this.role;
    if (failure !== undefined) return this.settle(`quorum port: ${failure}`, false);
    this.role = { kind: "leading", leading };
    leading.start();
  }

  onQuorumAccepted(link: ByteLink): void {
    if (this.role.kind === "leading") this.role.leading.onLearner(link);
    else link.destroy();
  }

  onQuorumDialled(attempt: number, link: ByteLink): void {
    if (this.role.kind !== "dialling" || this.role.attempt !== attempt) return link.destroy();
    this.follow(this.role.leader, link);
  }

  onQuorumDialFailed(attempt: number, reason: string): void {
    const { role } = this;
    if (role.kind !== "dialling" || role.attempt !== attempt) return;
    const pauseMs = this.home.config.leaderConnectDelayDuringRetryMs;
    const nowMs = this.nowMs;
    if (role.giveUpMs - nowMs <= pauseMs || this.attempts >= DIAL_ATTEMPTS) {
      return this.settle(`cannot connect to the leader: ${reason}`, false);
    }
    role.retryMs = nowMs + pauseMs;
  }

  onQuorumBytes(link: ByteLink, chunk: Uint8Array): void {
    if (this.role.kind === "leading") this.role.leading.onBytes(link, chunk);
    else if (this.role.kind === "following") this.role.following.onBytes(link, chunk);
  }

  onQuorumClosed(link: ByteLink): void {
    if (this.role.kind === "leading") this.role.leading.onLinkClosed(link);
    else if (this.role.kind === "following") this.role.following.onLinkClosed(link);
  }

  onDisk(diskEvent: DiskEvent): void {
    switch (this.role.kind) {
      case "leading":
        return this.role.leading.onDisk(diskEvent);
      case "following":
        return this.role.following.onDisk(diskEvent);
      case "settling":
        if (diskEvent.kind === "drained") this.role.isDrained = true;
        return this.trySettled(this.role);
      default:
        return undefined;
    }
  }

  /** Between roles the tree is not to be written down: what it holds may not be what the log will hold. */
  get hasRole(): boolean {
    return this.role.kind === "leading" || this.role.kind === "following";
  }

  get deadline(): number {
    switch (this.role.kind) {
      case "leading":
        return this.role.leading.deadline;
      case "following":
        return this.role.following.deadline;
      case "dialling":
        return this.role.retryMs;
      case "settling":
        return this.nowMs >= this.role.restUntilMs ? NEVER : this.role.restUntilMs;
      case "looking":
      case "binding":
      case "stopped":
        return NEVER;
      default:
        return unreachable(this.role);
    }
  }

  onDeadline(): void {
    const { role } = this;
    if (role.kind === "leading") role.leading.onDeadline();
    else if (role.kind === "following") role.following.onDeadline();
    else if (role.kind === "dialling" && this.nowMs >= role.retryMs) this.attempt(role);
    else if (role.kind === "settling") this.trySettled(role);
  }

  /** The process is about to end: clients are let go, and so is the leader or the learners. */
  stop(): void {
    const { role } = this;
    this.role = { kind: "stopped" };
    this.home.clients.shut();
    if (role.kind === "leading") role.leading.leader.stop("shutdown");
    if (role.kind === "following") role.following.learner.stop("shutdown");
    if (role.kind === "leading" || role.kind === "binding") this.home.world.closeQuorum();
  }

  private look(): void {
    const { home } = this;
    this.role = { kind: "looking" };
    const kind =
      home.config.peerType === "observer" ? "observer" : home.verifier.voters.has(home.sid) ? "voter" : "joiner";
    this.voting?.look(initialProposal(kind, home.sid, home.journal.lastLogged, home.currentEpoch));
  }

  private lead(solo: boolean): void {
    const established = (): void => this.onEstablished(this.leadingEpoch());
    const leading = new Leading(this.home, solo, established, (reason) => this.leave(reason, false));
    if (solo) {
      this.role = { kind: "leading", leading };
      return leading.start();
    }
    this.role = { kind: "binding", leading };
    this.home.world.listenQuorum(quorumAddresses(this.spec(this.home.sid)));
  }

  private leadingEpoch(): number {
    return this.role.kind === "leading"
      ? (this.role.leading.leader.epoch ?? this.home.currentEpoch)
      : this.home.currentEpoch;
  }

  private dial(leader: ServerId): void {
    const spec = this.spec(leader);
    const { config } = this.home;
    if (spec === undefined) return this.settle(`server ${leader} is not in the configuration`, false);
    const budgetTicks = config.connectToLearnerMasterLimit > 0 ? config.connectToLearnerMasterLimit : config.initLimit;
    const giveUpMs = this.nowMs + budgetTicks * config.tickTimeMs;
    this.attempts = 0;
    const role: Dialling = {
      kind: "dialling",
      leader,
      addresses: quorumAddresses(spec),
      giveUpMs,
      attempt: 0,
      retryMs: 0,
    };
    this.role = role;
    this.attempt(role);
  }

  private attempt(role: Dialling): void {
    role.attempt = ++this.dialled;
    role.retryMs = NEVER;
    this.attempts++;
    this.home.world.dialQuorum(role.attempt, role.addresses, Math.max(1, role.giveUpMs - this.nowMs));
  }

  private follow(leader: ServerId, link: ByteLink): void {
    const role = this.home.config.peerType === "observer" ? "observer" : "follower";
    const following = new Following(this.home, role, leader, link, {
      established: (epoch) => this.onEstablished(epoch),
      ended: (end: LearnerEnd) => this.leave(end.reason, end.discardMemory),
      rebuild: (done) => this.rebuild(done),
    });
    this.role = { kind: "following", following };
    following.start();
  }

  private onEstablished(epoch: number): void {
    this.voting?.established(epoch);
    const { tree } = this.home.database;
    this.log("info", "peer.serving", `serving clients at zxid 0x${hex64(tree.lastProcessedZxid)}`);
  }

  private leave(reason: string, discardMemory: boolean): void {
    if (this.role.kind === "stopped") return;
    if (this.voting === undefined) return this.home.world.exit(EXIT_INTERNAL, reason);
    this.settle(reason, discardMemory);
  }

  /** Everything logged is flushed and applied before the next vote (ZOOKEEPER-2845, ZOOKEEPER-4712). */
  private settle(reason: string, discardMemory: boolean): void {
    const { home } = this;
    this.log("warn", "peer.left", `${this.role.kind} ended: ${reason}`);
    home.clients.shut();
    if (this.role.kind === "leading" || this.role.kind === "binding") home.world.closeQuorum();
    const restMs = home.config.peerType === "observer" ? home.world.random() * home.config.observerElectionDelayMs : 0;
    const restUntilMs = this.nowMs + restMs;
    this.role = { kind: "settling", discardMemory, restUntilMs, isDrained: false, reloading: false };
    this.voting?.left();
    if (discardMemory) dropSnapshot(home);
    home.world.disk({ kind: "drain" });
  }

  private trySettled(role: Settling): void {
    const { home } = this;
    if (role.reloading || !role.isDrained || this.nowMs < role.restUntilMs) return;
    if (!role.discardMemory) {
      // What is applied now may be cut from the log later: no snapshot with an earlier name may hold it.
      if (home.journal.hasUnapplied) dropSnapshot(home);
      home.journal.applyRest(home.database);
      return this.look();
    }
    role.reloading = true;
    this.rebuild(() => {
      if (this.role === role) this.look();
    });
  }

  /** The database anew from disk; the journal then ends where the disk does. */
  private rebuild(done: () => void): void {
    const { home } = this;
    dropSnapshot(home);
    home.jobs.cancel("reload");
    home.jobs.start(new Reload(home, done));
  }

  private spec(sid: ServerId): ServerSpec | undefined {
    return this.home.config.ensemble?.servers.find((server) => server.id === sid);
  }

  private log(level: "info" | "warn", name: string, message: string): void {
    this.home.world.observe(event(level, name, message));
  }

  private get nowMs(): number {
    return this.home.turn.at.monoMs;
  }
}

function quorumAddresses(spec: ServerSpec | undefined): readonly HostPort[] {
  return (spec?.addresses ?? []).map(({ host, quorumPort }) => ({ host, port: quorumPort }));
}

/** What a server tells of itself while it has no leader. */
export function peerStateOf(role: Role, isObserver: boolean): PeerState {
  switch (role.kind) {
    case "leading":
    case "binding":
      return PeerState.leading;
    case "following":
    case "dialling":
      return isObserver ? PeerState.observing : PeerState.following;
    case "looking":
    case "settling":
    case "stopped":
      return PeerState.looking;
    default:
      return unreachable(role);
  }
}

/** Attempts a leader gets (peer-protocol 3.2). */
const DIAL_ATTEMPTS = 5;
const EXIT_INTERNAL = 1;

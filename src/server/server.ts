import { unreachable } from "../base/assert.ts";
import { hex64 } from "../base/bytes.ts";
import { type ServerId, type SessionId, toServerId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Config } from "../config/config.ts";
import { configText } from "../config/configText.ts";
import { initialProposal } from "../election/votes.ts";
import { SessionIds } from "../session/ids.ts";
import { LocalSessions } from "../session/localSessions.ts";
import type { DiskEvent } from "../store/commands.ts";
import type { Recovered } from "../store/recovery.ts";
import { AclRules } from "../tree/aclCheck.ts";
import { aclProviders } from "../tree/loginProviders.ts";
import type { PrepareOptions } from "../txn/request.ts";
import type { CommittedLog } from "../zab/committedLog.ts";
import { Majority } from "../zab/quorum.ts";
import type { AuthProviders } from "./authenticate.ts";
import { Autopurge } from "./autopurge.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { ClientLimits, Gates } from "./clientLimits.ts";
import { Clients } from "./clients.ts";
import { Complaints } from "./complaints.ts";
import { ConnectionThrottle } from "./connectionThrottle.ts";
import type { Database } from "./database.ts";
import { event } from "./events.ts";
import type { Home } from "./home.ts";
import { Jobs } from "./jobs.ts";
import { Journal } from "./journal.ts";
import { LargeRequests } from "./largeRequests.ts";
import { Peer } from "./peer.ts";
import type { ByteLink, World } from "./ports.ts";
import { RequestThrottle } from "./requestThrottle.ts";
import { SaveSnapshot } from "./snapshotJobs.ts";
import type { WordCommand } from "./status.ts";
import { Voting } from "./voting.ts";

/**
 * One ZooKeeper server without its world: every event comes in as a call with its instant, everything it wants goes out
 * through `World`. The same object runs in production and in the simulator.
 *
 * Every event method is one turn: it handles its event and then flushes what was written to clients. After it, `deadline`
 * tells when `onDeadline` is due.
 */
export class Server {
  readonly home: Home;
  readonly peer: Peer;
  /** Of which things Java would write trace messages. We write none: it is only kept, for `gtmk`. */
  traceMask = JAVAS_TRACE_MASK;
  private readonly voting: Voting | undefined;
  private readonly autopurge: Autopurge;

  /** `recovered`: what the disk held, from `recoverDatabase` with the same `committedLog`. */
  constructor(config: Config, recovered: Recovered<Database>, parts: ServerParts, at: Instant) {
    const { world, committedLog } = parts;
    const sid = config.ensemble?.myid ?? STANDALONE_SID;
    const { aclSchemes: schemes, anySaslUser, x509SuperUser } = config;
    const rules = new AclRules(config.skipAcl, aclProviders({ schemes, anySaslUser, x509SuperUser }));
    const turn = { at };
    const quotas = new Complaints((complaint) => world.observe(complaint));
    const warnQuota = (text: string): void => quotas.tell("quota.exceeded", text, turn.at.monoMs);
    this.home = {
      config,
      sid,
      verifier: verifierOf(config, sid),
      configText: parts.encodeText(textOf(config)),
      world,
      turn,
      clients: new Clients(
        recovered.state,
        { ...limitsOf(config), ...gatesOf(config, world, at) },
        rules,
        parts.auth,
        world,
      ),
      journal: new Journal(recovered.lastZxid, (command) => world.disk(command)),
      jobs: new Jobs(() => world.later()),
      committedLog,
      sessionIds: new SessionIds(sid, at.wallMs),
      localSessions: hasLocalSessions(config)
        ? new LocalSessions(config.tickTimeMs, config.localSessionsUpgradingEnabled)
        : undefined,
      aclRules: rules,
      prepareOptions: prepareOptions(config, warnQuota),
      database: recovered.state,
      acceptedEpoch: recovered.acceptedEpoch,
      currentEpoch: recovered.currentEpoch,
      wantSnapshot: false,
    };
    this.voting = config.ensemble === undefined ? undefined : this.makeVoting();
    this.peer = new Peer(this.home, this.voting);
    this.autopurge = new Autopurge(this.home, recovered.snapshotZxid, at);
    if (recovered.snapshotZxid === undefined || recovered.foreignLogs.length > 0) this.snapshotAtOnce(recovered);
  }

  start(at: Instant): void {
    this.turn(at, () => this.peer.start());
  }

  stop(at: Instant): void {
    this.turn(at, () => {
      this.peer.stop();
      this.voting?.stop();
    });
  }

  // The client port. These are the hot ones: no closure.

  onClientAccepted(link: ByteLink, at: Instant): ClientConnection | undefined {
    this.home.turn.at = at;
    return this.home.clients.accept(link, at);
  }

  onClientBytes(connection: ClientConnection, chunk: Uint8Array, at: Instant): void {
    this.home.turn.at = at;
    this.home.clients.bytes(connection, chunk, at);
    this.home.clients.endTurn(at);
  }

  onClientDrained(connection: ClientConnection, at: Instant): void {
    this.turn(at, () => this.home.clients.drained(connection, at));
  }

  onClientClosed(connection: ClientConnection, at: Instant): void {
    this.turn(at, () => this.home.clients.hungUp(connection, at));
  }

  // The election port.

  onElectionAccepted(link: ByteLink, at: Instant): void {
    this.turn(at, () => this.voting?.onAccepted(link));
  }

  onElectionDialled(sid: ServerId, link: ByteLink, at: Instant): void {
    this.turn(at, () => this.voting?.onDialled(sid, link));
  }

  onElectionDialFailed(sid: ServerId, at: Instant): void {
    this.turn(at, () => this.voting?.onDialFailed(sid));
  }

  onElectionBytes(link: ByteLink, chunk: Uint8Array, at: Instant): void {
    this.turn(at, () => this.voting?.onBytes(link, chunk));
  }

  onElectionClosed(link: ByteLink, at: Instant): void {
    this.turn(at, () => this.voting?.onClosed(link));
  }

  // The quorum port, as leader and as learner.

  /** The port is open, or why not. */
  onQuorumListening(failure: string | undefined, at: Instant): void {
    this.turn(at, () => this.peer.onQuorumListening(failure));
  }

  onQuorumAccepted(link: ByteLink, at: Instant): void {
    this.turn(at, () => this.peer.onQuorumAccepted(link));
  }

  onQuorumDialled(attempt: number, link: ByteLink, at: Instant): void {
    this.turn(at, () => this.peer.onQuorumDialled(attempt, link));
  }

  onQuorumDialFailed(attempt: number, reason: string, at: Instant): void {
    this.turn(at, () => this.peer.onQuorumDialFailed(attempt, reason));
  }

  onQuorumBytes(link: ByteLink, chunk: Uint8Array, at: Instant): void {
    this.home.turn.at = at;
    this.peer.onQuorumBytes(link, chunk);
    this.home.clients.endTurn(at);
  }

  onQuorumClosed(link: ByteLink, at: Instant): void {
    this.turn(at, () => this.peer.onQuorumClosed(link));
  }

  /** What was queued on a peer's link has left: a snapshot being streamed can go on. */
  onQuorumDrained(at: Instant): void {
    this.turn(at, () => this.home.jobs.wake());
  }

  // Disk and time.

  onDisk(event: DiskEvent, at: Instant): void {
    this.home.turn.at = at;
    this.handleDisk(event);
    this.home.clients.endTurn(at);
  }

  onDeadline(at: Instant): void {
    this.turn(at, () => {
      this.home.clients.onDeadline(at);
      this.peer.onDeadline();
      this.autopurge.onDeadline();
      if (this.voting !== undefined && at.monoMs >= this.voting.deadline) this.voting.onDeadline();
    });
  }

  /** Long work goes on; true while it wants another slice now. */
  onSlice(at: Instant): boolean {
    this.home.turn.at = at;
    const more = this.home.jobs.step();
    this.home.clients.endTurn(at);
    return more;
  }

  /** The session's time is over, whatever its client does. False: it is not alive, or this server does not lead and cannot tell. */
  expireSession(id: SessionId, at: Instant): boolean {
    let expired = false;
    this.turn(at, () => {
      const { role } = this.peer;
      if (role.kind === "leading" && role.leading.leader.isEstablished) expired = role.leading.pipeline.expire(id);
    });
    return expired;
  }

  /** What an operator's word asks for; within a turn or outside of one. */
  obey(command: WordCommand): void {
    const { clients, database } = this.home;
    switch (command.kind) {
      case "resetServerStatistics":
        clients.totals.reset();
        return database.tree.resetDigestMismatches();
      case "resetConnectionStatistics":
        for (const { stats } of clients.connections.values()) stats.reset();
        return;
      case "setTraceMask":
        this.traceMask = command.mask;
        return;
      default:
        return unreachable(command);
    }
  }

  /** When `onDeadline` is due, on the monotonic clock. */
  get deadline(): number {
    const voting = this.voting?.deadline ?? Number.POSITIVE_INFINITY;
    return Math.min(this.peer.deadline, voting, this.home.clients.deadline, this.autopurge.deadline);
  }

  private handleDisk(event: DiskEvent): void {
    const { home } = this;
    this.autopurge.onDisk(event);
    switch (event.kind) {
      case "flushed":
        home.journal.onFlushed(event);
        break;
      case "epochSaved":
        // Also when the role that asked for it is gone: a promise on disk binds the next one.
        home[event.which] = event.epoch;
        break;
      case "failed":
        return home.world.exit(EXIT_DISK, event.reason);
      case "truncateFailed":
        return home.world.exit(EXIT_TRUNCATE, `truncating the log failed: ${event.reason}`);
      case "snapshotFailed":
        return this.snapshotFailed(event);
      case "snapshotDue":
        return this.snapshot();
      default:
        break;
    }
    this.peer.onDisk(event);
  }

  private snapshot(): void {
    const { home } = this;
    // One at a time, as Java: the log has rolled, and the next one will do.
    if (home.jobs.has("saveSnapshot") || home.jobs.has("reload") || !this.peer.hasRole) return;
    const { database, world } = home;
    const zxid = database.tree.lastProcessedZxid;
    home.jobs.start(new SaveSnapshot(database, zxid, "own", (command) => world.disk(command)));
  }

  /** The log still holds what an own one would have; what a leader's holds is nowhere else on this disk (ZOOKEEPER-3082). */
  private snapshotFailed({ zxid, origin, reason }: Extract<DiskEvent, { kind: "snapshotFailed" }>): void {
    const { world } = this.home;
    const message = `writing snapshot 0x${hex64(zxid)} failed: ${reason}`;
    if (origin === "leader") world.exit(EXIT_SNAPSHOT, message);
    else world.observe(event("warn", "disk.snapshotFailed", `${message}; the log goes on without it`));
  }

  /**
   * Java starts on no log without a snapshot (on-disk-formats 5.7), and never on one with a check outside a multi (13, row 31): one
   * is on its way to disk before the first append.
   */
  private snapshotAtOnce({ lastZxid, foreignLogs }: Recovered<Database>): void {
    const { database, world } = this.home;
    const job = new SaveSnapshot(database, lastZxid, "own", (command) => world.disk(command), foreignLogs);
    while (job.step() !== "done");
  }

  private makeVoting(): Voting {
    const { home } = this;
    const boot = initialProposal("voter", home.sid, home.journal.lastLogged, home.currentEpoch);
    return new Voting(home, textOf(home.config), (leader) => this.peer.onDecided(leader), boot);
  }

  private turn(at: Instant, handle: () => void): void {
    this.home.turn.at = at;
    handle();
    this.home.clients.endTurn(at);
  }
}

/** What a server needs beside its configuration and data. */
export interface ServerParts {
  readonly world: World;
  readonly committedLog: CommittedLog;
  readonly auth: AuthProviders;
  /** UTF-8 of the configuration's text. */
  readonly encodeText: (text: string) => Uint8Array;
}

function verifierOf(config: Config, sid: ServerId): Majority {
  const servers = config.ensemble?.servers;
  if (servers === undefined) return new Majority(0n, [sid]);
  const ids = (role: "participant" | "observer"): readonly ServerId[] =>
    servers.filter((server) => server.role === role).map((server) => server.id);
  return new Majority(config.ensemble?.version ?? 0n, ids("participant"), ids("observer"));
}

function prepareOptions(config: Config, warnQuota: (text: string) => void): PrepareOptions {
  return {
    digestEnabled: config.digestEnabled,
    extendedTypesEnabled: config.extendedTypesEnabled,
    emulates353: config.emulate353TTLNodes,
    enforceQuota: config.enforceQuota,
    warnQuota,
    reconfigEnabled: config.reconfigEnabled,
    reconfig: undefined,
    maxTxnBytes: Math.min(config.juteMaxBufferBytes + config.juteExtraSizeBytes, 0x7fffffff),
  };
}

function textOf(config: Config): string {
  return config.ensemble === undefined ? "" : configText(config.ensemble);
}

function limitsOf(config: Config): ClientLimits {
  const voters = config.ensemble?.servers.filter((server) => server.role === "participant").length ?? 1;
  return {
    maxFrameBytes: config.juteMaxBufferBytes,
    maxConnectionsPerAddress: config.maxClientCnxns,
    maxConnections: config.maxCnxns,
    minSessionTimeoutMs: config.minSessionTimeoutMs,
    maxSessionTimeoutMs: config.maxSessionTimeoutMs,
    sessionlessTimeoutMs: config.sessionlessCnxnTimeoutMs,
    globalOutstandingLimit: Math.floor(config.globalOutstandingLimit / (voters > 2 ? voters - 1 : 1)),
  };
}

/** A server that stands alone has none, as in Java. */
function hasLocalSessions(config: Config): boolean {
  return config.localSessionsEnabled && config.ensemble !== undefined;
}

/** Nothing when nothing of it is asked for: the way of a request is then one question shorter. */
function gatesOf(config: Config, world: World, at: Instant): { readonly gates?: Gates } {
  const { connectionThrottle, requestThrottle, largeRequestThresholdBytes, enforcedAuthSchemes } = config;
  const isWanted =
    connectionThrottle.tokens > 0 ||
    requestThrottle.maxRequests > 0 ||
    largeRequestThresholdBytes !== -1 ||
    enforcedAuthSchemes.length > 0;
  if (!isWanted) return {};
  const gates: Gates = {
    connections: new ConnectionThrottle(connectionThrottle, () => world.random(), at.monoMs),
    largeRequests: new LargeRequests(largeRequestThresholdBytes, config.largeRequestMaxBytes),
    requests: new RequestThrottle(requestThrottle),
    authSchemes: enforcedAuthSchemes,
    newSession: hasLocalSessions(config) ? "localSession" : "globalSession",
  };
  return { gates };
}

/** Client requests, server packets, sessions, warnings (operations 2.5). */
const JAVAS_TRACE_MASK = 306n;
const STANDALONE_SID = toServerId(1n);
/** A disk that does not write ends the process (on-disk-formats D3). */
const EXIT_DISK = 1;
/** Java's codes for a leader's snapshot that could not be written and a log that could not be cut (peer-protocol 4.15). */
const EXIT_SNAPSHOT = 10;
const EXIT_TRUNCATE = 13;

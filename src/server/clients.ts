import type { SessionId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { RecentMap } from "../base/recentMap.ts";
import { type AclRules, checkAcl } from "../tree/aclCheck.ts";
import type { Outcome, TreeEvent } from "../tree/outcome.ts";
import { Watches } from "../tree/watches.ts";
import { Op, Perms } from "../wire/client/numbers.ts";
import type { Txn } from "../wire/txnValue.ts";
import type { AuthProviders } from "./authenticate.ts";
import { BackPressure } from "./backPressure.ts";
import { type ClientConnection, Totals } from "./clientConnection.ts";
import { type ClientLimits, IDLE_SWEEP_MS, REPLY_HARD_LIMIT_BYTES, STALLED_READ_BYTES } from "./clientLimits.ts";
import { Complaints } from "./complaints.ts";
import type { Database } from "./database.ts";
import { Handshake } from "./handshake.ts";
import { OpenConnections } from "./openConnections.ts";
import type { ByteLink, ClientsPort } from "./ports.ts";
import { writeNotification } from "./replies.ts";
import type { SyncInFlight } from "./request.ts";
import { Requests } from "./requests.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The client port: what arrives on a connection is taken up frame by frame, what is written to it leaves once a turn; whose
 * connection a session's is; and the delivery of committed transactions to watchers and to the client that asked.
 *
 * Invariants
 * - Serves only while it has an upstream; otherwise connections are closed without a byte (client-protocol 4.1).
 * - One session has at most one connection here.
 * - Events of a transaction are in a connection's writer before the reply to it (5.1).
 */
export class Clients {
  readonly watches = new Watches();
  readonly connections: OpenConnections;
  readonly totals = new Totals();
  servingSinceMs = 0;
  private readonly bySession = new RecentMap<SessionId, ClientConnection>();
  private readonly requests: Requests;
  private readonly backPressure: BackPressure;
  private readonly handshake: Handshake;
  private readonly limits: ClientLimits;
  private readonly rules: AclRules;
  private readonly badFrame: Complaints;
  private readonly strayed: Complaints;
  private dirty: ClientConnection[] = [];
  private upstream: Upstream | undefined;
  private sweepMs = 0;

  constructor(database: Database, limits: ClientLimits, rules: AclRules, auth: AuthProviders, world: ClientsPort) {
    this.limits = limits;
    this.rules = rules;
    const observe = world.observe.bind(world);
    this.badFrame = new Complaints(observe);
    this.strayed = new Complaints(observe);
    this.connections = new OpenConnections(limits, world);
    this.requests = new Requests(this, rules, auth, limits);
    this.backPressure = new BackPressure(this, this.requests, limits.gates?.requests);
    this.handshake = new Handshake(this, limits, database.tree, world);
    this.requests.serve(database.tree, this.watches);
  }

  /** The role is established: clients are served from `database` through `upstream`. */
  open(upstream: Upstream, database: Database, nowMs: number): void {
    this.upstream = upstream;
    this.servingSinceMs = nowMs;
    this.requests.serve(database.tree, this.watches);
    this.handshake.serve(database.tree);
    this.sweepMs = nowMs + IDLE_SWEEP_MS;
  }

  /** The role ended: every connection is closed without a byte; clients try elsewhere with the same session (4.10). */
  shut(): void {
    this.upstream = undefined;
    for (const connection of [...this.connections.values()]) this.drop(connection);
  }

  /** Requests that wait, over all connections. */
  get outstanding(): number {
    return this.requests.outstanding;
  }

  get serving(): Upstream | undefined {
    return this.upstream;
  }

  // Events from the world.

  accept(link: ByteLink, at: Instant): ClientConnection | undefined {
    const connection = this.connections.accept(link, at);
    if (connection === undefined) this.totals.rejected++;
    return connection;
  }

  bytes(connection: ClientConnection, chunk: Uint8Array, at: Instant): void {
    if (connection.phase === "closed" || connection.ending) return;
    if (connection.paused) return this.backPressure.keep(connection, chunk, at);
    connection.frames.push(chunk);
    if (connection.phase === "joining" && connection.frames.pending > STALLED_READ_BYTES) connection.link.pause();
    if (connection.phase === "opening" && this.handshake.answersWord(connection)) return;
    this.pump(connection, at);
  }

  /** The connection is over, by its client or by us. What still waits to be taken up may have its turn all the same (5.4). */
  hungUp(connection: ClientConnection, at: Instant): void {
    if (this.backPressure.hasStalled(connection)) {
      connection.isGone = this.limits.gates?.requests.dropsOfClosed === false;
      if (connection.isGone) return;
      this.requests.farewell(connection, at);
    }
    this.closed(connection);
  }

  private closed(connection: ClientConnection): void {
    if (connection.phase === "closed") return;
    this.letGo(connection);
    connection.phase = "closed";
    connection.discard();
    this.connections.remove(connection);
  }

  /** The system took what was queued: go on reading, unless something else is in the way. */
  drained(connection: ClientConnection, at: Instant): void {
    this.backPressure.reconsider(connection, at);
  }

  onDeadline(at: Instant): void {
    this.backPressure.onDeadline(at);
    if (at.monoMs < this.sweepMs) return;
    this.sweepMs = at.monoMs + IDLE_SWEEP_MS;
    for (const connection of [...this.connections.values()]) {
      if (at.monoMs >= connection.idleDeadlineMs) this.drop(connection);
    }
  }

  get deadline(): number {
    if (this.connections.size === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.sweepMs, this.backPressure.deadline);
  }

  /** Sends what the turn has written: one write a connection. Who was held back goes on only behind that, piece by piece. */
  endTurn(at: Instant): void {
    this.sendWritten(at);
    if (this.backPressure.holdsNobody) return;
    this.backPressure.reconsiderAll(at);
    this.sendWritten(at);
  }

  // Answers of the upstream.

  /** A transaction was applied: tell watchers, then the client whose oldest write it is. */
  deliver(txn: Txn, outcome: Outcome, at: Instant): void {
    for (const treeEvent of outcome.events) this.notify(treeEvent, txn.zxid);
    const connection = this.bySession.get(txn.clientId);
    // Behind the reply to closeSession nothing is sent, also not to requests that were read before it.
    if (connection === undefined || connection.ending) return;
    if (txn.body.type === Op.createSession) return this.joined(connection, at);
    const answered = this.requests.complete(connection, txn, outcome, at);
    if (txn.body.type !== Op.closeSession) return;
    if (answered) this.end(connection);
    else this.drop(connection);
  }

  /** The leader answered the oldest sync of this server. */
  answerSync(request: SyncInFlight, at: Instant): void {
    this.requests.answerSync(request, at);
  }

  /** The answer to `renewSession`. */
  renewed(sessionId: SessionId, valid: boolean, at: Instant): void {
    const connection = this.bySession.get(sessionId);
    if (connection === undefined || connection.phase !== "joining") return;
    if (valid) this.joined(connection, at);
    else this.handshake.refuse(connection);
  }

  /** A session that only this server knew is over: its connection closes without a byte (4.6). */
  expired(sessionId: SessionId): void {
    const connection = this.bySession.get(sessionId);
    if (connection !== undefined) this.drop(connection);
  }

  /** The one that stands for this session. */
  connectionOf(sessionId: SessionId): ClientConnection | undefined {
    return this.bySession.get(sessionId);
  }

  /** The connection stands for this session from now on. */
  claim(connection: ClientConnection, sessionId: SessionId): void {
    connection.sessionId = sessionId;
    this.bySession.set(sessionId, connection);
  }

  private joined(connection: ClientConnection, at: Instant): void {
    if (connection.phase !== "joining") return;
    this.handshake.finish(connection);
    if (connection.isNewSession) this.requests.created(connection, at);
    connection.link.resume();
    this.pump(connection, at);
  }

  /** A write through a connection that lost its session to another server: closed without a reply (4.5). */
  drop(connection: ClientConnection): void {
    connection.link.destroy();
    this.closed(connection);
  }

  /** The connection ends once what is in its writer has left; nothing more is read from it. */
  end(connection: ClientConnection): void {
    connection.ending = true;
    this.touchWriter(connection);
  }

  /** Puts the connection on the list of those that `endTurn` flushes. */
  touchWriter(connection: ClientConnection): void {
    if (connection.dirty) return;
    connection.dirty = true;
    this.dirty.push(connection);
  }

  /** Takes up frames, one after the other, for as long as nothing is in the way. */
  pump(connection: ClientConnection, at: Instant): void {
    if (this.backPressure.isStalled(connection)) return this.backPressure.hold(connection, at);
    while (!connection.paused && !connection.ending && connection.phase !== "joining" && connection.nextFrame()) {
      if (connection.phase === "closed") return;
      if (connection.phase === "opening") this.handshake.begin(connection, at);
      else this.requests.frame(connection, at);
      if (this.backPressure.isBacklogged(connection)) this.backPressure.hold(connection, at);
    }
    if (connection.paused) return;
    if (connection.isGone) return this.closed(connection);
    connection.arrivedMs = Number.POSITIVE_INFINITY;
    if (connection.frames.refusedLength !== undefined && connection.phase !== "closed") {
      this.refuseFrame(connection, at);
    }
  }

  private refuseFrame(connection: ClientConnection, at: Instant): void {
    if (connection.ending) return;
    const length = connection.frames.refusedLength;
    const text = `frame of ${length} bytes from ${connection.link.remoteAddress}; 0 .. ${this.limits.maxFrameBytes} are allowed`;
    this.badFrame.tell("clients.badFrame", text, at.monoMs);
    this.end(connection);
  }

  /** A packet: a word, a handshake or a request. */
  received(connection: ClientConnection): void {
    connection.stats.received++;
    this.totals.received++;
  }

  /** A packet: the answer to one that was received, or an event. */
  sent(connection: ClientConnection): void {
    connection.stats.sent++;
    this.totals.sent++;
  }

  wrongEnsemble(connection: ClientConnection, name: string, at: Instant): void {
    const text = `Unexpected ensemble name: ensemble name: ${name} client ip: ${connection.link.remoteAddress}`;
    this.strayed.tell("clients.wrongEnsemble", text, at.monoMs);
    this.drop(connection);
  }

  private notify(treeEvent: TreeEvent, zxid: bigint): void {
    this.watches.trigger(treeEvent, (watcher) => {
      const connection = this.connections.get(watcher);
      if (connection === undefined || !checkAcl(treeEvent.acl, Perms.read, connection.identities, this.rules)) return;
      writeNotification(connection.out, treeEvent.type, treeEvent.path, zxid);
      this.sent(connection);
      this.touchWriter(connection);
    });
  }

  private sendWritten(at: Instant): void {
    if (this.dirty.length === 0) return;
    const dirty = this.dirty;
    this.dirty = [];
    for (const connection of dirty) {
      connection.dirty = false;
      if (connection.phase === "closed") continue;
      connection.flush();
      if (connection.ending) this.finish(connection, at);
      else if (connection.link.queuedBytes > REPLY_HARD_LIMIT_BYTES) this.drop(connection);
    }
  }

  /** It counts until the client has taken its last bytes, and who does not take them is dropped. */
  private finish(connection: ClientConnection, at: Instant): void {
    if (connection.isGone) return this.closed(connection);
    this.letGo(connection);
    connection.phase = "leaving";
    connection.idleDeadlineMs = at.monoMs + this.limits.sessionlessTimeoutMs;
    connection.link.close();
  }

  private letGo(connection: ClientConnection): void {
    this.watches.removeWatcher(connection.number);
    this.requests.forget(connection);
    this.backPressure.forget(connection);
    if (this.bySession.get(connection.sessionId) === connection) this.bySession.delete(connection.sessionId);
  }
}

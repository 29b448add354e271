import { DecodeError, Reader } from "jute-ts";
import { unreachable } from "../base/assert.ts";
import type { Instant } from "../base/instant.ts";
import type { AclRules } from "../tree/aclCheck.ts";
import type { DataTree } from "../tree/dataTree.ts";
import type { OpResult, Outcome } from "../tree/outcome.ts";
import type { Watches } from "../tree/watches.ts";
import { decodeWrite } from "../wire/client/decode.ts";
import { Err, Op, Xid } from "../wire/client/numbers.ts";
import { REQUEST_HEADER_BYTES } from "../wire/client/shared.ts";
import type { Txn } from "../wire/txnValue.ts";
import { type AuthProviders, authenticate } from "./authenticate.ts";
import type { ClientConnection, Totals } from "./clientConnection.ts";
import { type ClientLimits, type Gates, REPLY_HARD_LIMIT_BYTES } from "./clientLimits.ts";
import { Reads } from "./reads.ts";
import { writeHeaderOnly, writeOutcome } from "./replies.ts";
import type { Request, SyncInFlight } from "./request.ts";
import { UpcomingPaths } from "./upcomingPaths.ts";
import type { Upstream } from "./upstream.ts";

/**
 * One request's way through the serving server, and the order of replies (CommitProcessor, peer-protocol 4.12).
 *
 * A read is answered in the call that brought it unless its connection has an unfinished write; then it waits behind it, and
 * behind nothing else. Replies leave in request order because the queue is FIFO and only its head is ever answered.
 */
export class Requests {
  /** Requests in queues, over all connections. */
  outstanding = 0;
  private readonly clients: RequestsPort;
  private readonly rules: AclRules;
  private readonly providers: AuthProviders;
  private readonly limits: ClientLimits;
  private readonly reader = new Reader(new Uint8Array(0));
  private reads: Reads | undefined;
  private upcoming: UpcomingPaths | undefined;
  private tree: DataTree | undefined;
  /** Of the turn. */
  private nowMs = 0;

  constructor(clients: RequestsPort, rules: AclRules, auth: AuthProviders, limits: ClientLimits) {
    this.clients = clients;
    this.rules = rules;
    this.providers = auth;
    this.limits = limits;
  }

  serve(tree: DataTree, watches: Watches): void {
    this.tree = tree;
    this.upcoming = new UpcomingPaths(tree);
    this.reads = new Reads(tree, watches, this.rules);
  }

  /** Its session was made; the handshake's request counts as one with xid 0. */
  created(connection: ClientConnection, at: Instant): void {
    this.nowMs = at.monoMs;
    this.note(connection, Op.createSession, 0, at.monoMs - connection.touchedMs);
  }

  /** The frame at hand: RequestHeader and the request's record (client-protocol 3.1). */
  frame(connection: ClientConnection, at: Instant): void {
    this.nowMs = at.monoMs;
    const { bytes, start, end } = connection.frames;
    const upstream = this.clients.serving;
    if (end - start < REQUEST_HEADER_BYTES || upstream === undefined) return this.clients.drop(connection);
    this.upcoming?.see(connection.frames);
    this.reader.reset(bytes, start, end);
    const xid = this.reader.int();
    const op = this.reader.int();
    this.clients.received(connection);
    const { gates } = this.limits;
    if (gates !== undefined && !this.passes(gates, connection, xid, op, at)) return;
    if (connection.touchedMs !== at.monoMs && !this.touch(connection, upstream, at)) return;
    if (gates?.requests.refuses(op, at.monoMs - connection.arrivedMs)) {
      return this.reply(connection, xid, op, undefined, Err.throttledOp, at);
    }
    this.dispatch(connection, op === Op.ping ? Xid.ping : xid, op, at);
  }

  /** Whether the next frame of a connection that waits is too old, or will be once there is room for it (5.4). */
  isStale(connection: ClientConnection, at: Instant): boolean {
    const { requests } = this.limits.gates ?? {};
    const op = opOf(connection.frames.peekLong() ?? 0n);
    return requests?.isStale(op, at.monoMs - connection.arrivedMs, connection.timeoutMs) === true;
  }

  /** Of a client that has hung up, the end of its session is carried out all the same, when nothing waits before it (5.4). */
  farewell(connection: ClientConnection, at: Instant): void {
    const { frames } = connection;
    if (opOf(frames.peekLong() ?? 0n) === Op.closeSession && frames.next()) this.frame(connection, at);
  }

  /** False: the frame costs its connection, with -124 where only a login is missing (client-protocol 3.1, steps 4 to 6). */
  private passes(
    { largeRequests, authSchemes, requests }: Gates,
    connection: ClientConnection,
    xid: number,
    op: number,
    at: Instant,
  ): boolean {
    const { frames, identities } = connection;
    if (!largeRequests.admits(frames.end - frames.start)) {
      this.clients.drop(connection);
      return false;
    }
    if (requests.isStale(op, at.monoMs - connection.arrivedMs, connection.timeoutMs)) {
      this.clients.end(connection);
      return false;
    }
    if (authSchemes.length === 0 || op === Op.auth || op === Op.sasl) return true;
    if (identities.some(({ scheme }) => scheme !== null && authSchemes.includes(scheme))) return true;
    writeHeaderOnly(connection.out, xid, 0n, Err.sessionClosedRequireAuth);
    this.sent(connection, op, xid, 0);
    this.clients.end(connection);
    return false;
  }

  private touch(connection: ClientConnection, upstream: Upstream, at: Instant): boolean {
    const state = upstream.touch(connection.sessionId, connection.timeoutMs);
    // A session that is gone or going: the expiry under way closes the connection (3.1, step 7).
    if (state === "moved") this.clients.drop(connection);
    if (state !== "live") return false;
    connection.touchedMs = at.monoMs;
    return true;
  }

  private dispatch(connection: ClientConnection, xid: number, op: number, at: Instant): void {
    switch (op) {
      case Op.getData:
      case Op.exists:
      case Op.getChildren:
      case Op.getChildren2:
      case Op.getACL:
      case Op.ping:
      case Op.setWatches:
      case Op.setWatches2:
      case Op.addWatch:
      case Op.checkWatches:
      case Op.removeWatches:
      case Op.getEphemerals:
      case Op.getAllChildrenNumber:
      case Op.multiRead:
      case Op.whoAmI:
        return this.read(connection, xid, op, at);
      case Op.create:
      case Op.create2:
      case Op.createContainer:
      case Op.createTTL:
      case Op.delete:
      case Op.setData:
      case Op.setACL:
      case Op.multi:
      case Op.reconfig:
      case Op.closeSession:
        return this.write(connection, xid, op, at);
      case Op.sync:
        return this.sync(connection, xid, at);
      case Op.auth:
        return this.auth(connection, xid, at);
      case Op.sasl:
        return this.sasl(connection, xid);
      default:
        return this.refuse(connection, xid);
    }
  }

  private read(connection: ClientConnection, xid: number, op: number, at: Instant): void {
    if (connection.queue.length === 0)
      return this.answerRead(connection, xid, op, this.reader, connection.identities, 0);
    const body = this.reader.rest();
    const { identities } = connection;
    this.push({ kind: "read", connection, xid, op, body, identities, receivedMs: at.monoMs });
  }

  private write(connection: ClientConnection, xid: number, op: number, at: Instant): void {
    const { bytes, offset: start, end } = this.reader;
    const write = decodeWrite(op, bytes, start, end);
    if (write.op === Op.sync) return;
    const { identities } = connection;
    const upstream = this.clients.serving;
    // Never forwarded: an undecodable write stops a Java leader for good (client-protocol 10, H1).
    if (write.op === "undecodable" && !(write.takesZxid && upstream?.prepares === true)) {
      return this.reply(connection, xid, op, undefined, write.err, at);
    }
    if (op === Op.closeSession && upstream?.endLocal(connection.sessionId)) {
      return this.reply(connection, xid, op, undefined, Err.ok, at);
    }
    const receivedMs = at.monoMs;
    const request: Request = { kind: "write", connection, xid, op, identities, write, bytes, start, end, receivedMs };
    this.push(request);
    upstream?.submit(request);
  }

  private sync(connection: ClientConnection, xid: number, at: Instant): void {
    const body = this.reader.rest();
    const write = decodeWrite(Op.sync, body);
    if (write.op !== Op.sync) return this.reply(connection, xid, Op.sync, undefined, Err.marshallingError, at);
    const { path } = write;
    const { identities } = connection;
    const waiting = { connection, xid, op: Op.sync, receivedMs: at.monoMs, identities };
    const request: SyncInFlight = { ...waiting, kind: "sync", path, body, answered: false };
    this.push(request);
    this.clients.serving?.sync(request);
  }

  /** The identity counts for every request read after this one; the reply takes its place in the order (5.1). */
  private auth(connection: ClientConnection, xid: number, at: Instant): void {
    const verdict = authenticate(this.reader, connection.link.remoteAddress, this.providers);
    if (verdict === undefined) return this.clients.drop(connection);
    if (verdict === "refused") {
      writeHeaderOnly(connection.out, xid, 0n, Err.authFailed);
      this.sent(connection, Op.auth, xid, 0);
      return this.clients.end(connection);
    }
    if ("wrongEnsemble" in verdict) return this.clients.wrongEnsemble(connection, verdict.wrongEnsemble, at);
    const known = connection.identities;
    const fresh = verdict.filter((id) => !known.some((old) => old.scheme === id.scheme && old.id === id.id));
    if (fresh.length > 0) connection.identities = [...known, ...fresh];
    this.reply(connection, xid, Op.auth, 0n, Err.ok, at);
  }

  /** A server without SASL answers with a null token, and closes on a token that is null or does not decode (client-protocol 7.6). */
  private sasl(connection: ClientConnection, xid: number): void {
    if (saslToken(this.reader) === null) return this.clients.drop(connection);
    const out = connection.out;
    writeHeaderOnly(out, xid, 0n, Err.ok);
    out.int(-1);
    out.view.setInt32(out.length - 24, 20);
    this.sent(connection, Op.sasl, xid, 0);
  }

  /** Unknown, or the server's own to send: -6 with zxid -1 at once, then close (2.1, 10 H6 and H7). */
  private refuse(connection: ClientConnection, xid: number): void {
    writeHeaderOnly(connection.out, xid, -1n, Err.unimplemented);
    this.sent(connection, Op.error, xid, 0);
    this.clients.end(connection);
  }

  private reply(
    connection: ClientConnection,
    xid: number,
    op: number,
    zxid: bigint | undefined,
    err: number,
    at: Instant,
  ): void {
    const request: Request = { kind: "reply", connection, xid, op, zxid, err, receivedMs: at.monoMs };
    this.push(request);
    this.drain(connection, at);
  }

  /**
   * A transaction of this connection's session was applied. True when it is the oldest unfinished write here, which is then
   * answered; else it came through another server and only its effects count (4.12, rule 3).
   */
  complete(connection: ClientConnection, txn: Txn, outcome: Outcome, at: Instant): boolean {
    const head = connection.queue.first;
    if (head === undefined || head.kind !== "write" || head.xid !== txn.cxid) return false;
    // An expiry has cxid 0, which a client's request may have too.
    const closes = txn.body.type === Op.closeSession;
    if (closes !== (head.op === Op.closeSession) && txn.body.type !== Op.error) return false;
    if (outcome.err === Err.sessionMoved || outcome.results?.some(isMoved)) {
      this.clients.drop(connection);
      return true;
    }
    this.nowMs = at.monoMs;
    this.shift(connection);
    writeOutcome(connection.out, head.xid, head.op, txn.zxid, outcome);
    this.sent(connection, head.op, head.xid, at.monoMs - head.receivedMs);
    // Nothing leaves behind the reply to closeSession.
    if (!closes) this.drain(connection, at);
    return true;
  }

  answerSync(request: SyncInFlight, at: Instant): void {
    request.answered = true;
    if (request.connection.phase !== "closed") this.drain(request.connection, at);
  }

  /** Answers from the head on whatever does not wait for the upstream. */
  drain(connection: ClientConnection, at: Instant): void {
    this.nowMs = at.monoMs;
    for (let head = connection.queue.first; head !== undefined && !connection.ending; head = connection.queue.first) {
      if (!this.answerHead(head, at)) break;
      this.shift(connection);
      // Many large reads behind one write: what is not memory's to hold is not held (reliability 7, slow reader).
      if (connection.outBytes > REPLY_HARD_LIMIT_BYTES) return this.clients.drop(connection);
    }
  }

  private answerHead(head: Request, at: Instant): boolean {
    const { connection, xid, op } = head;
    const waitedMs = at.monoMs - head.receivedMs;
    switch (head.kind) {
      case "write":
        return false;
      case "sync":
        if (head.answered) this.writeSync(head, waitedMs);
        return head.answered;
      case "read":
        this.reader.reset(head.body);
        this.answerRead(connection, xid, op, this.reader, head.identities, waitedMs);
        return true;
      case "reply":
        writeHeaderOnly(connection.out, xid, head.zxid ?? this.lastZxid(), head.err);
        this.sent(connection, op, xid, waitedMs);
        // Of a local session: nothing leaves behind it.
        if (op === Op.closeSession) this.clients.end(connection);
        return true;
      default:
        return unreachable(head);
    }
  }

  private answerRead(
    connection: ClientConnection,
    xid: number,
    op: number,
    body: Reader,
    identities: ClientConnection["identities"],
    waitedMs: number,
  ): void {
    this.reads?.answer(connection, xid, op, body, identities);
    this.sent(connection, op, xid, waitedMs);
  }

  private writeSync(request: SyncInFlight, waitedMs: number): void {
    const { connection, xid } = request;
    const out = connection.out;
    const at = out.length;
    writeHeaderOnly(out, xid, this.lastZxid(), Err.ok);
    out.ustring(request.path);
    out.view.setInt32(at, out.length - at - 4);
    this.sent(connection, Op.sync, xid, waitedMs);
  }

  /** The connection is gone: nothing of it waits any more. */
  forget(connection: ClientConnection): void {
    const { gates } = this.limits;
    if (gates !== undefined) connection.queue.visit((request) => gates.largeRequests.release(request));
    this.outstanding -= connection.queue.length;
    connection.queue.clear();
  }

  /** Above the global limit a connection that has a request outstanding is not read (client-protocol 5.3). */
  isOverloaded(connection: ClientConnection): boolean {
    return this.outstanding > this.limits.globalOutstandingLimit && connection.queue.length > 0;
  }

  /** As many requests are in process as may be. */
  get isFull(): boolean {
    return this.limits.gates?.requests.isFull(this.outstanding) === true;
  }

  private push(request: Request): void {
    const { connection } = request;
    this.limits.gates?.largeRequests.hold(request, connection.frames.end - connection.frames.start);
    connection.queue.push(request);
    this.outstanding++;
  }

  private shift(connection: ClientConnection): void {
    const request = connection.queue.shift();
    if (request !== undefined) this.limits.gates?.largeRequests.release(request);
    this.outstanding--;
  }

  private sent(connection: ClientConnection, op: number, xid: number, latencyMs: number): void {
    this.clients.sent(connection);
    this.note(connection, op, xid, latencyMs);
    this.clients.touchWriter(connection);
  }

  /** For statistics. A ping's xid and its like tell nothing of what the client did last (operations 2.5). */
  private note(connection: ClientConnection, op: number, xid: number, latencyMs: number): void {
    const { stats } = connection;
    stats.lastOp = op;
    if (xid >= 0) stats.lastXid = xid;
    stats.lastZxid = this.lastZxid();
    stats.lastResponseMs = this.nowMs;
    stats.latency(latencyMs);
    this.clients.totals.latency(latencyMs);
  }

  private lastZxid(): bigint {
    return this.tree?.lastProcessedZxid ?? 0n;
  }
}

/** What answering needs of the client port around it. */
export interface RequestsPort {
  readonly serving: Upstream | undefined;
  readonly totals: Totals;
  /** Each counts a packet. */
  received(connection: ClientConnection): void;
  sent(connection: ClientConnection): void;
  /** It has named an ensemble that this is not: an operator is told, and it is dropped. */
  wrongEnsemble(connection: ClientConnection, name: string, at: Instant): void;
  /** Closes at once, without a byte more. */
  drop(connection: ClientConnection): void;
  /** Closes once what is written has left. */
  end(connection: ClientConnection): void;
  /** Something was written that is to leave at the end of the turn. */
  touchWriter(connection: ClientConnection): void;
}

/** Of a header: xid, op. */
function opOf(header: bigint): number {
  return Number(BigInt.asIntN(32, header));
}

function isMoved({ err }: OpResult): boolean {
  return err === Err.sessionMoved;
}

function saslToken(reader: Reader): Uint8Array | null {
  try {
    return reader.buffer();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

import { Writer } from "jute-ts";
import type { SessionId } from "../base/ids.ts";
import { toSessionId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import type { SessionIds } from "../session/ids.ts";
import type { LocalSessions } from "../session/localSessions.ts";
import type { SessionTouches } from "../session/touches.ts";
import type { Outcome } from "../tree/outcome.ts";
import { Err, Op } from "../wire/client/numbers.ts";
import { CreateSessionRequest } from "../wire/client/requests.ts";
import type { Id } from "../wire/client/shared.ts";
import { ForwardedRequest, RevalidateRequest, RevalidateResponse } from "../wire/peer/packets.ts";
import type { Txn } from "../wire/txnValue.ts";
import type { Learner } from "../zab/learner.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { Clients } from "./clients.ts";
import type { Database } from "./database.ts";
import type { LocalClients } from "./localClients.ts";
import type { SyncInFlight, WriteInFlight } from "./request.ts";
import type { Turn } from "./turn.ts";
import type { Upstream } from "./upstream.ts";

/**
 * A learner's write path: FollowerRequestProcessor and ObserverRequestProcessor, and what comes back. Writes, syncs and
 * session questions go to the leader as packets; every forwarded write comes back as exactly one committed transaction with
 * its (session, cxid) (peer-protocol 4.8).
 *
 * Invariant: answers to SYNC have no name; they belong to `syncs` in order.
 */
export class LearnerPipeline implements Upstream {
  readonly prepares = false;
  private readonly database: Database;
  private readonly clients: Clients;
  private readonly sessionIds: SessionIds;
  private readonly touches: SessionTouches;
  private readonly turn: Turn;
  private readonly learner: Learner;
  private readonly syncs: SyncInFlight[] = [];
  private readonly scratch = new Writer(256);
  private readonly local: LocalClients | undefined;
  /** Forwarded creates of ephemerals for sessions that are local and stay so, by session and xid. */
  private readonly refused = new Set<string>();

  constructor(parts: LearnerParts) {
    this.database = parts.database;
    this.clients = parts.clients;
    this.sessionIds = parts.sessionIds;
    this.touches = parts.touches;
    this.turn = parts.turn;
    this.learner = parts.learner;
    this.local = parts.local;
  }

  submit(request: WriteInFlight): void {
    if (this.local?.wantsGlobal(request)) this.upgrade(request, this.local.sessions);
    const { connection, xid, op, identities, bytes, start, end } = request;
    this.forward(connection.sessionId, xid, op, bytes.subarray(start, end), identities);
  }

  sync(request: SyncInFlight): void {
    this.syncs.push(request);
    this.forward(request.connection.sessionId, request.xid, Op.sync, request.body, request.identities);
  }

  createSession(connection: ClientConnection): void {
    if (this.local !== undefined) return this.local.create(connection);
    const id = this.sessionIds.next();
    this.clients.claim(connection, id);
    this.forward(id, 0, Op.createSession, CreateSessionRequest.encode({ timeOut: connection.timeoutMs }), null);
  }

  /** Kept waiting until the leader says whether the session lives (peer-protocol 5.6). */
  renewSession(connection: ClientConnection): void {
    if (this.local?.renew(connection)) return;
    const { sessionId, timeoutMs } = connection;
    this.learner.revalidate(RevalidateRequest.encode({ sessionId, timeOut: timeoutMs }));
  }

  touch(sessionId: SessionId, timeoutMs: number): "live" | "gone" {
    if (this.local?.touch(sessionId, timeoutMs)) return "live";
    if (this.local !== undefined && !this.isGlobal(sessionId, this.local.sessions)) return "gone";
    this.touches.touch(sessionId, timeoutMs);
    return "live";
  }

  endLocal(sessionId: SessionId): boolean {
    return this.local?.end(sessionId) ?? false;
  }

  get deadline(): number {
    return this.local?.sessions.deadline ?? NEVER;
  }

  onDeadline(): void {
    this.local?.onDeadline();
  }

  commit(txn: Txn): void {
    const outcome = this.verdict(txn, this.database.apply(txn));
    if (txn.body.type === Op.createSession) this.created(txn.clientId, txn.body.timeOut);
    this.clients.deliver(txn, outcome, this.turn.at);
  }

  syncReturned(): void {
    const request = this.syncs.shift();
    if (request !== undefined) this.clients.answerSync(request, this.turn.at);
  }

  /** An answer that nobody waits for, or that holds nothing, is ignored (10.16). */
  revalidated(data: Uint8Array | null): void {
    if (data === null) return;
    const { sessionId, valid } = RevalidateResponse.decode(data);
    this.clients.renewed(toSessionId(sessionId), valid, this.turn.at);
  }

  private created(sessionId: SessionId, timeOut: number): void {
    this.touches.touch(sessionId, timeOut);
    this.local?.sessions.committed(sessionId);
  }

  private isGlobal(sessionId: SessionId, local: LocalSessions): boolean {
    return this.database.sessions.has(sessionId) || local.isUpgrading(sessionId);
  }

  /** First a session with the same id and time-out, or else it is remembered that the leader's refusal is ours (4.8). */
  private upgrade({ connection, xid }: WriteInFlight, local: LocalSessions): void {
    const { sessionId } = connection;
    if (!local.mayUpgrade) {
      this.refused.add(`${sessionId} ${xid}`);
      return;
    }
    const timeOut = local.upgrade(sessionId);
    if (timeOut === undefined) return;
    this.forward(sessionId, 0, Op.createSession, CreateSessionRequest.encode({ timeOut }), null);
  }

  /** The leader knows nothing of a local session; the client is told why. A multi keeps the leader's results. */
  private verdict(txn: Txn, outcome: Outcome): Outcome {
    if (this.refused.size === 0 || !this.refused.delete(`${txn.clientId} ${txn.cxid}`)) return outcome;
    return txn.body.type === Op.error ? { ...outcome, err: Err.ephemeralOnLocalSession } : outcome;
  }

  private forward(
    sessionId: SessionId,
    cxid: number,
    type: number,
    body: Uint8Array,
    identities: readonly Id[] | null,
  ): void {
    const out = this.scratch;
    out.reset();
    ForwardedRequest.write(out, { sessionId, cxid, type });
    out.raw(body);
    this.learner.request(out.toBytes(), identities);
  }
}

export interface LearnerParts {
  readonly database: Database;
  readonly clients: Clients;
  readonly sessionIds: SessionIds;
  readonly touches: SessionTouches;
  readonly turn: Turn;
  readonly learner: Learner;
  readonly local: LocalClients | undefined;
}

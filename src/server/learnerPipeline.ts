import { Writer } from "jute-ts";
import type { SessionId } from "../base/ids.ts";
import { toSessionId } from "../base/ids.ts";
import type { SessionIds } from "../session/ids.ts";
import type { SessionTouches } from "../session/touches.ts";
import { Op } from "../wire/client/numbers.ts";
import { CreateSessionRequest } from "../wire/client/requests.ts";
import type { Id } from "../wire/client/shared.ts";
import { ForwardedRequest, RevalidateRequest, RevalidateResponse } from "../wire/peer/packets.ts";
import type { Txn } from "../wire/txnValue.ts";
import type { Learner } from "../zab/learner.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { Clients } from "./clients.ts";
import type { Database } from "./database.ts";
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

  constructor(parts: LearnerParts) {
    this.database = parts.database;
    this.clients = parts.clients;
    this.sessionIds = parts.sessionIds;
    this.touches = parts.touches;
    this.turn = parts.turn;
    this.learner = parts.learner;
  }

  submit(request: WriteInFlight): void {
    const { connection, xid, op, identities, bytes, start, end } = request;
    this.forward(connection.sessionId, xid, op, bytes.subarray(start, end), identities);
  }

  sync(request: SyncInFlight): void {
    this.syncs.push(request);
    this.forward(request.connection.sessionId, request.xid, Op.sync, request.body, request.identities);
  }

  createSession(connection: ClientConnection): void {
    const id = this.sessionIds.next();
    this.clients.claim(connection, id);
    this.forward(id, 0, Op.createSession, CreateSessionRequest.encode({ timeOut: connection.timeoutMs }), null);
  }

  /** Kept waiting until the leader says whether the session lives (peer-protocol 5.6). */
  renewSession(connection: ClientConnection): void {
    const { sessionId, timeoutMs } = connection;
    this.learner.revalidate(RevalidateRequest.encode({ sessionId, timeOut: timeoutMs }));
  }

  touch(sessionId: SessionId, timeoutMs: number): "live" {
    this.touches.touch(sessionId, timeoutMs);
    return "live";
  }

  commit(txn: Txn): void {
    const outcome = this.database.apply(txn);
    if (txn.body.type === Op.createSession) this.touches.touch(txn.clientId, txn.body.timeOut);
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
}

import { assert, present } from "../base/assert.ts";
import { Fifo } from "../base/fifo.ts";
import { NO_SESSION, type SessionId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import type { SessionIds } from "../session/ids.ts";
import type { SessionTracker } from "../session/tracker.ts";
import type { AclRules } from "../tree/aclCheck.ts";
import { Preparer } from "../txn/preparer.ts";
import type { PrepareOptions, PrepareRequest } from "../txn/request.ts";
import { closeSessionWrite, createSessionWrite, deleteContainerWrite } from "../wire/client/decode.ts";
import { Op } from "../wire/client/numbers.ts";
import type { Id } from "../wire/client/shared.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import type { Txn, TxnBytes } from "../wire/txnValue.ts";
import type { Leader } from "../zab/leader.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { Clients } from "./clients.ts";
import type { Database } from "./database.ts";
import type { LocalClients } from "./localClients.ts";
import type { SyncInFlight, WriteInFlight } from "./request.ts";
import { sessionView } from "./sessionView.ts";
import type { Turn } from "./turn.ts";
import type { Upstream } from "./upstream.ts";

/** Through what a session's requests reach the leader: this server itself, or a learner's link. */
export type Owner = "self" | number;

/**
 * The leader's write path, and the standalone server's: PrepRequestProcessor, ProposalRequestProcessor and what
 * FinalRequestProcessor does for writes. prepare -> encode once -> propose; on commit apply -> deliver.
 *
 * Invariant: `proposed` holds the transactions proposed and not committed, in zxid order; a commit is always its head.
 */
export class LeaderPipeline implements Upstream {
  readonly prepares = true;
  private readonly database: Database;
  private readonly clients: Clients;
  private readonly leader: Leader;
  readonly tracker: SessionTracker;
  private readonly sessionIds: SessionIds;
  private readonly local: LocalClients | undefined;
  private readonly preparer: Preparer;
  private readonly turn: Turn;
  private readonly proposed = new Fifo<Txn>();

  constructor(parts: LeaderParts) {
    this.database = parts.database;
    this.clients = parts.clients;
    this.leader = parts.leader;
    this.tracker = parts.tracker;
    this.sessionIds = parts.sessionIds;
    this.turn = parts.turn;
    this.local = parts.local;
    this.preparer = new Preparer(parts.database.tree, sessionView(parts), parts.rules, parts.options);
  }

  /** Every session of the table starts with a full timeout (client-protocol 4.6). */
  adoptSessions(): void {
    const nowMs = this.turn.at.monoMs;
    for (const [id, timeoutMs] of this.database.sessions) this.tracker.track(id, timeoutMs, nowMs);
  }

  // What this server's own clients want.

  submit(request: WriteInFlight): void {
    const { connection, xid, identities, write } = request;
    if (this.local?.sessions.mayUpgrade && this.local.wantsGlobal(request)) this.upgrade(connection.sessionId);
    this.propose(connection.sessionId, xid, identities, "self", write);
  }

  /** On the leader a sync is ordered behind its session's own requests only (peer-protocol 4.9). */
  sync(request: SyncInFlight): void {
    this.clients.answerSync(request, this.turn.at);
  }

  createSession(connection: ClientConnection): void {
    if (this.local !== undefined) return this.local.create(connection);
    const id = this.sessionIds.next();
    this.clients.claim(connection, id);
    this.propose(id, 0, [], "self", createSessionWrite(connection.timeoutMs));
  }

  renewSession(connection: ClientConnection): void {
    if (this.local?.renew(connection)) return;
    const { sessionId, timeoutMs } = connection;
    const valid = this.renew(sessionId, timeoutMs, "self");
    this.clients.renewed(sessionId, valid, this.turn.at);
  }

  touch(sessionId: SessionId, timeoutMs: number): "live" | "gone" | "moved" {
    if (this.local?.touch(sessionId, timeoutMs)) return "live";
    if (!this.touched(sessionId, timeoutMs)) return "gone";
    return this.tracker.checkOwner(sessionId, "self") ? "live" : "moved";
  }

  endLocal(sessionId: SessionId): boolean {
    return this.local?.end(sessionId) ?? false;
  }

  // What learners tell and forward.

  /** False: it is not alive any more. */
  touched(sessionId: SessionId, timeoutMs: number): boolean {
    return this.tracker.touch(sessionId, timeoutMs, this.turn.at.monoMs);
  }

  renew(sessionId: SessionId, timeoutMs: number, owner: Owner): boolean {
    const valid = this.touched(sessionId, timeoutMs);
    if (valid) this.tracker.setOwner(sessionId, owner);
    return valid;
  }

  forwarded(sessionId: SessionId, cxid: number, identities: readonly Id[], link: number, write: Write): void {
    this.propose(sessionId, cxid, identities, link, write);
  }

  /** A container or TTL node is over: nobody's session asks (client-protocol 3.16). */
  reap(path: string): void {
    this.propose(NO_SESSION, 0, [], "self", deleteContainerWrite(path));
  }

  // Time.

  get deadline(): number {
    return Math.min(this.tracker.deadline, this.local?.sessions.deadline ?? NEVER);
  }

  /** Sessions whose time is up are closed by a transaction of their own, with cxid 0 (peer-protocol 5.4). */
  onDeadline(): void {
    for (const id of this.tracker.expire(this.turn.at.monoMs)) this.proposeClose(id);
    this.local?.onDeadline();
  }

  /** The same for one session before its time; false when it is not alive. */
  expire(id: SessionId): boolean {
    if (this.tracker.state(id) !== "live") return false;
    this.tracker.setClosing(id);
    this.proposeClose(id);
    return true;
  }

  // What the quorum decided.

  commit(entry: TxnBytes): void {
    const txn = present(this.proposed.shift(), "a commit has its proposal");
    assert(txn.zxid === entry.zxid, "commits come in the order of proposals");
    const outcome = this.database.apply(txn);
    this.preparer.applied(txn.zxid);
    if (txn.body.type === Op.closeSession) this.tracker.remove(txn.clientId);
    if (txn.body.type === Op.createSession) this.local?.sessions.committed(txn.clientId);
    this.clients.deliver(txn, outcome, this.turn.at);
  }

  get outstanding(): number {
    return this.proposed.length;
  }

  /** The session becomes one of the ensemble's, with its id and time-out, before the write that needs it. */
  private upgrade(sessionId: SessionId): void {
    const timeoutMs = this.local?.sessions.upgrade(sessionId);
    if (timeoutMs !== undefined) this.propose(sessionId, 0, [], "self", createSessionWrite(timeoutMs));
  }

  private proposeClose(id: SessionId): void {
    this.propose(id, 0, [], "self", closeSessionWrite());
  }

  private propose(sessionId: SessionId, cxid: number, identities: readonly Id[], owner: Owner, write: Write): void {
    const { at } = this.turn;
    const zxid = this.leader.nextZxid();
    if (zxid === undefined) return;
    const txn = this.preparer.prepare({ sessionId, cxid, identities, owner, write }, zxid, at.wallMs);
    this.proposed.push(txn);
    this.leader.propose({ zxid, bytes: encodeTxn(txn) }, at.monoMs);
  }
}

export interface LeaderParts {
  readonly database: Database;
  readonly clients: Clients;
  readonly leader: Leader;
  readonly tracker: SessionTracker;
  readonly sessionIds: SessionIds;
  readonly turn: Turn;
  readonly rules: AclRules;
  readonly options: PrepareOptions;
  /** Undefined: every session is global. */
  readonly local: LocalClients | undefined;
  /** Where the ids that this server hands out begin. */
  readonly ownIdByte: number;
}

type Write = PrepareRequest["write"];

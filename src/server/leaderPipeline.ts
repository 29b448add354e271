import { assert, present } from "../base/assert.ts";
import type { SessionId } from "../base/ids.ts";
import type { SessionIds } from "../session/ids.ts";
import type { SessionTracker } from "../session/tracker.ts";
import type { AclRules } from "../tree/aclCheck.ts";
import { Preparer } from "../txn/preparer.ts";
import type { PrepareOptions, PrepareRequest, SessionView } from "../txn/request.ts";
import { closeSessionWrite, createSessionWrite } from "../wire/client/decode.ts";
import { Op } from "../wire/client/numbers.ts";
import type { Id } from "../wire/client/shared.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import type { Txn, TxnBytes } from "../wire/txnValue.ts";
import type { Leader } from "../zab/leader.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { Clients } from "./clients.ts";
import type { Database } from "./database.ts";
import type { SyncInFlight, WriteInFlight } from "./request.ts";
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
  private readonly tracker: SessionTracker;
  private readonly sessionIds: SessionIds;
  private readonly preparer: Preparer;
  private readonly turn: Turn;
  private readonly proposed: Txn[] = [];

  constructor(parts: LeaderParts) {
    this.database = parts.database;
    this.clients = parts.clients;
    this.leader = parts.leader;
    this.tracker = parts.tracker;
    this.sessionIds = parts.sessionIds;
    this.turn = parts.turn;
    this.preparer = new Preparer(
      parts.database.tree,
      sessionView(parts.tracker, parts.turn),
      parts.rules,
      parts.options,
    );
  }

  /** Every session of the table starts with a full timeout (client-protocol 4.6). */
  adoptSessions(): void {
    const nowMs = this.turn.at.monoMs;
    for (const [id, timeoutMs] of this.database.sessions) this.tracker.track(id, timeoutMs, nowMs);
  }

  // What this server's own clients want.

  submit(request: WriteInFlight): void {
    const { connection, xid, identities, write } = request;
    this.propose(connection.sessionId, xid, identities, "self", write);
  }

  /** On the leader a sync is ordered behind its session's own requests only (peer-protocol 4.9). */
  sync(request: SyncInFlight): void {
    this.clients.answerSync(request, this.turn.at);
  }

  createSession(connection: ClientConnection): void {
    const id = this.sessionIds.next();
    this.clients.claim(connection, id);
    this.propose(id, 0, [], "self", createSessionWrite(connection.timeoutMs));
  }

  renewSession(connection: ClientConnection): void {
    const { sessionId, timeoutMs } = connection;
    const valid = this.renew(sessionId, timeoutMs, "self");
    this.clients.renewed(sessionId, valid, this.turn.at);
  }

  touch(sessionId: SessionId, timeoutMs: number): "live" | "gone" | "moved" {
    if (!this.touched(sessionId, timeoutMs)) return "gone";
    return this.tracker.checkOwner(sessionId, "self") ? "live" : "moved";
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

  // Time.

  get deadline(): number {
    return this.tracker.deadline;
  }

  /** Sessions whose time is up are closed by a transaction of their own, with cxid 0 (peer-protocol 5.4). */
  onDeadline(): void {
    for (const id of this.tracker.expire(this.turn.at.monoMs)) this.proposeClose(id);
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
    this.clients.deliver(txn, outcome, this.turn.at);
  }

  get outstanding(): number {
    return this.proposed.length;
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
}

type Write = PrepareRequest["write"];

/** Local sessions are not here yet: every session is global. */
function sessionView(tracker: SessionTracker, turn: Turn): SessionView {
  return {
    state: (id) => tracker.state(id),
    isGlobal: () => true,
    checkOwner: (id, owner) => tracker.checkOwner(id, owner),
    setClosing: (id) => tracker.setClosing(id),
    track: (id, timeOutMs, owner) => {
      tracker.track(id, timeOutMs, turn.at.monoMs);
      tracker.setOwner(id, owner);
    },
  };
}

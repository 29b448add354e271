import { unreachable } from "../base/assert.ts";
import type { Zxid } from "../base/zxid.ts";
import { Err, Op } from "../wire/client/numbers.ts";
import { DIGEST_VERSION } from "../wire/txn.ts";
import type { Txn, TxnBody } from "../wire/txnValue.ts";
import { Pending } from "./pending.ts";
import { Preparation, type PrepareParts } from "./preparation.ts";
import { prepareCreate } from "./prepare/create.ts";
import { prepareDelete } from "./prepare/delete.ts";
import { prepareDeleteContainer } from "./prepare/deleteContainer.ts";
import { prepareMulti } from "./prepare/multi.ts";
import { prepareReconfig } from "./prepare/reconfig.ts";
import { prepareCloseSession, prepareCreateSession } from "./prepare/session.ts";
import { prepareSetACL } from "./prepare/setACL.ts";
import { prepareSetData } from "./prepare/setData.ts";
import type { AclRules, CommittedView, PrepareOptions, PrepareRequest, SessionView } from "./request.ts";
import { isOversized } from "./size.ts";

/**
 * Turns requests into transactions, one zxid each, refused ones too: PrepRequestProcessor. Whoever applies transactions tells
 * `applied`; whoever ends a leadership calls `clear`.
 */
export class Preparer {
  readonly pending: Pending;
  private readonly options: PrepareOptions;
  private readonly parts: PrepareParts;
  /** The same millisecond for many requests. */
  private wallMs = 0;
  private timeMs = 0n;

  constructor(view: CommittedView, sessions: SessionView, rules: AclRules, options: PrepareOptions) {
    this.options = options;
    this.pending = new Pending(view, options.digestEnabled);
    this.parts = { view, pending: this.pending, sessions, rules, options };
  }

  /**
   * The transaction of a request, never a refusal to make one: a request that fails becomes an error transaction, a multi
   * that fails keeps its type (peer-protocol 4.2, 4.3). `wallMs` becomes ctime and mtime.
   */
  prepare(request: PrepareRequest, zxid: Zxid, wallMs: number): Txn {
    const { pending } = this;
    const timeMs = this.timeOf(wallMs);
    pending.begin();
    const body = this.fit(this.bodyOf(request, zxid, timeMs));
    if (body.type === Op.error) pending.rollback();
    else pending.seal();
    return {
      clientId: request.sessionId,
      cxid: request.cxid,
      zxid,
      timeMs,
      body,
      digest: this.hasDigest(body) ? { version: DIGEST_VERSION, treeDigest: pending.digest } : undefined,
    };
  }

  /** The tree has applied everything up to `zxid`. */
  applied(zxid: Zxid): void {
    this.pending.applied(zxid);
  }

  /** Leadership is over. */
  clear(): void {
    this.pending.clear();
  }

  private timeOf(wallMs: number): bigint {
    if (wallMs !== this.wallMs) {
      this.wallMs = wallMs;
      this.timeMs = BigInt(wallMs);
    }
    return this.timeMs;
  }

  private bodyOf(request: PrepareRequest, zxid: Zxid, timeMs: bigint): TxnBody {
    const body = dispatch(new Preparation(this.parts, request, zxid, timeMs));
    return typeof body === "number" ? { type: Op.error, err: body } : body;
  }

  /**
   * What no reader of the log could read back is not written (on-disk-formats W7, ZOOKEEPER-4306): closeSession then leaves out
   * its paths, and every server deletes the ephemerals it knows of; a request whose ACLs or paths grew too large is refused.
   */
  private fit(body: TxnBody): TxnBody {
    if (!isOversized(body, this.options.maxTxnBytes)) return body;
    return body.type === Op.closeSession
      ? { type: Op.closeSession, paths: undefined }
      : { type: Op.error, err: Err.badArguments };
  }

  /** Error transactions have none, and closeSession has a body and a digest or neither (on-disk-formats W6). */
  private hasDigest(body: TxnBody): boolean {
    if (!this.options.digestEnabled || body.type === Op.error) return false;
    return body.type !== Op.closeSession || body.paths !== undefined;
  }
}

function dispatch(on: Preparation): TxnBody | number {
  const { write } = on.request;
  switch (write.op) {
    case Op.create:
    case Op.create2:
    case Op.createContainer:
    case Op.createTTL:
      return prepareCreate(on, write);
    case Op.delete:
      return prepareDelete(on, write);
    case Op.deleteContainer:
      return prepareDeleteContainer(on, write);
    case Op.setData:
      return prepareSetData(on, write);
    case Op.setACL:
      return prepareSetACL(on, write);
    case Op.multi:
      return prepareMulti(on, write);
    case Op.reconfig:
      return prepareReconfig(on, write);
    case Op.createSession:
      return prepareCreateSession(on, write);
    case Op.closeSession:
      return prepareCloseSession(on);
    case "undecodable":
      return write.err;
    default:
      return unreachable(write);
  }
}

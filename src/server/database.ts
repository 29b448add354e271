import type { SessionId } from "../base/ids.ts";
import { toSessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import type { RecoverySink } from "../store/recovery.ts";
import type { SnapshotSections } from "../store/snapshotDecoder.ts";
import { DataTree } from "../tree/dataTree.ts";
import type { LookAhead } from "../tree/lookAhead.ts";
import type { Outcome } from "../tree/outcome.ts";
import { Op } from "../wire/client/numbers.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { NodeRecord } from "../wire/nodeRecord.ts";
import { decodeTxn } from "../wire/txnCodec.ts";
import type { Txn, TxnBytes } from "../wire/txnValue.ts";
import type { CommittedLog } from "../zab/committedLog.ts";
import { UpcomingTxns } from "./upcomingTxns.ts";

/**
 * The replicated state of one server: the tree, the table of global sessions, and the newest committed transactions as
 * bytes. Changed by `apply` alone once loaded; what recovery feeds it passes through the same `apply`.
 */
export class Database implements Required<RecoverySink> {
  readonly tree: DataTree;
  /** Global sessions: id to timeout. In it from the commit of createSession to that of closeSession (ZOOKEEPER-2926). */
  readonly sessions = new Map<SessionId, number>();
  /** The one of this server; it outlives databases and roles, so who loads one clears it first. */
  readonly committedLog: CommittedLog;
  private readonly upcoming = new UpcomingTxns();
  /** Transactions behind the snapshot, as far as is known before they are read. */
  private txnsToCome = 0;

  constructor(committedLog: CommittedLog, emulates353 = false) {
    this.tree = new DataTree(emulates353);
    this.committedLog = committedLog;
  }

  /** Applies a committed transaction; the role keeps its bytes in the committed log. */
  apply(txn: Txn): Outcome {
    if (txn.body.type === Op.createSession) this.sessions.set(txn.clientId, txn.body.timeOut);
    const outcome = this.tree.apply(txn);
    if (txn.body.type === Op.closeSession) this.sessions.delete(txn.clientId);
    return outcome;
  }

  // Recovery, from files or from a leader's stream.

  get lookAhead(): LookAhead {
    return this.tree.lookAhead;
  }

  session(id: bigint, timeoutMs: number): void {
    this.sessions.set(toSessionId(id), timeoutMs);
  }

  acl(key: bigint, acl: readonly ACL[]): void {
    this.tree.loadAcl(key, acl);
  }

  expectTxns(count: number): void {
    this.txnsToCome = count;
  }

  progress(share: number): void {
    if (share > 0) this.tree.expectNodes(this.tree.nodeCount / share + this.txnsToCome);
  }

  node(record: NodeRecord): void {
    this.tree.loadNode(record);
  }

  loaded(zxid: Zxid, sections?: SnapshotSections): void {
    const digest = sections?.digest;
    const known = digest && { zxid: digest.zxid, version: digest.version, treeDigest: digest.digest };
    this.tree.finishLoad(zxid, known);
  }

  /** A record of the log, committed or not: what is on disk counts until a leader says otherwise. */
  txn(entry: TxnBytes, batch: readonly TxnBytes[] = [entry], at = 0): void {
    const { tree } = this;
    const record = this.upcoming.record(batch, at, tree.lookAhead);
    const isReplayed = record !== undefined && tree.replay(entry.zxid, record);
    if (isReplayed || this.applyDecoded(entry)) this.committedLog.add(entry);
  }

  /** False: it is nobody's transaction, an error that Java alone logs under the zxid before for a write it could not decode (client-protocol 3.1). */
  private applyDecoded(entry: TxnBytes): boolean {
    const txn = decodeTxn(entry.bytes);
    if (txn.body.type === Op.error && entry.zxid === this.tree.lastProcessedZxid) return false;
    this.apply(txn);
    return true;
  }

  /** Ephemerals whose session is gone are removed without a transaction, as a new leader or standalone does (5.6). */
  removeOrphans(): void {
    this.tree.removeOrphans((id) => this.sessions.has(id));
  }
}

import { highOf, isGreater, lowOf } from "../base/long.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { NodeRecord } from "../wire/nodeRecord.ts";
import type { TxnRecord } from "../wire/txnRecord.ts";
import { AclTable } from "./aclTable.ts";
import { digestChange, digestOfNew, TreeDigest } from "./digest.ts";
import type { NodeScan } from "./nodeScan.ts";
import { NodeStat } from "./nodeStat.ts";
import { NO_NODE, type NodeRef, type NodeTable } from "./nodeTable.ts";
import { OwnerIndex } from "./ownerIndex.ts";
import { Quotas } from "./quota.ts";
import { type Stamp, stampOf, UNSTAMPED } from "./stamp.ts";
import { Znodes } from "./znodes.ts";

/**
 * The tree's parts and the few changes that keep them in step: digest, ACL counts, owner lists, quota, walks in progress.
 * The rules of transactions are in apply.ts; only they and the loader call these.
 */
export class TreeState {
  readonly znodes = new Znodes();
  readonly table: NodeTable = this.znodes.table;
  readonly acls = new AclTable();
  readonly owners = new OwnerIndex(this.table);
  readonly digest = new TreeDigest();
  readonly quotas = new Quotas(this.znodes);
  /** Snapshots that are being written. */
  readonly scans = new Set<NodeScan>();
  /** What is being applied. */
  stamp: Stamp = UNSTAMPED;

  setStamp(zxid: bigint, timeMs: bigint): void {
    this.stamp = stampOf(zxid, timeMs);
  }

  /** The same from the bytes of a transaction. */
  setStampOf({ view, zxidAt, timeAt }: TxnRecord): void {
    this.stamp = {
      zxidHigh: view.getInt32(zxidAt),
      zxidLow: view.getInt32(zxidAt + 4),
      timeHigh: view.getInt32(timeAt),
      timeLow: view.getInt32(timeAt + 4),
    };
  }

  /** From czxid and ctime of a node of a snapshot. */
  setCreated({ view, statAt }: NodeRecord): void {
    this.stamp = {
      zxidHigh: view.getInt32(statAt),
      zxidLow: view.getInt32(statAt + 4),
      timeHigh: view.getInt32(statAt + 16),
      timeLow: view.getInt32(statAt + 20),
    };
  }

  /** Adds the node that `znodes.seekParent` was asked for. Its quota is the caller's to account. */
  insert(
    parent: NodeRef,
    data: Uint8Array | null,
    acl: readonly ACL[] | null,
    owner: bigint,
    contentCrc?: number,
  ): NodeRef {
    const { table } = this;
    const ref = this.znodes.insert(parent, data, this.stamp, contentCrc);
    table.setAcl(ref, this.acls.use(acl));
    if (owner !== 0n) {
      table.setOwner(ref, highOf(owner), lowOf(owner));
      this.owners.add(ref);
    }
    this.countNew(ref);
    return ref;
  }

  /** The same of a create in a log, without an owner. */
  insertFrom(parent: NodeRef, record: TxnRecord): void {
    const ref = this.znodes.insertFrom(parent, record, this.stamp);
    this.table.setAcl(ref, this.acls.use(record.acl));
    this.countNew(ref);
  }

  /**
   * Takes a node out, and what lies below it: a replay may delete a node whose later self already has children, which the
   * log creates again (on-disk-formats 4.8).
   */
  remove(ref: NodeRef, path: string): void {
    for (let child = this.table.firstChild(ref); child !== NO_NODE; child = this.table.firstChild(ref)) {
      const leaf = this.leafBelow(child);
      this.removeLeaf(leaf, this.znodes.path(leaf));
    }
    this.removeLeaf(ref, path);
  }

  setData(ref: NodeRef, data: Uint8Array | null, version: number, contentCrc?: number): void {
    const { table, stamp } = this;
    this.znodes.setData(ref, data, contentCrc);
    table.setModified(ref, stamp.zxidHigh, stamp.zxidLow, stamp.timeHigh, stamp.timeLow, version);
    this.countDigest(ref);
  }

  setAversion(ref: NodeRef, aversion: number): void {
    this.table.setAversion(ref, aversion);
    this.countDigest(ref);
  }

  replaceAcl(ref: NodeRef, acl: readonly ACL[] | null): void {
    const before = this.table.acl(ref);
    for (const scan of this.scans) scan.aclReplaced(ref, this.acls.key(before));
    this.table.setAcl(ref, this.acls.use(acl));
    this.acls.release(before);
  }

  /** Raises the creation counter and pzxid if the counter is larger than the node's (5.4 rule 1); -1: one more. */
  raiseCversion(ref: NodeRef, wanted: number): void {
    const current = this.table.cversion(ref);
    const cversion = wanted === -1 ? (current + 1) | 0 : wanted;
    if (cversion <= current) return;
    this.table.setCversion(ref, cversion);
    this.setPzxid(ref, current ^ cversion);
  }

  /** Raises pzxid; never lowers it (5.3). */
  raisePzxid(ref: NodeRef): void {
    const { table, stamp } = this;
    if (isGreater(stamp.zxidHigh, stamp.zxidLow, table.pzxidHigh(ref), table.pzxidLow(ref))) this.setPzxid(ref, 0);
  }

  /** The node is new or its data or numbers have changed: the tree's digest holds what it is now. */
  countDigest(ref: NodeRef): void {
    const now = this.znodes.computeDigest(ref);
    this.digest.replace(this.table.digest(ref), now);
    this.table.setDigest(ref, now);
  }

  /** The same of a node that is as the stamp made it but for its owner. */
  countNew(ref: NodeRef): void {
    const { table, stamp } = this;
    if (!this.znodes.isDigested(ref)) return;
    const now = digestOfNew(table.contentCrc(ref), stamp, table.ownerHigh(ref), table.ownerLow(ref));
    this.digest.add(now);
    table.setDigest(ref, now);
  }

  statOf(ref: NodeRef): NodeStat {
    const stat = new NodeStat();
    this.table.readStat(ref, stat);
    return stat;
  }

  aclOf(ref: NodeRef): readonly ACL[] {
    return this.acls.list(this.table.acl(ref));
  }

  /** pzxid is the stamp's from now on; `cversion`: in which bits the counter has changed with it. */
  private setPzxid(ref: NodeRef, cversion: number): void {
    const { table, stamp } = this;
    const { zxidHigh, zxidLow } = stamp;
    const change = digestChange(table.pzxidHigh(ref) ^ zxidHigh, table.pzxidLow(ref) ^ zxidLow, cversion);
    table.setPzxid(ref, zxidHigh, zxidLow);
    if (!this.znodes.isDigested(ref)) return;
    const before = table.digest(ref);
    const now = (before ^ change) >>> 0;
    this.digest.replace(before, now);
    table.setDigest(ref, now);
  }

  private removeLeaf(ref: NodeRef, path: string): void {
    for (const scan of this.scans) scan.nodeLeaves(ref);
    const dataLength = Math.max(0, this.table.dataLength(ref));
    this.digest.subtract(this.table.digest(ref));
    this.owners.remove(ref);
    this.acls.release(this.table.acl(ref));
    this.znodes.remove(ref);
    this.quotas.removed(path, dataLength);
  }

  private leafBelow(ref: NodeRef): NodeRef {
    let at = ref;
    for (let child = this.table.firstChild(at); child !== NO_NODE; child = this.table.firstChild(at)) at = child;
    return at;
  }
}

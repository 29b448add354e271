import { DecodeError, type Writer } from "jute-ts";
import type { SessionId } from "../base/ids.ts";
import { toZxid, ZXID_ZERO, type Zxid } from "../base/zxid.ts";
import type { ACL, Stat, StatPersisted } from "../wire/client/shared.ts";
import type { NodeRecord } from "../wire/nodeRecord.ts";
import { CONFIG_NODE } from "../wire/paths.ts";
import type { TxnRecord } from "../wire/txnRecord.ts";
import type { Txn } from "../wire/txnValue.ts";
import type { AclEntry } from "./aclTable.ts";
import { applyBody, closeSession } from "./apply.ts";
import { DigestCheck, type SnapshotDigest, type ZxidDigest } from "./digestCheck.ts";
import { loadNode, plantBuiltIns, plantConfig } from "./loading.ts";
import type { LookAhead } from "./lookAhead.ts";
import { NodeScan } from "./nodeScan.ts";
import type { NodeStat } from "./nodeStat.ts";
import { NO_NODE, type NodeRef } from "./nodeTable.ts";
import type { Outcome } from "./outcome.ts";
import { replayRecord } from "./replay.ts";
import { mtimeOf, ownerOf, statOf, statPersistedOf, writeStat, writeStatPersisted } from "./stats.ts";
import { TreeState } from "./treeState.ts";

export { NO_NODE, type NodeRef } from "./nodeTable.ts";

/**
 * The replicated tree of znodes: reads by node reference, and `apply` as the only writer.
 *
 * A NodeRef is valid until the next `apply`, `removeOrphans` or `clear`; keep paths, not references, across them. Methods that
 * take a reference expect a live one.
 */
export class DataTree {
  /** The zxid of the last transaction applied, or the name of the snapshot loaded. */
  lastProcessedZxid: Zxid = ZXID_ZERO;
  /**
   * False while the tree catches up with a leader's stream: its nodes may be ahead of its zxid, and nothing says how far, so that
   * digests of the transactions on the way mean nothing (peer-protocol 3.8).
   */
  checksDigests = true;
  private state: TreeState;
  private readonly emulates353: boolean;
  private readonly digests = new DigestCheck();
  private hasRoot = true;

  /** A fresh tree: /, /zookeeper, its quota and config (on-disk-formats 4.2). `emulates353`: see owners.ts. */
  constructor(emulates353 = false) {
    this.emulates353 = emulates353;
    this.state = this.newState();
    plantBuiltIns(this.state);
  }

  /** The tree's digest, 0 .. 2^64 - 1 (on-disk-formats 7.2). */
  get digest(): bigint {
    return this.state.digest.unsigned;
  }

  /** As transactions and snapshots hold it. */
  get signedDigest(): bigint {
    return this.state.digest.signed;
  }

  /** Transactions, and snapshots loaded, whose digest was not the tree's. */
  get digestMismatches(): number {
    return this.digests.mismatches;
  }

  /** After every 128th zxid since the tree was loaded, oldest first. */
  digestLog(): readonly ZxidDigest[] {
    const log: ZxidDigest[] = [];
    this.digests.log.visit((entry) => log.push(entry));
    return log;
  }

  /** `srst` counts anew. */
  resetDigestMismatches(): void {
    this.digests.mismatches = 0;
  }

  get lastDigestMismatch(): Zxid | undefined {
    return this.digests.lastMismatch;
  }

  /** Znodes, the root included; srvr shows one more, since Java's map holds the root twice (on-disk-formats 6). */
  get nodeCount(): number {
    return this.state.znodes.count;
  }

  /** Java's approximate data size: length of all paths in UTF-16 units plus length of all data. */
  get dataBytes(): number {
    return this.state.znodes.dataBytes;
  }

  get ephemeralCount(): number {
    return this.state.owners.ephemerals;
  }

  /** Nodes whose snapshot named an ACL that it did not hold and that no transaction has replaced since (R7). */
  get danglingAcls(): number {
    return this.state.acls.danglingUses();
  }

  /** NO_NODE: there is none. "" and "/" are both the root. */
  find(path: string): NodeRef {
    return this.state.znodes.find(path);
  }

  /** The CRC-32 of a path, signed, for `sought` to look it up; the root is "" here. */
  seek(path: string): number {
    return this.state.znodes.seek(path);
  }

  /** The node of the path last given to `seek`, in the same turn and with no other look-up in between. */
  sought(): NodeRef {
    return this.state.znodes.sought();
  }

  /** As `find`, of a path's bytes as they lie in a request, which are ASCII: spares making a string. */
  findBytes(bytes: Uint8Array, start: number, end: number): NodeRef {
    return this.state.znodes.findBytes(bytes, start, end);
  }

  /** Where paths can be named that will be looked up soon. */
  get lookAhead(): LookAhead {
    return this.state.znodes.lookAhead;
  }

  /** Whether looking ahead is worth its while. */
  get exceedsCache(): boolean {
    return this.state.znodes.count > CACHED_NODES;
  }

  path(ref: NodeRef): string {
    return this.state.znodes.path(ref);
  }

  version(ref: NodeRef): number {
    return statPersistedOf(this.state.table, ref).version;
  }

  /** The creation counter, not what clients see as cversion (client-protocol 3.3). */
  cversion(ref: NodeRef): number {
    return this.state.table.cversion(ref);
  }

  aversion(ref: NodeRef): number {
    return this.state.table.aversion(ref);
  }

  /** As stored: containers and TTL nodes have special values (owners.ts). */
  ephemeralOwner(ref: NodeRef): bigint {
    return ownerOf(this.state.table, ref);
  }

  czxid(ref: NodeRef): Zxid {
    return toZxid(statPersistedOf(this.state.table, ref).czxid);
  }

  mzxid(ref: NodeRef): Zxid {
    return toZxid(statPersistedOf(this.state.table, ref).mzxid);
  }

  pzxid(ref: NodeRef): Zxid {
    return toZxid(statPersistedOf(this.state.table, ref).pzxid);
  }

  /** Milliseconds since 1970. */
  mtime(ref: NodeRef): bigint {
    return mtimeOf(this.state.table, ref);
  }

  childCount(ref: NodeRef): number {
    return this.state.table.childCount(ref);
  }

  /** As the tree stores it. */
  nodeStat(ref: NodeRef): NodeStat {
    return this.state.statOf(ref);
  }

  /** As clients see it. */
  stat(ref: NodeRef): Stat {
    return statOf(this.state.table, ref);
  }

  /** As files hold it. */
  statPersisted(ref: NodeRef): StatPersisted {
    return statPersistedOf(this.state.table, ref);
  }

  /** Appends the 68 bytes of a Stat. */
  writeStat(ref: NodeRef, out: Writer): void {
    writeStat(this.state.table, ref, out);
  }

  writeStatPersisted(ref: NodeRef, out: Writer): void {
    writeStatPersisted(this.state.table, ref, out);
  }

  /** Appends the data as a jute buffer; null is -1. */
  writeData(ref: NodeRef, out: Writer): void {
    this.state.znodes.writeData(ref, out);
  }

  /** A copy of the data. */
  data(ref: NodeRef): Uint8Array | null {
    return this.state.znodes.data(ref);
  }

  /** Shared and frozen; open for a node without a list of its own. */
  acl(ref: NodeRef): readonly ACL[] {
    return this.state.aclOf(ref);
  }

  writeAcl(ref: NodeRef, out: Writer): void {
    writeAclVector(this.acl(ref), out);
  }

  /** Appends the last components of the children as vector<ustring>, in no particular order. */
  writeChildren(ref: NodeRef, out: Writer): void {
    this.state.znodes.writeChildren(ref, out);
  }

  childNames(ref: NodeRef): readonly string[] {
    return this.state.znodes.childNames(ref);
  }

  /** How many nodes lie below; visits each. */
  descendantCount(ref: NodeRef): number {
    const { znodes } = this.state;
    let count = -1;
    for (let at = ref; at !== NO_NODE; at = znodes.successor(at, ref)) count++;
    return count;
  }

  /** CRC-32 of path and data, signed: where the node's digest begins. */
  contentCrc(ref: NodeRef): number {
    return this.state.table.contentCrc(ref);
  }

  /** Unsigned 32 bits; 0 below /zookeeper. */
  nodeDigest(ref: NodeRef): number {
    return this.state.table.digest(ref);
  }

  ephemeralsOf(session: SessionId): readonly string[] {
    return this.state.owners.ephemeralsOf(session).map((ref) => this.path(ref));
  }

  /** Ephemerals by the session that owns them. */
  ephemerals(): ReadonlyMap<SessionId, readonly string[]> {
    return new Map(this.state.owners.owners().map((session) => [session, this.ephemeralsOf(session)] as const));
  }

  /** Container nodes, for the reaper (client-protocol 3.16). */
  containerNodes(): readonly NodeRef[] {
    return this.state.owners.containerNodes();
  }

  ttlNodes(): readonly NodeRef[] {
    return this.state.owners.ttlNodes();
  }

  /** The deepest quota root that the path is or lies below (client-protocol 3.15). */
  quotaRoot(path: string): string | undefined {
    return this.state.quotas.rootAbove(path);
  }

  /** Applies one transaction. Never throws; what it keeps it copies. */
  apply(txn: Txn): Outcome {
    this.state.setStamp(txn.zxid, txn.timeMs);
    const outcome = applyBody(this.state, txn.clientId, txn.body);
    // Only now, as a whole: a snapshot must not be named after half a multi (on-disk-formats 5.5).
    if (txn.zxid > this.lastProcessedZxid) this.lastProcessedZxid = txn.zxid;
    if (this.checksDigests) this.digests.applied(txn.zxid, txn.digest, this.signedDigest);
    return outcome;
  }

  /**
   * As `apply` of a transaction where it lies in the bytes of a log, whose outcome nobody asks for. False: it is to be decoded and
   * applied.
   */
  replay(zxid: Zxid, record: TxnRecord): boolean {
    const { state } = this;
    state.setStampOf(record);
    if (!replayRecord(state, record)) return false;
    if (zxid > this.lastProcessedZxid) this.lastProcessedZxid = zxid;
    if (this.checksDigests && !this.digests.isExpected(record, state.digest))
      this.digests.applied(zxid, record.digest, this.signedDigest);
    return true;
  }

  /**
   * Deletes the ephemerals of sessions that are not live, without a transaction, under the last zxid (on-disk-formats 5.6).
   * Returns how many.
   */
  removeOrphans(isLive: (session: SessionId) => boolean): number {
    this.state.setStamp(this.lastProcessedZxid, 0n);
    let removed = 0;
    for (const session of this.state.owners.owners()) {
      if (!isLive(session)) removed += closeSession(this.state, session, [], []);
    }
    return removed;
  }

  /** What an ensemble's server does with its configuration: version -1, mzxid = the config's version (4.2). */
  setConfigNode(data: Uint8Array, zxid: Zxid, timeMs: bigint): void {
    const found = this.find(CONFIG_NODE);
    const ref = found === NO_NODE ? plantConfig(this.state) : found;
    if (ref === NO_NODE) return;
    this.state.setStamp(zxid, timeMs);
    this.state.setData(ref, data, -1);
  }

  /** The ACL table of a snapshot. Take it in the same turn as `writeNodes`, before any further `apply`. */
  aclEntries(): readonly AclEntry[] {
    return this.state.acls.entries();
  }

  /**
   * Writes the node records of a snapshot named `lastProcessedZxid` of this moment, parents first, the root as "".
   * Yields after about every `sliceBytes`, for the caller to take away what `out` holds; `apply` may run meanwhile. Which
   * nodes and keys are written then: see NodeScan. Run it to its end or `return()` it.
   */
  writeNodes(out: Writer, sliceBytes: number): Generator<void> {
    const { stamp } = this.state;
    this.state.setStamp(this.lastProcessedZxid, 0n);
    const scan = new NodeScan(this.state, this.state.stamp.zxidHigh, this.state.stamp.zxidLow);
    this.state.stamp = stamp;
    this.state.scans.add(scan);
    return runScan(this.state, scan, out, sliceBytes);
  }

  /** Forgets everything; `loadAcl`, `loadNode` and `finishLoad` follow. */
  clear(): void {
    this.state = this.newState();
    this.lastProcessedZxid = ZXID_ZERO;
    this.hasRoot = false;
  }

  private newState(): TreeState {
    const state = new TreeState();
    state.table.emulates353 = this.emulates353;
    return state;
  }

  loadAcl(key: bigint, acl: readonly ACL[] | null): void {
    this.state.acls.load(key, acl);
  }

  /** So many nodes will be loaded and created soon, as far as is known. */
  expectNodes(count: number): void {
    this.state.znodes.expect(count);
  }

  /** One node of a snapshot. DecodeError: its parent is missing, or it comes twice. */
  loadNode(record: NodeRecord): void {
    if (record.isRoot === this.hasRoot) throw new DecodeError("snapshot: the root does not come first and once");
    loadNode(this.state, record);
    this.hasRoot = true;
  }

  /** All nodes were loaded from the snapshot named `zxid`; `digest` is what its digest section holds. */
  finishLoad(zxid: Zxid, digest?: SnapshotDigest): void {
    if (!this.hasRoot) throw new DecodeError("snapshot: no root");
    this.state.acls.purge();
    this.state.quotas.reload();
    this.lastProcessedZxid = zxid;
    this.digests.loaded(zxid, digest, this.signedDigest);
  }
}

/** Some two megabytes of rows, slots and blocks. In a tree of 10,000 nodes looking ahead was measured to gain. */
const CACHED_NODES = 8192;

function* runScan(state: TreeState, scan: NodeScan, out: Writer, sliceBytes: number): Generator<void> {
  try {
    while (scan.writeSlice(out, sliceBytes)) yield;
  } finally {
    state.scans.delete(scan);
  }
}

function writeAclVector(acl: readonly ACL[], out: Writer): void {
  out.count(acl.length);
  for (const { perms, id } of acl) {
    out.int(perms);
    out.ustring(id.scheme);
    out.ustring(id.id);
  }
}

import type { SessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import { contentCrcOf, digestOfContent, pathCrcOf, TreeDigest } from "../tree/digest.ts";
import { NodeStat } from "../tree/nodeStat.ts";
import { isDigested } from "../tree/paths.ts";
import type { Finding } from "../wire/txnValue.ts";
import { ChangeRecord, copyOf, NOT_CHANGED } from "./changeRecord.ts";
import { ChangeTable } from "./changeTable.ts";
import type { CommittedView } from "./request.ts";

/**
 * The tree as it will be: the committed tree plus the changes of every transaction that was prepared and is not applied yet,
 * called outstanding changes in ZooKeeper.
 *
 * Between `begin` and `seal` or `rollback` lies one transaction. Invariants: `latest` holds the last record of each path in
 * `queue`; the queue is in zxid order; `treeDigest` is the digest after all of it, and the committed tree's when it is empty.
 * `sealedDigest` is the same without the transaction in the making.
 */
export class Pending {
  private readonly view: CommittedView;
  private readonly digestEnabled: boolean;
  private readonly latest = new ChangeTable();
  private readonly ephemerals = new Map<bigint, Set<ChangeRecord>>();
  private queue: ChangeRecord[] = [];
  /** Records before it were applied. */
  private head = 0;
  /** Where the records of the transaction in the making begin. */
  private mark = 0;
  private readonly treeDigest = new TreeDigest();
  private readonly sealedDigest = new TreeDigest();
  /** The path last given to `find`. */
  private soughtPath = "";
  private soughtCrc = 0;

  constructor(view: CommittedView, digestEnabled: boolean) {
    this.view = view;
    this.digestEnabled = digestEnabled;
  }

  /** How many records wait for the tree. */
  get size(): number {
    return this.queue.length - this.head;
  }

  begin(): void {
    this.mark = this.queue.length;
    if (this.size === 0) this.sealedDigest.set(this.view.digest);
    this.treeDigest.copy(this.sealedDigest);
  }

  /** The node with all outstanding changes; undefined when there is none. Only `edit` makes it writable. */
  find(path: string): ChangeRecord | undefined {
    const key = path === "/" ? "" : path;
    const crc = this.view.seek(key);
    this.soughtPath = key;
    this.soughtCrc = crc;
    const record = this.latest.find(key, crc);
    if (record !== undefined) return record.exists ? record : undefined;
    const node = this.view.sought();
    return node < 0 ? undefined : this.load(key, crc, node);
  }

  /** A writable copy of what `find` gave; to be `put` when it is changed. What `find` gave is not used again. */
  edit(record: ChangeRecord, zxid: Zxid): ChangeRecord {
    this.treeDigest.subtract(record.digest);
    const edited = record.zxid === NOT_CHANGED ? record : copyOf(record);
    edited.zxid = zxid;
    return edited;
  }

  /** A node that is not there yet; to be `put` when it is filled in. */
  create(path: string, zxid: Zxid, stat: NodeStat): ChangeRecord {
    // Whoever creates a node has just asked whether there is one.
    const crc = path === this.soughtPath ? this.soughtCrc : pathCrcOf(path);
    return new ChangeRecord(path, crc, zxid, true, stat);
  }

  setData(record: ChangeRecord, data: Uint8Array | null): void {
    record.stat.dataLength = data === null ? 0 : data.length;
    if (this.digestEnabled) record.contentCrc = contentCrcOf(record.pathCrc, data);
  }

  /** The record counts from now on. */
  put(record: ChangeRecord): void {
    if (this.digestEnabled && isDigested(record.path)) {
      record.digest = digestOfContent(record.contentCrc, record.stat);
      this.treeDigest.add(record.digest);
    }
    this.append(record);
    // Owners that mark containers and TTL nodes land here too: no session has such an id.
    if (record.stat.ephemeralOwner !== 0n) this.remember(record);
  }

  /** What whoever applies the change of `record` need not find out again; `holder`: the node itself, or the parent of a new one. */
  finding(record: ChangeRecord, holder: ChangeRecord): Finding | undefined {
    // Without digests there is no CRC of the content.
    if (!this.digestEnabled) return undefined;
    const { pathCrc, contentCrc } = record;
    const { place, stat } = holder;
    return { pathCrc, contentCrc, place, czxidHigh: stat.czxidHigh, czxidLow: stat.czxidLow };
  }

  /** The node that `find` gave is gone. */
  remove(record: ChangeRecord, zxid: Zxid): void {
    this.treeDigest.subtract(record.digest);
    this.append(new ChangeRecord(record.path, record.pathCrc, zxid, false, NO_STAT));
  }

  /** The transaction is made: its changes stay until it is applied. */
  seal(): void {
    for (let i = this.mark; i < this.queue.length; i++) (this.queue[i] as ChangeRecord).previous = undefined;
    this.sealedDigest.copy(this.treeDigest);
    this.mark = this.queue.length;
  }

  /** The transaction is refused: nothing of it remains, sequence numbers included. */
  rollback(): void {
    while (this.queue.length > this.mark) {
      const record = this.queue.pop() as ChangeRecord;
      if (record.previous === undefined) this.latest.remove(record);
      else this.latest.put(record.previous);
      this.forget(record);
    }
    this.treeDigest.copy(this.sealedDigest);
  }

  /** The tree's digest after all outstanding transactions and the one in the making, signed. */
  get digest(): bigint {
    return this.treeDigest.signed;
  }

  /** The tree has applied everything up to `zxid`. Constant time a change. */
  applied(zxid: Zxid): void {
    while (this.head < this.queue.length) {
      const record = this.queue[this.head] as ChangeRecord;
      if (record.zxid > zxid) break;
      this.head++;
      this.latest.remove(record);
      this.forget(record);
    }
    this.compact();
  }

  /** Leadership is over: what was not applied by now will be applied by others or never. */
  clear(): void {
    this.latest.clear();
    this.ephemerals.clear();
    this.queue = [];
    this.head = 0;
    this.mark = 0;
  }

  /** The session's ephemeral nodes with all outstanding changes, sorted. */
  ephemeralsOf(session: SessionId): readonly string[] {
    const paths: string[] = [];
    for (const path of this.view.ephemeralsOf(session)) if (this.latestOf(path) === undefined) paths.push(path);
    for (const record of this.ephemerals.get(session) ?? []) {
      if (this.latestOf(record.path) === record) paths.push(record.path);
    }
    return paths.sort();
  }

  private latestOf(path: string): ChangeRecord | undefined {
    return this.latest.find(path, pathCrcOf(path));
  }

  private load(path: string, pathCrc: number, node: number): ChangeRecord {
    const { view } = this;
    const record = new ChangeRecord(path, pathCrc, NOT_CHANGED, true, view.nodeStat(node));
    record.acl = view.acl(node);
    record.place = node;
    if (!this.digestEnabled) return record;
    record.contentCrc = view.contentCrc(node);
    record.digest = view.nodeDigest(node);
    return record;
  }

  private append(record: ChangeRecord): void {
    record.previous = this.latest.put(record);
    this.queue.push(record);
  }

  private remember(record: ChangeRecord): void {
    const owner = record.stat.ephemeralOwner;
    const records = this.ephemerals.get(owner);
    if (records === undefined) this.ephemerals.set(owner, new Set([record]));
    else records.add(record);
  }

  private forget(record: ChangeRecord): void {
    const owner = record.stat.ephemeralOwner;
    if (owner === 0n) return;
    const records = this.ephemerals.get(owner);
    if (records?.delete(record) && records.size === 0) this.ephemerals.delete(owner);
  }

  private compact(): void {
    if (this.head === this.queue.length) this.queue.length = 0;
    else if (this.head > COMPACT_AT && 2 * this.head > this.queue.length) this.queue.splice(0, this.head);
    else return;
    this.head = 0;
    this.mark = this.queue.length;
  }
}

const NO_STAT = new NodeStat();
const COMPACT_AT = 1024;

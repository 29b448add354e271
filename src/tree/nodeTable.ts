import { isGreater, longOf } from "./long.ts";

/** A znode: an index into the columns. A removed node's reference is given to a later one. */
export type NodeRef = number;
export const NO_NODE: NodeRef = -1;
/** The root is always there. */
export const ROOT: NodeRef = 0;

/**
 * What is fixed about a znode, in columns of int32: 76 bytes a node and no heap object.
 *
 * A node that ever had children, an owner, or a changed ACL has a further record of EXTRA_WORDS ("extras"); all others share
 * its defaults. 64-bit fields are two words, high half first. Rows of one node lie together, since a read wants them all.
 */
export class NodeTable {
  private readonly rows: Int32Array[] = [];
  private readonly links: Int32Array[] = [];
  private readonly extras: Int32Array[] = [];
  private vacant: NodeRef = NO_NODE;
  private vacantExtra = NO_EXTRA;
  private nodes = 0;
  private extraRecords = 1;

  /** A node whose numbers are all zero, with no links, and with null data. */
  allocate(): NodeRef {
    const ref = this.vacant === NO_NODE ? this.addNode() : this.vacant;
    if (ref === this.vacant) this.vacant = this.next(ref);
    const row = this.row(ref);
    const at = rowAt(ref);
    row.fill(0, at, at + ROW_WORDS);
    row[at + PARENT] = NO_NODE;
    row[at + DATA_LENGTH] = -1;
    this.setNext(ref, NO_NODE);
    this.setPrevious(ref, NO_NODE);
    this.setContentCrc(ref, 0);
    return ref;
  }

  release(ref: NodeRef): void {
    const extra = this.extraOf(ref);
    if (extra !== NO_EXTRA) {
      this.extra(extra)[extraAt(extra)] = this.vacantExtra;
      this.vacantExtra = extra;
    }
    this.setNext(ref, this.vacant);
    this.vacant = ref;
  }

  /** CRC-32 of the path, as int32. */
  pathCrc(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + PATH_CRC] as number;
  }

  /** CRC-32 of path and data, as int32: the digest of the node goes on from here. */
  contentCrc(ref: NodeRef): number {
    return this.link(ref)[linkAt(ref) + CONTENT_CRC] as number;
  }

  name(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + NAME] as number;
  }

  parent(ref: NodeRef): NodeRef {
    return this.row(ref)[rowAt(ref) + PARENT] as number;
  }

  data(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + DATA] as number;
  }

  /** -1 for null data. */
  dataLength(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + DATA_LENGTH] as number;
  }

  version(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + VERSION] as number;
  }

  acl(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + ACL] as number;
  }

  czxid(ref: NodeRef): bigint {
    return this.rowLong(ref, CZXID);
  }

  mzxid(ref: NodeRef): bigint {
    return this.rowLong(ref, MZXID);
  }

  ctime(ref: NodeRef): bigint {
    return this.rowLong(ref, CTIME);
  }

  mtime(ref: NodeRef): bigint {
    return this.rowLong(ref, MTIME);
  }

  /** Whether the node was created after a zxid. */
  isCreatedAfter(ref: NodeRef, high: number, low: number): boolean {
    const row = this.row(ref);
    const at = rowAt(ref) + CZXID;
    return isGreater(row[at] as number, row[at + 1] as number, high, low);
  }

  next(ref: NodeRef): NodeRef {
    return this.link(ref)[linkAt(ref) + NEXT] as number;
  }

  previous(ref: NodeRef): NodeRef {
    return this.link(ref)[linkAt(ref) + PREVIOUS] as number;
  }

  cversion(ref: NodeRef): number {
    return this.extraWord(ref, CVERSION);
  }

  aversion(ref: NodeRef): number {
    return this.extraWord(ref, AVERSION);
  }

  ownerHigh(ref: NodeRef): number {
    return this.extraWord(ref, OWNER);
  }

  ownerLow(ref: NodeRef): number {
    return this.extraWord(ref, OWNER + 1);
  }

  pzxidHigh(ref: NodeRef): number {
    const extra = this.extraOf(ref);
    if (extra !== NO_EXTRA) return this.extra(extra)[extraAt(extra) + PZXID] as number;
    return this.row(ref)[rowAt(ref) + CZXID] as number;
  }

  pzxidLow(ref: NodeRef): number {
    const extra = this.extraOf(ref);
    if (extra !== NO_EXTRA) return this.extra(extra)[extraAt(extra) + PZXID + 1] as number;
    return this.row(ref)[rowAt(ref) + CZXID + 1] as number;
  }

  firstChild(ref: NodeRef): NodeRef {
    const extra = this.extraOf(ref);
    return extra === NO_EXTRA ? NO_NODE : (this.extra(extra)[extraAt(extra) + FIRST_CHILD] as number);
  }

  childCount(ref: NodeRef): number {
    return this.extraWord(ref, CHILD_COUNT);
  }

  ownerNext(ref: NodeRef): NodeRef {
    const extra = this.extraOf(ref);
    return extra === NO_EXTRA ? NO_NODE : (this.extra(extra)[extraAt(extra) + OWNER_NEXT] as number);
  }

  ownerPrevious(ref: NodeRef): NodeRef {
    const extra = this.extraOf(ref);
    return extra === NO_EXTRA ? NO_NODE : (this.extra(extra)[extraAt(extra) + OWNER_PREVIOUS] as number);
  }

  setPathCrc(ref: NodeRef, crc: number): void {
    this.row(ref)[rowAt(ref) + PATH_CRC] = crc;
  }

  setContentCrc(ref: NodeRef, crc: number): void {
    this.link(ref)[linkAt(ref) + CONTENT_CRC] = crc;
  }

  setName(ref: NodeRef, block: number): void {
    this.row(ref)[rowAt(ref) + NAME] = block;
  }

  setParent(ref: NodeRef, parent: NodeRef): void {
    this.row(ref)[rowAt(ref) + PARENT] = parent;
  }

  setData(ref: NodeRef, block: number, length: number): void {
    const row = this.row(ref);
    const at = rowAt(ref);
    row[at + DATA] = block;
    row[at + DATA_LENGTH] = length;
  }

  setAcl(ref: NodeRef, acl: number): void {
    this.row(ref)[rowAt(ref) + ACL] = acl;
  }

  setCreated(ref: NodeRef, zxidHigh: number, zxidLow: number, timeHigh: number, timeLow: number): void {
    const row = this.row(ref);
    const at = rowAt(ref);
    row[at + CZXID] = zxidHigh;
    row[at + CZXID + 1] = zxidLow;
    row[at + CTIME] = timeHigh;
    row[at + CTIME + 1] = timeLow;
  }

  setModified(ref: NodeRef, zxidHigh: number, zxidLow: number, timeHigh: number, timeLow: number): void {
    const row = this.row(ref);
    const at = rowAt(ref);
    row[at + MZXID] = zxidHigh;
    row[at + MZXID + 1] = zxidLow;
    row[at + MTIME] = timeHigh;
    row[at + MTIME + 1] = timeLow;
  }

  setVersion(ref: NodeRef, version: number): void {
    this.row(ref)[rowAt(ref) + VERSION] = version;
  }

  setNext(ref: NodeRef, next: NodeRef): void {
    this.link(ref)[linkAt(ref) + NEXT] = next;
  }

  setPrevious(ref: NodeRef, previous: NodeRef): void {
    this.link(ref)[linkAt(ref) + PREVIOUS] = previous;
  }

  setCversion(ref: NodeRef, cversion: number): void {
    if (cversion !== this.cversion(ref)) this.setExtraWord(ref, CVERSION, cversion);
  }

  setAversion(ref: NodeRef, aversion: number): void {
    if (aversion !== this.aversion(ref)) this.setExtraWord(ref, AVERSION, aversion);
  }

  setOwner(ref: NodeRef, high: number, low: number): void {
    if (high === this.ownerHigh(ref) && low === this.ownerLow(ref)) return;
    this.setExtraWord(ref, OWNER, high);
    this.setExtraWord(ref, OWNER + 1, low);
  }

  setPzxid(ref: NodeRef, high: number, low: number): void {
    if (high === this.pzxidHigh(ref) && low === this.pzxidLow(ref)) return;
    this.setExtraWord(ref, PZXID, high);
    this.setExtraWord(ref, PZXID + 1, low);
  }

  setFirstChild(ref: NodeRef, child: NodeRef): void {
    this.setExtraWord(ref, FIRST_CHILD, child);
  }

  setChildCount(ref: NodeRef, count: number): void {
    this.setExtraWord(ref, CHILD_COUNT, count);
  }

  setOwnerNext(ref: NodeRef, next: NodeRef): void {
    this.setExtraWord(ref, OWNER_NEXT, next);
  }

  setOwnerPrevious(ref: NodeRef, previous: NodeRef): void {
    this.setExtraWord(ref, OWNER_PREVIOUS, previous);
  }

  /** czxid, mzxid, ctime, mtime, version: the first 36 bytes of both forms of a Stat. */
  writeHead(ref: NodeRef, view: DataView, at: number): void {
    const row = this.row(ref);
    const from = rowAt(ref) + CZXID;
    view.setInt32(at, row[from] as number);
    view.setInt32(at + 4, row[from + 1] as number);
    view.setInt32(at + 8, row[from + 2] as number);
    view.setInt32(at + 12, row[from + 3] as number);
    view.setInt32(at + 16, row[from + 4] as number);
    view.setInt32(at + 20, row[from + 5] as number);
    view.setInt32(at + 24, row[from + 6] as number);
    view.setInt32(at + 28, row[from + 7] as number);
    view.setInt32(at + 32, row[from + 8] as number);
  }

  private row(ref: NodeRef): Int32Array {
    return this.rows[ref >> CHUNK_BITS] as Int32Array;
  }

  private link(ref: NodeRef): Int32Array {
    return this.links[ref >> CHUNK_BITS] as Int32Array;
  }

  private extra(extra: number): Int32Array {
    return this.extras[extra >> CHUNK_BITS] as Int32Array;
  }

  private extraOf(ref: NodeRef): number {
    return this.row(ref)[rowAt(ref) + EXTRAS] as number;
  }

  private rowLong(ref: NodeRef, word: number): bigint {
    const row = this.row(ref);
    const at = rowAt(ref) + word;
    return longOf(row[at] as number, row[at + 1] as number);
  }

  private extraWord(ref: NodeRef, word: number): number {
    const extra = this.extraOf(ref);
    return extra === NO_EXTRA ? 0 : (this.extra(extra)[extraAt(extra) + word] as number);
  }

  private setExtraWord(ref: NodeRef, word: number, value: number): void {
    const known = this.extraOf(ref);
    const extra = known === NO_EXTRA ? this.addExtra(ref) : known;
    this.extra(extra)[extraAt(extra) + word] = value;
  }

  private addNode(): NodeRef {
    const ref = this.nodes++;
    if (ref >> CHUNK_BITS === this.rows.length) {
      this.rows.push(new Int32Array(ROW_WORDS << CHUNK_BITS));
      this.links.push(new Int32Array(LINK_WORDS << CHUNK_BITS));
    }
    return ref;
  }

  private addExtra(ref: NodeRef): number {
    const extra = this.vacantExtra === NO_EXTRA ? this.extraRecords++ : this.vacantExtra;
    if (extra >> CHUNK_BITS === this.extras.length) this.extras.push(new Int32Array(EXTRA_WORDS << CHUNK_BITS));
    const chunk = this.extra(extra);
    const at = extraAt(extra);
    if (extra === this.vacantExtra) this.vacantExtra = chunk[at] as number;
    chunk.fill(0, at, at + EXTRA_WORDS);
    const row = this.row(ref);
    chunk[at + PZXID] = row[rowAt(ref) + CZXID] as number;
    chunk[at + PZXID + 1] = row[rowAt(ref) + CZXID + 1] as number;
    chunk[at + FIRST_CHILD] = NO_NODE;
    chunk[at + OWNER_NEXT] = NO_NODE;
    chunk[at + OWNER_PREVIOUS] = NO_NODE;
    row[rowAt(ref) + EXTRAS] = extra;
    return extra;
  }
}

function rowAt(ref: NodeRef): number {
  return (ref & CHUNK_MASK) * ROW_WORDS;
}

function linkAt(ref: NodeRef): number {
  return (ref & CHUNK_MASK) * LINK_WORDS;
}

function extraAt(extra: number): number {
  return (extra & CHUNK_MASK) * EXTRA_WORDS;
}

const CHUNK_BITS = 12;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;
const NO_EXTRA = 0;

const ROW_WORDS = 16;
const PATH_CRC = 0;
const NAME = 1;
const PARENT = 2;
const DATA = 3;
const DATA_LENGTH = 4;
/** czxid, mzxid, ctime, mtime, version stand in the order of a Stat. */
const CZXID = 5;
const MZXID = 7;
const CTIME = 9;
const MTIME = 11;
const VERSION = 13;
const ACL = 14;
const EXTRAS = 15;

const LINK_WORDS = 3;
const NEXT = 0;
const PREVIOUS = 1;
const CONTENT_CRC = 2;

const EXTRA_WORDS = 10;
const CVERSION = 0;
const AVERSION = 1;
const OWNER = 2;
const PZXID = 4;
const FIRST_CHILD = 6;
const CHILD_COUNT = 7;
const OWNER_NEXT = 8;
const OWNER_PREVIOUS = 9;

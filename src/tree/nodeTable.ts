import { isGreater } from "../base/long.ts";
import type { NodeStat } from "./nodeStat.ts";
import { kindOf } from "./owners.ts";
import { CHUNK_BITS, NO_RECORD, Records, recordAt } from "./records.ts";
import type { Stamp } from "./stamp.ts";

/** A znode: an index into the columns. A removed node's reference is given to a later one. */
export type NodeRef = number;
export const NO_NODE: NodeRef = NO_RECORD;
/** The root is always there. */
export const ROOT: NodeRef = 0;

/**
 * What is fixed about a znode, as int32 words: 60 bytes a node and no heap object.
 *
 * A node that ever had children, an owner, or a changed ACL has a record of "extras" besides, one whose data was ever set has
 * one of "modified"; all others share the defaults. 64-bit fields are two words, high half first.
 */
export class NodeTable {
  private readonly rows = new Records(ROW_WORDS);
  private readonly extras = new Records(EXTRA_WORDS);
  private readonly modified = new Records(MODIFIED_WORDS);
  /** Which owners mean TTL nodes: see `kindOf`. */
  emulates353 = false;

  constructor() {
    // Index 0 means "none" in a row.
    this.extras.allocate();
    this.modified.allocate();
  }

  /**
   * A node as the stamp makes it, without content, that comes before `next` among its parent's children: their links to it are the
   * caller's to set.
   */
  add(stamp: Stamp, pathCrc: number, parent: NodeRef, next: NodeRef): NodeRef {
    const ref = this.rows.allocate();
    const row = this.row(ref);
    const at = rowAt(ref);
    row[at + PATH_CRC] = pathCrc;
    row[at + PARENT] = parent;
    row[at + NEXT] = next;
    row[at + PREVIOUS] = NO_NODE;
    this.setCreated(ref, stamp);
    return ref;
  }

  release(ref: NodeRef): void {
    // Nobody finds by its zxid what is not there any more.
    this.setWord(ref, CZXID, -1);
    const extra = this.word(ref, EXTRAS);
    if (extra !== NONE) this.extras.release(extra);
    const modified = this.word(ref, MODIFIED);
    if (modified !== NONE) this.modified.release(modified);
    this.rows.release(ref);
  }

  /** Reads both ends of the rows of the first `count` nodes, four at a time: nothing to know, but then they are in the cache. */
  readAhead(refs: Int32Array, count: number): number {
    const { chunks } = this.rows;
    let sum = 0;
    for (let i = 0; i < count; i += 4) {
      const a = refs[i] as NodeRef;
      const b = refs[i + 1] as NodeRef;
      const c = refs[i + 2] as NodeRef;
      const d = refs[i + 3] as NodeRef;
      sum ^= readEnds(chunks, a) ^ readEnds(chunks, b) ^ readEnds(chunks, c) ^ readEnds(chunks, d);
    }
    return sum;
  }

  /** The blocks of the first `count` nodes, and the lengths of their data, 0 for null. */
  blocksOf(refs: Int32Array, count: number, blocks: Int32Array, lengths: Int32Array): void {
    const { chunks } = this.rows;
    for (let i = 0; i < count; i++) {
      const ref = refs[i] as NodeRef;
      const row = chunks[ref >> CHUNK_BITS] as Int32Array;
      const at = rowAt(ref);
      blocks[i] = row[at + BLOCK] as number;
      lengths[i] = Math.max(0, row[at + DATA_LENGTH] as number);
    }
  }

  /** CRC-32 of the path, as int32. */
  pathCrc(ref: NodeRef): number {
    return this.word(ref, PATH_CRC);
  }

  /** CRC-32 of path and data, as int32: the digest of the node goes on from here. */
  contentCrc(ref: NodeRef): number {
    return this.word(ref, CONTENT_CRC);
  }

  /** What the node was last counted with in the tree's digest, unsigned. */
  digest(ref: NodeRef): number {
    return this.word(ref, DIGEST) >>> 0;
  }

  /** Name and data. */
  block(ref: NodeRef): number {
    return this.word(ref, BLOCK);
  }

  parent(ref: NodeRef): NodeRef {
    return this.word(ref, PARENT);
  }

  next(ref: NodeRef): NodeRef {
    return this.word(ref, NEXT);
  }

  previous(ref: NodeRef): NodeRef {
    return this.word(ref, PREVIOUS);
  }

  /** -1 for null data. */
  dataLength(ref: NodeRef): number {
    return this.word(ref, DATA_LENGTH);
  }

  acl(ref: NodeRef): number {
    return this.word(ref, ACL);
  }

  /** Whether there is a node of this reference that was created by this zxid; any number will do for either. */
  isCreatedBy(ref: NodeRef, high: number, low: number): boolean {
    if (ref < 0 || ref >= this.rows.count) return false;
    const row = this.row(ref);
    const at = rowAt(ref);
    return row[at + CZXID] === high && row[at + CZXID + 1] === low;
  }

  /** Whether the node was created after a zxid. */
  isCreatedAfter(ref: NodeRef, high: number, low: number): boolean {
    return isGreater(this.word(ref, CZXID), this.word(ref, CZXID + 1), high, low);
  }

  cversion(ref: NodeRef): number {
    return this.extraWord(ref, CVERSION, 0);
  }

  aversion(ref: NodeRef): number {
    return this.extraWord(ref, AVERSION, 0);
  }

  ownerHigh(ref: NodeRef): number {
    return this.extraWord(ref, OWNER, 0);
  }

  ownerLow(ref: NodeRef): number {
    return this.extraWord(ref, OWNER + 1, 0);
  }

  pzxidHigh(ref: NodeRef): number {
    return this.extraWord(ref, PZXID, this.word(ref, CZXID));
  }

  pzxidLow(ref: NodeRef): number {
    return this.extraWord(ref, PZXID + 1, this.word(ref, CZXID + 1));
  }

  firstChild(ref: NodeRef): NodeRef {
    return this.extraWord(ref, FIRST_CHILD, NO_NODE);
  }

  childCount(ref: NodeRef): number {
    return this.extraWord(ref, CHILD_COUNT, 0);
  }

  ownerNext(ref: NodeRef): NodeRef {
    return this.extraWord(ref, OWNER_NEXT, NO_NODE);
  }

  ownerPrevious(ref: NodeRef): NodeRef {
    return this.extraWord(ref, OWNER_PREVIOUS, NO_NODE);
  }

  setDigest(ref: NodeRef, digest: number): void {
    this.setWord(ref, DIGEST, digest | 0);
  }

  /** Name and data, -1 as the length of null, and the CRC-32 of path and data. */
  setContent(ref: NodeRef, block: number, dataLength: number, contentCrc: number): void {
    const row = this.row(ref);
    const at = rowAt(ref);
    row[at + BLOCK] = block;
    row[at + DATA_LENGTH] = dataLength;
    row[at + CONTENT_CRC] = contentCrc;
  }

  setNext(ref: NodeRef, next: NodeRef): void {
    this.setWord(ref, NEXT, next);
  }

  setPrevious(ref: NodeRef, previous: NodeRef): void {
    this.setWord(ref, PREVIOUS, previous);
  }

  setAcl(ref: NodeRef, acl: number): void {
    this.setWord(ref, ACL, acl);
  }

  /** Creation; comes before anything that differs from it. */
  setCreated(ref: NodeRef, stamp: Stamp): void {
    const row = this.row(ref);
    const at = rowAt(ref);
    row[at + CZXID] = stamp.zxidHigh;
    row[at + CZXID + 1] = stamp.zxidLow;
    row[at + CTIME] = stamp.timeHigh;
    row[at + CTIME + 1] = stamp.timeLow;
  }

  setModified(
    ref: NodeRef,
    zxidHigh: number,
    zxidLow: number,
    timeHigh: number,
    timeLow: number,
    version: number,
  ): void {
    const index = this.modifiedOf(ref);
    const chunk = this.modified.chunks[index >> CHUNK_BITS] as Int32Array;
    const at = recordAt(index, MODIFIED_WORDS);
    chunk[at] = zxidHigh;
    chunk[at + 1] = zxidLow;
    chunk[at + 2] = timeHigh;
    chunk[at + 3] = timeLow;
    chunk[at + 4] = version;
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

  /** One child more, which comes first. */
  addFirstChild(ref: NodeRef, child: NodeRef): void {
    const extra = this.extraOf(ref);
    const words = this.extras.chunks[extra >> CHUNK_BITS] as Int32Array;
    const x = recordAt(extra, EXTRA_WORDS);
    words[x + FIRST_CHILD] = child;
    words[x + CHILD_COUNT] = (words[x + CHILD_COUNT] as number) + 1;
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

  /** Overwrites every field. */
  readStat(ref: NodeRef, stat: NodeStat): void {
    const row = this.row(ref);
    const from = rowAt(ref);
    stat.czxidHigh = row[from + CZXID] as number;
    stat.czxidLow = row[from + CZXID + 1] as number;
    stat.ctimeHigh = row[from + CTIME] as number;
    stat.ctimeLow = row[from + CTIME + 1] as number;
    stat.dataLength = Math.max(0, row[from + DATA_LENGTH] as number);
    this.readModified(row, from, stat);
    this.readExtras(row, from, stat);
  }

  private readModified(row: Int32Array, from: number, stat: NodeStat): void {
    const modified = row[from + MODIFIED] as number;
    const words = modified === NONE ? row : (this.modified.chunks[modified >> CHUNK_BITS] as Int32Array);
    const m = modified === NONE ? from + CZXID : recordAt(modified, MODIFIED_WORDS);
    stat.mzxidHigh = words[m] as number;
    stat.mzxidLow = words[m + 1] as number;
    stat.mtimeHigh = words[m + 2] as number;
    stat.mtimeLow = words[m + 3] as number;
    stat.version = modified === NONE ? 0 : (words[m + 4] as number);
  }

  private readExtras(row: Int32Array, from: number, stat: NodeStat): void {
    const extra = row[from + EXTRAS] as number;
    if (extra === NONE) {
      stat.cversion = 0;
      stat.aversion = 0;
      stat.ownerHigh = 0;
      stat.ownerLow = 0;
      stat.showsOwner = false;
      stat.pzxidHigh = stat.czxidHigh;
      stat.pzxidLow = stat.czxidLow;
      stat.childCount = 0;
      return;
    }
    const words = this.extras.chunks[extra >> CHUNK_BITS] as Int32Array;
    const x = recordAt(extra, EXTRA_WORDS);
    stat.cversion = words[x + CVERSION] as number;
    stat.aversion = words[x + AVERSION] as number;
    stat.ownerHigh = words[x + OWNER] as number;
    stat.ownerLow = words[x + OWNER + 1] as number;
    stat.showsOwner = kindOf(stat.ownerHigh, stat.ownerLow, this.emulates353) === "ephemeral";
    stat.pzxidHigh = words[x + PZXID] as number;
    stat.pzxidLow = words[x + PZXID + 1] as number;
    stat.childCount = words[x + CHILD_COUNT] as number;
  }

  private row(ref: NodeRef): Int32Array {
    return this.rows.chunks[ref >> CHUNK_BITS] as Int32Array;
  }

  private word(ref: NodeRef, word: number): number {
    return this.row(ref)[rowAt(ref) + word] as number;
  }

  private setWord(ref: NodeRef, word: number, value: number): void {
    this.row(ref)[rowAt(ref) + word] = value;
  }

  private extraWord(ref: NodeRef, word: number, otherwise: number): number {
    const extra = this.word(ref, EXTRAS);
    if (extra === NONE) return otherwise;
    return (this.extras.chunks[extra >> CHUNK_BITS] as Int32Array)[recordAt(extra, EXTRA_WORDS) + word] as number;
  }

  private setExtraWord(ref: NodeRef, word: number, value: number): void {
    const extra = this.extraOf(ref);
    (this.extras.chunks[extra >> CHUNK_BITS] as Int32Array)[recordAt(extra, EXTRA_WORDS) + word] = value;
  }

  private extraOf(ref: NodeRef): number {
    const known = this.word(ref, EXTRAS);
    return known === NONE ? this.addExtra(ref) : known;
  }

  private addExtra(ref: NodeRef): number {
    const extra = this.extras.allocate();
    const words = this.extras.chunks[extra >> CHUNK_BITS] as Int32Array;
    const x = recordAt(extra, EXTRA_WORDS);
    words[x + PZXID] = this.word(ref, CZXID);
    words[x + PZXID + 1] = this.word(ref, CZXID + 1);
    words[x + FIRST_CHILD] = NO_NODE;
    words[x + OWNER_NEXT] = NO_NODE;
    words[x + OWNER_PREVIOUS] = NO_NODE;
    this.setWord(ref, EXTRAS, extra);
    return extra;
  }

  private modifiedOf(ref: NodeRef): number {
    const known = this.word(ref, MODIFIED);
    if (known !== NONE) return known;
    const index = this.modified.allocate();
    this.setWord(ref, MODIFIED, index);
    return index;
  }
}

function readEnds(chunks: readonly Int32Array[], ref: NodeRef): number {
  const row = chunks[ref >> CHUNK_BITS] as Int32Array;
  const at = rowAt(ref);
  return (row[at] as number) ^ (row[at + ROW_WORDS - 1] as number);
}

function rowAt(ref: NodeRef): number {
  return recordAt(ref, ROW_WORDS);
}

const NONE = 0;

const ROW_WORDS = 15;
const PATH_CRC = 0;
const BLOCK = 1;
const PARENT = 2;
const DATA_LENGTH = 3;
const ACL = 4;
const EXTRAS = 5;
const MODIFIED = 6;
/** czxid and ctime stand as mzxid and mtime do in "modified": one stands in for the other. */
const CZXID = 7;
const CTIME = 9;
const CONTENT_CRC = 11;
const NEXT = 12;
const PREVIOUS = 13;
const DIGEST = 14;

/** mzxid, mtime, version */
const MODIFIED_WORDS = 5;

const EXTRA_WORDS = 10;
const CVERSION = 0;
const AVERSION = 1;
const OWNER = 2;
const PZXID = 4;
const FIRST_CHILD = 6;
const CHILD_COUNT = 7;
const OWNER_NEXT = 8;
const OWNER_PREVIOUS = 9;

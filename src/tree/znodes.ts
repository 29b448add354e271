import type { Writer } from "jute-ts";
import { crc32 } from "../base/checksum.ts";
import { Contents, type DataPlace } from "./contents.ts";
import { contentCrcOf } from "./digest.ts";
import { type HashKeys, HashTable } from "./hashTable.ts";
import { LookAhead } from "./lookAhead.ts";
import { NO_NODE, type NodeRef, NodeTable, ROOT } from "./nodeTable.ts";
import { ParentPath } from "./parentPath.ts";
import { countUnits, PathKey, SLASH, textOfUnits } from "./paths.ts";
import { type Stamp, UNSTAMPED } from "./stamp.ts";
import { digestOf } from "./stats.ts";

/**
 * The znodes as they lie in memory: columns, names and data in slabs, the path table. Knows nothing of ACLs, sessions, quota or
 * transactions.
 *
 * A node keeps its name only; its path is its ancestors' names. A path is found by the CRC-32 of its bytes, which is also
 * where the node's digest begins, so that one checksum serves both.
 */
export class Znodes implements HashKeys {
  readonly table = new NodeTable();
  /** Znodes, the root included. */
  count = 1;
  /** UTF-16 length of every path plus length of every data: Java's approximate data size (on-disk-formats 6). */
  dataBytes = 1;
  private readonly contents = new Contents();
  private readonly paths = new HashTable(this);
  readonly lookAhead = new LookAhead(this.paths, this.table, this.contents);
  private readonly key = new PathKey();
  /** UTF-16 length of the path last given to `seekParent`. */
  private keyUnits = 0;
  /** The last composed path lies at the end. */
  private composed = new Uint8Array(1024);
  private readonly parentPath = new ParentPath();
  /** The node /zookeeper, below which nothing counts in the digest. */
  private zookeeper: NodeRef = NO_NODE;

  constructor() {
    const root = this.table.add(UNSTAMPED, 0, NO_NODE, NO_NODE);
    this.table.setContent(root, this.contents.store(NOTHING, 0, 0, NOTHING), 0, 0);
  }

  /** So many nodes will be there, as far as is known: the path table need not grow step by step. */
  expect(count: number): void {
    this.paths.expected = count;
  }

  find(path: string): NodeRef {
    if (path.length < 2) return path === "" || path === "/" ? ROOT : NO_NODE;
    this.key.set(path);
    return this.paths.find(this.key.crc);
  }

  /** The CRC-32 of the path, for `sought` to go on from. */
  seek(path: string): number {
    this.key.set(path);
    return this.key.crc;
  }

  /** The node of the path last given to `seek`; the root only as "". */
  sought(): NodeRef {
    const { start, end, crc } = this.key;
    return start === end ? ROOT : this.paths.find(crc);
  }

  /** As `find`, of a path's bytes, which are ASCII and stay as they are until the work is done. */
  findBytes(bytes: Uint8Array, start: number, end: number): NodeRef {
    if (end - start < 2) return end === start || bytes[start] === SLASH ? ROOT : NO_NODE;
    this.key.setRange(bytes, start, end);
    this.key.crc = this.lookAhead.crcOf(bytes, start, end);
    return this.paths.find(this.key.crc);
  }

  /**
   * The parent of a path, for `seekChild` and `insert` to go on from. NO_NODE: there is none, or the path is the root or no
   * absolute path.
   */
  seekParent(path: string): NodeRef {
    this.key.setText(path);
    this.keyUnits = path.length;
    return this.seekParentOfKey();
  }

  /** As `seekParent`, where the parent and the path's CRC-32, signed, are known. */
  seekBelow(parent: NodeRef, path: string, pathCrc: number): NodeRef {
    this.key.setText(path);
    this.key.crc = pathCrc;
    this.keyUnits = path.length;
    return parent;
  }

  /**
   * As `seekParent`, of a path's bytes, which are ASCII and stay as they are until the work is done. The next of many: its parent is
   * likely to be that of the last one.
   */
  seekParentBytes(bytes: Uint8Array, start: number, end: number): NodeRef {
    const { key, parentPath } = this;
    key.setRange(bytes, start, end);
    this.keyUnits = end - start;
    const slash = key.lastSlash();
    if (slash < start || end === start + 1) return NO_NODE;
    if (!parentPath.is(bytes, start, slash)) {
      const parent = this.seekParentOfKey();
      if (parent !== NO_NODE) parentPath.set(parent, bytes, start, slash);
      return parent;
    }
    key.crc = this.lookAhead.crcOf(bytes, start, end);
    return parentPath.of;
  }

  /** The path's CRC is its parent's, gone on with. */
  private seekParentOfKey(): NodeRef {
    const { key } = this;
    const { bytes, start, end } = key;
    const slash = key.lastSlash();
    if (slash < start || end === start + 1) return NO_NODE;
    const parentCrc = crc32(0, bytes, start, slash) | 0;
    key.end = slash;
    key.crc = parentCrc;
    const parent = slash === start ? ROOT : this.paths.find(parentCrc);
    key.end = end;
    key.crc = crc32(parentCrc, bytes, slash, end) | 0;
    return parent;
  }

  /** The node of the path last given to `seekParent`. */
  seekChild(): NodeRef {
    return this.paths.find(this.key.crc);
  }

  /** Adds the absent node of the path last given to `seekParent`; the data is copied. `contentCrc`: of path and data, if it is known. */
  insert(parent: NodeRef, data: Uint8Array | null, stamp: Stamp, contentCrc?: number): NodeRef {
    const { key, table } = this;
    const ref = table.add(stamp, key.crc, parent, table.firstChild(parent));
    const block = this.contents.store(key.bytes, key.lastSlash() + 1, key.end, data);
    table.setContent(ref, block, lengthOf(data), contentCrc ?? contentCrcOf(key.crc, data));
    return this.join(ref, parent);
  }

  /** The same with the data of a record, of which no object is made. */
  insertFrom(parent: NodeRef, record: DataPlace, stamp: Stamp): NodeRef {
    const { key, table } = this;
    const { bytes, dataAt, dataLength } = record;
    const ref = table.add(stamp, key.crc, parent, table.firstChild(parent));
    const block = this.contents.storeFrom(key.bytes, key.lastSlash() + 1, key.end, record);
    const crc = dataLength <= 0 ? key.crc : crc32(key.crc, bytes, dataAt, dataAt + dataLength) | 0;
    table.setContent(ref, block, dataLength, crc);
    return this.join(ref, parent);
  }

  private join(ref: NodeRef, parent: NodeRef): NodeRef {
    const { table } = this;
    const next = table.next(ref);
    // New children come first in the list: a walk that has passed a parent does not meet them.
    if (next !== NO_NODE) table.setPrevious(next, ref);
    table.addFirstChild(parent, ref);
    this.paths.add(ref);
    this.dataBytes += this.keyUnits + Math.max(0, table.dataLength(ref));
    this.count++;
    if (parent === ROOT && this.contents.name(table.block(ref)) === "zookeeper") this.zookeeper = ref;
    return ref;
  }

  /** Takes out a node that has no children. Its reference means nothing afterwards. */
  remove(ref: NodeRef): void {
    const { table } = this;
    const dataLength = Math.max(0, table.dataLength(ref));
    this.dataBytes -= this.pathUnits(ref) + dataLength;
    this.paths.remove(ref);
    this.unlink(ref);
    this.contents.release(table.block(ref), dataLength);
    table.release(ref);
    this.count--;
    if (ref === this.zookeeper) this.zookeeper = NO_NODE;
    this.parentPath.forget(ref);
  }

  /** Replaces the data by a copy of `data`; touches no Stat field. `contentCrc`: of path and data, if it is known. */
  setData(ref: NodeRef, data: Uint8Array | null, contentCrc?: number): void {
    const { table } = this;
    const before = Math.max(0, table.dataLength(ref));
    const block = this.contents.replaceData(table.block(ref), before, data);
    table.setContent(ref, block, lengthOf(data), contentCrc ?? contentCrcOf(table.pathCrc(ref), data));
    this.dataBytes += Math.max(0, lengthOf(data)) - before;
  }

  /** A copy. */
  data(ref: NodeRef): Uint8Array | null {
    const length = this.table.dataLength(ref);
    return length < 0 ? null : this.contents.data(this.table.block(ref), length);
  }

  /** As a jute buffer. */
  writeData(ref: NodeRef, out: Writer): void {
    const length = this.table.dataLength(ref);
    const at = out.reserve(4 + Math.max(0, length));
    out.view.setInt32(at, length);
    if (length > 0) this.contents.copyData(this.table.block(ref), length, out.bytes, out.view, at + 4);
  }

  /** The root's is "". */
  path(ref: NodeRef): string {
    // First: composing a longer path than ever before replaces the bytes.
    const start = this.compose(ref);
    return textOfUnits(this.composed, start, this.composed.length);
  }

  /** As a jute ustring; the root is "". Siblings that come one after the other share what lies before their names. */
  writePath(ref: NodeRef, out: Writer): void {
    if (ref === ROOT) return out.int(0);
    const { contents, table, parentPath } = this;
    const parent = table.parent(ref);
    if (parent !== parentPath.of) {
      const start = this.compose(parent);
      parentPath.set(parent, this.composed, start, this.composed.length);
    }
    const { bytes: prefix, length: prefixLength } = parentPath;
    const block = table.block(ref);
    const length = prefixLength + contents.nameLength(block);
    const at = out.reserve(4 + length);
    out.view.setInt32(at, length);
    for (let i = 0; i < prefixLength; i++) out.bytes[at + 4 + i] = prefix[i] as number;
    contents.copyName(block, out.bytes, at + 4 + prefixLength);
  }

  /** As vector<ustring> of last components. */
  writeChildren(ref: NodeRef, out: Writer): void {
    const { table } = this;
    out.int(table.childCount(ref));
    for (let child = table.firstChild(ref); child !== NO_NODE; child = table.next(child)) {
      this.contents.writeName(table.block(child), out);
    }
  }

  childNames(ref: NodeRef): readonly string[] {
    const { table } = this;
    const names: string[] = [];
    for (let child = table.firstChild(ref); child !== NO_NODE; child = table.next(child)) {
      names.push(this.contents.name(table.block(child)));
    }
    return names;
  }

  /** The node after this one, parents first, in the subtree of `top`; NO_NODE at the end. */
  successor(ref: NodeRef, top: NodeRef): NodeRef {
    const child = this.table.firstChild(ref);
    return child === NO_NODE ? this.afterSubtree(ref, top) : child;
  }

  /** As `successor`, but what lies below `ref` is left out. */
  afterSubtree(ref: NodeRef, top: NodeRef): NodeRef {
    for (let at = ref; at !== top; at = this.table.parent(at)) {
      const next = this.table.next(at);
      if (next !== NO_NODE) return next;
    }
    return NO_NODE;
  }

  /** Whether the node counts in the tree digest: all but what lies below /zookeeper (on-disk-formats 7.1). */
  isDigested(ref: NodeRef): boolean {
    if (this.zookeeper === NO_NODE) return true;
    for (let at = this.table.parent(ref); at > ROOT; at = this.table.parent(at)) {
      if (at === this.zookeeper) return false;
    }
    return true;
  }

  /** What the node adds to the tree digest as it stands now, unsigned 32 bits; 0 for what does not count. */
  computeDigest(ref: NodeRef): number {
    return this.isDigested(ref) ? digestOf(this.table, ref) : 0;
  }

  hash(ref: NodeRef): number {
    return this.table.pathCrc(ref);
  }

  /** Compares from the last component up: the CRC was equal, so nearly always the node is the sought one. */
  isSought(ref: NodeRef): boolean {
    const { key, contents, table } = this;
    let end = key.end;
    for (let at = ref; at !== ROOT; at = table.parent(at)) {
      end = contents.slashBefore(table.block(at), key.bytes, key.start, end);
      if (end < 0) return false;
    }
    return end === key.start;
  }

  textOf(ref: NodeRef): string {
    return this.path(ref);
  }

  soughtText(): string {
    return textOfUnits(this.key.bytes, this.key.start, this.key.end);
  }

  private unlink(ref: NodeRef): void {
    const { table } = this;
    const parent = table.parent(ref);
    const next = table.next(ref);
    const previous = table.previous(ref);
    if (next !== NO_NODE) table.setPrevious(next, previous);
    if (previous === NO_NODE) table.setFirstChild(parent, next);
    else table.setNext(previous, next);
    table.setChildCount(parent, table.childCount(parent) - 1);
  }

  /** Puts the path's bytes at the end of `composed` and returns where they begin. */
  private compose(ref: NodeRef): number {
    const { contents, table } = this;
    let length = 0;
    for (let at = ref; at !== ROOT; at = table.parent(at)) length += 1 + contents.nameLength(table.block(at));
    if (length > this.composed.length) this.composed = new Uint8Array(2 * length);
    let start = this.composed.length;
    for (let at = ref; at !== ROOT; at = table.parent(at)) {
      const block = table.block(at);
      start -= contents.nameLength(block);
      contents.copyName(block, this.composed, start);
      this.composed[--start] = SLASH;
    }
    return start;
  }

  private pathUnits(ref: NodeRef): number {
    const start = this.compose(ref);
    return countUnits(this.composed, start, this.composed.length);
  }
}

/** As the table holds it: -1 for null. */
function lengthOf(data: Uint8Array | null): number {
  return data === null ? -1 : data.length;
}

const NOTHING = new Uint8Array(0);

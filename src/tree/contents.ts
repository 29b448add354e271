import type { Writer } from "jute-ts";
import { SLASH, textOfUnits } from "./paths.ts";
import { copyBytes, offsetOf, type Page, Slab } from "./slab.ts";

/**
 * The bytes of variable size of each node, name and data together in one slab block, since whoever reads the data has just
 * compared the name: name length (one byte below 255, else 255 and an int), name, data.
 *
 * The length of the data is not in the block; the caller keeps it (null counts as 0 here).
 */
export class Contents {
  private readonly slab = new Slab();

  get bytes(): number {
    return this.slab.capacity;
  }

  /** A new block for the name bytes[start, end) and a copy of the data. */
  store(bytes: Uint8Array, start: number, end: number, data: Uint8Array | null): number {
    const block = this.storeName(bytes, start, end, lengthOf(data));
    if (data !== null) this.slab.page(block).bytes.set(data, offsetOf(block) + headOf(end - start));
    return block;
  }

  /** The same with the data of a record, which lies in the bytes that were read. */
  storeFrom(bytes: Uint8Array, start: number, end: number, record: DataPlace): number {
    const length = Math.max(0, record.dataLength);
    const block = this.storeName(bytes, start, end, length);
    const page = this.slab.page(block);
    const at = offsetOf(block) + headOf(end - start);
    copyBytes(record.bytes, record.view, record.dataAt, page.bytes, page.view, at, length);
    return block;
  }

  private storeName(bytes: Uint8Array, start: number, end: number, dataLength: number): number {
    const length = end - start;
    const block = this.slab.allocate(headOf(length) + dataLength);
    const page = this.slab.page(block);
    const at = offsetOf(block);
    page.bytes[at] = Math.min(length, LONG);
    if (length >= LONG) page.view.setInt32(at + 1, length);
    const nameAt = at + headOf(length) - length;
    for (let i = 0; i < length; i++) page.bytes[nameAt + i] = bytes[start + i] as number;
    return block;
  }

  /** Puts a copy of `data` in place of data of `oldLength`; the node's block afterwards is the one returned. */
  replaceData(block: number, oldLength: number, data: Uint8Array | null): number {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const head = headAt(page, at);
    if (Slab.isSameSize(head + oldLength, head + lengthOf(data))) {
      if (data !== null) page.bytes.set(data, at + head);
      return block;
    }
    const moved = this.slab.allocate(head + lengthOf(data));
    const to = this.slab.page(moved);
    const toAt = offsetOf(moved);
    copyBytes(page.bytes, page.view, at, to.bytes, to.view, toAt, head);
    if (data !== null) to.bytes.set(data, toAt + head);
    this.slab.release(block, head + oldLength);
    return moved;
  }

  release(block: number, dataLength: number): void {
    this.slab.release(block, headAt(this.slab.page(block), offsetOf(block)) + dataLength);
  }

  nameLength(block: number): number {
    return nameLengthAt(this.slab.page(block), offsetOf(block));
  }

  name(block: number): string {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const end = at + headAt(page, at);
    return textOfUnits(page.bytes, end - nameLengthAt(page, at), end);
  }

  copyName(block: number, to: Uint8Array, toAt: number): void {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const length = nameLengthAt(page, at);
    const from = at + headOf(length) - length;
    for (let i = 0; i < length; i++) to[toAt + i] = page.bytes[from + i] as number;
  }

  /** As a jute ustring. */
  writeName(block: number, out: Writer): void {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const length = nameLengthAt(page, at);
    const outAt = out.reserve(4 + length);
    out.view.setInt32(outAt, length);
    copyBytes(page.bytes, page.view, at + headOf(length) - length, out.bytes, out.view, outAt + 4, length);
  }

  /** If bytes[start, end) ends with a slash and this name, where the slash is; else -1. */
  slashBefore(block: number, bytes: Uint8Array, start: number, end: number): number {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const length = nameLengthAt(page, at);
    const slash = end - length - 1;
    if (slash < start || bytes[slash] !== SLASH) return -1;
    return isEqual(page.bytes, at + headOf(length), bytes, end, length) ? slash : -1;
  }

  /** Whether the name is bytes[start, end). */
  isName(block: number, bytes: Uint8Array, start: number, end: number): boolean {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const length = nameLengthAt(page, at);
    return length === end - start && isEqual(page.bytes, at + headOf(length), bytes, end, length);
  }

  /** A copy. */
  data(block: number, length: number): Uint8Array {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    const from = at + headAt(page, at);
    return page.bytes.slice(from, from + length);
  }

  /** As `Slab.readAhead`, of blocks with so much data. */
  readAhead(blocks: Int32Array, dataLengths: Int32Array, count: number): number {
    return this.slab.readAhead(blocks, dataLengths, count);
  }

  copyData(block: number, length: number, to: Uint8Array, toView: DataView, toAt: number): void {
    const page = this.slab.page(block);
    const at = offsetOf(block);
    copyBytes(page.bytes, page.view, at + headAt(page, at), to, toView, toAt, length);
  }
}

/** Data that lies in bytes that were read; its length is -1 for null. */
export interface DataPlace {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly dataAt: number;
  readonly dataLength: number;
}

function lengthOf(data: Uint8Array | null): number {
  return data === null ? 0 : data.length;
}

/** Whether the `length` bytes before both ends are the same; like names differ at their ends. */
function isEqual(a: Uint8Array, aEnd: number, b: Uint8Array, bEnd: number, length: number): boolean {
  for (let i = 1; i <= length; i++) if (a[aEnd - i] !== b[bEnd - i]) return false;
  return true;
}

function nameLengthAt(page: Page, at: number): number {
  const first = page.bytes[at] as number;
  return first === LONG ? page.view.getInt32(at + 1) : first;
}

/** Where the data begins, counted from the block's beginning. */
function headAt(page: Page, at: number): number {
  return headOf(nameLengthAt(page, at));
}

function headOf(nameLength: number): number {
  return nameLength < LONG ? 1 + nameLength : 5 + nameLength;
}

const LONG = 255;

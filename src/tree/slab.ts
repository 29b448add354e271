import { assert } from "../base/assert.ts";

/**
 * Memory for the variable-sized bytes of a million znodes without a heap object for each.
 *
 * A block is named by an int32: page and offset in units of four bytes. Pages of 1 MiB are cut into blocks of one size class
 * each, freed blocks are linked through their own first word, and a page whose last block was freed goes back to the collector,
 * so that a change of sizes does not strand memory. What is larger than LARGEST_BLOCK gets bytes of its own (and a negative
 * name).
 *
 * Who allocates keeps the size: a block does not know it.
 */
export class Slab {
  private readonly pages: (Page | undefined)[] = [];
  private readonly vacantPages: number[] = [];
  private readonly large: (Page | undefined)[] = [];
  private readonly vacantLarge: number[] = [];
  private readonly open: Page[][] = Array.from({ length: CLASS_COUNT }, () => []);
  /** Bytes of all pages and large blocks. */
  capacity = 0;

  /** Whether blocks of both sizes are the same, so that one can stay when its content changes its size. */
  static isSameSize(a: number, b: number): boolean {
    if (a > LARGEST_BLOCK || b > LARGEST_BLOCK) return a === b;
    return classOf(a) === classOf(b);
  }

  /** A block of at least `size` bytes, `size` > 0. Its content is undefined. */
  allocate(size: number): number {
    if (size > LARGEST_BLOCK) return this.allocateLarge(size);
    const sizeClass = classOf(size);
    const pages = this.open[sizeClass] as Page[];
    const page = pages.length > 0 ? (pages[pages.length - 1] as Page) : this.addPage(sizeClass);
    const unit = page.take();
    if (page.isFull()) this.close(page);
    return (page.index << UNIT_BITS) | unit;
  }

  /** Gives back a block that was allocated with this size. */
  release(block: number, size: number): void {
    if (block < 0) return this.releaseLarge(~block, size);
    const page = this.page(block);
    if (page.isFull()) this.list(page);
    page.give(block & UNIT_MASK);
    const pages = this.open[page.sizeClass] as Page[];
    // One empty page a class stays, or a single block that comes and goes would make and drop a page each time.
    if (page.used === 0 && pages.length > 1) this.dropPage(page);
  }

  /** The page a block lies in; its bytes begin there at `offsetOf(block)`. */
  page(block: number): Page {
    return (block < 0 ? this.large[~block] : this.pages[block >> UNIT_BITS]) as Page;
  }

  /**
   * Reads bytes of the first `count` blocks, four blocks at a time: the first one, the one so far behind it, and one halfway between.
   * Nothing to know, but then up to 128 bytes are in the cache. Four with a large block among them are left out.
   */
  readAhead(blocks: Int32Array, distances: Int32Array, count: number): number {
    const { pages } = this;
    let sum = 0;
    for (let i = 0; i < count; i += 4) {
      const a = blocks[i] as number;
      const b = blocks[i + 1] as number;
      const c = blocks[i + 2] as number;
      const d = blocks[i + 3] as number;
      if ((a | b | c | d) < 0) continue;
      sum ^= readLines(pages, a, distances[i] as number) ^ readLines(pages, b, distances[i + 1] as number);
      sum ^= readLines(pages, c, distances[i + 2] as number) ^ readLines(pages, d, distances[i + 3] as number);
    }
    return sum;
  }

  private addPage(sizeClass: number): Page {
    const index = this.vacantPages.pop() ?? this.pages.length;
    assert(index <= MOST_PAGES, "the slab names at most 8 GiB");
    const page = new Page(PAGE_BYTES, index, sizeClass);
    this.pages[index] = page;
    this.capacity += PAGE_BYTES;
    this.list(page);
    return page;
  }

  private dropPage(page: Page): void {
    this.close(page);
    this.pages[page.index] = undefined;
    this.vacantPages.push(page.index);
    this.capacity -= PAGE_BYTES;
  }

  private list(page: Page): void {
    const pages = this.open[page.sizeClass] as Page[];
    page.listedAt = pages.length;
    pages.push(page);
  }

  private close(page: Page): void {
    const pages = this.open[page.sizeClass] as Page[];
    const last = pages.pop() as Page;
    if (last === page) return;
    pages[page.listedAt] = last;
    last.listedAt = page.listedAt;
  }

  private allocateLarge(size: number): number {
    const index = this.vacantLarge.pop() ?? this.large.length;
    this.large[index] = new Page(size, index, NO_CLASS);
    this.capacity += size;
    return ~index;
  }

  private releaseLarge(index: number, size: number): void {
    this.large[index] = undefined;
    this.vacantLarge.push(index);
    this.capacity -= size;
  }
}

/** Bytes cut into blocks of one size. */
export class Page {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly index: number;
  readonly sizeClass: number;
  listedAt: number;
  used: number;
  private readonly unitsPerBlock: number;
  private readonly blocks: number;
  /** Blocks from here on were never taken. */
  private fresh: number;
  /** Unit of the first freed block plus one; 0 is none. */
  private freed: number;

  constructor(size: number, index: number, sizeClass: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.index = index;
    this.sizeClass = sizeClass;
    this.listedAt = 0;
    this.used = 0;
    this.unitsPerBlock = sizeClass === NO_CLASS ? 0 : sizeOf(sizeClass) / UNIT_BYTES;
    this.blocks = sizeClass === NO_CLASS ? 1 : Math.floor(size / sizeOf(sizeClass));
    this.fresh = 0;
    this.freed = 0;
  }

  isFull(): boolean {
    return this.used === this.blocks;
  }

  take(): number {
    this.used++;
    if (this.freed === 0) return this.unitsPerBlock * this.fresh++;
    const unit = this.freed - 1;
    this.freed = this.view.getInt32(unit * UNIT_BYTES);
    return unit;
  }

  give(unit: number): void {
    this.used--;
    this.view.setInt32(unit * UNIT_BYTES, this.freed);
    this.freed = unit + 1;
  }
}

function readLines(pages: readonly (Page | undefined)[], block: number, distance: number): number {
  const { bytes } = pages[block >> UNIT_BITS] as Page;
  const at = offsetOf(block);
  return (bytes[at] as number) ^ (bytes[at + (distance >> 1)] as number) ^ (bytes[at + distance] as number);
}

/** Where a block begins in its page. */
export function offsetOf(block: number): number {
  return block < 0 ? 0 : (block & UNIT_MASK) * UNIT_BYTES;
}

/**
 * Copies `length` bytes. Words first: a hundred bytes cost a third of what `set(subarray())` does, whose cost is the
 * subarray object.
 */
export function copyBytes(
  from: Uint8Array,
  fromView: DataView,
  offset: number,
  to: Uint8Array,
  toView: DataView,
  at: number,
  length: number,
): void {
  if (length > COPY_BY_WORDS) {
    to.set(from.subarray(offset, offset + length), at);
    return;
  }
  let i = 0;
  for (; i + 4 <= length; i += 4) toView.setInt32(at + i, fromView.getInt32(offset + i));
  for (; i < length; i++) to[at + i] = from[offset + i] as number;
}

export const LARGEST_BLOCK = 65536;
const UNIT_BYTES = 4;
const UNIT_BITS = 18;
const UNIT_MASK = (1 << UNIT_BITS) - 1;
const PAGE_BYTES = UNIT_BYTES << UNIT_BITS;
const MOST_PAGES = 0x7fffffff >> UNIT_BITS;
const NO_CLASS = -1;
const COPY_BY_WORDS = 384;

/** Classes step by 4 bytes up to 128, then eight to a doubling: at most an eighth of a block is waste. */
const FINE_CLASSES = 32;
const CLASS_COUNT = FINE_CLASSES + 9 * 8;

function classOf(size: number): number {
  if (size <= 128) return ((size + 3) >> 2) - 1;
  const power = 31 - Math.clz32(size - 1);
  return FINE_CLASSES + (power - 7) * 8 + ((size - 1 - (1 << power)) >> (power - 3));
}

function sizeOf(sizeClass: number): number {
  if (sizeClass < FINE_CLASSES) return (sizeClass + 1) * 4;
  const power = 7 + ((sizeClass - FINE_CLASSES) >> 3);
  return (1 << power) + (((sizeClass - FINE_CLASSES) & 7) + 1) * (1 << (power - 3));
}

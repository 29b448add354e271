import type { Writer } from "jute-ts";
import { textOfUnits } from "./paths.ts";
import { copyBytes, offsetOf, type Page, type Slab } from "./slab.ts";

/**
 * The last components of paths, in slab blocks that begin with their length: one byte below 255, else 255 and an int.
 */
export class Names {
  private readonly slab: Slab;

  constructor(slab: Slab) {
    this.slab = slab;
  }

  /** Copies bytes[start, end) into a new block. */
  store(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const header = headerFor(length);
    const block = this.slab.allocate(header + length);
    const page = this.slab.page(block);
    const at = offsetOf(block);
    page.bytes[at] = Math.min(length, LONG);
    if (length >= LONG) page.view.setInt32(at + 1, length);
    for (let i = 0; i < length; i++) page.bytes[at + header + i] = bytes[start + i] as number;
    return block;
  }

  release(block: number): void {
    const length = this.length(block);
    this.slab.release(block, headerFor(length) + length);
  }

  length(block: number): number {
    const page = this.slab.page(block);
    return lengthAt(page, offsetOf(block));
  }

  /** Whether the name stands in `bytes` at `start`, where its length of bytes is known to lie. */
  isAt(block: number, bytes: Uint8Array, start: number): boolean {
    const page = this.slab.page(block);
    const offset = offsetOf(block);
    const length = lengthAt(page, offset);
    const from = offset + headerFor(length);
    for (let i = 0; i < length; i++) if (page.bytes[from + i] !== bytes[start + i]) return false;
    return true;
  }

  copy(block: number, to: Uint8Array, at: number): void {
    const page = this.slab.page(block);
    const offset = offsetOf(block);
    const length = lengthAt(page, offset);
    const from = offset + headerFor(length);
    for (let i = 0; i < length; i++) to[at + i] = page.bytes[from + i] as number;
  }

  /** As a jute ustring. */
  write(block: number, out: Writer): void {
    const page = this.slab.page(block);
    const offset = offsetOf(block);
    const length = lengthAt(page, offset);
    const at = out.reserve(4 + length);
    out.view.setInt32(at, length);
    copyBytes(page, offset + headerFor(length), out.bytes, out.view, at + 4, length);
  }

  text(block: number): string {
    const page = this.slab.page(block);
    const offset = offsetOf(block);
    const length = lengthAt(page, offset);
    const from = offset + headerFor(length);
    return textOfUnits(page.bytes, from, from + length);
  }
}

function lengthAt(page: Page, offset: number): number {
  const first = page.bytes[offset] as number;
  return first === LONG ? page.view.getInt32(offset + 1) : first;
}

function headerFor(length: number): number {
  return length < LONG ? 1 : 5;
}

const LONG = 255;

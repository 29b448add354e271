import { DecodeError } from "jute-ts";
import { asciiBytes, viewOf } from "../base/bytes.ts";
import type { ByteReader, ByteSource } from "./byteSource.ts";

/**
 * Snappy as snappy-java streams it (on-disk-formats 4.6): a header, then chunks of a length and one raw block each. This is not
 * snappy's own framing. The package snappyjs was looked at: blocks only, untyped, and last released in 2022.
 */

/** Magic, version 1, compatible with version 1. */
export const SNAPPY_HEADER: Uint8Array = Uint8Array.of(0x82, ...asciiBytes("SNAPPY"), 0, 0, 0, 0, 1, 0, 0, 0, 1);
/** Bytes of a chunk before it is packed. */
export const SNAPPY_BLOCK_BYTES = 32 * 1024;

/** The content of such a stream. DecodeError on damage, and when the file ends within the header or a chunk. */
export class SnappySource implements ByteSource {
  private readonly input: ByteReader;
  private begun = false;

  constructor(input: ByteReader) {
    this.input = input;
  }

  next(): Uint8Array {
    if (!this.begun) this.header();
    // A chunk may be empty; an empty piece would be the end.
    while (!this.input.isAtEnd) {
      const piece = this.chunk();
      if (piece.length > 0) return piece;
    }
    return NOTHING;
  }

  private header(): void {
    const found = new Uint8Array(SNAPPY_HEADER.length);
    this.input.fill(found);
    if (SNAPPY_HEADER.some((byte, i) => i < MAGIC_BYTES && byte !== found[i]))
      throw new DecodeError("no snappy stream: it does not start so");
    this.begun = true;
  }

  private chunk(): Uint8Array {
    const head = new Uint8Array(4);
    this.input.fill(head);
    const length = viewOf(head).getInt32(0);
    if (length < 0 || length > LONGEST_CHUNK) throw damaged(`chunk of ${length} bytes`);
    return unpackBlock(this.input.take(length));
  }
}

/** One raw block: its length as a varint, then literals and copies. */
export function unpackBlock(packed: Uint8Array): Uint8Array {
  const { length, next } = blockLength(packed);
  const output = new Uint8Array(length);
  let at = next;
  let to = 0;
  while (at < packed.length) {
    const tag = packed[at++] as number;
    const kind = tag & 3;
    // Literals carry their length in 0 to 4 bytes, copies their offset in 1, 2 or 4.
    const extra = kind === 0 ? Math.max(0, (tag >>> 2) - 59) : (COPY_BYTES[kind] as number);
    if (at + extra > packed.length) throw damaged("block that ends within a tag");
    const number = littleEndian(packed, at, extra);
    at += extra;
    if (kind === 0) {
      const count = (extra === 0 ? tag >>> 2 : number) + 1;
      if (at + count > packed.length || to + count > length) throw damaged("literal that is too long");
      output.set(packed.subarray(at, at + count), to);
      at += count;
      to += count;
    } else {
      const count = kind === 1 ? 4 + ((tag >>> 2) & 7) : (tag >>> 2) + 1;
      const offset = kind === 1 ? ((tag >>> 5) << 8) | number : number;
      if (offset === 0 || offset > to || to + count > length) throw damaged("copy from outside");
      for (const stop = to + count; to < stop; to++) output[to] = output[to - offset] as number;
    }
  }
  if (to !== length) throw damaged(`block of ${to} bytes that should have ${length}`);
  return output;
}

/** Packs at most SNAPPY_BLOCK_BYTES as one raw block. */
export function packBlock(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const output = new Packed(length);
  output.varint(length);
  const seen = new Uint16Array(1 << HASH_BITS);
  let from = 0;
  // Position p is kept as p + 1, so that 0 is nothing.
  for (let at = 0; at + 4 <= length; ) {
    const hash = hashAt(bytes, at);
    const candidate = (seen[hash] as number) - 1;
    seen[hash] = at + 1;
    if (candidate < 0 || !sameFour(bytes, candidate, at)) {
      // The longer nothing repeats, the larger the steps.
      at += 1 + ((at - from) >>> 5);
      continue;
    }
    let count = 4;
    while (at + count < length && bytes[candidate + count] === bytes[at + count]) count++;
    output.literal(bytes.subarray(from, at));
    output.copy(at - candidate, count);
    at += count;
    from = at;
  }
  output.literal(bytes.subarray(from));
  return output.done();
}

class Packed {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(32 + length + Math.ceil(length / 6));
  }

  varint(value: number): void {
    for (; value > 127; value >>>= 7) this.bytes[this.at++] = (value & 127) | 128;
    this.bytes[this.at++] = value;
  }

  literal(run: Uint8Array): void {
    if (run.length === 0) return;
    const last = run.length - 1;
    if (last < 60) this.bytes[this.at++] = last << 2;
    else {
      const extra = last < 256 ? 1 : 2;
      this.bytes[this.at++] = (59 + extra) << 2;
      for (let i = 0; i < extra; i++) this.bytes[this.at++] = (last >>> (8 * i)) & 255;
    }
    this.bytes.set(run, this.at);
    this.at += run.length;
  }

  /** With an offset of two bytes, 64 bytes at a time. */
  copy(offset: number, length: number): void {
    for (let left = length; left > 0; left -= 64) {
      this.bytes[this.at++] = ((Math.min(64, left) - 1) << 2) | 2;
      this.bytes[this.at++] = offset & 255;
      this.bytes[this.at++] = offset >>> 8;
    }
  }

  done(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}

function blockLength(packed: Uint8Array): { readonly length: number; readonly next: number } {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = packed[i];
    if (byte === undefined) throw damaged("block without a length");
    length += (byte & 127) * 2 ** (7 * i);
    if (byte > 127) continue;
    if (length > LONGEST_CHUNK || length > MOST_OF_A_BYTE * packed.length) throw damaged(`block of ${length} bytes`);
    return { length, next: i + 1 };
  }
  throw damaged("block whose length does not end");
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value += (bytes[at + i] as number) * 2 ** (8 * i);
  return value;
}

function hashAt(bytes: Uint8Array, at: number): number {
  const four =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  return Math.imul(four, 0x1e35a7bd) >>> (32 - HASH_BITS);
}

function sameFour(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < 4; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function damaged(what: string): DecodeError {
  return new DecodeError(`the snappy data is damaged: a ${what}`);
}

const NOTHING = new Uint8Array(0);
const MAGIC_BYTES = 8;
/** Java writes 32 KiB; what is far beyond is a damaged length and not worth the memory. */
const LONGEST_CHUNK = 1 << 24;
/** A copy of three bytes makes 64: nothing is allocated for more than a block can hold. */
const MOST_OF_A_BYTE = 22;
const COPY_BYTES = [0, 1, 2, 4];
const HASH_BITS = 14;

/**
 * Short ASCII texts that were seen before, so that a path which is asked for again costs no allocation and brings its
 * hash along. Direct-mapped by a hash of the bytes; a hit is proved by comparing all of them, so a collision costs time
 * and never yields a wrong text. A text is kept when it comes a second time: streams of new names do not wash it out.
 */

/** The cache compares words of four bytes, the last of which may overlap the one before. */
export const SHORTEST_CACHED = 4;
export const LONGEST_CACHED = 64;

/** The text of `length` bytes at `at` of `view`, the array's own memory; undefined when they are not ASCII. */
export function cachedText(bytes: Uint8Array, view: DataView, at: number, length: number): string | undefined {
  const last = at + length - 4;
  let hash = view.getInt32(last);
  let union = hash;
  for (let i = at; i < last; i += 4) {
    const word = view.getInt32(i);
    union |= word;
    hash = imul(hash ^ word, GOLDEN);
    hash ^= hash >>> 15;
  }
  if ((union & HIGH_BITS) !== 0) return undefined;
  const slot = hash & (SLOTS - 1);
  if (hashes[slot] === hash) {
    const known = texts[slot] as string;
    if (known.length === length && holds(slot, view, at, last)) return known;
  }
  const text = latin1Slice.call(bytes, at - bytes.byteOffset, at - bytes.byteOffset + length);
  if (candidates[slot] === hash) keep(slot, hash, text, view, at);
  else candidates[slot] = hash;
  return text;
}

function holds(slot: number, view: DataView, at: number, last: number): boolean {
  let word = slot * WORDS;
  if (words[word] !== view.getInt32(last)) return false;
  for (let i = at; i < last; i += 4) {
    if (words[++word] !== view.getInt32(i)) return false;
  }
  return true;
}

function keep(slot: number, hash: number, text: string, view: DataView, at: number): void {
  const last = at + text.length - 4;
  let word = slot * WORDS;
  words[word] = view.getInt32(last);
  for (let i = at; i < last; i += 4) words[++word] = view.getInt32(i);
  hashes[slot] = hash;
  texts[slot] = text;
}

/** Node's own ASCII decoder, called on plain Uint8Arrays too: `toString` only exists on Buffers. */
export const latin1Slice = (
  Buffer.prototype as unknown as { latin1Slice(this: Uint8Array, start: number, end: number): string }
).latin1Slice;

const { imul } = Math;

const HIGH_BITS = 0x80808080;
const GOLDEN = 0x9e3779b1;
const SLOTS = 4096;
const WORDS = LONGEST_CACHED / 4;

const hashes = new Int32Array(SLOTS);
const candidates = new Int32Array(SLOTS);
const texts = new Array<string>(SLOTS).fill("");
const words = new Int32Array(SLOTS * WORDS);

/**
 * Records of a few int32 words each, in chunks, named by index; a released one is given out again. One typed array holds 16,384
 * records, so that a million of them are a few dozen objects and growing copies nothing.
 */
export class Records {
  /** The record `index` begins at word `recordAt(index, words)` of chunk `index >> CHUNK_BITS`. */
  readonly chunks: Int32Array[] = [];
  private readonly words: number;
  /** Every index that was ever given out is below. */
  count = 0;
  private vacant = NO_RECORD;

  constructor(words: number) {
    this.words = words;
  }

  /** A record of zeros. */
  allocate(): number {
    const index = this.vacant;
    if (index === NO_RECORD) return this.append();
    const chunk = this.chunks[index >> CHUNK_BITS] as Int32Array;
    const at = recordAt(index, this.words);
    this.vacant = chunk[at] as number;
    chunk.fill(0, at, at + this.words);
    return index;
  }

  /** Its first word is no longer the caller's. */
  release(index: number): void {
    const chunk = this.chunks[index >> CHUNK_BITS] as Int32Array;
    chunk[recordAt(index, this.words)] = this.vacant;
    this.vacant = index;
  }

  /** What all chunks take. */
  get bytes(): number {
    return this.chunks.length * (this.words << CHUNK_BITS) * Int32Array.BYTES_PER_ELEMENT;
  }

  word(index: number, word: number): number {
    return (this.chunks[index >> CHUNK_BITS] as Int32Array)[recordAt(index, this.words) + word] as number;
  }

  setWord(index: number, word: number, value: number): void {
    (this.chunks[index >> CHUNK_BITS] as Int32Array)[recordAt(index, this.words) + word] = value;
  }

  private append(): number {
    const index = this.count++;
    if (index >> CHUNK_BITS === this.chunks.length) this.chunks.push(new Int32Array(this.words << CHUNK_BITS));
    return index;
  }
}

export function recordAt(index: number, words: number): number {
  return (index & CHUNK_MASK) * words;
}

export const CHUNK_BITS = 14;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;
export const NO_RECORD = -1;

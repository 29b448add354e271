/**
 * Records of a few int32 words each, in chunks, named by index; a released one is given out again. One typed array holds 16,384
 * records, so that a million of them are a few dozen objects and growing copies nothing.
 */
export class Records {
  /** The record `index` begins at word `recordAt(index, words)` of chunk `index >> CHUNK_BITS`. */
  readonly chunks: Int32Array[] = [];
  private readonly words: number;
  private vacant = NONE;
  private count = 0;

  constructor(words: number) {
    this.words = words;
  }

  /** A record of zeros. */
  allocate(): number {
    const index = this.vacant;
    if (index === NONE) return this.append();
    const chunk = this.chunks[index >> CHUNK_BITS] as Int32Array;
    const at = recordAt(index, this.words);
    this.vacant = chunk[at] as number;
    chunk.fill(0, at, at + this.words);
    return index;
  }

  release(index: number): void {
    const chunk = this.chunks[index >> CHUNK_BITS] as Int32Array;
    chunk[recordAt(index, this.words)] = this.vacant;
    this.vacant = index;
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
const NONE = -1;

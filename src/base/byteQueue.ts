/**
 * Bytes that arrive in chunks and are taken from the front: the one buffer under every stream parser.
 * Invariants: `start <= end <= bytes.length`; what lies between is not consumed yet. A chunk that arrives while nothing is
 * pending is used in place, so a parser that keeps up never copies. Bytes once handed out are never written over: views of
 * consumed bytes stay good for as long as somebody holds them.
 */
export class ByteQueue {
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  private owned = false;

  get length(): number {
    return this.end - this.start;
  }

  push(chunk: Uint8Array): void {
    if (this.start === this.end) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.owned = false;
      return;
    }
    this.makeRoom(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  consume(length: number): void {
    this.start += length;
    if (this.start === this.end) this.clear();
  }

  clear(): void {
    this.bytes = NOTHING;
    this.start = 0;
    this.end = 0;
    this.owned = false;
  }

  private makeRoom(more: number): void {
    if (this.owned && this.end + more <= this.bytes.length) return;
    const pending = this.end - this.start;
    const target = new Uint8Array(Math.max(1024, 2 * (pending + more)));
    target.set(this.bytes.subarray(this.start, this.end), 0);
    this.bytes = target;
    this.start = 0;
    this.end = pending;
    this.owned = true;
  }
}

const NOTHING = new Uint8Array(0);

/** The content of a file in memory: what was written takes room, the hole behind it does not. */
export class SparseBytes {
  /** Size of the file, hole included. */
  length = 0;
  /** End of what was written. */
  extent = 0;
  private bytes = new Uint8Array(0);

  write(offset: number, written: Uint8Array): void {
    if (written.length === 0) return;
    const end = offset + written.length;
    if (end > this.bytes.length) this.grow(end);
    this.bytes.set(written, offset);
    this.extent = Math.max(this.extent, end);
    this.length = Math.max(this.length, end);
  }

  resize(length: number): void {
    if (length < this.extent) {
      this.bytes.fill(0, length, this.extent);
      this.extent = length;
    }
    this.length = length;
  }

  /** Up to `length` bytes from `offset`, a copy; fewer at the end. */
  read(offset: number, length: number): Uint8Array {
    const read = new Uint8Array(Math.max(0, Math.min(length, this.length - offset)));
    if (offset < this.extent) read.set(this.bytes.subarray(offset, Math.min(this.extent, offset + read.length)));
    return read;
  }

  copy(): SparseBytes {
    const copy = new SparseBytes();
    copy.length = this.length;
    copy.extent = this.extent;
    copy.bytes = this.bytes.slice(0, this.extent);
    return copy;
  }

  private grow(wanted: number): void {
    const grown = new Uint8Array(Math.max(wanted, 2 * this.bytes.length, 256));
    grown.set(this.bytes.subarray(0, this.extent));
    this.bytes = grown;
  }
}

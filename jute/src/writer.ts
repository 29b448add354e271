import { encodedLength, encodeText } from "./text.ts";

/**
 * Writes jute primitives, big-endian, into bytes that grow as needed (client-protocol 1.1).
 * Growing replaces `bytes` and `view`: take them anew after every `reserve`.
 */
export class Writer {
  bytes: Uint8Array;
  view: DataView;
  /** How many bytes have been written. */
  length: number;

  constructor(initialCapacity = 1024) {
    this.bytes = new Uint8Array(initialCapacity);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
  }

  /** Makes room for `size` bytes, counts them as written and returns where they begin. Their content is undefined. */
  reserve(size: number): number {
    const at = this.length;
    if (size > this.bytes.length - at) this.grow(at + size);
    this.length = at + size;
    return at;
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.view.setInt8(at, value);
  }

  bool(value: boolean): void {
    const at = this.reserve(1);
    this.bytes[at] = value ? 1 : 0;
  }

  int(value: number): void {
    const at = this.reserve(4);
    this.view.setInt32(at, value);
  }

  long(value: bigint): void {
    const at = this.reserve(8);
    this.view.setBigInt64(at, value);
  }

  float(value: number): void {
    const at = this.reserve(4);
    this.view.setFloat32(at, value);
  }

  double(value: number): void {
    const at = this.reserve(8);
    this.view.setFloat64(at, value);
  }

  /** Each UTF-16 unit on its own, as Java writes it: a surrogate pair takes 3 + 3 bytes (client-protocol 1.2). */
  ustring(value: string | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    const length = value.length;
    const at = this.reserve(4 + length);
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.wideText(value, at);
        return;
      }
      bytes[at + 4 + i] = unit;
    }
    this.view.setInt32(at, length);
  }

  buffer(value: Uint8Array | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    const at = this.reserve(4 + value.length);
    this.view.setInt32(at, value.length);
    this.bytes.set(value, at + 4);
  }

  /** The bytes alone, without a length. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** The count of a vector; -1 is null. */
  count(value: number): void {
    this.int(value);
  }

  /** Overwrites an int that was written (or reserved) before, such as the length of a frame. */
  patchInt(offset: number, value: number): void {
    if (offset + 4 > this.length) throw new RangeError(`patch at ${offset} is beyond the ${this.length} bytes written`);
    this.view.setInt32(offset, value);
  }

  /** Forgets what was written and keeps the capacity. */
  reset(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** A view of what was written, valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private wideText(value: string, at: number): void {
    const length = encodedLength(value);
    this.length = at;
    this.reserve(4 + length);
    this.view.setInt32(at, length);
    encodeText(value, this.bytes, at + 4);
  }

  private grow(wanted: number): void {
    const grown = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

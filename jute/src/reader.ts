import { DecodeError } from "./errors.ts";
import { decodeText } from "./text.ts";

/** Java's default for the longest ustring or buffer: `jute.maxbuffer` plus `extrasize` (client-protocol 1.3). */
export const DEFAULT_MAX_LENGTH = 2097150;

/**
 * Reads jute primitives from bytes[start, end), big-endian (client-protocol 1.1).
 * Every method throws DecodeError when the bytes run out. Nothing is allocated by an announced length.
 */
export class Reader {
  bytes: Uint8Array;
  /** The whole memory that `bytes` lies in, so that views of one chunk share it: making a DataView is dear. */
  view: DataView;
  /** Where `bytes` begins in `view`. */
  base: number;
  /** Where the next primitive begins, counted from the beginning of `bytes`. */
  offset: number;
  /** One past the last readable byte. */
  end: number;
  readonly maxLength: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, maxLength = DEFAULT_MAX_LENGTH) {
    checkRange(bytes, start, end);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.base = bytes.byteOffset;
    this.offset = start;
    this.end = end;
    this.maxLength = maxLength;
  }

  /** Points the reader at other bytes; no allocation when they lie in the same memory as before. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    checkRange(bytes, start, end);
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.base = bytes.byteOffset;
      if (bytes.buffer !== this.view.buffer) this.view = new DataView(bytes.buffer);
    }
    this.offset = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** One signed byte, -128 to 127. */
  byte(): number {
    return this.view.getInt8(this.base + this.take(1, "byte"));
  }

  /** One byte; everything but 0 is true. */
  bool(): boolean {
    return this.bytes[this.take(1, "bool")] !== 0;
  }

  int(): number {
    return this.view.getInt32(this.base + this.take(4, "int"));
  }

  long(): bigint {
    return this.view.getBigInt64(this.base + this.take(8, "long"));
  }

  float(): number {
    return this.view.getFloat32(this.base + this.take(4, "float"));
  }

  double(): number {
    return this.view.getFloat64(this.base + this.take(8, "double"));
  }

  /** Text by Java's rules: malformed UTF-8 becomes U+FFFD, a BOM stays (client-protocol 1.2). */
  ustring(): string | null {
    const length = this.announcedLength("ustring");
    if (length < 0) return null;
    const start = this.offset;
    this.offset = start + length;
    return decodeText(this.bytes, this.view, this.base, start, this.offset);
  }

  /** Passes over a text: how many bytes it has, which end at `offset`; -1 for null. Spares making the text. */
  ustringLength(): number {
    const length = this.announcedLength("ustring");
    this.offset += Math.max(0, length);
    return length;
  }

  /** A view of the bytes, not a copy: whoever keeps it keeps the whole chunk alive. */
  buffer(): Uint8Array | null {
    const length = this.announcedLength("buffer");
    if (length < 0) return null;
    const start = this.offset;
    this.offset = start + length;
    return this.slice(start, length);
  }

  /**
   * The count of a vector: -1 is null, any other negative is 0, as in Java.
   * `minimumItemSize` (bytes, at least 1) bounds it: more items than the remaining bytes can hold is a DecodeError.
   */
  count(minimumItemSize: number): number {
    const at = this.offset;
    const count = this.int();
    if (count < 0) return count === -1 ? -1 : 0;
    if (count * minimumItemSize > this.end - this.offset) {
      const allowed = Math.floor(this.remaining / minimumItemSize);
      throw new DecodeError(`vector at offset ${at}: count ${count}, the bytes that remain hold at most ${allowed}`);
    }
    return count;
  }

  /** Passes over `size` bytes; a negative size, which may come from the wire, is a DecodeError. */
  skip(size: number): void {
    if (size < 0) throw new DecodeError(`skip at offset ${this.offset}: ${size} bytes, allowed are 0 or more`);
    this.take(size, "skip");
  }

  /** A view of everything that has not been read; afterwards nothing remains. */
  rest(): Uint8Array {
    const start = this.offset;
    this.offset = this.end;
    return this.slice(start, this.end - start);
  }

  private take(size: number, what: string): number {
    const at = this.offset;
    if (this.end - at < size) throw this.tooShort(what, at, size);
    this.offset = at + size;
    return at;
  }

  private announcedLength(what: string): number {
    const at = this.offset;
    const length = this.view.getInt32(this.base + this.take(4, what));
    if (length >= 0 && length <= this.maxLength && length <= this.end - this.offset) return length;
    if (length === -1) return length;
    if (length >= 0 && length <= this.maxLength) throw this.tooShort(what, this.offset, length);
    throw new DecodeError(`${what} at offset ${at}: length ${length}, allowed are -1 (null) to ${this.maxLength}`);
  }

  private tooShort(what: string, at: number, size: number): DecodeError {
    return new DecodeError(`${what} at offset ${at}: needs ${size} bytes, ${this.end - at} remain`);
  }

  private slice(start: number, length: number): Uint8Array {
    return new Uint8Array(this.view.buffer, this.base + start, length);
  }
}

function checkRange(bytes: Uint8Array, start: number, end: number): void {
  if (start >= 0 && start <= end && end <= bytes.length) return;
  throw new RangeError(`range ${start} to ${end} is not within 0 to ${bytes.length}`);
}

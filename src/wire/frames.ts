import { ByteQueue } from "../base/byteQueue.ts";

/**
 * Splits a byte stream into frames: int length L, then L bytes (client-protocol 1.4, peer-protocol 1.5).
 *
 * Use: `push(chunk)`, then `while (frames.next()) handle(frames.bytes, frames.start, frames.end)`. The bytes are a view
 * that stays good (see ByteQueue); it keeps its whole chunk alive. Invariant: what is buffered never exceeds one frame of the limit plus one chunk, whatever
 * length was announced.
 */
export class Frames {
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  /** The length that broke the limits; the connection is lost. */
  refusedLength: number | undefined = undefined;
  private readonly queue = new ByteQueue();
  private readonly least: number;
  private readonly most: number;

  /** Lengths outside `least .. most` are refused. */
  constructor(least: number, most: number) {
    this.least = least;
    this.most = most;
  }

  push(chunk: Uint8Array): void {
    this.queue.push(chunk);
  }

  /** Bytes that arrived and belong to no frame yet. */
  get pending(): number {
    return this.queue.length;
  }

  /** Whether the next frame has arrived whole. */
  get isWhole(): boolean {
    const length = this.peekInt();
    return length !== undefined && this.queue.length >= 4 + length;
  }

  /** The first four bytes that wait, as an int; undefined when fewer have arrived. */
  peekInt(): number | undefined {
    const { bytes, start } = this.queue;
    if (this.queue.length < 4) return undefined;
    return intAt(bytes, start);
  }

  /** The eight bytes behind those, as a long; undefined when fewer have arrived. */
  peekLong(): bigint | undefined {
    const { bytes, start } = this.queue;
    if (this.queue.length < 12) return undefined;
    return new DataView(bytes.buffer, bytes.byteOffset + start + 4, 8).getBigInt64(0);
  }

  /** Moves to the next whole frame. False: not there yet, or refused. */
  next(): boolean {
    const length = this.acceptedLength();
    if (length === undefined || this.queue.length < 4 + length) {
      // What was handed out is let go: it may be a chunk that nothing else keeps alive.
      this.bytes = NOTHING;
      return false;
    }
    this.bytes = this.queue.bytes;
    this.start = this.queue.start + 4;
    this.end = this.start + length;
    this.queue.consume(4 + length);
    return true;
  }

  private acceptedLength(): number | undefined {
    const length = this.peekInt();
    if (length === undefined || this.refusedLength !== undefined) return undefined;
    if (length >= this.least && length <= this.most) return length;
    this.refusedLength = length;
    return undefined;
  }
}

/** The int that begins at `at`, big-endian. */
export function intAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

const NOTHING = new Uint8Array(0);

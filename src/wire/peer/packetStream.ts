import { DecodeError, Reader } from "jute-ts";
import { ByteQueue } from "../../base/byteQueue.ts";
import { QuorumPacket } from "./packets.ts";

/**
 * Takes quorum packets off a byte stream that has no frame lengths: a packet is whole when every length inside it is
 * covered (peer-protocol 3.1). After a SNAP packet the same stream carries the snapshot: `takeRaw` hands out what waits, and
 * what the snapshot did not need is pushed back before packets go on behind it.
 *
 * A length out of bounds throws `DecodeError`: the link is lost. Invariant: never waits for more than `limit` bytes of data
 * plus the identities, whatever was announced.
 */
export class PacketStream {
  private readonly queue = new ByteQueue();
  private readonly limit: number;
  private readonly reader: Reader;
  /** Nothing is whole before this many bytes wait: a big packet is not measured again at every chunk. */
  private needed = SMALLEST;

  /** `limit`: most bytes of one string or buffer, `jute.maxbuffer` plus the extra size. */
  constructor(limit: number) {
    this.limit = limit;
    this.reader = new Reader(NOTHING, 0, 0, limit);
  }

  push(chunk: Uint8Array): void {
    this.queue.push(chunk);
  }

  /** The next packet, its data a view that stays good; undefined when it has not arrived whole. */
  next(): QuorumPacket | undefined {
    if (this.queue.length < this.needed) return undefined;
    const { bytes, start } = this.queue;
    const length = this.measure();
    if (length === undefined) return undefined;
    this.reader.reset(bytes, start, start + length);
    const packet = QuorumPacket.read(this.reader);
    this.queue.consume(length);
    this.needed = SMALLEST;
    return packet;
  }

  /** Takes everything that waits, as bytes. */
  takeRaw(): Uint8Array {
    const taken = this.queue.bytes.slice(this.queue.start, this.queue.end);
    this.queue.clear();
    this.needed = SMALLEST;
    return taken;
  }

  /** Bytes that wait. */
  get pending(): number {
    return this.queue.length;
  }

  /** Length of the packet at the front; undefined, and `needed` raised, while it is not whole. */
  private measure(): number | undefined {
    const { bytes, start, end } = this.queue;
    this.reader.reset(bytes, start, end);
    this.reader.skip(HEAD);
    if (!this.skipBuffer(start) || !this.has(4, start)) return undefined;
    const identities = this.reader.int();
    if (identities > IDENTITY_LIMIT) {
      throw new DecodeError(`authinfo of ${identities} identities; at most ${IDENTITY_LIMIT} are allowed`);
    }
    for (let i = 0; i < 2 * identities; i++) if (!this.skipBuffer(start)) return undefined;
    return this.reader.offset - start;
  }

  private skipBuffer(start: number): boolean {
    if (!this.has(4, start)) return false;
    const length = this.reader.int();
    if (length < -1 || length > this.limit) {
      throw new DecodeError(`buffer of ${length} bytes in a quorum packet; -1 .. ${this.limit} are allowed`);
    }
    if (length <= 0) return true;
    if (!this.has(length, start)) return false;
    this.reader.skip(length);
    return true;
  }

  private has(length: number, start: number): boolean {
    const wanted = this.reader.offset - start + length;
    if (wanted <= this.queue.length) return true;
    this.needed = wanted;
    return false;
  }
}

/** Type and zxid. */
const HEAD = 12;
/** Head, a null buffer, no identities. */
const SMALLEST = 20;
const IDENTITY_LIMIT = 1024;
const NOTHING = new Uint8Array(0);

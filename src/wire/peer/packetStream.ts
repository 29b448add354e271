import { DecodeError, Reader } from "jute-ts";
import { ByteQueue } from "../../base/byteQueue.ts";
import { QuorumPacket } from "./packets.ts";

/**
 * Takes quorum packets off a byte stream that has no frame lengths: a packet is whole when every length inside it is
 * covered (peer-protocol 3.1). After a SNAP packet the same stream carries the snapshot, so `takeRaw` hands out what waits
 * and packets go on behind it.
 *
 * A length out of bounds throws `DecodeError`: the link is lost. Invariant: never waits for more than `limit` bytes of data
 * plus the identities, whatever was announced.
 */
export class PacketStream {
  readonly queue = new ByteQueue();
  private readonly limit: number;

  /** `limit`: most bytes of one string or buffer, `jute.maxbuffer` plus the extra size. */
  constructor(limit: number) {
    this.limit = limit;
  }

  push(chunk: Uint8Array): void {
    this.queue.push(chunk);
  }

  /** The next packet, its data copied off the stream; undefined when it has not arrived whole. */
  next(): QuorumPacket | undefined {
    const length = this.measure();
    if (length === undefined) return undefined;
    const { bytes, start } = this.queue;
    const packet = QuorumPacket.decode(bytes.slice(start, start + length));
    this.queue.consume(length);
    return packet;
  }

  private measure(): number | undefined {
    const { bytes, start, end } = this.queue;
    const scan = new Scan(bytes, start, end, this.limit);
    scan.skip(12);
    scan.buffer();
    const identities = scan.int();
    if (identities !== undefined && identities > IDENTITY_LIMIT) {
      throw new DecodeError(`authinfo of ${identities} identities; at most ${IDENTITY_LIMIT} are allowed`);
    }
    for (let i = 0; i < 2 * (identities ?? 0); i++) scan.buffer();
    return scan.at === undefined ? undefined : scan.at - start;
  }
}

/** Walks over lengths without decoding; `at` becomes undefined once the bytes run out. */
class Scan {
  at: number | undefined;
  private readonly reader: Reader;
  private readonly end: number;
  private readonly limit: number;

  constructor(bytes: Uint8Array, start: number, end: number, limit: number) {
    this.reader = new Reader(bytes, start, end);
    this.at = start;
    this.end = end;
    this.limit = limit;
  }

  skip(length: number): void {
    if (this.at !== undefined) this.at = this.at + length <= this.end ? this.at + length : undefined;
  }

  int(): number | undefined {
    const from = this.at;
    this.skip(4);
    if (from === undefined || this.at === undefined) return undefined;
    this.reader.offset = from;
    return this.reader.int();
  }

  buffer(): void {
    const length = this.int();
    if (length === undefined || length === -1) return;
    if (length < 0 || length > this.limit) {
      throw new DecodeError(`buffer of ${length} bytes in a quorum packet; -1 .. ${this.limit} are allowed`);
    }
    this.skip(length);
  }
}

const IDENTITY_LIMIT = 1024;

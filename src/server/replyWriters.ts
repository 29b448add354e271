import { Writer } from "jute-ts";

/**
 * Where replies gather, shared by all connections: one is taken with the first byte of a turn, and given back once its bytes are
 * the link's. The last one given is the first one taken, so a few stay in the processor's cache, and connections at rest have none.
 */
export class ReplyWriters {
  private readonly idle: Writer[] = [];
  private idleBytes = 0;

  /** Empty. */
  take(): Writer {
    const writer = this.idle.pop();
    if (writer === undefined) return new Writer(INITIAL_BYTES);
    this.idleBytes -= writer.bytes.length;
    return writer;
  }

  /** What was taken, and nobody looks at it any more. */
  give(writer: Writer): void {
    const { length } = writer.bytes;
    if (length > LARGEST_BYTES || this.idleBytes + length > MOST_IDLE_BYTES) return;
    this.idleBytes += length;
    writer.reset();
    this.idle.push(writer);
  }
}

const INITIAL_BYTES = 512;
/** What grew for one large reply is not kept: it would take the place of a hundred others. */
const LARGEST_BYTES = 64 * 1024;
/** Enough for ten thousand connections that have an event each in one turn. */
const MOST_IDLE_BYTES = 8 * 1024 * 1024;

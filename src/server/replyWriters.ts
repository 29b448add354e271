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
    const bytes = this.idleBytes + writer.bytes.length;
    if (bytes > MOST_IDLE_BYTES) return;
    this.idleBytes = bytes;
    writer.reset();
    this.idle.push(writer);
  }
}

const INITIAL_BYTES = 4096;
/** Enough for a thousand connections that have an event each in one turn. */
const MOST_IDLE_BYTES = 4 * 1024 * 1024;

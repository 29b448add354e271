import { Fifo } from "../base/fifo.ts";

/** What arrives on a connection whose next request is not taken up, each chunk with its moment: requests are as old as their bytes. */
export class LateChunks {
  /** All that is in it. */
  bytes = 0;
  private readonly chunks = new Fifo<LateChunk>();

  push(chunk: Uint8Array, arrivedMs: number): void {
    this.chunks.push({ chunk, arrivedMs });
    this.bytes += chunk.length;
  }

  /** The oldest, which is then not in it any more. */
  take(): LateChunk | undefined {
    const oldest = this.chunks.shift();
    this.bytes -= oldest?.chunk.length ?? 0;
    return oldest;
  }
}

export interface LateChunk {
  readonly chunk: Uint8Array;
  readonly arrivedMs: number;
}

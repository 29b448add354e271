import type { Socket } from "node:net";
import { hostText } from "../base/hostText.ts";
import type { ByteLink } from "../server/ports.ts";
import type { Gathering, Sender } from "./gathering.ts";

/**
 * A TCP socket as the server room knows it. Writes are gathered and leave in one system call: joined writes are the largest
 * single lever on throughput (6-8 times).
 */
export class NodeLink implements ByteLink, Sender {
  readonly number: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  private readonly socket: Socket;
  private readonly gathering: Gathering;
  private gathered: Buffer = NOTHING;
  private gatheredBytes = 0;
  private closing = false;

  constructor(socket: Socket, number: number, gathering: Gathering) {
    this.socket = socket;
    this.gathering = gathering;
    this.number = number;
    this.remoteAddress = hostText(socket.remoteAddress ?? "");
    this.remotePort = socket.remotePort ?? 0;
    socket.setNoDelay(true);
  }

  get queuedBytes(): number {
    return this.gatheredBytes + this.socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.closing || this.socket.destroyed || bytes.length === 0) return;
    if (this.gatheredBytes === 0) this.gathering.add(this);
    const end = this.gatheredBytes + bytes.length;
    if (end > this.gathered.length) this.grow(end);
    this.gathered.set(bytes, this.gatheredBytes);
    this.gatheredBytes = end;
  }

  close(): void {
    if (this.closing) return;
    this.flush();
    this.closing = true;
    if (this.socket.writableLength === 0) this.socket.destroy();
    else this.socket.end(() => this.socket.destroy());
  }

  destroy(): void {
    this.closing = true;
    this.putAway();
    this.gatheredBytes = 0;
    this.socket.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  flush(): void {
    const { gathered, gatheredBytes } = this;
    if (gatheredBytes === 0) return;
    this.gatheredBytes = 0;
    this.socket.write(gathered.subarray(0, gatheredBytes));
    // Either the system took all of it at once, or the socket still reads there.
    if (this.socket.writableLength === 0) this.putAway();
    else this.gathered = NOTHING;
  }

  private grow(wanted: number): void {
    const { gatheredBytes } = this;
    const grown = this.gathering.buffers.take(gatheredBytes === 0 ? wanted : 2 * wanted);
    grown.set(this.gathered.subarray(0, gatheredBytes));
    this.putAway();
    this.gathered = grown;
  }

  private putAway(): void {
    if (this.gathered !== NOTHING) this.gathering.buffers.give(this.gathered);
    this.gathered = NOTHING;
  }
}

const NOTHING = Buffer.alloc(0);

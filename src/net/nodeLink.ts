import type { Socket } from "node:net";
import { hostText } from "../base/hostText.ts";
import type { ByteLink } from "../server/ports.ts";

/**
 * A TCP socket as the server room knows it. Writes are gathered until the loop has handed out what every socket had to read
 * and leave in one system call: joined writes are the largest single lever on throughput (6-8 times).
 */
export class NodeLink implements ByteLink {
  readonly number: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  private readonly socket: Socket;
  private parts: Uint8Array[] = [];
  private gatheredBytes = 0;
  private closing = false;

  constructor(socket: Socket, number: number) {
    this.socket = socket;
    this.number = number;
    this.remoteAddress = hostText(socket.remoteAddress ?? "");
    this.remotePort = socket.remotePort ?? 0;
    socket.setNoDelay(true);
  }

  get queuedBytes(): number {
    return this.gatheredBytes + this.socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.closing || this.socket.destroyed) return;
    if (this.parts.length === 0) setImmediate(flush, this);
    this.parts.push(bytes);
    this.gatheredBytes += bytes.length;
  }

  close(): void {
    if (this.closing) return;
    this.flush();
    this.closing = true;
    this.socket.end(() => this.socket.destroy());
  }

  destroy(): void {
    this.closing = true;
    this.parts = [];
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
    const { parts } = this;
    if (parts.length === 0) return;
    this.parts = [];
    this.gatheredBytes = 0;
    const [first] = parts;
    this.socket.write(parts.length === 1 && first !== undefined ? first : Buffer.concat(parts));
  }
}

function flush(link: NodeLink): void {
  link.flush();
}

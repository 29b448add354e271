import type { ByteLink } from "../../server/ports.ts";
import type { LinkEvents, Network, Path } from "./network.ts";

/**
 * One end of a connection.
 *
 *   opening ── open ──> open ── close ──> ending ── what was written has arrived ──> over
 *                        └───── destroy, or the other end is gone ─────────────────> over
 *
 * Being over is told once, by `closed`, also to the end that asked for it; nothing is told after it.
 */
export class SimLink implements ByteLink {
  readonly number: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The names of the two hosts. */
  readonly host: string;
  readonly remoteHost: string;
  /** What this end writes. */
  readonly stream: Stream;
  isPaused = false;
  /** Called before every write; it may throw, when the process that writes is to die there. */
  beforeWrite: () => void = () => {};
  /** Shown everything that is written. */
  tap: (bytes: Uint8Array) => void = () => {};
  private readonly network: Network;
  private events: LinkEvents | undefined;
  private other: SimLink | undefined;
  private phase: "opening" | "open" | "ending" | "over" = "opening";
  /** The other end was over before this one opened. */
  private stillborn = false;

  constructor(network: Network, number: number, host: string, remoteHost: string) {
    this.network = network;
    this.number = number;
    this.host = host;
    this.remoteHost = remoteHost;
    this.remoteAddress = remoteHost;
    this.remotePort = 30_000 + (number % 30_000);
    this.stream = new Stream(network, network.path(host, remoteHost), this);
  }

  pair(other: SimLink): void {
    this.other = other;
    this.stream.to(other);
  }

  open(handOver: () => LinkEvents | undefined): void {
    if (this.phase !== "opening") return;
    this.phase = "open";
    this.events = handOver();
    if (this.stillborn) this.over();
    else this.other?.stream.wake();
  }

  get isOpening(): boolean {
    return this.phase === "opening";
  }

  get isOver(): boolean {
    return this.phase === "over";
  }

  /** What the system's socket buffer does not take. */
  get queuedBytes(): number {
    return Math.max(0, this.stream.waitingBytes - SOCKET_BUFFER_BYTES);
  }

  write(bytes: Uint8Array): void {
    if (this.phase !== "open" && this.phase !== "opening") return;
    this.beforeWrite();
    this.tap(bytes);
    this.stream.push(this.network.filter(bytes.slice(), this));
  }

  close(): void {
    if (this.phase === "over" || this.phase === "ending") return;
    this.phase = "ending";
    this.stream.end();
  }

  destroy(): void {
    if (this.phase === "over") return;
    this.stream.cut();
    this.over();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.other?.stream.wake();
  }

  /** The process that held this end is dead: nobody hears of anything. */
  orphan(): void {
    this.events = undefined;
  }

  // From the other end's stream.

  arrived(chunk: Uint8Array): void {
    if (this.phase === "open" || this.phase === "ending") this.events?.bytes(chunk);
  }

  otherEnded(): void {
    if (this.phase === "opening") this.stillborn = true;
    else this.destroy();
  }

  drained(): void {
    if (this.phase === "open") this.events?.drained();
  }

  private over(): void {
    this.phase = "over";
    const { events } = this;
    this.events = undefined;
    if (events !== undefined) this.network.clock.after(0, "work", () => events.closed());
  }
}

/** One direction of a connection: chunks in the order written, each with the time it arrives, and at last the end. */
class Stream {
  waitingBytes = 0;
  private readonly network: Network;
  private readonly path: Path;
  private readonly from: SimLink;
  private target: SimLink | undefined;
  private chunks: Chunk[] = [];
  private lastArrivalMs = 0;
  private pumping = false;
  private wasFull = false;

  constructor(network: Network, path: Path, from: SimLink) {
    this.network = network;
    this.path = path;
    this.from = from;
  }

  to(target: SimLink): void {
    this.target = target;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > SOCKET_BUFFER_BYTES) this.wasFull = true;
    this.queue({ bytes, offset: 0 });
  }

  /** The other end hears the end behind everything written. */
  end(): void {
    this.queue("end");
  }

  /** A reset: how much of what is under way still arrives is chance, and always a beginning of it. */
  cut(): void {
    const { random } = this.network;
    const arrives =
      this.path.maxDelayMs > this.path.minDelayMs ? random.below(this.chunks.length + 1) : this.chunks.length;
    this.chunks = this.chunks.slice(0, arrives);
    if (this.chunks.at(-1)?.content !== "end") this.queue("end");
  }

  /** Something that held chunks back has ended. */
  wake(): void {
    if (this.chunks.length > 0) this.network.clock.after(0, "work", () => this.pump());
  }

  private queue(content: Content): void {
    const { clock } = this.network;
    this.lastArrivalMs = Math.max(this.lastArrivalMs, clock.nowMs + this.network.delay(this.path));
    this.chunks.push({ content, arrivesMs: this.lastArrivalMs });
    clock.at(this.lastArrivalMs, "work", () => this.pump());
  }

  private pump(): void {
    const { target } = this;
    if (this.pumping || target === undefined) return;
    this.pumping = true;
    for (let head = this.deliverable(target); head !== undefined; head = this.deliverable(target)) {
      if (head === "end") {
        this.chunks = [];
        this.network.forget(this.from);
        target.otherEnded();
      } else this.deliver(head, target);
    }
    this.pumping = false;
    if (!this.wasFull || this.waitingBytes > 0) return;
    this.wasFull = false;
    this.from.drained();
  }

  private deliverable(target: SimLink): Content | undefined {
    const head = this.chunks[0];
    const isHeld = this.path.blocked || target.isOpening || (target.isPaused && !target.isOver);
    if (head === undefined || isHeld || head.arrivesMs > this.network.clock.nowMs) return undefined;
    return head.content;
  }

  private deliver(bytes: PartlyDelivered, target: SimLink): void {
    const left = bytes.bytes.length - bytes.offset;
    const length = this.pieceOf(left);
    const piece = bytes.bytes.subarray(bytes.offset, bytes.offset + length);
    bytes.offset += length;
    this.waitingBytes -= length;
    if (length === left) this.chunks.shift();
    target.arrived(piece);
  }

  private pieceOf(left: number): number {
    const { pieces } = this.path;
    if (pieces === "bytes") return 1;
    const { random } = this.network;
    return pieces > 0 && left > 1 && random.chance(pieces) ? 1 + random.below(left - 1) : left;
  }
}

interface PartlyDelivered {
  readonly bytes: Uint8Array;
  offset: number;
}

type Content = PartlyDelivered | "end";

interface Chunk {
  readonly content: Content;
  readonly arrivesMs: number;
}

const SOCKET_BUFFER_BYTES = 64 * 1024;

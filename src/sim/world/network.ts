import type { Random } from "../random.ts";
import type { Clock } from "./clock.ts";
import { SimLink } from "./link.ts";

/** What happens on a link after it is open. */
export interface LinkEvents {
  bytes(chunk: Uint8Array): void;
  drained(): void;
  closed(): void;
}

/** How bytes travel in one direction between two hosts. */
export interface Path {
  /** Each write takes between these two, but never overtakes an earlier one. */
  minDelayMs: number;
  maxDelayMs: number;
  /** Nothing arrives. Bytes wait, as TCP sends them again, and arrive when this ends. */
  blocked: boolean;
  /** Chance that a chunk arrives in pieces; "bytes": always one by one. */
  pieces: number | "bytes";
}

/** Every connection that opens, for those who read along. */
export type Tap = (dialler: SimLink, acceptor: SimLink, address: string) => void;

/**
 * TCP between named hosts. A connection is two byte streams that are FIFO until it is cut: chunks are delayed, stalled and
 * split as the path's conditions say, and a reset may lose the end of a stream but never a byte in its middle.
 */
export class Network {
  readonly clock: Clock;
  readonly random: Random;
  tap: Tap = () => {};
  /** What becomes of each write; only worlds that are spoilt on purpose have one. */
  filter: (bytes: Uint8Array, from: SimLink) => Uint8Array = (bytes) => bytes;
  private readonly listeners = new Map<string, Listener>();
  private readonly paths = new Map<string, Path>();
  private readonly links = new Set<SimLink>();
  private readonly fresh: Readonly<Path>;
  private nextNumber = 1;

  /** `fresh`: what a path is like until somebody changes it. */
  constructor(clock: Clock, random: Random, fresh: Readonly<Path>) {
    this.clock = clock;
    this.random = random;
    this.fresh = fresh;
  }

  /** `address`: `host:port`. Every connection is handed to `accepted`, whose answer hears of it. */
  listen(address: string, accepted: (link: SimLink) => LinkEvents | undefined): void {
    this.listeners.set(address, { accepted });
  }

  unlisten(address: string): void {
    this.listeners.delete(address);
  }

  /** Exactly one of `opened` and `failed` is called, later. */
  dial(
    from: string,
    address: string,
    timeoutMs: number,
    opened: (link: SimLink) => LinkEvents | undefined,
    failed: (reason: string) => void,
  ): void {
    const dial: Dial = { from, address, to: hostOf(address), giveUpMs: this.clock.nowMs + timeoutMs, opened, failed };
    this.clock.after(this.delay(this.path(dial.from, dial.to)), "work", () => this.knock(dial, SYN_AGAIN_MS));
  }

  path(from: string, to: string): Path {
    const key = `${from}>${to}`;
    const known = this.paths.get(key);
    if (known !== undefined) return known;
    const path = { ...this.fresh };
    this.paths.set(key, path);
    return path;
  }

  /** What waited goes on. */
  unblock(from: string, to: string): void {
    this.path(from, to).blocked = false;
    for (const link of this.links) if (link.host === from && link.remoteHost === to) link.stream.wake();
  }

  /** Ends every connection between the two, as a router that restarts does. */
  reset(a: string, b: string): void {
    for (const link of [...this.links])
      if ((link.host === a && link.remoteHost === b) || (link.host === b && link.remoteHost === a)) link.destroy();
  }

  /** The process on `host` is gone: its ports are closed and the system resets its connections. */
  hostDied(host: string): void {
    for (const address of [...this.listeners.keys()]) if (hostOf(address) === host) this.listeners.delete(address);
    for (const link of [...this.links]) {
      if (link.host !== host) continue;
      link.orphan();
      link.destroy();
    }
  }

  /** For links: they are in the network until the other end has heard of their end. */
  forget(link: SimLink): void {
    this.links.delete(link);
  }

  delay(path: Path): number {
    return path.maxDelayMs > path.minDelayMs ? this.random.between(path.minDelayMs, path.maxDelayMs) : path.minDelayMs;
  }

  private knock(dial: Dial, againMs: number): void {
    const { clock } = this;
    const { from, to, address, giveUpMs } = dial;
    if (this.path(from, to).blocked || this.path(to, from).blocked) {
      if (clock.nowMs + againMs < giveUpMs) clock.after(againMs, "timer", () => this.knock(dial, 2 * againMs));
      else clock.at(giveUpMs, "timer", () => dial.failed("connection timed out"));
      return;
    }
    const listener = this.listeners.get(address);
    const back = this.delay(this.path(to, from));
    if (listener === undefined) clock.after(back, "work", () => dial.failed("connection refused"));
    else this.connect(dial, listener, back);
  }

  private connect(dial: Dial, listener: Listener, backMs: number): void {
    const { from, to, address } = dial;
    const near = new SimLink(this, this.nextNumber++, from, to);
    const far = new SimLink(this, this.nextNumber++, to, from);
    near.pair(far);
    far.pair(near);
    this.links.add(near);
    this.links.add(far);
    this.tap(near, far, address);
    far.open(() => listener.accepted(far));
    this.clock.after(backMs, "work", () => {
      if (near.isOver) dial.failed("connection reset");
      else near.open(() => dial.opened(near));
    });
  }
}

interface Listener {
  readonly accepted: (link: SimLink) => LinkEvents | undefined;
}

interface Dial {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly giveUpMs: number;
  readonly opened: (link: SimLink) => LinkEvents | undefined;
  readonly failed: (reason: string) => void;
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

const SYN_AGAIN_MS = 1000;

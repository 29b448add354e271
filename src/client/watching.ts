import type { Chroot } from "./chroot.ts";
import { type ErrorCode, ZooKeeperError } from "./core/errors.ts";
import type { NodeEvent, WatchListener } from "./core/watches.ts";
import type { EventStream } from "./eventStream.ts";
import type { WatchEvent, WatchRemoved } from "./types.ts";

/** A one-shot watch: its first event is a promise's value. */
export class OneShotWatch implements WatchListener {
  readonly changed: Promise<NodeEvent | WatchRemoved>;
  private readonly chroot: Chroot;
  /** As the caller named it. */
  private readonly path: string;
  private resolve: (event: NodeEvent | WatchRemoved) => void = () => {};
  private reject: (error: ZooKeeperError) => void = () => {};

  constructor(chroot: Chroot, path: string) {
    this.chroot = chroot;
    this.path = path;
    this.changed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody has to wait for it: a session's end is told elsewhere too.
    this.changed.catch(() => {});
  }

  fired(event: NodeEvent): void {
    this.resolve(localEvent(this.chroot, event));
  }

  removed(): void {
    this.resolve({ type: "watchRemoved", path: this.path });
  }

  resumed(): void {}

  ended(code: ErrorCode, reason: string): void {
    this.reject(new ZooKeeperError(code, { path: this.path }, reason));
  }
}

/**
 * A standing watch: `for await (const event of watch)`. It ends when the loop is left, when the client is closed and when
 * removeWatches takes it away; it rejects when the session ends otherwise.
 */
export interface WatchStream extends AsyncIterableIterator<WatchEvent> {
  /** The server has the watch: what happens from now on is told. A failure is the iteration's as well and need not be handled. */
  readonly ready: Promise<void>;
}

/** Between the session and a stream. */
export class StandingWatch implements WatchListener {
  private readonly chroot: Chroot;
  private readonly path: string;
  private readonly events: EventStream<WatchEvent>;

  constructor(chroot: Chroot, path: string, events: EventStream<WatchEvent>) {
    this.chroot = chroot;
    this.path = path;
    this.events = events;
  }

  fired(event: NodeEvent): void {
    this.events.push(localEvent(this.chroot, event));
  }

  removed(): void {
    this.events.finish();
  }

  resumed(): void {
    this.events.push({ type: "reconnected", path: this.path });
  }

  ended(code: ErrorCode, reason: string): void {
    if (code === "Closed") this.events.finish();
    else this.events.fail(new ZooKeeperError(code, { path: this.path }, reason));
  }
}

/** The configuration's node keeps its name for clients with a chroot, as in Java. */
function localEvent(chroot: Chroot, { type, path, zxid }: NodeEvent): NodeEvent {
  return { type, path: chroot.fromServer(path) ?? path, zxid };
}

import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { unreachable } from "../base/assert.ts";
import type { DiskCommand, DiskEvent } from "../store/commands.ts";
import { type DiskMessage, type DiskSettings, PackedTxns } from "./messages.ts";

/**
 * The log, the snapshots and the epoch files, in a thread of their own. Commands are carried out in the order given;
 * transactions given while the thread is busy gather and become one group with one sync. Whatever ends the
 * thread too early is told as a `failed` event.
 */
export class Disk {
  private readonly worker: Worker;
  private readonly waiting: DiskMessage[] = [];
  private readonly packed = new PackedTxns();
  private listener: (event: DiskEvent) => void = () => {};
  private sent = 0;
  private scheduled = false;
  private ended = false;
  private closed: (() => void) | undefined;
  private readonly send = (): void => {
    this.scheduled = false;
    this.sendWaiting();
  };

  /** `spawn` starts the thread: tests run it from its source. */
  constructor(settings: DiskSettings, spawn: (settings: DiskSettings) => Worker = spawnWorker) {
    this.worker = spawn(settings);
    this.worker.on("message", (events: readonly DiskEvent[]) => this.answered(events));
    this.worker.on("error", (error) => this.end(error.message));
    this.worker.on("exit", (code) => this.end(`the disk's thread ended with code ${code}`));
  }

  /** Messages not carried out yet: who produces a snapshot can wait while there are many. */
  get backlog(): number {
    return this.sent + this.waiting.length;
  }

  /** One listener; it is called outside of `submit`. */
  onEvent(listener: (event: DiskEvent) => void): void {
    this.listener = listener;
  }

  /** Takes a copy of the bytes. They leave at the end of the turn, together with what else is submitted in it. */
  submit(command: DiskCommand): void {
    if (command.kind === "append") for (const entry of command.entries) this.packed.add(entry);
    else this.queue(messageOf(command));
    if (this.scheduled || this.sent >= MOST_SENT) return;
    this.scheduled = true;
    setImmediate(this.send);
  }

  /** Resolves once everything submitted has been carried out and the thread has ended. */
  close(): Promise<void> {
    this.queue({ kind: "close" });
    this.sendWaiting();
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.closed = resolve;
    });
  }

  /** Something else than a transaction: what gathered before it goes first. */
  private queue(message: DiskMessage): void {
    this.closeGroup();
    this.waiting.push(message);
  }

  private closeGroup(): void {
    if (this.packed.length > 0) this.waiting.push({ kind: "appendPacked", packed: this.packed.take() });
  }

  private sendWaiting(): void {
    if (this.ended) return;
    while (this.sent < MOST_SENT) {
      if (this.waiting.length === 0) this.closeGroup();
      const message = this.waiting.shift();
      if (message === undefined) return;
      this.sent++;
      this.worker.postMessage(message, transferOf(message));
    }
  }

  private answered(events: readonly DiskEvent[]): void {
    this.sent--;
    this.sendWaiting();
    for (const event of events) this.listener(event);
  }

  private end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    if (this.closed !== undefined) this.closed();
    else this.listener({ kind: "failed", reason });
  }
}

function messageOf(command: Exclude<DiskCommand, { readonly kind: "append" }>): DiskMessage {
  if (command.kind !== "snapshotChunk") return { kind: "command", command };
  return { kind: "chunk", bytes: command.bytes.slice().buffer };
}

function transferOf(message: DiskMessage): readonly ArrayBuffer[] {
  switch (message.kind) {
    case "appendPacked":
      return [message.packed];
    case "chunk":
      return [message.bytes];
    case "command":
    case "close":
      return [];
    default:
      return unreachable(message);
  }
}

function spawnWorker(settings: DiskSettings): Worker {
  return new Worker(join(__dirname, "diskWorker.js"), { workerData: settings, name: "disk" });
}

/** One that is being written and one behind it, so that the disk does not wait for this thread's turn. */
const MOST_SENT = 2;

import { setImmediate } from "node:timers";
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from "node:worker_threads";
import { unreachable } from "../base/assert.ts";
import type { DiskCommand, DiskEvent } from "../store/commands.ts";
import { RecordGroup } from "../store/recordGroup.ts";
import type { DiskAssignment, DiskMessage, DiskSettings } from "./messages.ts";

/**
 * The log, the snapshots and the epoch files, in a thread of their own. Commands are carried out in the order given, except
 * that transactions overtake the bytes of a snapshot. Transactions given while the thread is busy gather and become
 * one group with one sync. Whatever ends the thread too early is told as a `failed` event.
 */
export class Disk {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly waiting: DiskMessage[] = [];
  private readonly group = new RecordGroup();
  private listener: (event: DiskEvent) => void = () => {};
  /** Messages in `waiting` that no transaction may overtake: all but the bytes of a snapshot. */
  private barriers = 0;
  private busy = false;
  private overtook = false;
  private scheduled = false;
  /** What had gathered when the loop was last looked at. */
  private seenBytes = 0;
  private ended = false;
  private closed: (() => void) | undefined;
  private readonly sendWhenQuiet = (): void => {
    const { length } = this.group;
    if (length !== this.seenBytes && length < ENOUGH_BYTES) {
      this.seenBytes = length;
      setImmediate(this.sendWhenQuiet);
      return;
    }
    this.scheduled = false;
    this.sendWaiting();
  };

  /** `thread` was told nothing yet; it is this disk's from now on. */
  constructor(settings: DiskSettings, thread: Worker) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.worker = thread;
    const assignment: DiskAssignment = { settings, port: port2 };
    this.worker.postMessage(assignment, [port2]);
    this.port.on("message", (events: readonly DiskEvent[]) => this.answered(events));
    this.worker.on("error", (error) => this.end(error.message));
    this.worker.on("exit", (code) => this.end(`the disk's thread ended with code ${code}`));
  }

  /** Messages that wait for the thread: who produces a snapshot can hold back while there are many. */
  get backlog(): number {
    return this.waiting.length;
  }

  /** One listener; it is called outside of `submit`. */
  onEvent(listener: (event: DiskEvent) => void): void {
    this.listener = listener;
  }

  /** Takes a copy of the bytes. They leave together with what else is submitted until the loop has a round without. */
  submit(command: DiskCommand): void {
    if (command.kind === "append") for (const entry of command.entries) this.group.add(entry);
    else if (command.kind === "snapshotChunk")
      this.waiting.push({ kind: "chunk", bytes: command.bytes.slice().buffer });
    else this.queueBarrier({ kind: "command", command });
    this.schedule();
  }

  /**
   * A turn is over and more are likely to follow before the loop gets to the thread's answers, as when many sockets had
   * something to read: takes an answer that is there and sends what gathered, so that the disk does not wait for the others.
   */
  kick(): void {
    if (this.group.length < ENOUGH_BYTES) return;
    if (this.busy) {
      const answer = receiveMessageOnPort(this.port);
      if (answer === undefined) return;
      this.answered(answer.message);
    }
    this.sendWaiting();
  }

  /** Resolves once everything submitted has been carried out and the thread has ended. */
  close(): Promise<void> {
    this.queueBarrier({ kind: "close" });
    this.sendWaiting();
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.closed = resolve;
    });
  }

  private queueBarrier(message: DiskMessage): void {
    this.closeGroup();
    this.waiting.push(message);
    this.barriers++;
  }

  private closeGroup(): void {
    if (this.group.length === 0) return;
    this.waiting.push(this.takeGroup());
    this.barriers++;
  }

  private takeGroup(): DiskMessage {
    return { kind: "appendRecords", records: this.group.take() };
  }

  /** One message at a time: while it is carried out the next group grows, and larger groups won every measurement. */
  private sendWaiting(): void {
    if (this.ended || this.busy) return;
    const message = this.nextMessage();
    if (message === undefined) return;
    this.busy = true;
    this.port.postMessage(message, transferOf(message));
  }

  /** Transactions overtake the bytes of a snapshot, but not twice in a row: both get on. */
  private nextMessage(): DiskMessage | undefined {
    const overtakes = this.barriers === 0 && this.group.length > 0 && !this.overtook;
    this.overtook = overtakes && this.waiting.length > 0;
    if (!overtakes && this.waiting.length === 0) this.closeGroup();
    const message = overtakes ? this.takeGroup() : this.waiting.shift();
    if (message !== undefined && !overtakes && message.kind !== "chunk") this.barriers--;
    return message;
  }

  private answered(events: readonly DiskEvent[]): void {
    this.busy = false;
    if (this.group.length >= ENOUGH_BYTES) this.sendWaiting();
    for (const event of events) this.listener(event);
    if (this.group.length > 0 || this.waiting.length > 0) this.schedule();
  }

  /**
   * A message to the thread and a sync cost as much as a dozen small transactions: sends once a round of the loop brought
   * nothing more, or enough is there.
   */
  private schedule(): void {
    if (this.scheduled || this.busy) return;
    this.scheduled = true;
    this.seenBytes = 0;
    setImmediate(this.sendWhenQuiet);
  }

  private end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    if (this.closed !== undefined) this.closed();
    else this.listener({ kind: "failed", reason });
  }
}

function transferOf(message: DiskMessage): readonly ArrayBuffer[] {
  switch (message.kind) {
    case "appendRecords":
      return [message.records];
    case "chunk":
      return [message.bytes];
    case "command":
    case "close":
      return [];
    default:
      return unreachable(message);
  }
}

/**
 * Less than this is not worth a message and a sync of its own while more is about to come. It is a third of what ten clients with
 * sixteen small writes each have on their way: one group on the disk, one being answered, one coming in.
 */
const ENOUGH_BYTES = 11 * 1024;

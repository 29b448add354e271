import type { Worker } from "node:worker_threads";
import { Disk } from "../disk/disk.ts";
import type { DiskSettings } from "../disk/messages.ts";
import type { Spawn } from "../disk/thread.ts";
import type { Disks } from "../hostPorts.ts";
import type { DiskCommand, DiskEvent } from "../store/commands.ts";

/**
 * A real disk whose answers can be held back: while it stalls everything is written and synced, but the server is told of none
 * of it, as if the system were slow to answer fsync. Its end can be the process's, too.
 */
export class StallableDisk implements Disks {
  private readonly disk: Disk;
  private readonly thread: Worker;
  private listener: (event: DiskEvent) => void = () => {};
  private stalls = 0;
  private held: DiskEvent[] = [];

  constructor(settings: DiskSettings, spawn: Spawn) {
    this.thread = spawn();
    this.disk = new Disk(settings, this.thread);
    this.disk.onEvent((event) => this.arrived(event));
  }

  /** Until the function it gives is called; of several, until the last one is. */
  stall(): () => void {
    this.stalls++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.stalls--;
      if (this.stalls === 0) for (const event of this.held.splice(0)) this.listener(event);
    };
  }

  /** The thread ends in the middle of what it does; what is left in its queue is never written. */
  async kill(): Promise<void> {
    this.listener = () => {};
    await this.thread.terminate();
  }

  get backlog(): number {
    return this.disk.backlog;
  }

  onEvent(listener: (event: DiskEvent) => void): void {
    this.listener = listener;
  }

  submit(command: DiskCommand): void {
    this.disk.submit(command);
  }

  kick(): void {
    this.disk.kick();
  }

  close(): Promise<void> {
    return this.disk.close();
  }

  private arrived(event: DiskEvent): void {
    if (this.stalls === 0 || event.kind === "failed") this.listener(event);
    else this.held.push(event);
  }
}

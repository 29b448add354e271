import type { Instant } from "../base/instant.ts";
import type { Zxid } from "../base/zxid.ts";
import type { DiskEvent } from "../store/commands.ts";
import { oldestToKeep } from "../store/purge.ts";
import { StoreError } from "../store/storeError.ts";
import { event } from "./events.ts";
import { type Home, packetLimit } from "./home.ts";
import type { Job } from "./jobs.ts";

/**
 * Removes old files every `autopurge.purgeInterval`, as every kind of member and alone (operations table A). The first round is due
 * at once, but, other than Java's, after the database was loaded: what was loaded is good (on-disk-formats R10). First the
 * snapshots that count are verified, in slices; then files go one at a time, in the disk's order of things.
 */
export class Autopurge {
  /** When the next round is due, on the monotonic clock. */
  deadline: number;
  private readonly home: Home;
  /** Snapshots that this process has loaded, written, or read to their end. */
  private readonly verified = new Set<Zxid>();
  private isRunning = false;

  constructor(home: Home, loaded: Zxid | undefined, at: Instant) {
    this.home = home;
    this.deadline = home.config.purgeIntervalMs > 0 ? at.monoMs : Number.POSITIVE_INFINITY;
    if (loaded !== undefined) this.verified.add(loaded);
  }

  onDeadline(): void {
    const { home } = this;
    const nowMs = home.turn.at.monoMs;
    if (nowMs < this.deadline) return;
    // What is being read again from disk may need any of the files.
    const isBusy = this.isRunning || home.jobs.has("reload");
    this.deadline = nowMs + (isBusy ? BUSY_PAUSE_MS : home.config.purgeIntervalMs);
    if (isBusy) return;
    this.isRunning = true;
    this.tell("info", "Purge task started.");
    home.jobs.start(new VerifySnapshots(home, this.verified, (oldest) => this.proceed(oldest)));
  }

  onDisk(diskEvent: DiskEvent): void {
    if (diskEvent.kind === "snapshotSaved") this.verified.add(diskEvent.zxid);
    if (diskEvent.kind === "purgeFailed") this.end("warn", `Purge task ended early: ${diskEvent.reason}`);
    if (diskEvent.kind !== "purged") return;
    if (diskEvent.removed !== undefined) this.tell("info", `Removing file: ${diskEvent.removed}`);
    this.proceed(diskEvent.left > 0 ? diskEvent.oldest : undefined);
  }

  private proceed(oldest: Zxid | undefined): void {
    if (oldest === undefined) this.end("info", "Purge task completed.");
    else this.home.world.disk({ kind: "purge", oldest });
  }

  private end(level: "info" | "warn", message: string): void {
    this.isRunning = false;
    this.tell(level, message);
  }

  private tell(level: "info" | "warn", message: string): void {
    this.home.world.observe(event(level, "disk.purge", message));
  }
}

class VerifySnapshots implements Job {
  readonly name = "verifySnapshots";
  private readonly steps: Generator<void, Zxid | undefined>;
  private readonly done: (oldest: Zxid | undefined) => void;

  constructor(home: Home, verified: Set<Zxid>, done: (oldest: Zxid | undefined) => void) {
    const { directories } = home.world;
    this.steps = oldestToKeep(directories.snapshot, home.config.snapRetainCount, packetLimit(home), verified);
    this.done = done;
  }

  step(): "more" | "done" {
    try {
      const { value, done } = this.steps.next();
      if (done !== true) return "more";
      this.done(value);
    } catch (error) {
      // Two files for one zxid: the next start says so, and nothing goes before.
      if (!(error instanceof StoreError)) throw error;
      this.done(undefined);
    }
    return "done";
  }

  cancel(): void {
    this.steps.return(undefined);
  }
}

const BUSY_PAUSE_MS = 10_000;

import { InvariantError, unreachable } from "../base/assert.ts";
import type { Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { DiskCommand, DiskEvent, EpochFile, SnapshotOrigin } from "./commands.ts";
import type { Compression } from "./compression.ts";
import type { StoreDirectories } from "./directory.ts";
import { writeEpoch } from "./epochFiles.ts";
import { LogAppender, type LogAppenderOptions } from "./logAppender.ts";
import { purgeable } from "./purge.ts";
import { RecordGroup } from "./recordGroup.ts";
import { SnapshotSaver, type SnapshotSaverOptions } from "./snapshotSaver.ts";
import { StoreError } from "./storeError.ts";
import { truncateTo } from "./truncation.ts";

export interface StorageSettings extends LogAppenderOptions {
  /** A snapshot is due after half to all of so many transactions; below 2 it is 2 (on-disk-formats 3.8). */
  readonly snapCount: number;
  /** ... or after half to all of so many bytes of log, padding included; 0 or less: never. */
  readonly snapSizeLimitBytes: number;
  /** The log also rolls, without a snapshot, once a file is larger than this; 0 or less: never. */
  readonly txnLogSizeLimitBytes: number;
  /** How snapshots are packed. */
  readonly snapshotCompression: Compression;
}

export interface StorageOptions extends StorageSettings, SnapshotSaverOptions {
  /** Uniform in [0, 1): spreads the snapshots of an ensemble. */
  readonly random: () => number;
  /** A clock that never jumps, for `fsyncMs`. */
  readonly monoMs: () => number;
}

/**
 * Carries out disk commands over directories, one after the other. The events returned tell what is on stable storage by
 * then. After the first error on a log, on an epoch file or on a leader's snapshot nothing is written any more and nothing is
 * answered (D3).
 */
export class Storage {
  private readonly directories: StoreDirectories;
  private readonly options: StorageOptions;
  private readonly appender: LogAppender;
  private readonly saver: SnapshotSaver;
  private failed = false;
  private txnsSinceRoll = 0;
  private closedLogBytes = 0;
  private txnLimit = 0;
  private sizeLimit = 0;
  /** What was logged since the last snapshot was begun, and how large that one is so far, unpacked. */
  private loggedBytes = 0;
  private snapshotBytes = 0;

  constructor(directories: StoreDirectories, options: StorageOptions) {
    this.directories = directories;
    this.options = options;
    this.appender = new LogAppender(directories.log, options);
    this.saver = new SnapshotSaver(directories, options);
    this.drawLimits();
  }

  execute(command: DiskCommand): readonly DiskEvent[] {
    if (this.failed) return [];
    switch (command.kind) {
      case "append":
        return this.append(recordsOf(command.entries));
      case "saveEpoch":
        return this.fatal(command.which, () => this.saveEpoch(command.which, command.epoch));
      case "truncate":
        return this.truncate(command.zxid);
      case "beginSnapshot":
        this.loggedBytes = 0;
        this.snapshotBytes = 0;
        return this.trySnapshot(command, () => this.saver.begin(command));
      case "snapshotChunk":
        return this.chunk(command.bytes);
      case "endSnapshot":
        return this.endSnapshot(command.zxid);
      case "abortSnapshot":
        this.abortSnapshot();
        return [];
      case "purge":
        return [this.purge(command.oldest)];
      case "drain":
        return [{ kind: "drained" }];
      default:
        return unreachable(command);
    }
  }

  /** Lets go of every open file. */
  close(): void {
    if (this.failed) this.appender.roll();
    else this.fatal("the transaction log", () => this.closeLog());
    this.abortSnapshot();
  }

  private closeLog(): readonly DiskEvent[] {
    this.appender.close();
    return [];
  }

  /** As the command of this name, of what a `RecordGroup` gave; the checksums are filled in. */
  append(records: Uint8Array): readonly DiskEvent[] {
    if (this.failed || records.length === 0) return [];
    return this.fatal("the transaction log", () => this.log(records));
  }

  private log(records: Uint8Array): readonly DiskEvent[] {
    const start = this.options.monoMs();
    const { count, last } = this.appender.append(records);
    this.loggedBytes += records.length;
    this.txnsSinceRoll += count;
    const flushed: DiskEvent = { kind: "flushed", zxid: last, count, fsyncMs: this.options.monoMs() - start };
    return this.rollWhenDue() ? [flushed, { kind: "snapshotDue" }] : [flushed];
  }

  /** Rolls as Java does; true when a snapshot is wanted and worth its while. One that is still being written is not followed by another. */
  private rollWhenDue(): boolean {
    const { size } = this.appender;
    const full = this.sizeLimit > 0 && this.closedLogBytes + size > this.sizeLimit;
    if (full || this.txnsSinceRoll > this.txnLimit) {
      this.appender.roll();
      this.txnsSinceRoll = 0;
      this.closedLogBytes = 0;
      this.drawLimits();
      return this.saver.current === undefined && this.isWorthIt();
    }
    const { txnLogSizeLimitBytes } = this.options;
    if (txnLogSizeLimitBytes > 0 && size > txnLogSizeLimitBytes) {
      this.appender.roll();
      this.closedLogBytes += size;
    }
    return false;
  }

  /** A large tree and many writes would have one snapshot behind the other: the log behind it grows to the size of the last one first. */
  private isWorthIt(): boolean {
    return this.snapshotBytes <= SMALL_SNAPSHOT_BYTES || this.loggedBytes >= this.snapshotBytes;
  }

  /** A file that cannot be removed is in nobody's way. */
  private purge(oldest: Zxid): DiskEvent {
    try {
      const [next, ...rest] = purgeable(this.directories, oldest);
      if (next === undefined) return { kind: "purged", oldest, removed: undefined, left: 0 };
      const { directory, name } = next;
      directory.remove(name);
      if (rest[0]?.directory !== directory) directory.syncDirectory();
      return { kind: "purged", oldest, removed: `${directory.path}/${name}`, left: rest.length };
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      return { kind: "purgeFailed", reason: reasonOf(error) };
    }
  }

  private drawLimits(): void {
    const { random, snapCount, snapSizeLimitBytes } = this.options;
    this.txnLimit = between(Math.max(2, snapCount), random());
    this.sizeLimit = snapSizeLimitBytes > 0 ? between(snapSizeLimitBytes, random()) : 0;
  }

  private saveEpoch(which: EpochFile, epoch: number): readonly DiskEvent[] {
    writeEpoch(this.directories.snapshot, which, epoch);
    return [{ kind: "epochSaved", which, epoch }];
  }

  private truncate(zxid: Zxid): readonly DiskEvent[] {
    this.appender.roll();
    try {
      truncateTo(this.directories, zxid);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      if (error instanceof StoreError) return [{ kind: "truncateRefused", zxid, reason: error.message }];
      this.failed = true;
      return [{ kind: "truncateFailed", zxid, reason: reasonOf(error) }];
    }
    this.appender.last = zxid;
    return [{ kind: "truncated", zxid }];
  }

  private chunk(bytes: Uint8Array): readonly DiskEvent[] {
    // The rest of a snapshot that failed is still on its way when the failure is reported.
    const { current } = this.saver;
    if (current === undefined) return [];
    this.snapshotBytes += bytes.length;
    return this.trySnapshot(current, () => this.saver.chunk(bytes));
  }

  private endSnapshot(zxid: Zxid): readonly DiskEvent[] {
    const { current } = this.saver;
    if (current?.zxid !== zxid) return [];
    let bytes = 0;
    // The log's files make way for a leader's snapshot, and what is logged behind it may begin anywhere.
    if (current.origin === "leader") {
      this.appender.roll();
      this.appender.last = undefined;
    }
    const failure = this.trySnapshot(current, () => {
      bytes = this.saver.end();
    });
    return failure.length > 0 ? failure : [{ kind: "snapshotSaved", zxid, origin: current.origin, bytes }];
  }

  /**
   * An own snapshot that cannot be written is dropped: the log still holds everything (on-disk-formats 13, ZOOKEEPER-3082). A leader's
   * cannot be done without, and half of what it replaces may be gone already.
   */
  private trySnapshot({ zxid, origin }: NamedSnapshot, step: () => void): readonly DiskEvent[] {
    try {
      step();
      return [];
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.abortSnapshot();
      this.failed = origin === "leader";
      return [{ kind: "snapshotFailed", zxid, origin, reason: reasonOf(error) }];
    }
  }

  /** One that came to nothing puts off no other. */
  private abortSnapshot(): void {
    this.snapshotBytes = 0;
    try {
      this.saver.abort();
    } catch {
      // The file keeps its temporary name, which nobody reads; the next start removes it.
    }
  }

  private fatal(what: string, step: () => readonly DiskEvent[]): readonly DiskEvent[] {
    try {
      return step();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.failed = true;
      return [{ kind: "failed", reason: `${what}: ${reasonOf(error)}` }];
    }
  }
}

function recordsOf(entries: readonly TxnBytes[]): Uint8Array {
  const group = new RecordGroup();
  for (const entry of entries) group.add(entry);
  return new Uint8Array(group.take());
}

/** Written in some tenths of a second. */
const SMALL_SNAPSHOT_BYTES = 16 * 1024 * 1024;

interface NamedSnapshot {
  readonly zxid: Zxid;
  readonly origin: SnapshotOrigin;
}

/** Java's rule: half of the limit and a random part of the other half. */
function between(limit: number, random: number): number {
  const half = Math.floor(limit / 2);
  return half + Math.floor(random * half);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { nextZxid, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Directory } from "./directory.ts";
import { type LogEntry, LogFile, type LogFileOptions, zxidText } from "./logFile.ts";
import { continues } from "./logRecord.ts";
import { type StoredFile, storedFiles } from "./names.ts";
import { StoreError } from "./storeError.ts";

export interface LogBatch {
  readonly file: string;
  readonly entries: readonly LogEntry[];
}

export interface LogEnd {
  /** Zxid of the last record, or `after`. */
  readonly lastZxid: Zxid;
  readonly count: number;
  /** The newest log ends before its header does: an empty log that older Java refuses; to be removed. */
  readonly unborn: string | undefined;
  /** A log that holds nothing that is needed and cannot be read; Java refuses to start while it lies there. */
  readonly damaged: string | undefined;
  readonly warnings: readonly string[];
}

export interface LogReadOptions extends LogFileOptions {
  /** Accept whatever record comes first (no snapshot, and the operator trusts that). */
  readonly anyFirst: boolean;
}

/**
 * Every record above `after`, in slices. Reads the logs named above `after` and the one before them, which is verified
 * too (on-disk-formats 3.10). StoreError on damage and on a gap, also between `after` and the first record (R4).
 */
export function* readLogs(log: Directory, after: Zxid, options: LogReadOptions): Generator<LogBatch, LogEnd> {
  const files = selectLogs(storedFiles(log, "log"), nextZxid(after));
  const progress = new Progress(log, after, options);
  for (const [i, file] of files.entries()) {
    const following = files[i + 1];
    const unneeded = following !== undefined && following.zxid <= after + 1n;
    if (unneeded) yield* progress.verifyUnneeded(file);
    else yield* progress.readFile(file, following === undefined);
  }
  return progress;
}

/** Every log named `from` or higher and the newest one below. */
export function selectLogs(files: readonly StoredFile[], from: Zxid): readonly StoredFile[] {
  const first = files.findIndex((file) => file.zxid >= from);
  return first < 0 ? files.slice(-1) : files.slice(Math.max(0, first - 1));
}

/**
 * Logged transactions for a learner whose last one is `from`, in order, from the log that may hold `from` on, without skipping
 * inside it, up to and including `upTo`. Undefined when the disk cannot serve it: no log reaches back to `from`, or the logs
 * behind the first together exceed `snapshotSizeFactor` times the newest snapshot (peer-protocol 3.6 and 10.1). While it is
 * drained it may throw StoreError: then a SNAP it is. `upTo` must be flushed: what lies above may be half written.
 */
export function openHistory(
  directories: { readonly log: Directory; readonly snapshot: Directory },
  from: Zxid,
  upTo: Zxid,
  options: LogFileOptions & { readonly snapshotSizeFactor: number },
): Generator<readonly TxnBytes[], void> | undefined {
  const { log, snapshot } = directories;
  if (options.snapshotSizeFactor < 0) return undefined;
  const files = selectLogs(storedFiles(log, "log"), from);
  const [firstFile, ...others] = files;
  if (firstFile === undefined || tooLarge(log, others, snapshot, options.snapshotSizeFactor)) return undefined;
  const first = firstRecord(log, files, options);
  return first === undefined || first > from ? undefined : history(log, files, upTo, options);
}

/** The state of a walk over several logs: it is its own LogEnd. */
class Progress implements LogEnd {
  lastZxid: Zxid;
  count = 0;
  unborn: string | undefined;
  damaged: string | undefined;
  readonly warnings: string[] = [];
  private readonly log: Directory;
  private readonly after: Zxid;
  private readonly options: LogReadOptions;

  constructor(log: Directory, after: Zxid, options: LogReadOptions) {
    this.log = log;
    this.after = after;
    this.options = options;
    this.lastZxid = after;
  }

  *readFile(stored: StoredFile, newest: boolean): Generator<LogBatch, void> {
    const file = new LogFile(this.log, stored.name, this.options);
    if (newest && file.isUnborn()) {
      this.unborn = stored.name;
      this.warnings.push(`${this.log.path}/${stored.name}: empty, a crash cut its creation short; removed`);
      return;
    }
    file.checkHeader();
    for (let batch = this.readBatch(file); batch.length > 0; batch = this.readBatch(file))
      yield { file: stored.name, entries: batch.filter((entry) => entry.zxid > this.after) };
    if (file.torn !== undefined) this.warnings.push(tornWarning(this.log, file));
    file.release();
  }

  /** A log below the snapshot that nothing is needed of is read for its damage alone. */
  *verifyUnneeded(stored: StoredFile): Generator<LogBatch, void> {
    try {
      yield* this.readFile(stored, false);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.damaged = stored.name;
      this.warnings.push(`${error.message} (nothing of it is needed)`);
    }
  }

  private readBatch(file: LogFile): readonly LogEntry[] {
    const entries: LogEntry[] = [];
    let bytes = 0;
    while (bytes < BATCH_BYTES && entries.length < BATCH_RECORDS) {
      const entry = file.next();
      if (entry === undefined) break;
      bytes += entry.bytes.length;
      this.advance(file, entry);
      entries.push(entry);
    }
    return entries;
  }

  private advance(file: LogFile, entry: LogEntry): void {
    if (entry.zxid <= this.after) return;
    if (!continues(this.lastZxid, entry.zxid) && !(this.count === 0 && this.options.anyFirst))
      throw new StoreError(
        `${this.log.path}/${file.name}, offset ${entry.offset}: zxid ${zxidText(entry.zxid)} does not follow ` +
          `${zxidText(this.lastZxid)}: a log is missing between them; restore it from a backup`,
      );
    this.lastZxid = entry.zxid;
    this.count++;
  }
}

function* history(
  log: Directory,
  files: readonly StoredFile[],
  upTo: Zxid,
  options: LogFileOptions,
): Generator<readonly TxnBytes[], void> {
  for (const stored of files) {
    const file = new LogFile(log, stored.name, options);
    if (stored.zxid > upTo || file.isUnborn()) break;
    file.checkHeader();
    let last: Zxid | undefined;
    do {
      const entries = historyBatch(file, upTo);
      last = entries.at(-1)?.zxid;
      if (last !== undefined) yield entries;
    } while (last !== undefined && last < upTo);
    file.release();
  }
}

function historyBatch(file: LogFile, upTo: Zxid): readonly TxnBytes[] {
  const entries: TxnBytes[] = [];
  while (entries.length < BATCH_RECORDS) {
    const entry = file.next();
    if (entry === undefined || entry.zxid > upTo) break;
    entries.push(entry);
    if (entry.zxid === upTo) break;
  }
  return entries;
}

function firstRecord(log: Directory, files: readonly StoredFile[], options: LogFileOptions): Zxid | undefined {
  for (const stored of files) {
    const file = new LogFile(log, stored.name, options);
    if (file.isUnborn()) continue;
    file.checkHeader();
    const entry = file.next();
    file.release();
    if (entry !== undefined) return entry.zxid;
  }
  return undefined;
}

function tooLarge(log: Directory, files: readonly StoredFile[], snapshot: Directory, factor: number): boolean {
  const newest = storedFiles(snapshot, "snapshot").at(-1);
  const limit = newest === undefined ? 0 : Math.floor(snapshot.size(newest.name) * factor);
  if (limit <= 0) return false;
  return files.reduce((sum, file) => sum + log.size(file.name), 0) > limit;
}

function tornWarning(log: Directory, file: LogFile): string {
  return `${log.path}/${file.name}, offset ${file.offset}: a record was not written to its end (${file.torn}); it was never acknowledged`;
}

const BATCH_BYTES = 128 * 1024;
const BATCH_RECORDS = 1000;

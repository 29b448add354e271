import { nextZxid, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Directory, StoreDirectories } from "./directory.ts";
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
  /** Logs with a check outside a multi, that were needed: no Java server starts before they are gone (on-disk-formats 13, W4). */
  readonly foreign: readonly string[];
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
    if (unneeded) yield* progress.verifyUnneeded(file, following);
    else yield* progress.readFile(file, following);
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
 * inside it, up to and including `upTo`. StoreError, at any moment while it is drained, when the disk cannot tell this history
 * and a SNAP it is: no log reaches back to `from`; the logs behind the first together exceed `snapshotSizeFactor` times the newest snapshot
 * (peer-protocol 3.6 and 10.1); or the history is broken on the way (`Continuity`), purged meanwhile, or ends early. `upTo` must be flushed: what
 * lies above may be half written.
 */
export function* openHistory(
  directories: StoreDirectories,
  from: Zxid,
  upTo: Zxid,
  options: LogFileOptions & { readonly snapshotSizeFactor: number },
): Generator<readonly TxnBytes[], void> {
  try {
    yield* tellHistory(directories, from, upTo, options);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(`${directories.log.path}: the logs cannot tell the history: ${error}`);
  }
}

function* tellHistory(
  directories: StoreDirectories,
  from: Zxid,
  upTo: Zxid,
  options: LogFileOptions & { readonly snapshotSizeFactor: number },
): Generator<readonly TxnBytes[], void> {
  const { log } = directories;
  const snapshots = storedFiles(directories.snapshot, "snapshot");
  const files = selectLogs(storedFiles(log, "log"), from);
  checkSize(directories, files.slice(1), snapshots.at(-1), options.snapshotSizeFactor);
  const continuity = new Continuity(log, snapshots, from);
  for (const [i, stored] of files.entries()) {
    if (stored.zxid > upTo) break;
    yield* historyOf(new LogFile(log, stored.name, options, files[i + 1]?.zxid), upTo, continuity);
  }
  continuity.checkEnd(upTo);
}

/** The state of a walk over several logs: it is its own LogEnd. */
class Progress implements LogEnd {
  lastZxid: Zxid;
  count = 0;
  unborn: string | undefined;
  damaged: string | undefined;
  readonly warnings: string[] = [];
  readonly foreign: string[] = [];
  private readonly log: Directory;
  private readonly after: Zxid;
  private readonly options: LogReadOptions;

  constructor(log: Directory, after: Zxid, options: LogReadOptions) {
    this.log = log;
    this.after = after;
    this.options = options;
    this.lastZxid = after;
  }

  *readFile(stored: StoredFile, following: StoredFile | undefined): Generator<LogBatch, void> {
    const file = new LogFile(this.log, stored.name, this.options, following?.zxid);
    if (following === undefined && file.isUnborn()) {
      this.unborn = stored.name;
      this.warnings.push(`${this.log.path}/${stored.name}: empty, a crash cut its creation short; removed`);
      return;
    }
    try {
      file.checkHeader();
      for (let batch = this.readBatch(file); batch.length > 0; batch = this.readBatch(file))
        yield { file: stored.name, entries: batch.filter((entry) => entry.zxid > this.after) };
      if (file.torn !== undefined) this.warnings.push(tornWarning(this.log, file));
    } finally {
      file.release();
    }
  }

  /** A log below the snapshot that nothing is needed of is read for its damage alone. */
  *verifyUnneeded(stored: StoredFile, following: StoredFile): Generator<LogBatch, void> {
    try {
      yield* this.readFile(stored, following);
      if (this.foreign.at(-1) === stored.name) this.damaged = this.foreign.pop();
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

  private noteCheck(file: LogFile, entry: LogEntry): void {
    if (this.foreign.at(-1) !== file.name) this.foreign.push(file.name);
    this.warnings.push(
      `${this.log.path}/${file.name}, offset ${entry.offset}: transaction ${zxidText(entry.zxid)} is a check outside a multi; ` +
        "no Java server starts on this log, and this one sets it aside behind a new snapshot",
    );
  }

  private advance(file: LogFile, entry: LogEntry): void {
    if (entry.type === CHECK) this.noteCheck(file, entry);
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

/** The records of one log up to `upTo`. */
function* historyOf(file: LogFile, upTo: Zxid, continuity: Continuity): Generator<readonly TxnBytes[], void> {
  if (file.isUnborn()) return;
  try {
    file.checkHeader();
    for (let batch = historyBatch(file, upTo, continuity.last); batch.length > 0; ) {
      for (const { zxid } of batch) continuity.pass(zxid);
      yield batch;
      if (continuity.last === upTo) return;
      batch = historyBatch(file, upTo, continuity.last);
    }
  } finally {
    file.release();
  }
}

/** What Java alone logged once more under a zxid (`continues`) is nobody's transaction and goes to no learner. */
function historyBatch(file: LogFile, upTo: Zxid, before: Zxid | undefined): readonly TxnBytes[] {
  const entries: TxnBytes[] = [];
  let last = before;
  while (entries.length < BATCH_RECORDS) {
    const entry = file.next();
    if (entry === undefined || entry.zxid > upTo) break;
    if (entry.zxid === last) continue;
    last = entry.zxid;
    entries.push(entry);
    if (last === upTo) break;
  }
  return entries;
}

/**
 * Whether the records that pass tell one history from the last one at or below `from` on: no zxid is missing between two, and no
 * snapshot lies between them. Such a snapshot, of a zxid that was never logged here, came from a leader in place of what
 * was logged below it, and that may be a tail the leader never had, joined to what follows by a change of epoch (ZOOKEEPER-2846).
 * (An own snapshot of zxid(epoch, 0) looks the same: it costs a SNAP.)
 */
class Continuity {
  last: Zxid | undefined;
  private readonly log: Directory;
  private readonly snapshots: readonly StoredFile[];
  private readonly from: Zxid;
  private next = 0;

  constructor(log: Directory, snapshots: readonly StoredFile[], from: Zxid) {
    this.log = log;
    this.snapshots = snapshots;
    this.from = from;
  }

  pass(zxid: Zxid): void {
    const { last, from } = this;
    const between = this.takeBetween(last, zxid);
    if (last === undefined && zxid > from) throw this.broken(`no log reaches back to ${zxidText(from)}`);
    this.last = zxid;
    if (last === undefined || zxid <= from) return;
    if (between !== undefined)
      throw this.broken(`a leader's snapshot of ${zxidText(between)} replaced what lies below`);
    if (!continues(last, zxid)) throw this.broken(`${zxidText(zxid)} does not follow ${zxidText(last)}`);
  }

  checkEnd(upTo: Zxid): void {
    if (this.last === undefined) throw this.broken(`no log reaches back to ${zxidText(this.from)}`);
    if (this.last !== upTo) throw this.broken(`it ends at ${zxidText(this.last)} and not at ${zxidText(upTo)}`);
  }

  /** The newest snapshot above `last` and below `zxid`; each is met once. */
  private takeBetween(last: Zxid | undefined, zxid: Zxid): Zxid | undefined {
    let found: Zxid | undefined;
    for (;;) {
      const snapshot = this.snapshots[this.next];
      if (snapshot === undefined || snapshot.zxid >= zxid) return found;
      if (last === undefined || snapshot.zxid > last) found = snapshot.zxid;
      this.next++;
    }
  }

  private broken(reason: string): StoreError {
    return new StoreError(`${this.log.path}: the logs cannot tell the history: ${reason}`);
  }
}

function checkSize(
  { log, snapshot }: StoreDirectories,
  logs: readonly StoredFile[],
  newest: StoredFile | undefined,
  factor: number,
): void {
  if (factor < 0) throw new StoreError("history is not read from logs: snapshotSizeFactor is negative");
  const limit = newest === undefined ? 0 : Math.floor(snapshot.size(newest.name) * factor);
  const bytes = logs.reduce((sum, file) => sum + log.size(file.name), 0);
  if (limit > 0 && bytes > limit)
    throw new StoreError(`${log.path}: ${bytes} bytes of logs are to be read, a snapshot is cheaper above ${limit}`);
}

function tornWarning(log: Directory, file: LogFile): string {
  return `${log.path}/${file.name}, offset ${file.offset}: a record was not written to its end (${file.torn}); it was never acknowledged`;
}

/** Type 13. */
const CHECK = 13;
const BATCH_BYTES = 128 * 1024;
const BATCH_RECORDS = 1000;

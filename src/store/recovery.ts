import { DecodeError } from "jute-ts";
import { counterOf, type Epoch, epochOf, toZxid, ZXID_ZERO, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Directory, StoreDirectories } from "./directory.ts";
import { recoverEpochs } from "./epochFiles.ts";
import { type LogEntry, zxidText } from "./logFile.ts";
import { type LogBatch, type LogEnd, type LogReadOptions, readLogs } from "./logReader.ts";
import { isTemporary, retiredName, type StoredFile, storedFiles } from "./names.ts";
import type { SnapshotSections, SnapshotSink } from "./snapshotDecoder.ts";
import { readSnapshot, wasWhole } from "./snapshotFile.ts";
import { StoreError } from "./storeError.ts";

export interface DataDirectories extends StoreDirectories {
  /** dataDir and dataLogDir themselves, where the `initialize` marker may lie (on-disk-formats 1.5). */
  readonly parents: readonly Directory[];
}

export interface RecoveryOptions {
  /** A member of an ensemble: read, check and create the epoch files. */
  readonly ensemble: boolean;
  /** `zookeeper.snapshot.trust.empty`: logs without a snapshot are good from any transaction on. */
  readonly trustEmptySnapshot: boolean;
  /** `zookeeper.db.autocreate`: an empty directory is an empty database. */
  readonly dbAutocreate: boolean;
  /** `jute.maxbuffer` plus extrasize. */
  readonly maxRecordBytes: number;
  /** The operator asked to drop a last record whose checksum is wrong (on-disk-formats 13, row 2). */
  readonly dropDamagedTail: boolean;
}

/** What is being rebuilt. A DecodeError thrown by `node` discards the snapshot, one thrown by `txn` refuses the start. */
export interface RecoverySink extends SnapshotSink {
  /** The names of the logs tell that about so many transactions follow the snapshot that is about to come; at most a million are told. */
  expectTxns?(count: number): void;
  /** A snapshot is complete and its seals are right. Not called when there is none. */
  loaded(zxid: Zxid, sections: SnapshotSections): void;
  /** The next transaction to apply, which is `batch[at]`: what follows it there will come next. Its bytes are a view that stays good. */
  txn(txn: TxnBytes, batch: readonly TxnBytes[], at: number): void;
}

export interface RecoverySinks<S> {
  /** What a snapshot is to be loaded into, or a new server's database. */
  fresh(toHold: "snapshot" | "nothing"): S;
}

export interface Recovered<S> {
  readonly state: S;
  /** Logs that keep Java from starting: to be retired with a snapshot that makes them needless, which should be written soon. */
  readonly foreignLogs: readonly string[];
  /** Last logged transaction; 0 for an empty database; -1 for a member whose empty directory is not to be trusted. */
  readonly lastZxid: Zxid;
  /** The snapshot that was loaded; undefined: none, and one should be written soon, for Java starts on no log without. */
  readonly snapshotZxid: Zxid | undefined;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;
  /** Transactions replayed. */
  readonly txnCount: number;
  readonly warnings: readonly string[];
}

/**
 * Rebuilds a server's state from its files, in slices: newest good snapshot, then the logs (on-disk-formats 4.9, 5, 13). Every attempt at a
 * snapshot gets a fresh sink (R9). StoreError refuses the start and has touched nothing. On success the leftovers of a
 * crash are removed, so that Java can start too.
 */
export function* recover<S extends RecoverySink>(
  directories: DataDirectories,
  options: RecoveryOptions,
  sinks: RecoverySinks<S>,
): Generator<void, Recovered<S>> {
  checkMixedContent(directories);
  const attempt = yield* loadNewest(directories, options, sinks);
  const snapshotZxid = attempt.loaded;
  const empty = snapshotZxid === undefined && storedFiles(directories.log, "log").length === 0;
  const witnesses = new Set(attempt.refused.filter((refused) => refused.whole).map((refused) => refused.zxid));
  // The same snapshot in another packing was good.
  if (snapshotZxid !== undefined) witnesses.delete(snapshotZxid);
  const end = yield* replay(directories.log, snapshotZxid, attempt.state, witnesses, options);
  checkNothingLost(directories.snapshot, attempt.refused, witnesses, end.lastZxid);
  const misplaced = empty ? directories.parents.flatMap(misplacedIn) : [];
  const warnings = [...misplaced, ...attempt.refused.map((refused) => refused.warning), ...end.warnings];
  const trusted = !empty || options.dbAutocreate || directories.parents.some(isMarked);
  const lastZxid = trusted ? end.lastZxid : untrusted(directories, options);
  const epochs = options.ensemble
    ? recoverEpochs(directories.snapshot, lastZxid, warnings)
    : { acceptedEpoch: epochOf(lastZxid), currentEpoch: epochOf(lastZxid) };
  tidy(directories, end, attempt.file);
  const found = { lastZxid, snapshotZxid, foreignLogs: end.foreign, txnCount: end.count, warnings };
  return { state: attempt.state, ...found, ...epochs };
}

interface Attempt<S> {
  readonly state: S;
  readonly loaded: Zxid | undefined;
  readonly file: string | undefined;
  readonly refused: readonly RefusedSnapshot[];
}

interface RefusedSnapshot {
  readonly zxid: Zxid;
  readonly whole: boolean;
  readonly warning: string;
}

function* loadNewest<S extends RecoverySink>(
  { log, snapshot: directory }: DataDirectories,
  options: RecoveryOptions,
  sinks: RecoverySinks<S>,
): Generator<void, Attempt<S>> {
  const refused: RefusedSnapshot[] = [];
  const newestFirst = [...storedFiles(directory, "snapshot")].reverse();
  for (const file of newestFirst) {
    const state = sinks.fresh("snapshot");
    state.expectTxns?.(txnsAbove(log, file.zxid));
    const failure = yield* load(directory, file, state, options.maxRecordBytes);
    if (failure === undefined) return { state, loaded: file.zxid, file: file.name, refused };
    const whole = wasWhole(directory, file.name, failure);
    refused.push({ zxid: file.zxid, whole, warning: `${directory.path}/${file.name}: ${failure.message}` });
  }
  const [newest] = refused;
  if (newest === undefined) return { state: sinks.fresh("nothing"), loaded: undefined, file: undefined, refused };
  throw new StoreError(
    `${newest.warning}; no older snapshot can be read either (${refused.length} tried); ` +
      "restore one from a backup, or in an ensemble move this server's data aside and let the leader send it anew",
  );
}

/** How far the newest log's name lies above the snapshot, if both are of one epoch. */
function txnsAbove(log: Directory, snapshot: Zxid): number {
  const newest = storedFiles(log, "log").at(-1);
  if (newest === undefined || epochOf(newest.zxid) !== epochOf(snapshot)) return 0;
  return Math.min(Math.max(0, counterOf(newest.zxid) - counterOf(snapshot)), MOST_TXNS_TOLD);
}

/** Why the snapshot cannot be used; undefined when it was loaded. */
function* load(
  directory: Directory,
  file: StoredFile,
  sink: RecoverySink,
  maxLength: number,
): Generator<void, DecodeError | undefined> {
  try {
    const sections = yield* readSnapshot(directory, file.name, sink, maxLength);
    sink.loaded(file.zxid, sections);
    return undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error;
  }
}

function* replay(
  log: Directory,
  snapshotZxid: Zxid | undefined,
  sink: RecoverySink,
  witnesses: Set<Zxid>,
  options: RecoveryOptions,
): Generator<void, LogEnd> {
  const readOptions: LogReadOptions = {
    ...options,
    anyFirst: snapshotZxid === undefined && options.trustEmptySnapshot,
  };
  if (snapshotZxid === undefined) checkFirstLog(log, options);
  const batches = readLogs(log, snapshotZxid ?? ZXID_ZERO, readOptions);
  for (let step = batches.next(); ; step = batches.next()) {
    if (step.done === true) return step.value;
    apply(log, step.value, sink);
    if (witnesses.size > 0) for (const { zxid } of step.value.entries) witnesses.delete(zxid);
    yield;
  }
}

function apply(log: Directory, batch: LogBatch, sink: RecoverySink): void {
  const { entries } = batch;
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as LogEntry;
    try {
      sink.txn(entry, entries, at);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new StoreError(
        `${log.path}/${batch.file}, offset ${entry.offset}: transaction ${zxidText(entry.zxid)}: ${error.message}`,
      );
    }
  }
}

/** Logs without a snapshot are believed when they begin with the first transaction there can be (on-disk-formats 5.7, 13). */
function checkFirstLog(log: Directory, options: RecoveryOptions): void {
  const [first] = storedFiles(log, "log");
  if (first === undefined || options.trustEmptySnapshot) return;
  if (epochOf(first.zxid) <= 1 && counterOf(first.zxid) === 1) return;
  throw new StoreError(
    `${log.path}/${first.name}: there are logs but no snapshot, and the first log does not begin with the first transaction; ` +
      "restore a snapshot, or start once with -Dzookeeper.snapshot.trust.empty=true if none ever existed",
  );
}

/**
 * A snapshot that was written to its end proves that its transactions happened: the logs must hold the last of them. Logs that
 * only pass its zxid are another history: it came from a leader, in place of what lies below (ZOOKEEPER-2846).
 */
function checkNothingLost(
  directory: Directory,
  refused: readonly RefusedSnapshot[],
  witnesses: ReadonlySet<Zxid>,
  lastZxid: Zxid,
): void {
  const lost = refused.find((snapshot) => snapshot.whole && witnesses.has(snapshot.zxid));
  if (lost === undefined) return;
  const found = lost.zxid > lastZxid ? `reaches ${zxidText(lastZxid)} only` : "does not hold its last transaction";
  throw new StoreError(
    `${lost.warning}; an older snapshot of ${directory.path} is good, but with the logs it ${found}; ` +
      "restore the snapshot from a backup, or in an ensemble move this server's data aside",
  );
}

/** The split of dataDir and dataLogDir was changed behind the server's back (on-disk-formats 1). */
function checkMixedContent(directories: DataDirectories): void {
  const { log, snapshot } = directories;
  if (log.path === snapshot.path) return;
  refuseForeign(log, "snapshot.", "snapshots belong into dataDir");
  refuseForeign(snapshot, "log.", "logs belong into dataLogDir");
}

function refuseForeign(directory: Directory, prefix: string, where: string): void {
  const foreign = directory.list().find((name) => name.startsWith(prefix));
  if (foreign === undefined) return;
  throw new StoreError(`${directory.path}/${foreign}: ${where}; move it, or correct dataDir and dataLogDir`, 3);
}

/** `initialize` beside version-2: an empty database here is intended (on-disk-formats 1.5). */
function isMarked(parent: Directory): boolean {
  return parent.list().includes(MARKER);
}

/** A server of another version's folder, or one level too high, finds nothing and is empty: better said than found out. */
function misplacedIn(parent: Directory): readonly string[] {
  const names = parent.list().filter((name) => /^(version-(?!2$)|log\.|snapshot\.)/.test(name));
  return names.map((name) => `${parent.path}/${name}: looks like data and is not looked at; this server starts empty`);
}

/** An empty directory that nobody declared to be right: a member starts below everybody, alone there is nothing to serve. */
function untrusted(directories: DataDirectories, options: RecoveryOptions): Zxid {
  if (options.ensemble) return UNTRUSTED;
  throw new StoreError(
    `${directories.snapshot.path}: no data, and zookeeper.db.autocreate=false; create the file initialize beside it if that is right`,
  );
}

/** Removes what a crash left, what would keep Java from starting, and the marker. */
function tidy(directories: DataDirectories, end: LogEnd, snapshotFile: string | undefined): void {
  const { log, snapshot } = directories;
  if (end.unborn !== undefined) log.remove(end.unborn);
  if (end.damaged !== undefined && snapshotFile !== undefined) {
    snapshot.sync(snapshotFile);
    snapshot.release(snapshotFile);
    snapshot.syncDirectory();
    log.release(end.damaged);
    log.rename(end.damaged, retiredName(end.damaged));
  }
  for (const directory of [log, snapshot]) {
    const leftovers = directory.list().filter(isTemporary);
    for (const name of leftovers) directory.remove(name);
  }
  syncNewestLog(log);
  log.syncDirectory();
  snapshot.syncDirectory();
  for (const parent of directories.parents.filter(isMarked)) {
    parent.remove(MARKER);
    parent.syncDirectory();
  }
}

/**
 * A process that was killed may have left records that are in the system's cache alone. They were read, so this server
 * votes and answers with them from now on: the next power failure must not take them.
 */
function syncNewestLog(log: Directory): void {
  const newest = storedFiles(log, "log").at(-1);
  if (newest === undefined) return;
  log.sync(newest.name);
  log.release(newest.name);
}

/** A hint to make room by, and names may say anything. */
const MOST_TXNS_TOLD = 1_000_000;
const MARKER = "initialize";
const UNTRUSTED: Zxid = toZxid(-1n);

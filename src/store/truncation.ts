import { counterOf, epochOf, ZXID_ZERO, type Zxid } from "../base/zxid.ts";
import type { Directory, StoreDirectories } from "./directory.ts";
import { LogFile, type LogFileOptions, zxidText } from "./logFile.ts";
import { readLogs } from "./logReader.ts";
import { retiredName, type StoredFile, storedFiles } from "./names.ts";
import { looksWhole } from "./snapshotFile.ts";
import { StoreError } from "./storeError.ts";

/**
 * Drops every record and every snapshot above `zxid` (on-disk-formats 3.13, R5, ZOOKEEPER-4837): logs from the end, then snapshots, each
 * step on disk before the next. A snapshot above `zxid` is the last to go: until then what it stands for is found, and no
 * start meets a hole in the logs below it. StoreError, with nothing touched, when what would be left does not end at `zxid`.
 */
export function truncateTo(directories: StoreDirectories, zxid: Zxid): void {
  checkLeft(directories, zxid);
  cutLogs(directories.log, zxid);
  retireSnapshotsAbove(directories.snapshot, zxid);
}

/**
 * Retires whole logs from the newest down, then cuts the tail of the one that reaches over `zxid`; a crash in between
 * leaves a longer log without a hole. StoreError, with nothing touched, when that one cannot be read.
 */
export function cutLogs(log: Directory, zxid: Zxid): void {
  const logs = storedFiles(log, "log");
  const holder = logs.findLast((file) => file.zxid <= zxid);
  const cut = holder === undefined ? undefined : cutOf(log, holder, zxid);
  for (const { name } of logs.filter((file) => file.zxid > zxid).reverse()) {
    log.rename(name, retiredName(name));
    log.syncDirectory();
  }
  if (holder === undefined || cut === undefined) return;
  log.resize(holder.name, cut);
  log.sync(holder.name);
  log.release(holder.name);
}

/** Where the first record above `zxid` begins. */
function cutOf(log: Directory, holder: StoredFile, zxid: Zxid): number | undefined {
  const file = new LogFile(log, holder.name, ANY_RECORD);
  if (file.isUnborn()) return undefined;
  file.checkHeader();
  let entry = file.next();
  while (entry !== undefined && entry.zxid <= zxid) entry = file.next();
  file.release();
  return entry?.offset;
}

/** What stays must be a history that a start accepts, and end at `zxid`, or where the epoch of zxid(epoch, 0) begins. */
function checkLeft(directories: StoreDirectories, zxid: Zxid): void {
  let last = baseOf(directories, zxid);
  if (last === zxid) return;
  for (const { entries } of readLogs(directories.log, last, { ...ANY_RECORD, anyFirst: false })) {
    for (const entry of entries) {
      if (entry.zxid > zxid) return checkEnd(directories.log, last, zxid, entry.zxid);
      last = entry.zxid;
    }
    // What lies above may have a hole.
    if (last === zxid) return;
  }
  checkEnd(directories.log, last, zxid, undefined);
}

function checkEnd(log: Directory, last: Zxid, zxid: Zxid, next: Zxid | undefined): void {
  if (last === zxid) return;
  if (next !== undefined && counterOf(zxid) === 0 && next === zxid + 1n) return;
  throw new StoreError(`${log.path}: cannot truncate to ${zxidText(zxid)}, no log holds it`);
}

/** The snapshot that a start would then load, or the beginning of all history. */
function baseOf({ log, snapshot }: StoreDirectories, zxid: Zxid): Zxid {
  const usable = storedFiles(snapshot, "snapshot").findLast(
    (file) => file.zxid <= zxid && looksWhole(snapshot, file.name),
  );
  if (usable !== undefined) return usable.zxid;
  const [first] = storedFiles(log, "log");
  if (first !== undefined && epochOf(first.zxid) <= 1 && counterOf(first.zxid) === 1) return ZXID_ZERO;
  throw new StoreError(`${snapshot.path}: cannot truncate to ${zxidText(zxid)}, no snapshot is as old as that`);
}

function retireSnapshotsAbove(directory: Directory, zxid: Zxid): void {
  const above = storedFiles(directory, "snapshot").filter((file) => file.zxid > zxid);
  for (const file of above) directory.rename(file.name, retiredName(file.name));
  if (above.length > 0) directory.syncDirectory();
}

/** What was written may be read, however long. */
const ANY_RECORD: LogFileOptions = { maxRecordBytes: 0x7fffffff, dropDamagedTail: false };

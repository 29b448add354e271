import { counterOf, epochOf, type Zxid } from "../base/zxid.ts";
import type { Directory } from "./directory.ts";
import { LogFile, zxidText } from "./logFile.ts";
import { retiredName, type StoredFile, storedFiles } from "./names.ts";
import { StoreError } from "./storeError.ts";

/**
 * Drops everything above `zxid`: snapshots first, then whole logs from the newest down, then the tail of the log that
 * holds it. Each step is on disk before the next, so that a crash in between leaves a longer history without a hole
 * (on-disk-formats 3.13, R5). StoreError, with nothing touched, when `zxid` is not in the log, or no history would be left.
 */
export function truncateTo(log: Directory, snapshot: Directory, zxid: Zxid): void {
  const logs = storedFiles(log, "log");
  const snapshots = storedFiles(snapshot, "snapshot");
  const kept = logs.filter((file) => file.zxid <= zxid);
  const holder = kept.at(-1);
  const cut = findCut(log, holder, zxid);
  if (cut.last !== zxid && counterOf(zxid) !== 0 && !snapshots.some((file) => file.zxid === zxid))
    throw new StoreError(`${log.path}: cannot truncate to ${zxidText(zxid)}, no log holds it`);
  checkBase(snapshot, snapshots, kept, zxid);
  retireSnapshots(snapshot, snapshots, zxid);
  for (const file of logs.slice(kept.length).reverse()) {
    log.release(file.name);
    log.remove(file.name);
    log.syncDirectory();
  }
  if (holder === undefined || cut.offset === undefined) return;
  log.resize(holder.name, cut.offset);
  log.sync(holder.name);
  log.release(holder.name);
}

interface Cut {
  /** The last record that stays. */
  readonly last: Zxid | undefined;
  /** Where the first record that goes begins. */
  readonly offset: number | undefined;
}

function findCut(log: Directory, holder: StoredFile | undefined, zxid: Zxid): Cut {
  if (holder === undefined) return { last: undefined, offset: undefined };
  const file = new LogFile(log, holder.name, { maxRecordBytes: 0x7fffffff, dropDamagedTail: false });
  if (file.isUnborn()) return { last: undefined, offset: undefined };
  file.checkHeader();
  let last: Zxid | undefined;
  for (let entry = file.next(); entry !== undefined; entry = file.next()) {
    if (entry.zxid > zxid) {
      file.release();
      return { last, offset: entry.offset };
    }
    last = entry.zxid;
  }
  file.release();
  return { last, offset: undefined };
}

/** What stays must be enough to start on: a snapshot, or logs from the very first transaction. */
function checkBase(
  directory: Directory,
  snapshots: readonly StoredFile[],
  logs: readonly StoredFile[],
  zxid: Zxid,
): void {
  if (snapshots.some((file) => file.zxid <= zxid) || zxid === 0n) return;
  const [first] = logs;
  if (first !== undefined && epochOf(first.zxid) <= 1 && counterOf(first.zxid) === 1) return;
  throw new StoreError(`${directory.path}: cannot truncate to ${zxidText(zxid)}, no snapshot is as old as that`);
}

function retireSnapshots(directory: Directory, snapshots: readonly StoredFile[], zxid: Zxid): void {
  const above = snapshots.filter((file) => file.zxid > zxid);
  for (const file of above) directory.rename(file.name, retiredName(file.name));
  if (above.length > 0) directory.syncDirectory();
}

import { DecodeError } from "jute-ts";
import type { Zxid } from "../base/zxid.ts";
import type { Directory, StoreDirectories } from "./directory.ts";
import { javaZxidOfName, type StoredKind, storedFiles } from "./names.ts";
import type { SnapshotSink } from "./snapshotDecoder.ts";
import { readSnapshot } from "./snapshotFile.ts";

/**
 * Old snapshots and logs go once enough newer snapshots are good (on-disk-formats 9). The files that Java's PurgeTxnLog keeps are
 * kept; but only snapshots whose seals were verified count (R10): Java also counts what was damaged or cut, and may so remove the
 * last good one.
 */

/**
 * The oldest of the `retain` newest good snapshots, in slices; of all if there are fewer; undefined when there is none, and
 * then nothing may go. `verified` are those known to be good, and takes those that were found to be.
 */
export function* oldestToKeep(
  directory: Directory,
  retain: number,
  maxLength: number,
  verified: Set<Zxid>,
): Generator<void, Zxid | undefined> {
  let oldest: Zxid | undefined;
  let count = 0;
  for (const { name, zxid } of [...storedFiles(directory, "snapshot")].reverse()) {
    if (count === retain) break;
    if (zxid === oldest) continue;
    if (!verified.has(zxid) && !(yield* isGood(directory, name, maxLength))) continue;
    verified.add(zxid);
    oldest = zxid;
    count++;
  }
  return oldest;
}

/** Whose turn it is to go. */
export interface Purgeable {
  readonly directory: Directory;
  readonly name: string;
}

/**
 * What is not needed once the snapshot of `oldest` is the oldest that may be asked for: files named below it, but for the log that
 * reaches over it. Empty when that snapshot is not there any more: what the answer rested on has changed.
 */
export function purgeable(directories: StoreDirectories, oldest: Zxid): readonly Purgeable[] {
  const { log, snapshot } = directories;
  if (!storedFiles(snapshot, "snapshot").some((file) => file.zxid === oldest)) return [];
  const logZxids = log.list().map((name) => javaZxidOfName("log", name) ?? -1n);
  const firstLog = logZxids.reduce((best, zxid) => (zxid <= oldest && zxid > best ? zxid : best), 0n);
  const lists = [
    ...below(log, "log", (zxid) => zxid < oldest && zxid < firstLog),
    ...below(snapshot, "snapshot", (zxid) => zxid < oldest),
  ];
  return lists;
}

/** Names that belong to the kind and hold no number are Java's -1, and go too. */
function below(directory: Directory, kind: StoredKind, goes: (zxid: bigint) => boolean): readonly Purgeable[] {
  const names = directory.list().filter((name) => name.startsWith(`${kind}.`));
  return names.filter((name) => goes(javaZxidOfName(kind, name) ?? -1n)).map((name) => ({ directory, name }));
}

function* isGood(directory: Directory, name: string, maxLength: number): Generator<void, boolean> {
  try {
    yield* readSnapshot(directory, name, NOWHERE, maxLength);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}

const NOWHERE: SnapshotSink = { session() {}, acl() {}, node() {} };

import { statSync } from "node:fs";
import { join } from "node:path";
import { type NodeDirectory, openDirectory } from "../disk/nodeDirectory.ts";
import { oldestToKeep, purgeable } from "../store/purge.ts";
import { StoreError } from "../store/storeError.ts";

/**
 * `PurgeTxnLog dataLogDir [snapDir] -n count`, behind bin/zkCleanup.sh (operations 6.2, on-disk-formats 9): removes snapshots and logs
 * that are older than the newest `count` good snapshots need. Other than Java's it makes no `version-2` where there is none.
 */
function main(words: readonly string[]): number {
  const [count, flag, ...places] = [...words].reverse();
  if (count === undefined || flag !== "-n" || places.length < 1 || places.length > 2) return usage();
  if (!/^[+-]?\d+$/.test(count)) return usage(`'${count}' can not be parsed to integer.`);
  const retain = Number(count);
  if (retain < LEAST_SNAPSHOTS) return usage("count should be greater than or equal to 3");
  const [snapDir, logDir] = places.length === 2 ? places : [places[0], places[0]];
  return purge(logDir ?? "", snapDir ?? "", retain);
}

function purge(logDir: string, snapDir: string, retain: number): number {
  try {
    const snapshot = openDirectory(join(snapDir, VERSION), false);
    const log = logDir === snapDir ? snapshot : openDirectory(join(logDir, VERSION), false);
    const steps = oldestToKeep(snapshot, retain, ANY_LENGTH, new Set());
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    if (step.value !== undefined) removeBelow({ log, snapshot }, step.value);
    return 0;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** One file after the other, each after a look at what is there: a server may be cutting its log at the same time. */
function removeBelow(
  directories: { readonly log: NodeDirectory; readonly snapshot: NodeDirectory },
  oldest: Parameters<typeof purgeable>[1],
): void {
  for (let next = purgeable(directories, oldest)[0]; next !== undefined; next = purgeable(directories, oldest)[0]) {
    const path = join(next.directory.path, next.name);
    process.stdout.write(`Removing file: ${DATE.format(statSync(path).mtime).replaceAll("\u202f", " ")}\t${path}\n`);
    next.directory.remove(next.name);
  }
  for (const directory of new Set([directories.log, directories.snapshot])) directory.syncDirectory();
}

function usage(problem?: string): number {
  if (problem !== undefined) process.stderr.write(`${problem}\n`);
  process.stdout.write(USAGE);
  return 1;
}

const VERSION = "version-2";
const LEAST_SNAPSHOTS = 3;
/** What a server could write may be verified, whatever jute.maxbuffer it had. */
const ANY_LENGTH = 0x7fffffff;
const DATE = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "medium" });
const USAGE = `Usage:
PurgeTxnLog dataLogDir [snapDir] -n count
\tdataLogDir -- path to the txn log directory
\tsnapDir -- path to the snapshot directory
\tcount -- the number of old snaps/logs you want to keep, value should be greater than or equal to 3
`;

process.exitCode = main(process.argv.slice(2));

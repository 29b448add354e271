import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";

/** Where the last record of a log begins and ends (on-disk-formats 3.2: checksum, length, payload, 0x42; zeros behind). */
export type LastRecord = {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly count: number;
};

/** The last record of the newest log that holds one. */
export function lastRecordOf(dataDir: string): LastRecord {
  const folder = join(dataDir, "version-2");
  const logs = readdirSync(folder)
    .filter((name) => name.startsWith("log."))
    .sort((a, b) => Number.parseInt(b.slice(4), 16) - Number.parseInt(a.slice(4), 16));
  for (const log of logs) {
    const found = lastIn(join(folder, log));
    if (found.count > 0) return found;
  }
  throw new Error(`no record in ${folder}`);
}

/** Ends the log in the middle of a record; what was preallocated behind it is gone too. */
export function cutAt(file: string, offset: number): void {
  truncateSync(file, offset);
}

function lastIn(file: string): LastRecord {
  const bytes = readFileSync(file);
  let last: LastRecord = { file, start: HEADER_BYTES, end: HEADER_BYTES, count: 0 };
  for (let at = HEADER_BYTES; at + 12 <= bytes.length; at = last.end) {
    const length = bytes.readInt32BE(at + 8);
    if (length <= 0) break;
    last = { file, start: at, end: at + 12 + length + 1, count: last.count + 1 };
  }
  return last;
}

const HEADER_BYTES = 16;

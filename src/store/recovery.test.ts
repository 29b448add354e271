import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asciiBytes, concatBytes } from "../base/bytes.ts";
import { toZxid } from "../base/zxid.ts";
import { type Compression, packerFor, storedBlocks } from "./compression.ts";
import { logHeader } from "./logRecord.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { type Recovered, type RecoveryOptions, recover } from "./recovery.ts";
import {
  checkLog,
  finish,
  put,
  RECOVERY_DEFAULTS,
  Recollection,
  sampleLog,
  sampleSnapshot,
  zxids,
} from "./sampleFiles.ts";
import { StoreError } from "./storeError.ts";

type Files = { readonly [name: string]: Uint8Array | string };

interface Disk {
  readonly log: MemoryDirectory;
  readonly snapshot: MemoryDirectory;
  readonly parents: readonly MemoryDirectory[];
}

function diskOf(files: Files, parent: Files = {}): Disk {
  const directory = new MemoryDirectory("/data/version-2");
  const dataDir = new MemoryDirectory("/data");
  fill(directory, files);
  fill(dataDir, parent);
  return { log: directory, snapshot: directory, parents: [dataDir] };
}

function fill(directory: MemoryDirectory, files: Files): void {
  for (const [name, content] of Object.entries(files))
    put(directory, name, typeof content === "string" ? asciiBytes(content) : content);
}

interface Result {
  readonly recovered: Recovered<Recollection>;
  readonly attempts: number;
}

function start(disk: Disk, options: Partial<RecoveryOptions> = {}, refuses?: bigint): Result {
  let attempts = 0;
  const fresh = (): Recollection => {
    attempts++;
    const state = new Recollection();
    if (refuses !== undefined) state.refuses = toZxid(refuses);
    return state;
  };
  const recovered = finish(recover(disk, { ...RECOVERY_DEFAULTS, ...options }, { fresh }));
  return { recovered, attempts };
}

/** What a start comes to: `snapshot 5, replayed 6..9`, or the refusal. */
function outcome(disk: Disk, options: Partial<RecoveryOptions> = {}): string {
  try {
    const { state, snapshotZxid, lastZxid } = start(disk, options).recovered;
    const [first] = state.txns;
    const replayed = first === undefined ? "nothing" : `${hex(first)}..${hex(state.txns.at(-1) ?? first)}`;
    return `${snapshotZxid === undefined ? "no snapshot" : `snapshot ${hex(snapshotZxid)}`}, replayed ${replayed}, at ${hex(lastZxid)}`;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return `exit ${error.exitCode}: ${error.message}`;
  }
}

const hex = (zxid: bigint): string => zxid.toString(16);
const log = (from: number, to: number): Uint8Array => sampleLog(zxids(from, to));
const cut = (bytes: Uint8Array, from: number): Uint8Array => bytes.slice(0, from);
const zeros = (bytes: Uint8Array, count = 100): Uint8Array => concatBytes([bytes, new Uint8Array(count)]);

function packed(compression: Compression, bytes: Uint8Array): Uint8Array {
  const packer = packerFor(compression, storedBlocks);
  return concatBytes([packer.push(bytes), packer.finish()]);
}

const gz = (bytes: Uint8Array): Uint8Array => packed("gz", bytes);

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = bytes.slice();
  const index = at < 0 ? bytes.length + at : at;
  flipped[index] = (flipped[index] ?? 0) ^ 0xff;
  return flipped;
}

const LOG_6_9 = log(6, 9);
const EPOCH_2 = sampleLog([0x200000001n, 0x200000002n]);

// Rows are those of on-disk-formats 13, in its order; the README says where the rows are that need more than a start.
const CASES: readonly (readonly [string, Files, string | RegExp, Partial<RecoveryOptions>?])[] = [
  ["row 19: empty directory", {}, "no snapshot, replayed nothing, at 0"],
  ["empty, not to be created, alone", {}, /^exit 1: .*db\.autocreate=false/, { dbAutocreate: false }],
  [
    "row 19: empty, not to be created, member",
    {},
    "no snapshot, replayed nothing, at -1",
    { dbAutocreate: false, ensemble: true },
  ],
  ["unknown files only", { "foo.1": "x", "log.zz": "x" }, "no snapshot, replayed nothing, at 0"],
  ["snapshot and log", { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9 }, "snapshot 5, replayed 6..9, at 9"],
  ["loose names", { "snapshot.05.x": sampleSnapshot(5n), "log.6.y": LOG_6_9 }, "snapshot 5, replayed 6..9, at 9"],
  [
    "log reaching below the snapshot",
    { "snapshot.7": sampleSnapshot(7n), "log.6": LOG_6_9 },
    "snapshot 7, replayed 8..9, at 9",
  ],
  [
    "row 20: snapshot newer than all logs",
    { "snapshot.9": sampleSnapshot(9n), "log.6": log(6, 8) },
    "snapshot 9, replayed nothing, at 9",
  ],
  [
    "a complete snapshot.tmp is not loaded",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.9.tmp": sampleSnapshot(9n), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "two snapshots of one zxid",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.05": sampleSnapshot(5n) },
    /^exit 1: .*both stand for zxid 0x5/,
  ],
  [
    "one snapshot in two packings: the plain one is read first",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.5.gz": "x", "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "... and the other one if it is damaged",
    { "snapshot.5": flip(sampleSnapshot(5n), 60), "snapshot.5.gz": gz(sampleSnapshot(5n)), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "two logs of one zxid",
    { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9, "log.6.bak": LOG_6_9 },
    /both stand for zxid 0x6/,
  ],

  [
    "next epoch",
    { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9, "log.200000001": EPOCH_2 },
    "snapshot 5, replayed 6..200000002, at 200000002",
  ],
  [
    "next epoch not from its start",
    { "snapshot.5": sampleSnapshot(5n), "log.200000002": sampleLog([0x200000002n]) },
    /0x200000002 does not follow 0x5/,
  ],
  [
    "repeated zxid",
    { "snapshot.5": sampleSnapshot(5n), "log.6": sampleLog([6n, 6n, 7n]) },
    "snapshot 5, replayed 6..7, at 7",
  ],
  [
    "lower zxid",
    { "snapshot.5": sampleSnapshot(5n), "log.6": sampleLog([6n, 7n, 6n]) },
    /offset 164: zxid 0x6 does not follow 0x7/,
  ],
  [
    "gap in a log",
    { "snapshot.5": sampleSnapshot(5n), "log.6": sampleLog([6n, 8n]) },
    /log\.6, offset 90: zxid 0x8 does not follow 0x6/,
  ],
  [
    "row 6: missing log between two",
    { "snapshot.5": sampleSnapshot(5n), "log.6": log(6, 7), "log.9": log(9, 9) },
    /log\.9, offset 16: zxid 0x9 does not follow 0x7/,
  ],
  [
    "row 7: missing log after the snapshot",
    { "snapshot.5": sampleSnapshot(5n), "log.7": log(7, 9) },
    /zxid 0x7 does not follow 0x5/,
  ],

  [
    "row 1: torn tail",
    { "snapshot.5": sampleSnapshot(5n), "log.6": cut(LOG_6_9, LOG_6_9.length - 1) },
    "snapshot 5, replayed 6..8, at 8",
  ],
  [
    "row 1: torn tail and padding",
    { "snapshot.5": sampleSnapshot(5n), "log.6": zeros(cut(LOG_6_9, LOG_6_9.length - 20)) },
    "snapshot 5, replayed 6..8, at 8",
  ],
  [
    "row 1: torn tail and a log that goes on",
    { "snapshot.5": sampleSnapshot(5n), "log.6": cut(LOG_6_9, LOG_6_9.length - 1), "log.9": log(9, 10) },
    "snapshot 5, replayed 6..a, at a",
  ],
  [
    "row 1: torn tail and a log that leaves a gap",
    { "snapshot.5": sampleSnapshot(5n), "log.6": cut(LOG_6_9, LOG_6_9.length - 1), "log.a": log(10, 11) },
    /0xa does not follow 0x8/,
  ],
  [
    "row 2: bad checksum at the end",
    { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, -2) },
    /the checksum of a last record/,
  ],
  [
    "row 2: ... dropped when asked for",
    { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, -2) },
    "snapshot 5, replayed 6..8, at 8",
    { dropDamagedTail: true },
  ],
  [
    "row 3: bit flip mid-log",
    { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, 60) },
    /^exit 1: \/data\/version-2\/log\.6, offset 16: the checksum of a record .* in an ensemble move/,
  ],
  [
    "row 4: end of record flipped mid-log",
    { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, 89) },
    /offset 16: .*0x42/,
  ],
  ["wrong magic", { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, 0) }, /log\.6, offset 0: no log/],
  ["16 zero bytes", { "snapshot.5": sampleSnapshot(5n), "log.6": new Uint8Array(16) }, /log\.6, offset 0: no log/],
  [
    "row 5: a length of garbage, beyond what is allowed",
    { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, 24) },
    /log\.6, offset 16: a record claims -?\d+ bytes, allowed are 32 to 2097150/,
  ],
  [
    "row 5: a length of garbage that points past the end",
    { "snapshot.5": sampleSnapshot(5n), "log.6": flip(LOG_6_9, 26) },
    /log\.6, offset 16: the record is whole but its length is wrong/,
  ],
  [
    "row 13: a damaged log just before the needed one",
    { "snapshot.5": sampleSnapshot(5n), "log.3": flip(log(3, 5), 60), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "row 25: more files than are needed",
    { "snapshot.2": sampleSnapshot(2n), "snapshot.5": sampleSnapshot(5n), "log.1": log(1, 5), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "row 30: a record longer than allowed",
    { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9 },
    /log\.6, offset 16: a record claims 61 bytes, allowed are 32 to 50 \(jute\.maxbuffer\); .*larger jute\.maxbuffer/,
    { maxRecordBytes: 50 },
  ],
  [
    "row 31: a check outside a multi",
    { "snapshot.5": sampleSnapshot(5n), "log.6": checkLog(6n) },
    "snapshot 5, replayed 6..6, at 6",
  ],
  [
    "row 11: header only",
    { "snapshot.5": sampleSnapshot(5n), "log.6": logHeader() },
    "snapshot 5, replayed nothing, at 5",
  ],
  [
    "row 11: header and zeros",
    { "snapshot.5": sampleSnapshot(5n), "log.6": zeros(logHeader()) },
    "snapshot 5, replayed nothing, at 5",
  ],

  [
    "row 8: newest log of 0 bytes",
    { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9, "log.a": "" },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "row 9: newest log of 7 header bytes",
    { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9, "log.a": cut(logHeader(), 7) },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "row 9: newest log of 7 other bytes",
    { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9, "log.a": "ZKLGabc" },
    /log\.a, offset 0: only 7 bytes/,
  ],
  [
    "row 10: older log of 0 bytes",
    { "snapshot.5": sampleSnapshot(5n), "log.6": "", "log.7": log(7, 9) },
    /log\.6, offset 0: only 0 bytes/,
  ],

  [
    "row 14: newest snapshot cut, older one good",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8": cut(sampleSnapshot(8n), 100), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "row 15: newest snapshot flipped, older one good",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8": flip(sampleSnapshot(8n), 60), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "... but a log is gone",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8": flip(sampleSnapshot(8n), 60), "log.9": log(9, 9) },
    /0x9 does not follow 0x5/,
  ],
  [
    "... but the logs do not reach it",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8": flip(sampleSnapshot(8n), 60), "log.6": log(6, 7) },
    /snapshot\.8: .*reaches 0x7 only/,
  ],
  [
    "... but the logs pass it and do not hold it: a leader sent it in place of what lies below (ZOOKEEPER-2846)",
    {
      "snapshot.5": sampleSnapshot(5n),
      "snapshot.200000000": flip(sampleSnapshot(0x200000000n), 60),
      "log.6": LOG_6_9,
      "log.200000001": EPOCH_2,
    },
    /snapshot\.200000000: .*an older snapshot .* does not hold its last transaction/,
  ],
  [
    "a snapshot that was never finished need not be reached",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8": cut(sampleSnapshot(8n), 100), "log.6": log(6, 7) },
    "snapshot 5, replayed 6..7, at 7",
  ],
  [
    "a snapshot in gz",
    { "snapshot.5.gz": gz(sampleSnapshot(5n)), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "a snapshot in snappy",
    { "snapshot.5.snappy": packed("snappy", sampleSnapshot(5n)), "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "no gzip in spite of its name, older one good",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8.gz": "not at all gz", "log.6": LOG_6_9 },
    "snapshot 5, replayed 6..9, at 9",
  ],
  [
    "no gzip in spite of its name, alone",
    { "snapshot.8.gz": "not at all gz", "log.6": LOG_6_9 },
    /snapshot\.8\.gz: no gzip: .*\(1 tried\)/,
  ],
  [
    "a packed snapshot that was cut need not be reached",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8.gz": cut(gz(sampleSnapshot(8n)), 100), "log.6": log(6, 7) },
    "snapshot 5, replayed 6..7, at 7",
  ],
  [
    "... and one that was damaged must be",
    { "snapshot.5": sampleSnapshot(5n), "snapshot.8.gz": flip(gz(sampleSnapshot(8n)), -9), "log.6": log(6, 7) },
    /snapshot\.8\.gz: .*reaches 0x7 only/,
  ],
  [
    "row 16: all snapshots damaged, no logs",
    { "snapshot.5": cut(sampleSnapshot(5n), 50), "snapshot.8": "" },
    /snapshot\.8: .*\(2 tried\)/,
  ],
  [
    "row 17: all snapshots damaged, logs from the beginning",
    { "snapshot.5": flip(sampleSnapshot(5n), 50), "log.1": log(1, 9) },
    /snapshot\.5: .*\(1 tried\)/,
  ],

  ["row 18: no snapshot, logs from 1", { "log.1": log(1, 5), "log.6": LOG_6_9 }, "no snapshot, replayed 1..9, at 9"],
  [
    "no snapshot, logs from the first of epoch 1",
    { "log.100000001": sampleLog([0x100000001n]) },
    "no snapshot, replayed 100000001..100000001, at 100000001",
  ],
  ["no snapshot, logs from 1 with a gap", { "log.1": log(1, 4), "log.6": LOG_6_9 }, /0x6 does not follow 0x4/],
  ["row 18: no snapshot, logs from 6", { "log.6": LOG_6_9 }, /log\.6: there are logs but no snapshot/],
  ["row 18: ... trusted", { "log.6": LOG_6_9 }, "no snapshot, replayed 6..9, at 9", { trustEmptySnapshot: true }],
  ["no snapshot, unborn log.1", { "log.1": "" }, "no snapshot, replayed nothing, at 0"],
  ["no snapshot, header-only log.6", { "log.6": logHeader() }, /there are logs but no snapshot/],
  [
    "no snapshot, header-only log.1, not to be created",
    { "log.1": logHeader() },
    "no snapshot, replayed nothing, at 0",
    { dbAutocreate: false, ensemble: true },
  ],
];

test.each(CASES.map(([name, files, expected, options]) => ({ name, files, expected, options })))(
  "$name",
  ({ files, expected, options }) => {
    const found = outcome(diskOf(files), options);
    if (typeof expected === "string") expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  },
);

test("a refusal is one line and touches nothing", () => {
  for (const [, files, expected, options] of CASES) {
    if (typeof expected === "string") continue;
    const disk = diskOf(files);
    expect(outcome(disk, options).split("\n")).toHaveLength(1);
    expect(contents(disk.log)).toEqual(contents(diskOf(files).log));
  }
});

function contents(directory: MemoryDirectory): readonly (readonly [string, Uint8Array])[] {
  return directory.list().map((name) => [name, directory.read(name, 0, directory.size(name))] as const);
}

test("what Java 3.9.5 left is recovered, from its snapshot and from its log alone", () => {
  const read = (name: string) => new Uint8Array(readFileSync(join(__dirname, "fixtures/java-3.9.5", name)));
  const logged = read("log.1");
  const snapshot = read("snapshot.2d");
  expect(outcome(diskOf({ "log.1": logged, "snapshot.2d": snapshot }))).toBe("snapshot 2d, replayed nothing, at 2d");
  for (const name of ["snapshot.2d.gz", "snapshot.2d.snappy"]) {
    const disk = diskOf({ [name]: read(name) });
    expect(outcome(disk)).toBe("snapshot 2d, replayed nothing, at 2d");
    expect(start(disk).recovered.state).toEqual(start(diskOf({ "snapshot.2d": snapshot })).recovered.state);
  }
  expect(outcome(diskOf({ "log.1": logged }))).toBe("no snapshot, replayed 1..2d, at 2d");
});

test("every attempt at a snapshot starts afresh (R9)", () => {
  const older = sampleSnapshot(5n);
  const { recovered, attempts } = start(
    diskOf({ "snapshot.5": older, "snapshot.7": flip(sampleSnapshot(7n), -8), "log.6": LOG_6_9 }),
  );
  expect(attempts).toBe(2);
  expect(recovered.state.sessions).toEqual([0x1001n]);
  expect(recovered.state.nodes).toEqual(["=null", "/zxid=5"]);
  expect(recovered.warnings).toEqual(["/data/version-2/snapshot.7: the snapshot's checksum is wrong"]);
});

/** Hears what is only said to make room by. */
class Foreseeing extends Recollection {
  readonly told: number[] = [];

  expectTxns(count: number): void {
    this.told.push(count);
  }

  progress(share: number): void {
    this.told.push(share);
  }
}

test.each<[string, Files, readonly number[]]>([
  ["no log above it", { "snapshot.9": sampleSnapshot(9n), "log.1": sampleLog(zxids(1, 9)) }, [0]],
  ["a log's name", { "snapshot.5": sampleSnapshot(5n), "log.6": sampleLog(zxids(6, 9)) }, [1]],
  [
    "the newest log's",
    { "snapshot.2": sampleSnapshot(2n), "log.1": sampleLog(zxids(1, 7)), "log.8": sampleLog(zxids(8, 9)) },
    [6],
  ],
  [
    "another epoch's",
    { "snapshot.2": sampleSnapshot(2n), "log.3": sampleLog([3n]), "log.100000001": sampleLog([0x100000001n]) },
    [0],
  ],
])("how many transactions will come is told by %s; how far the snapshot was read, by its bytes", (_, files, told) => {
  const state = new Foreseeing();
  finish(recover(diskOf(files), RECOVERY_DEFAULTS, { fresh: () => state }));
  const { length } = Object.values(files)[0] as Uint8Array;
  // All but its sections was taken when they are left to be told apart.
  expect(state.told).toEqual([...told, (length - 54) / length]);
});

test("no more than a million are told, and nothing of a packed snapshot's bytes", () => {
  const state = new Foreseeing();
  const snapshot = packed("gz", sampleSnapshot(1n));
  const files = { "snapshot.1.gz": snapshot, "log.1": sampleLog([1n]), "log.f0000000": sampleLog([]) };
  expect(() => finish(recover(diskOf(files), RECOVERY_DEFAULTS, { fresh: () => state }))).not.toThrow();
  expect(state.told).toEqual([1_000_000]);
});

test("a newest snapshot flipped anywhere falls back, a single one refuses", () => {
  const bytes = sampleSnapshot(8n);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = flip(bytes, at);
    const files = { "snapshot.5": sampleSnapshot(5n), "snapshot.8": damaged, "log.6": LOG_6_9 };
    expect([at, outcome(diskOf(files))]).toEqual([at, "snapshot 5, replayed 6..9, at 9"]);
    expect([at, outcome(diskOf({ "snapshot.8": damaged, "log.1": log(1, 9) }))]).toEqual([
      at,
      expect.stringMatching(/^exit 1/),
    ]);
  }
});

test("a transaction that the tree cannot read refuses the start, and is named (R2)", () => {
  const disk = diskOf({ "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9 });
  expect(() => start(disk, {}, 7n)).toThrow("/data/version-2/log.6, offset 90: transaction 0x7: unknown type 99");
});

describe("what a crash left is cleared away", () => {
  function left(files: Files): readonly string[] {
    const disk = diskOf(files);
    start(disk);
    disk.log.crash(() => "lost");
    return [...disk.log.list()].sort();
  }

  test("an unborn log and temporary files", () =>
    expect(
      left({
        "snapshot.5": sampleSnapshot(5n),
        "log.6": LOG_6_9,
        "log.a": "",
        "tmp-log.a": "x",
        "tmp-snapshot.9": "x",
      }),
    ).toEqual(["log.6", "snapshot.5"]));

  test("a damaged log of which nothing is needed, so that Java can start too", () => {
    const files = { "log.1": flip(log(1, 5), 60), "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9 };
    expect(left(files)).toEqual(["log.6", "retired-log.1", "snapshot.5"]);
    expect(outcome(diskOf(files))).toBe("snapshot 5, replayed 6..9, at 9");
  });
});

test("row 31: a log with a check outside a multi is told of, and set aside when a snapshot and another log cover it", () => {
  const needed = diskOf({ "snapshot.5": sampleSnapshot(5n), "log.6": checkLog(6n), "log.7": checkLog(7n) });
  const { warnings, foreignLogs } = start(needed).recovered;
  expect(warnings).toEqual([6, 7].map((at) => expect.stringMatching(`log.${at}, offset 16: .*no Java server starts`)));
  expect(foreignLogs).toEqual(["log.6", "log.7"]);
  expect(needed.log.list()).toContain("log.6");
  const newest = diskOf({ "snapshot.6": sampleSnapshot(6n), "log.6": checkLog(6n) });
  expect(start(newest).recovered.foreignLogs).toEqual(["log.6"]);
  const covered = diskOf({ "snapshot.6": sampleSnapshot(6n), "log.6": checkLog(6n), "log.7": log(7, 9) });
  const { recovered } = start(covered);
  expect([recovered.state.txns, recovered.foreignLogs]).toEqual([zxids(7, 9), []]);
  expect([...covered.log.list()].sort()).toEqual(["log.7", "retired-log.6", "snapshot.6"]);
});

test("row 28: data where no server looks is told of by one that starts empty", () => {
  const parent = { "version-1": "", "snapshot.5": "", myid: "1", "zoo.cfg": "" };
  expect(start(diskOf({}, parent)).recovered.warnings).toEqual([
    "/data/version-1: looks like data and is not looked at; this server starts empty",
    "/data/snapshot.5: looks like data and is not looked at; this server starts empty",
  ]);
  expect(start(diskOf({ "snapshot.5": sampleSnapshot(5n) }, parent)).recovered.warnings).toEqual([]);
});

describe("two directories", () => {
  function split(logFiles: Files, snapshotFiles: Files): Disk {
    const logDirectory = new MemoryDirectory("/logs/version-2");
    const snapshot = new MemoryDirectory("/data/version-2");
    fill(logDirectory, logFiles);
    fill(snapshot, snapshotFiles);
    return { log: logDirectory, snapshot, parents: [] };
  }

  test.each([
    [{ "log.6": LOG_6_9 }, { "snapshot.5": sampleSnapshot(5n) }, "snapshot 5, replayed 6..9, at 9"],
    [
      { "snapshot.zz": "" },
      {},
      "exit 3: /logs/version-2/snapshot.zz: snapshots belong into dataDir; move it, or correct dataDir and dataLogDir",
    ],
    [
      {},
      { "log.6": LOG_6_9 },
      "exit 3: /data/version-2/log.6: logs belong into dataLogDir; move it, or correct dataDir and dataLogDir",
    ],
  ])("case %#", (logFiles, snapshotFiles, expected) => expect(outcome(split(logFiles, snapshotFiles))).toBe(expected));
});

describe("the initialize marker", () => {
  test.each([true, false])("makes an empty database right and is removed (member: %s)", (ensemble) => {
    const disk = diskOf({}, { initialize: "" });
    expect(outcome(disk, { dbAutocreate: false, ensemble })).toBe("no snapshot, replayed nothing, at 0");
    expect(disk.parents[0]?.list()).toEqual([]);
  });
});

describe("epoch files (on-disk-formats 1.3, peer-protocol 2.15)", () => {
  const base = { "snapshot.5": sampleSnapshot(5n), "log.6": LOG_6_9, "log.200000001": EPOCH_2 };

  function epochs(files: Files): string {
    const disk = diskOf({ ...base, ...files });
    try {
      const { acceptedEpoch, currentEpoch } = start(disk, { ensemble: true }).recovered;
      disk.snapshot.crash(() => "lost");
      const stored = ["acceptedEpoch", "currentEpoch"].map((name) =>
        String.fromCharCode(...disk.log.read(name, 0, 99)),
      );
      return `${acceptedEpoch} ${currentEpoch}, stored ${stored.join(" ")}`;
    } catch (error) {
      return String(error);
    }
  }

  test.each([
    [{}, "2 2, stored 2 2"],
    [{ acceptedEpoch: "3", currentEpoch: "2" }, "3 2, stored 3 2"],
    [{ acceptedEpoch: "9", currentEpoch: "9" }, "9 9, stored 9 9"],
    [{ acceptedEpoch: "3\n", currentEpoch: "2\r\n" }, "3 2, stored 3\n 2\r\n"],
    [{ acceptedEpoch: "3" }, "3 2, stored 3 2"],
    [{ acceptedEpoch: "3", "currentEpoch.tmp": "3" }, "3 2, stored 3 2"],
    [{ currentEpoch: "2" }, "2 2, stored 2 2"],
    [{ acceptedEpoch: "3", currentEpoch: "1", "currentEpoch.tmp": "3" }, "3 3, stored 3 3"],
    [{ acceptedEpoch: "3", currentEpoch: "1", "currentEpoch.tmp": "" }, "3 2, stored 3 2"],
    [{ acceptedEpoch: "2", currentEpoch: "1" }, "2 2, stored 2 2"],
    [
      { acceptedEpoch: "1", currentEpoch: "1" },
      "StoreError: /data/version-2/currentEpoch: 1 is older than epoch 2 of the last logged transaction",
    ],
    [
      { currentEpoch: "1" },
      "StoreError: /data/version-2/currentEpoch: 1 is older than epoch 2 of the last logged transaction",
    ],
    [
      { acceptedEpoch: "2", currentEpoch: "3" },
      "StoreError: /data/version-2/acceptedEpoch: 2 is less than currentEpoch 3",
    ],
    [
      { acceptedEpoch: "", currentEpoch: "2" },
      'StoreError: /data/version-2/acceptedEpoch: "", must be one decimal number',
    ],
    [
      { acceptedEpoch: "5 ", currentEpoch: "2" },
      'StoreError: /data/version-2/acceptedEpoch: "5 ", must be one decimal number',
    ],
    [
      { acceptedEpoch: "3", currentEpoch: "two" },
      'StoreError: /data/version-2/currentEpoch: "two", must be one decimal number',
    ],
    [
      { acceptedEpoch: "99999999999", currentEpoch: "2" },
      'StoreError: /data/version-2/acceptedEpoch: "99999999999", must be',
    ],
  ])("%j", (files, expected) => expect(epochs(files)).toContain(expected));

  test("are not looked at by a server that stands alone", () => {
    const disk = diskOf({ ...base, currentEpoch: "two" });
    expect(start(disk).recovered).toMatchObject({ acceptedEpoch: 2, currentEpoch: 2 });
    expect(disk.log.list()).not.toContain("acceptedEpoch");
  });
});

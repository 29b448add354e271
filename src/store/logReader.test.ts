import { toZxid } from "../base/zxid.ts";
import { zxidText } from "./logFile.ts";
import { openHistory, readLogs, selectLogs } from "./logReader.ts";
import { logHeader } from "./logRecord.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { storedFiles } from "./names.ts";
import { finish, put, sampleLog, zxids } from "./sampleFiles.ts";
import { StoreError } from "./storeError.ts";

const LIMITS = { maxRecordBytes: 2097150, dropDamagedTail: false };

const x = (zxid: number | bigint): string => zxidText(toZxid(BigInt(zxid)));

function directoryOf(files: { readonly [name: string]: Uint8Array }): MemoryDirectory {
  const directory = new MemoryDirectory("/data");
  for (const [name, bytes] of Object.entries(files)) put(directory, name, bytes);
  return directory;
}

const THREE = {
  "log.1": sampleLog(zxids(1, 4)),
  "log.5": sampleLog(zxids(5, 8)),
  "log.9": sampleLog(zxids(9, 12)),
};

test.each([
  [1n, "log.1 log.5 log.9"],
  [2n, "log.1 log.5 log.9"],
  [5n, "log.1 log.5 log.9"],
  [6n, "log.5 log.9"],
  [9n, "log.5 log.9"],
  [10n, "log.9"],
  [99n, "log.9"],
])("from zxid %d these logs are read: %s (on-disk-formats 3.10)", (from, names) => {
  const files = selectLogs(storedFiles(directoryOf(THREE), "log"), toZxid(from));
  expect(files.map((file) => file.name).join(" ")).toBe(names);
});

test("a long log comes in slices, whose bytes stay valid", () => {
  const log = directoryOf({ "log.1": sampleLog(zxids(1, 5000)) });
  const batches = [...readLogs(log, toZxid(10n), { ...LIMITS, anyFirst: false })];
  expect(batches.length).toBeGreaterThan(4);
  const entries = batches.flatMap((batch) => batch.entries);
  expect(entries.map((entry) => entry.zxid)).toEqual(zxids(11, 5000));
  for (const { zxid, bytes } of entries)
    expect(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(12)).toBe(zxid);
});

test("what a walk over the logs ends with", () => {
  const end = finish(readLogs(directoryOf(THREE), toZxid(6n), { ...LIMITS, anyFirst: false }));
  expect([end.lastZxid, end.count, end.unborn, end.damaged, end.warnings]).toEqual([12n, 6, undefined, undefined, []]);
});

describe("history for a learner (peer-protocol 3.6, 10.1)", () => {
  interface Case {
    readonly files?: { readonly [name: string]: Uint8Array };
    readonly from: bigint;
    readonly upTo?: bigint;
    readonly factor?: number;
  }

  function history({ files = THREE, from, upTo = 12n, factor = 0.33 }: Case): string {
    const log = directoryOf(files);
    const options = { ...LIMITS, snapshotSizeFactor: factor };
    try {
      const entries = [...openHistory({ log, snapshot: log }, toZxid(from), toZxid(upTo), options)].flat();
      return entries.map((entry) => entry.zxid.toString(16)).join(" ");
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return error.message.replace("/data: the logs cannot tell the history: ", "");
    }
  }

  const snapshot = (bytes: number) => ({ "snapshot.4": new Uint8Array(bytes) });
  const twoFiles = 2 * sampleLog(zxids(1, 4)).length;

  test.each<[string, Case, string]>([
    ["begins in the log that may hold it, without skipping", { from: 6n }, "5 6 7 8 9 a b c"],
    ["begins one log earlier at a log's first transaction", { from: 5n }, "1 2 3 4 5 6 7 8 9 a b c"],
    ["ends at its bound", { from: 6n, upTo: 10n }, "5 6 7 8 9 a"],
    ["ends at a bound that is the end of a log", { from: 6n, upTo: 8n }, "5 6 7 8"],
    ["of a bound that is not logged", { from: 10n, upTo: 99n }, `it ends at ${x(12)} and not at ${x(99)}`],
    ["no log reaches back so far", { files: { "log.5": THREE["log.5"] }, from: 4n }, `no log reaches back to ${x(4)}`],
    [
      "what Java logged twice under a zxid is told once",
      { files: { "log.1": sampleLog([1n, 2n, 2n, 3n]), "log.4": sampleLog([3n, 4n, 4n, 4n]) }, from: 1n, upTo: 4n },
      "1 2 3 4",
    ],
    ["no log", { files: {}, from: 4n }, `no log reaches back to ${x(4)}`],
    ["no record", { files: { "log.1": logHeader() }, from: 4n }, `no log reaches back to ${x(4)}`],
    ["an unborn newest log", { files: { ...THREE, "log.d": new Uint8Array(0) }, from: 10n }, "9 a b c"],
    ["switched off", { from: 6n, factor: -1 }, "history is not read from logs: snapshotSizeFactor is negative"],
    ["no snapshot: no limit", { from: 1n, factor: 0.0001 }, "1 2 3 4 5 6 7 8 9 a b c"],
    ["the first log is not counted", { files: { ...THREE, ...snapshot(10) }, from: 10n, factor: 1 }, "9 a b c"],
    ["the others fit exactly", { files: { ...THREE, ...snapshot(twoFiles) }, from: 2n, factor: 1, upTo: 3n }, "1 2 3"],
    [
      "the others are too large",
      { files: { ...THREE, ...snapshot(twoFiles - 1) }, from: 2n, factor: 1 },
      `/data: ${twoFiles} bytes of logs are to be read, a snapshot is cheaper above ${twoFiles - 1}`,
    ],
  ])("%s", (_, given, expected) => expect(history(given)).toBe(expected));

  describe("is told only where nothing was replaced (ZOOKEEPER-2846)", () => {
    const named = (...at: readonly bigint[]) =>
      Object.fromEntries(at.map((zxid) => [`snapshot.${zxid.toString(16)}`, new Uint8Array(100_000)]));
    const logs = (...runs: readonly (readonly bigint[])[]) =>
      Object.fromEntries(runs.map((run) => [`log.${run[0]?.toString(16)}`, sampleLog(run)]));
    const [EPOCH_3, EPOCH_4] = [0x300000000n, 0x400000000n];
    const old = [1n, 2n, 3n, 4n].map((counter) => EPOCH_3 + counter);
    const young = [1n, 2n, 3n].map((counter) => EPOCH_4 + counter);
    const toldAll = [...old, ...young].map((zxid) => zxid.toString(16)).join(" ");
    const toldYoung = young.map((zxid) => zxid.toString(16)).join(" ");
    const replaced = (zxid: bigint) => `a leader's snapshot of ${x(zxid)} replaced what lies below`;
    const upTo = EPOCH_4 + 3n;

    test.each<[string, Case, string]>([
      ["a change of epoch", { files: logs(old, young), from: EPOCH_3 + 2n, upTo }, toldAll],
      ["a change of epoch inside a log", { files: logs([...old, ...young]), from: EPOCH_3 + 2n, upTo }, toldAll],
      [
        "own snapshots, of transactions that were logged",
        {
          files: { ...logs(old, young), ...named(0n, EPOCH_3 + 3n, EPOCH_3 + 4n, EPOCH_4 + 2n) },
          from: EPOCH_3 + 2n,
          upTo,
        },
        toldAll,
      ],
      [
        "a snapshot of the epoch's beginning lies between: what is below it may be a tail the leader never had",
        { files: { ...logs(old, young), ...named(EPOCH_4) }, from: EPOCH_3 + 2n, upTo },
        replaced(EPOCH_4),
      ],
      [
        "the same, of a zxid that this log never came to",
        { files: { ...logs(old, young), ...named(EPOCH_3 + 9n) }, from: EPOCH_3 + 2n, upTo },
        replaced(EPOCH_3 + 9n),
      ],
      [
        "the same inside one log, as Java writes on",
        { files: { ...logs([...old, ...young]), ...named(EPOCH_4) }, from: EPOCH_3 + 2n, upTo },
        replaced(EPOCH_4),
      ],
      [
        "the learner stands above all that is below the snapshot",
        { files: { ...logs(old, young), ...named(EPOCH_4) }, from: EPOCH_3 + 8n, upTo },
        replaced(EPOCH_4),
      ],
      [
        "the learner stands behind the snapshot",
        { files: { ...logs(old, young), ...named(EPOCH_4) }, from: EPOCH_4 + 2n, upTo },
        toldYoung,
      ],
      [
        "... and shares no zxid with what lies behind it",
        { files: { ...logs(old, young), ...named(EPOCH_4) }, from: EPOCH_4, upTo },
        replaced(EPOCH_4),
      ],
      [
        "a snapshot at the bound, which no record is",
        { files: { ...logs(old), ...named(EPOCH_4) }, from: EPOCH_3 + 2n, upTo: EPOCH_4 },
        `it ends at ${x(EPOCH_3 + 4n)} and not at ${x(EPOCH_4)}`,
      ],
      [
        "a snapshot above the bound",
        { files: { ...logs(old, young), ...named(EPOCH_4) }, from: EPOCH_3 + 2n, upTo: EPOCH_3 + 4n },
        old.map((zxid) => zxid.toString(16)).join(" "),
      ],
      ["a missing log", { files: { ...logs(zxids(1, 4), zxids(7, 12)) }, from: 2n }, `${x(7)} does not follow ${x(4)}`],
      ["a missing log below what is asked for", { files: logs(zxids(1, 4), zxids(7, 12)), from: 8n }, "7 8 9 a b c"],
      [
        "an epoch that does not begin with its first transaction",
        { files: logs(old, young.slice(1)), from: EPOCH_3 + 2n, upTo },
        `${x(EPOCH_4 + 2n)} does not follow ${x(EPOCH_3 + 4n)}`,
      ],
    ])("%s", (_, given, expected) => expect(history(given)).toBe(expected));
  });

  test("what is being written above the bound is not looked at", () => {
    const half = THREE["log.9"].slice();
    half.fill(0xee, half.length - 60);
    expect(history({ files: { ...THREE, "log.9": half }, from: 6n, upTo: 11n })).toBe("5 6 7 8 9 a b");
    expect(history({ files: { ...THREE, "log.9": half }, from: 6n, upTo: 12n })).toContain("log.9, offset 238");
  });

  test("more than a batch", () => {
    const files = { "log.1": sampleLog(zxids(1, 2000)), "log.7d1": sampleLog(zxids(2001, 2500)) };
    expect(history({ files, from: 1n, upTo: 2400n })).toBe(
      zxids(1, 2400)
        .map((zxid) => zxid.toString(16))
        .join(" "),
    );
  });
});

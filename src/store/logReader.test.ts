import { toZxid } from "../base/zxid.ts";
import { openHistory, readLogs, selectLogs } from "./logReader.ts";
import { logHeader } from "./logRecord.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { storedFiles } from "./names.ts";
import { finish, put, sampleLog, zxids } from "./sampleFiles.ts";

const LIMITS = { maxRecordBytes: 2097150, dropDamagedTail: false };

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
    const walk = openHistory({ log, snapshot: log }, toZxid(from), toZxid(upTo), options);
    return walk === undefined
      ? "none"
      : [...walk]
          .flat()
          .map((entry) => entry.zxid)
          .join(" ");
  }

  const snapshot = (bytes: number) => ({ "snapshot.4": new Uint8Array(bytes) });
  const twoFiles = 2 * sampleLog(zxids(1, 4)).length;

  test.each<[string, Case, string]>([
    ["begins in the log that may hold it, without skipping", { from: 6n }, "5 6 7 8 9 10 11 12"],
    ["begins one log earlier at a log's first transaction", { from: 5n }, "1 2 3 4 5 6 7 8 9 10 11 12"],
    ["ends at its bound", { from: 6n, upTo: 10n }, "5 6 7 8 9 10"],
    ["ends at a bound that is the end of a log", { from: 6n, upTo: 8n }, "5 6 7 8"],
    ["ends below a bound that is not logged", { from: 10n, upTo: 99n }, "9 10 11 12"],
    ["no log reaches back so far", { files: { "log.5": THREE["log.5"] }, from: 4n }, "none"],
    ["no log", { files: {}, from: 4n }, "none"],
    ["no record", { files: { "log.1": logHeader() }, from: 4n }, "none"],
    ["an unborn newest log", { files: { ...THREE, "log.d": new Uint8Array(0) }, from: 10n, upTo: 99n }, "9 10 11 12"],
    ["switched off", { from: 6n, factor: -1 }, "none"],
    ["no snapshot: no limit", { from: 1n, factor: 0.0001 }, "1 2 3 4 5 6 7 8 9 10 11 12"],
    ["the first log is not counted", { files: { ...THREE, ...snapshot(10) }, from: 10n, factor: 1 }, "9 10 11 12"],
    ["the others fit exactly", { files: { ...THREE, ...snapshot(twoFiles) }, from: 2n, factor: 1, upTo: 3n }, "1 2 3"],
    ["the others are too large", { files: { ...THREE, ...snapshot(twoFiles - 1) }, from: 2n, factor: 1 }, "none"],
  ])("%s", (_, given, expected) => expect(history(given)).toBe(expected));

  test("what is being written above the bound is not looked at", () => {
    const half = THREE["log.9"].slice();
    half.fill(0xee, half.length - 60);
    expect(history({ files: { ...THREE, "log.9": half }, from: 6n, upTo: 11n })).toBe("5 6 7 8 9 10 11");
    expect(() => history({ files: { ...THREE, "log.9": half }, from: 6n, upTo: 12n })).toThrow("log.9, offset 238");
  });

  test("more than a batch", () => {
    const files = { "log.1": sampleLog(zxids(1, 2000)), "log.7d1": sampleLog(zxids(2001, 2500)) };
    expect(history({ files, from: 1n, upTo: 2400n })).toBe(zxids(1, 2400).join(" "));
  });
});

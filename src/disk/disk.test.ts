import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toZxid } from "../base/zxid.ts";
import type { DiskEvent } from "../store/commands.ts";
import { recover } from "../store/recovery.ts";
import { finish, RECOVERY_DEFAULTS, Recollection, sampleSnapshot, sampleTxn, zxids } from "../store/sampleFiles.ts";
import { lockDirectory } from "./directoryLock.ts";
import { Disk } from "./disk.ts";
import type { DiskSettings } from "./messages.ts";
import { NodeDirectory } from "./nodeDirectory.ts";
import { spawnFromSource } from "./testThread.ts";

let base: string;
let disk: Disk;
let events: DiskEvent[];
let heard: () => void;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "disk-"));
  disk = open(base);
});

afterEach(async () => {
  await disk.close();
  rmSync(base, { recursive: true });
});

function open(path: string): Disk {
  const limits = { snapCount: 100_000, preAllocSizeBytes: 65_536, snapSizeLimitBytes: -1, txnLogSizeLimitBytes: -1 };
  const settings: DiskSettings = {
    ...limits,
    forceSync: true,
    snapshotCompression: "gz",
    logPath: path,
    snapshotPath: path,
  };
  const opened = new Disk(settings, spawnFromSource());
  events = [];
  heard = () => {};
  opened.onEvent((event) => {
    events.push(event);
    heard();
  });
  return opened;
}

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    heard = () => {
      if (condition()) resolve();
    };
    heard();
  });
}

const lastFlushed = (): bigint => events.reduce((last, event) => (event.kind === "flushed" ? event.zxid : last), 0n);

test("transactions of one turn become one group, in order, and are on disk when told so", async () => {
  for (const zxid of zxids(1, 100)) disk.submit({ kind: "append", entries: [sampleTxn(zxid, 1000)] });
  await until(() => lastFlushed() === 100n);
  expect(events).toEqual([{ kind: "flushed", zxid: 100n, count: 100, fsyncMs: expect.any(Number) }]);
  expect(recovered()).toEqual([undefined, zxids(1, 100)]);
});

test("small transactions of rounds without a pause become one group", async () => {
  for (const zxid of zxids(1, 10)) {
    disk.submit({ kind: "append", entries: [sampleTxn(zxid, 100)] });
    await new Promise(setImmediate);
  }
  await until(() => lastFlushed() === 10n);
  expect(events).toEqual([{ kind: "flushed", zxid: 10n, count: 10, fsyncMs: expect.any(Number) }]);
});

test("transactions given while the disk is busy gather", async () => {
  for (const zxid of zxids(1, 200)) {
    disk.submit({ kind: "append", entries: [sampleTxn(zxid, 100)] });
    await new Promise(setImmediate);
  }
  await until(() => lastFlushed() === 200n);
  expect(events.length).toBeLessThan(200);
  expect(events.reduce((sum, event) => sum + (event.kind === "flushed" ? event.count : 0), 0)).toBe(200);
  expect(recovered()[1]).toEqual(zxids(1, 200));
});

test("a kick sends a large group and takes its answer while the loop is still busy; a small one waits", () => {
  disk.submit({ kind: "append", entries: [sampleTxn(1n, 100)] });
  disk.kick();
  let zxid = 1n;
  while (events.length === 0) {
    zxid++;
    disk.submit({ kind: "append", entries: [sampleTxn(zxid, 20_000)] });
    disk.kick();
  }
  expect(events).toEqual([{ kind: "flushed", zxid: 2n, count: 2, fsyncMs: expect.any(Number) }]);
});

test("the bytes may change once they are submitted", async () => {
  const entry = sampleTxn(1n, 50);
  disk.submit({ kind: "append", entries: [entry] });
  const chunk = sampleSnapshot(0n);
  disk.submit({ kind: "beginSnapshot", zxid: toZxid(0n), origin: "own" });
  disk.submit({ kind: "snapshotChunk", bytes: chunk });
  disk.submit({ kind: "endSnapshot", zxid: toZxid(0n) });
  entry.bytes.fill(0);
  chunk.fill(0);
  await until(() => events.length === 2);
  expect(recovered()).toEqual([0n, [1n]]);
});

test("commands are carried out in the order given", async () => {
  disk.submit({ kind: "append", entries: [sampleTxn(1n), sampleTxn(2n)] });
  disk.submit({ kind: "saveEpoch", which: "acceptedEpoch", epoch: 7 });
  disk.submit({ kind: "append", entries: [sampleTxn(3n)] });
  disk.submit({ kind: "truncate", zxid: toZxid(2n) });
  disk.submit({ kind: "append", entries: [sampleTxn(3n)] });
  await until(() => events.length === 5);
  expect(events.map((event) => event.kind)).toEqual(["flushed", "epochSaved", "flushed", "truncated", "flushed"]);
  expect(recovered()[1]).toEqual([1n, 2n, 3n]);
});

test("neither the bytes of a snapshot nor transactions wait for the other's end", async () => {
  disk.submit({ kind: "beginSnapshot", zxid: toZxid(0n), origin: "own" });
  const bytes = sampleSnapshot(0n);
  for (const at of bytes.keys()) disk.submit({ kind: "snapshotChunk", bytes: bytes.subarray(at, at + 1) });
  const backlogs: number[] = [];
  for (const zxid of zxids(1, 20)) {
    disk.submit({ kind: "append", entries: [sampleTxn(zxid)] });
    await until(() => lastFlushed() === zxid);
    backlogs.push(disk.backlog);
  }
  expect(backlogs[0]).toBeGreaterThan(bytes.length - 10);
  expect(backlogs.slice(1).every((backlog, i) => backlog < (backlogs[i] ?? 0))).toBe(true);
  disk.submit({ kind: "endSnapshot", zxid: toZxid(0n) });
  await until(() => events.at(-1)?.kind === "snapshotSaved");
  expect(recovered()).toEqual([0n, zxids(1, 20)]);
});

test("closing carries out everything submitted before", async () => {
  disk.submit({ kind: "append", entries: [sampleTxn(1n)] });
  await disk.close();
  expect(events.map((event) => event.kind)).toEqual(["flushed"]);
  expect(recovered()[1]).toEqual([1n]);
  disk = open(base);
});

test("an error of the disk is told as failed", async () => {
  rmSync(base, { recursive: true });
  disk.submit({ kind: "append", entries: [sampleTxn(1n)] });
  await until(() => events.length === 1);
  expect(events).toEqual([{ kind: "failed", reason: expect.stringContaining("the transaction log: ENOENT") }]);
  await disk.close();
  base = mkdtempSync(join(tmpdir(), "disk-"));
  disk = open(base);
});

test("a broken invariant ends the thread, and that is told as failed", async () => {
  disk.submit({ kind: "append", entries: [sampleTxn(1n), sampleTxn(9n)] });
  await until(() => events.length === 1);
  expect(events).toEqual([{ kind: "failed", reason: "the log goes on without a gap: 0x9 after 0x1" }]);
});

test("a directory is locked against a second server as long as the first one lives", async () => {
  const lock = await lockDirectory(base);
  await expect(lockDirectory(base)).rejects.toThrow(`${base}: another server uses this directory`);
  await lock.release();
  await (await lockDirectory(base)).release();
});

function recovered(): readonly [bigint | undefined, readonly bigint[]] {
  const directory = new NodeDirectory(base);
  const directories = { log: directory, snapshot: directory, parents: [] };
  const found = finish(recover(directories, RECOVERY_DEFAULTS, { fresh: () => new Recollection() }));
  return [found.snapshotZxid, found.state.txns];
}

import { toZxid } from "../base/zxid.ts";
import type { DiskEvent } from "../store/commands.ts";
import { MemoryDirectory } from "../store/memoryDirectory.ts";
import { checkLog, put, sampleSnapshot } from "../store/sampleFiles.ts";
import { TestServer } from "./testServer.ts";
import { happens } from "./testTranscript.ts";

const zxid = toZxid(0x1fn);

test.each<[DiskEvent, readonly string[], readonly string[]]>([
  [{ kind: "failed", reason: "EIO" }, ["1 EIO"], []],
  [{ kind: "truncateFailed", zxid, reason: "EIO" }, ["13 truncating the log failed: EIO"], []],
  [
    { kind: "snapshotFailed", zxid, origin: "leader", reason: "ENOSPC" },
    ["10 writing snapshot 0x1f failed: ENOSPC"],
    [],
  ],
  [
    { kind: "snapshotFailed", zxid, origin: "own", reason: "ENOSPC" },
    [],
    ["warn disk.snapshotFailed: writing snapshot 0x1f failed: ENOSPC; the log goes on without it"],
  ],
])(
  "%p ends the process with Java's code, or is a warning (peer-protocol 4.15, ZOOKEEPER-3082)",
  (event, ended, warned) => {
    const world = new TestServer();
    const before = world.events.length;
    world.server.onDisk(event, world.instant);
    expect(world.ended).toEqual(ended);
    expect(world.events.slice(before).map(({ level, name, message }) => `${level} ${name}: ${message}`)).toEqual(
      warned,
    );
  },
);

test("a log that keeps Java from starting makes way for a snapshot at once (on-disk-formats 13, row 31)", () => {
  const files = new MemoryDirectory("/data/version-2");
  put(files, "snapshot.5", sampleSnapshot(5n));
  put(files, "log.6", checkLog(6n));
  const world = new TestServer([], {}, files);
  expect([...files.list()].sort()).toEqual(["retired-log.6", "snapshot.5", "snapshot.6"]);
  expect(happens("clients 1", world)).toBe("clients 1");
  files.crash(() => "lost");
  const again = new TestServer([], {}, files);
  expect([...files.list()].sort()).toEqual(["log.7", "retired-log.6", "snapshot.5", "snapshot.6"]);
  expect(again.server.home.database.tree.lastProcessedZxid).toBe(7n);
});

test("service goes on while the disk has no room for a snapshot, and the next one is written when there is room", () => {
  const world = new TestServer();
  const calls: string[] = [];
  let isFull = true;
  world.files.watch = (operation, name) => {
    if (!name.startsWith("tmp-snapshot")) return "perform";
    if (isFull) throw new Error("ENOSPC");
    calls.push(operation);
    return "perform";
  };
  const due = (): void => {
    world.server.onDisk({ kind: "snapshotDue" }, world.instant);
    world.flush();
  };
  due();
  due();
  expect(world.events.filter(({ name }) => name === "disk.snapshotFailed")).toHaveLength(2);
  isFull = false;
  due();
  expect(calls.at(-1)).toBe("rename");
  expect(world.ended).toEqual([]);
});

import { MemoryDirectory } from "../store/memoryDirectory.ts";
import { put, sampleLog, sampleSnapshot, zxids } from "../store/sampleFiles.ts";
import { TestServer } from "./testServer.ts";

const HOUR_MS = 3_600_000;
const PURGE = "disk.purge";

/** Snapshots 3, 5, 7, 9, b and the logs between them. */
function history(): MemoryDirectory {
  const directory = new MemoryDirectory("/data/version-2");
  for (const zxid of [3, 5, 7, 9, 11]) {
    put(directory, `snapshot.${zxid.toString(16)}`, sampleSnapshot(BigInt(zxid)));
    put(directory, `log.${(zxid - 1).toString(16)}`, sampleLog(zxids(zxid - 1, zxid)));
  }
  return directory;
}

function start(lines: readonly string[], files = history()): TestServer {
  const world = new TestServer(lines, {}, files);
  world.at(0);
  world.flush();
  return world;
}

const told = (world: TestServer): readonly string[] =>
  world.events.filter(({ name }) => name === PURGE).map(({ message }) => message);
const names = (world: TestServer): readonly string[] => [...world.files.list()].sort();

test("the first round comes at once after the start and keeps what is asked for", () => {
  const world = start(["autopurge.purgeInterval=1", "autopurge.snapRetainCount=3"]);
  expect(told(world)).toEqual([
    "Purge task started.",
    "Removing file: /data/version-2/log.2",
    "Removing file: /data/version-2/log.4",
    "Removing file: /data/version-2/snapshot.3",
    "Removing file: /data/version-2/snapshot.5",
    "Purge task completed.",
  ]);
  expect(names(world)).toEqual(["log.6", "log.8", "log.a", "snapshot.7", "snapshot.9", "snapshot.b"]);
});

test("the next round comes after the interval and counts what was written meanwhile", () => {
  const world = start(["autopurge.purgeInterval=1"]);
  const before = told(world).length;
  put(world.files, "snapshot.c", sampleSnapshot(12n));
  world.at(HOUR_MS - 1);
  world.flush();
  expect(told(world)).toHaveLength(before);
  world.at(HOUR_MS);
  world.flush();
  expect(told(world).slice(before)).toContain("Removing file: /data/version-2/snapshot.7");
  expect(names(world)).toContain("snapshot.9");
});

test("nothing is purged without an interval, which is the default", () => {
  for (const lines of [[], ["autopurge.purgeInterval=0"], ["autopurge.purgeInterval=-1"]]) {
    const world = start(lines);
    world.at(50 * HOUR_MS);
    expect([told(world), names(world)]).toEqual([[], [...history().list()].sort()]);
  }
});

test("a round that finds two files for one zxid ends without a removal", () => {
  const world = start(["autopurge.purgeInterval=1"]);
  put(world.files, "snapshot.00b", sampleSnapshot(11n));
  world.at(HOUR_MS);
  world.flush();
  expect(told(world).slice(-2)).toEqual(["Purge task started.", "Purge task completed."]);
  expect(names(world)).toEqual(expect.arrayContaining(["snapshot.7", "snapshot.9", "snapshot.b", "snapshot.00b"]));
});

test("a file that cannot be removed is told, and the next round tries again", () => {
  const files = history();
  const world = new TestServer(["autopurge.purgeInterval=1"], {}, files);
  let isBroken = true;
  files.watch = (operation) => {
    if (operation === "remove" && isBroken) throw new Error("EACCES");
    return "perform";
  };
  world.at(0);
  world.flush();
  expect(told(world)).toEqual(["Purge task started.", "Purge task ended early: EACCES"]);
  isBroken = false;
  world.at(HOUR_MS);
  world.flush();
  expect(names(world).filter((name) => name.startsWith("snapshot."))).toEqual([
    "snapshot.7",
    "snapshot.9",
    "snapshot.b",
  ]);
});

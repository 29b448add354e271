import { asciiBytes } from "../base/bytes.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import { packerFor, storedBlocks } from "./compression.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { oldestToKeep, purgeable } from "./purge.ts";
import { finish, put, sampleSnapshot } from "./sampleFiles.ts";

const GOOD = (zxid: bigint): Uint8Array => sampleSnapshot(zxid);
const CUT = (zxid: bigint): Uint8Array => GOOD(zxid).subarray(0, 100);
const FLIPPED = (zxid: bigint): Uint8Array => GOOD(zxid).map((byte, at) => (at === 60 ? byte ^ 1 : byte));
const CUT_GZ = (zxid: bigint): Uint8Array => packerFor("gz", storedBlocks).push(GOOD(zxid)).subarray(0, 50);

type Content = (zxid: bigint) => Uint8Array;
/** Zxids in hex, blank between; others than good ones by name. */
type Case = readonly [what: string, snapshots: string, logs: string, gone: string, others?: Record<string, Content>];

const CASES: readonly Case[] = [
  ["as in on-disk-formats 9", "a 14 1e 28", "1 8 f 19 23", "log.1 log.8 snapshot.a"],
  ["a log named as the oldest kept", "a 14 1e 28", "1 8 14 19", "log.1 log.8 snapshot.a"],
  ["a log named one above it", "a 14 1e 28", "1 8 15 19", "log.1 snapshot.a"],
  ["fewer snapshots than are kept", "14 1e", "1 8 f 19", "log.1 log.8"],
  ["no snapshot", "", "1 8 f", ""],
  ["no log that reaches over it", "a 14 1e 28", "19 23", "snapshot.a"],
  [
    "three cut in gz, newest: they do not count, as they do for Java",
    "a 14 1e 28",
    "1 8 f 19 29",
    "log.1 log.8 snapshot.a",
    {
      "snapshot.29.gz": CUT_GZ,
      "snapshot.2a.gz": CUT_GZ,
      "snapshot.2b.gz": CUT_GZ,
    },
  ],
  [
    "three with a flipped byte, newest, and a single good one",
    "a",
    "1 8 f 19",
    "log.1",
    {
      "snapshot.14": FLIPPED,
      "snapshot.1e": FLIPPED,
      "snapshot.28": FLIPPED,
    },
  ],
  [
    "a cut one among them stays while it is newer",
    "a 14 1e 28",
    "1 8 f",
    "log.1 log.8 snapshot.a",
    { "snapshot.29": CUT },
  ],
  ["a cut one that is older goes", "14 1e 28", "1 8 f", "log.1 log.8 snapshot.9", { "snapshot.9": CUT }],
  ["a whole snapshot.tmp does not count and stays", "14 1e 28", "1 f", "log.1", { "snapshot.29.tmp": GOOD }],
  [
    "names of no number, and with more behind it",
    "14 1e 28",
    "8 f",
    "log.2.bak log.8 log.zz snapshot.9.tmp snapshot.zz",
    {
      "log.zz": CUT,
      "log.2.bak": CUT,
      "snapshot.zz": CUT,
      "snapshot.9.tmp": GOOD,
    },
  ],
  [
    "files of others",
    "a 14 1e 28",
    "1 f",
    "log.1 snapshot.a",
    {
      "retired-log.1": CUT,
      "retired-snapshot.2": GOOD,
      "tmp-snapshot.99": CUT,
      currentEpoch: () => asciiBytes("1"),
    },
  ],
  [
    "one snapshot in two packings counts once",
    "9 a 14 1e",
    "1 8 f",
    "log.1 snapshot.9",
    { "snapshot.1e.gz": packedGz },
  ],
];

function packedGz(zxid: bigint): Uint8Array {
  const packer = packerFor("gz", storedBlocks);
  return Uint8Array.from([...packer.push(GOOD(zxid)), ...packer.finish()]);
}

function directoryOf(snapshots: string, logs: string, others: Record<string, Content> = {}): MemoryDirectory {
  const directory = new MemoryDirectory("/data");
  for (const zxid of split(snapshots)) put(directory, `snapshot.${zxid}`, GOOD(BigInt(`0x${zxid}`)));
  for (const zxid of split(logs)) put(directory, `log.${zxid}`, new Uint8Array(16));
  for (const [name, content] of Object.entries(others)) put(directory, name, content(0x29n));
  return directory;
}

function split(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}

function oldest(directory: MemoryDirectory, verified = new Set<Zxid>()): Zxid | undefined {
  return finish(oldestToKeep(directory, 3, 2_097_150, verified));
}

test.each(CASES.map(([what, snapshots, logs, gone, others]) => ({ what, snapshots, logs, gone, others })))(
  "$what",
  ({ snapshots, logs, gone, others }) => {
    const directory = directoryOf(snapshots, logs, others);
    const kept = oldest(directory);
    const found = kept === undefined ? [] : purgeable({ log: directory, snapshot: directory }, kept);
    expect(found.map(({ name }) => name).sort()).toEqual(split(gone));
  },
);

test("what was verified once is not read again", () => {
  const directory = directoryOf("a 14 1e 28", "1");
  const reads: string[] = [];
  directory.watch = (operation, name) => {
    if (operation === "read") reads.push(name);
    return "perform";
  };
  const verified = new Set([toZxid(0x28n)]);
  expect(oldest(directory, verified)).toBe(0x14n);
  expect([...new Set(reads)]).toEqual(["snapshot.1e", "snapshot.14"]);
  reads.length = 0;
  expect(oldest(directory, verified)).toBe(0x14n);
  expect(reads).toEqual([]);
});

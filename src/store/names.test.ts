import { toZxid } from "../base/zxid.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { compressionOf, retiredName, storedFiles, storedName, temporaryName, zxidOfName } from "./names.ts";

test.each([
  ["log", 0x1n, "log.1"],
  ["log", 0x100000000an, "log.100000000a"],
  ["snapshot", 0n, "snapshot.0"],
  ["snapshot", -1n, "snapshot.ffffffffffffffff"],
] as const)("%s of zxid %d is %s", (kind, zxid, name) => expect(storedName(kind, toZxid(zxid))).toBe(name));

test.each([
  ["log", "log.A", 10n],
  ["log", "log.000a", 10n],
  ["log", "log.+a", 10n],
  ["log", "log.4.bak", 4n],
  ["log", "log.4.fixed", 4n],
  ["log", "log.4.chopped5", 4n],
  ["log", "log.7fffffffffffffff", 0x7fffffffffffffffn],
  ["log", "log.8000000000000000", undefined],
  ["log", "log.-1", undefined],
  ["log", "log", undefined],
  ["log", "log.", undefined],
  ["log", "log.zz", undefined],
  ["log", "log.0x4", undefined],
  ["log", "log.4.tmp", undefined],
  ["log", "foo", undefined],
  ["log", "snapshot.4", undefined],
  ["log", temporaryName("log.4"), undefined],
  ["log", retiredName("log.4"), undefined],
  ["snapshot", "snapshot.9", 9n],
  ["snapshot", "snapshot.9.gz", 9n],
  ["snapshot", "snapshot.9.tmp", undefined],
  ["snapshot", "snapshot.9.gz.TMP", undefined],
  ["snapshot", "snapshot.zz", undefined],
  ["snapshot", "snapshot.ffffffffffffffff", undefined],
] as const)("%s name %j stands for %s (on-disk-formats 1.1)", (kind, name, zxid) =>
  expect(zxidOfName(kind, name)).toBe(zxid),
);

test.each([
  ["snapshot.9", "none"],
  ["snapshot.9.gz", "gz"],
  ["snapshot.9.SNAPPY", "snappy"],
  ["snapshot.9.gz.old", "none"],
])("%s is packed by %s", (name, compression) => expect(compressionOf(name)).toBe(compression));

describe("the files of a directory", () => {
  function filesOf(names: readonly string[]): readonly string[] {
    const directory = new MemoryDirectory("/data");
    for (const name of names) directory.resize(name, 0);
    const kind = names.some((name) => name.startsWith("log.")) ? "log" : "snapshot";
    return storedFiles(directory, kind).map((file) => file.name);
  }

  test("come lowest zxid first, in signed 64-bit order", () =>
    expect(filesOf(["log.200000001", "log.b", "log.a", "snapshot.1", "log.ff"])).toEqual([
      "log.a",
      "log.b",
      "log.ff",
      "log.200000001",
    ]));

  test("a snapshot may be there once for each compression, the plain one last", () =>
    expect(filesOf(["snapshot.5", "snapshot.5.snappy", "snapshot.5.gz", "snapshot.4"])).toEqual([
      "snapshot.4",
      "snapshot.5.snappy",
      "snapshot.5.gz",
      "snapshot.5",
    ]));

  test("but not twice in the same", () =>
    expect(() => filesOf(["snapshot.5.gz", "snapshot.05.gz"])).toThrow("both stand for zxid 0x5"));

  test("two of one zxid are refused, and both are named (R1)", () =>
    expect(() => filesOf(["log.4", "log.9", "log.4.bak"])).toThrow(
      "/data: log.4 and log.4.bak both stand for zxid 0x4; move the wrong one out of this directory",
    ));
});

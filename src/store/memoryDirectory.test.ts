import { asciiBytes } from "../base/bytes.ts";
import { type Fate, MemoryDirectory, type UnsyncedChange } from "./memoryDirectory.ts";

const text = (directory: MemoryDirectory, name: string): string =>
  String.fromCharCode(...directory.read(name, 0, directory.size(name)));

function scene(): MemoryDirectory {
  const directory = new MemoryDirectory("/data");
  directory.write("kept", 0, asciiBytes("kept"));
  directory.sync("kept");
  directory.syncDirectory();
  return directory;
}

/** The directory after a crash, as `name=content`. */
function after(directory: MemoryDirectory, fate: (change: UnsyncedChange) => Fate): string {
  directory.crash(fate);
  return [...directory.list()]
    .sort()
    .map((name) => `${name}=${text(directory, name)}`)
    .join(" ");
}

test("what is synced lasts, name and bytes", () => expect(after(scene(), () => "lost")).toBe("kept=kept"));

test("bytes that are not synced are lost, kept or torn", () => {
  for (const [fate, expected] of [
    ["lost", "kept=kept"],
    ["kept", "kept=kept more"],
    [3, "kept=kept mo"],
  ] as const) {
    const directory = scene();
    directory.write("kept", 4, asciiBytes(" more"));
    expect(text(directory, "kept")).toBe("kept more");
    expect(after(directory, () => fate)).toBe(expected);
  }
});

test("a synced file without a synced name is gone", () => {
  const directory = scene();
  directory.write("new", 0, asciiBytes("new"));
  directory.sync("new");
  expect(after(directory, () => "lost")).toBe("kept=kept");
});

test("a rename that is not synced leaves the old name, a synced one the new", () => {
  for (const sync of [true, false]) {
    const directory = scene();
    directory.write("tmp", 0, asciiBytes("new"));
    directory.sync("tmp");
    directory.syncDirectory();
    directory.rename("tmp", "kept");
    if (sync) directory.syncDirectory();
    expect(after(directory, () => "lost")).toBe(sync ? "kept=new" : "kept=kept tmp=new");
  }
});

test("a removal that is not synced comes back", () => {
  const directory = scene();
  directory.remove("kept");
  expect(directory.list()).toEqual([]);
  expect(after(directory, () => "lost")).toBe("kept=kept");
});

test("a hole reads as zeros and takes no room; shrinking forgets", () => {
  const directory = new MemoryDirectory("/data");
  directory.write("file", 0, asciiBytes("abcdef"));
  directory.resize("file", 1 << 30);
  expect(directory.size("file")).toBe(1 << 30);
  expect(directory.read("file", 4, 4)).toEqual(Uint8Array.of(0x65, 0x66, 0, 0));
  expect(directory.read("file", (1 << 30) - 2, 10)).toEqual(Uint8Array.of(0, 0));
  directory.resize("file", 2);
  directory.resize("file", 4);
  expect(directory.read("file", 0, 10)).toEqual(Uint8Array.of(0x61, 0x62, 0, 0));
});

test("a full disk takes what fits and then throws", () => {
  const directory = scene();
  directory.capacityBytes = 6;
  expect(() => directory.write("kept", 4, asciiBytes("more"))).toThrow("ENOSPC");
  expect(text(directory, "kept")).toBe("keptmo");
  expect(() => directory.write("kept", 0, asciiBytes("over"))).not.toThrow();
});

test("a sync that lies", () => {
  const directory = scene();
  directory.watch = (operation) => (operation === "sync" ? "ignore" : "perform");
  directory.write("kept", 0, asciiBytes("KEPT"));
  directory.sync("kept");
  expect(after(directory, () => "lost")).toBe("kept=kept");
});

test("a file that is not there", () => expect(() => scene().read("other", 0, 1)).toThrow("ENOENT"));

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asciiBytes } from "../base/bytes.ts";
import { StoreError } from "../store/storeError.ts";
import { NodeDirectory, openDirectory } from "./nodeDirectory.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "disk-"));
});
afterEach(() => rmSync(base, { recursive: true }));

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

test("writes, reads, resizes, renames and removes", () => {
  const directory = new NodeDirectory(base);
  directory.write("a", 0, asciiBytes("hello"));
  directory.write("a", 3, asciiBytes("p!"));
  directory.sync("a");
  expect(textOf(directory.read("a", 0, 100))).toBe("help!");
  expect(textOf(directory.read("a", 2, 2))).toBe("lp");
  expect(directory.read("a", 9, 2)).toHaveLength(0);
  directory.resize("a", 8);
  expect([directory.size("a"), readFileSync(join(base, "a")).toString("latin1")]).toEqual([8, "help!\0\0\0"]);
  directory.resize("a", 2);
  directory.rename("a", "b");
  directory.syncDirectory();
  expect(directory.list()).toEqual(["b"]);
  expect(textOf(directory.read("b", 0, 100))).toBe("he");
  directory.write("b", 2, asciiBytes("re"));
  directory.release("b");
  expect([directory.size("b"), textOf(directory.read("b", 0, 100))]).toEqual([4, "here"]);
  directory.remove("b");
  expect(directory.list()).toEqual([]);
  expect(() => directory.read("b", 0, 1)).toThrow("ENOENT");
  expect(() => directory.size("b")).toThrow("ENOENT");
});

test("a file that was replaced is read anew", () => {
  const directory = new NodeDirectory(base);
  directory.write("target", 0, asciiBytes("old"));
  expect(textOf(directory.read("target", 0, 9))).toBe("old");
  directory.write("tmp", 0, asciiBytes("new"));
  directory.rename("tmp", "target");
  expect(textOf(directory.read("target", 0, 9))).toBe("new");
});

describe("opening a directory", () => {
  test("makes it with its parents", () => expect(openDirectory(join(base, "a/b"), true).list()).toEqual([]));

  test.each([
    ["is absent and not to be made", "absent", false, /ENOENT/],
    ["is a file", "file", false, /not a directory/],
    ["is below a file", "file/below", true, /ENOTDIR|EEXIST/],
  ])("one that %s is refused with exit code 3", (_, name, create, reason) => {
    writeFileSync(join(base, "file"), "");
    const open = () => openDirectory(join(base, name), create);
    expect(open).toThrow(reason);
    expect(open).toThrow(StoreError);
    expect(open).toThrow(expect.objectContaining({ exitCode: 3 }));
    expect(open).toThrow(`${join(base, name)}: must be a directory that can be read and written`);
  });

  test("one that cannot be written is refused, unless to root nothing is forbidden", () => {
    const path = join(base, "sealed");
    openDirectory(path, true);
    chmodSync(path, 0o500);
    const open = () => openDirectory(path, true);
    if (process.getuid?.() === 0) expect(open).not.toThrow();
    else expect(open).toThrow("EACCES");
  });
});

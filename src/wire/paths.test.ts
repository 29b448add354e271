import { isProtected, nameOf, parentOf, sequenceSuffix, validatePath } from "./paths.ts";

const at = (unit: number): string => `/a${String.fromCharCode(unit)}b`;

test.each([
  "/",
  "/a",
  "/a/b",
  "/..b",
  "/a..",
  "/...",
  "/.a",
  "/a./b",
  "/a/b.c",
  "/ ",
  at(0x20),
  at(0x7e),
  at(0xa0),
  at(0xd7ff),
  at(0xf900),
  at(0xffef),
  "/__proto__",
  `/${"x".repeat(1_000_000)}`,
  "/d".repeat(100_000),
])("a legal path (%#)", (path) => expect(validatePath(path)).toBe(true));

test.each([
  null,
  "",
  "a",
  "a/b",
  "//",
  "//a",
  "/a//b",
  "/a/",
  "/a//",
  "/.",
  "/..",
  "/a/.",
  "/a/..",
  "/./a",
  "/../a",
  "/a/./b",
  "/a/../b",
  at(0),
  at(1),
  at(0x1f),
  at(0x7f),
  at(0x9f),
  at(0xd800),
  at(0xdfff),
  at(0xe000),
  at(0xf8ff),
  at(0xfff0),
  at(0xfffd),
  at(0xffff),
  "/\u{1F600}",
])("an illegal path (%#)", (path) => expect(validatePath(path)).toBe(false));

test("every UTF-16 unit is judged by the ranges of the chapter", () => {
  const rejected: string[] = [];
  let from = -1;
  for (let unit = 0; unit <= 0x10000; unit++) {
    const bad = unit <= 0xffff && unit !== 0x2f && !validatePath(at(unit));
    if (bad && from < 0) from = unit;
    if (bad || from < 0) continue;
    rejected.push(`${from.toString(16)}-${(unit - 1).toString(16)}`);
    from = -1;
  }
  expect(rejected).toEqual(["0-1f", "7f-9f", "d800-f8ff", "fff0-ffff"]);
});

test.each([
  ["/", "", ""],
  ["/a", "", "a"],
  ["/a/b", "/a", "b"],
  ["/a/", "/a", ""],
  ["//", "/", ""],
  ["a/b", "a", "b"],
  ["/a\n/b", "/a\n", "b"],
])("parent and name of %j", (path, parent, name) => {
  expect(parentOf(path)).toBe(parent);
  expect(nameOf(path)).toBe(name);
});

test.each(["", "a", "/a\0", "/\0/a"])("no parent: %j", (path) => expect(parentOf(path)).toBeUndefined());

test.each([
  [0, "0000000000"],
  [3, "0000000003"],
  [2147483647, "2147483647"],
  [-1, "-000000001"],
  [-123456789, "-123456789"],
  [-2147483648, "-2147483648"],
])("suffix of counter %i", (counter, suffix) => expect(sequenceSuffix(counter)).toBe(suffix));

test("the four protected paths", () => {
  const some = [
    "/",
    "/zookeeper",
    "/zookeeper/quota",
    "/zookeeper/config",
    "/zookeeper/",
    "/zookeeper/quota/a",
    "",
    "/a",
  ];
  expect(some.map(isProtected)).toEqual([true, true, true, true, false, false, false, false]);
});

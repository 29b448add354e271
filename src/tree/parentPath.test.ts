import { asciiBytes } from "../base/bytes.ts";
import { NO_NODE } from "./nodeTable.ts";
import { ParentPath } from "./parentPath.ts";

const BYTES = asciiBytes("/a/b /a/c /x/a/b");

test("is the path that was set, wherever it lies, and no other", () => {
  const parent = new ParentPath();
  expect(parent.is(BYTES, 0, 0)).toBe(false);
  parent.set(7, BYTES, 0, 4);
  const places = [0, 5, 10, 12].map((start) => parent.is(BYTES, start, start + 4));
  expect([places, parent.is(BYTES, 0, 2), parent.of]).toEqual([[true, false, false, true], false, 7]);
  expect(parent.bytes.subarray(0, parent.length)).toEqual(asciiBytes("/a/b/"));
});

test("the root's is empty", () => {
  const parent = new ParentPath();
  parent.set(0, BYTES, 3, 3);
  expect([parent.is(BYTES, 0, 0), parent.is(BYTES, 0, 1), parent.is(BYTES, 0, -1)]).toEqual([true, false, false]);
  expect(parent.bytes.subarray(0, parent.length)).toEqual(asciiBytes("/"));
});

test("of a node that left it is nobody's; another's leaving changes nothing", () => {
  const parent = new ParentPath();
  parent.set(7, BYTES, 0, 4);
  parent.forget(8);
  expect(parent.is(BYTES, 0, 4)).toBe(true);
  parent.forget(7);
  expect([parent.is(BYTES, 0, 4), parent.of]).toEqual([false, NO_NODE]);
});

test("of any length", () => {
  const parent = new ParentPath();
  for (const length of [1023, 1024, 1025, 5000]) {
    const path = new Uint8Array(length).fill(0x61);
    parent.set(1, path, 0, length);
    expect([parent.is(path, 0, length), parent.length, parent.bytes[length]]).toEqual([true, length + 1, 0x2f]);
  }
});

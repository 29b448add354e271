import { Writer } from "jute-ts";
import type { NodeRef } from "./nodeTable.ts";
import { Znodes } from "./znodes.ts";

/** Longer than any path is expected to be. */
const LONG = `/${"n".repeat(1500)}`;

test("a node's path is written as it is, whoever's was written before", () => {
  const znodes = new Znodes();
  const refs = ["/a", "/a/b", "/a/c", "/a/b/\u00e9", "/long-name", "/long-name/d", "/a/e", LONG, `${LONG}/x`].map(
    (path) => insert(znodes, path),
  );
  for (const ref of [0, ...refs, ...refs.reverse(), 0]) expect(writtenPath(znodes, ref)).toBe(znodes.path(ref));
});

test("a node in the place of a parent that left gives its children its own path", () => {
  const znodes = new Znodes();
  const left = insert(znodes, "/left");
  const below = insert(znodes, "/left/below");
  expect(writtenPath(znodes, below)).toBe("/left/below");
  znodes.remove(below);
  znodes.remove(left);
  expect(insert(znodes, "/new")).toBe(left);
  expect(writtenPath(znodes, insert(znodes, "/new/child"))).toBe("/new/child");
});

function insert(znodes: Znodes, path: string): NodeRef {
  const stamp = { zxidHigh: 0, zxidLow: 1, timeHigh: 0, timeLow: 0 };
  return znodes.insert(znodes.seekParent(path), null, stamp);
}

function writtenPath(znodes: Znodes, ref: NodeRef): string {
  const out = new Writer();
  znodes.writePath(ref, out);
  expect(out.view.getInt32(0)).toBe(out.length - 4);
  return new TextDecoder().decode(out.bytes.subarray(4, out.length));
}

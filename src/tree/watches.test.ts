import { EventType } from "../wire/client/numbers.ts";
import { OPEN_ACL } from "./aclTable.ts";
import { DataTree } from "./dataTree.ts";
import { create, multi, remove, setData, txn } from "./testTxns.ts";
import { type WatcherKind, Watches } from "./watches.ts";

/** client-protocol 6. */

type Kind = "data" | "child" | "persistent" | "recursive";

function watch(watches: Watches, kind: Kind, path: string, watcher: number): void {
  if (kind === "data") watches.addData(path, watcher);
  else if (kind === "child") watches.addChild(path, watcher);
  else if (kind === "persistent") watches.addPersistent(path, watcher);
  else watches.addRecursive(path, watcher);
}

const NAMES = { created: 1, deleted: 2, data: 3, children: 4 } as const;

/** Whoever hears `name path`, in order. */
function heard(watches: Watches, name: keyof typeof NAMES, path: string): readonly number[] {
  const watchers: number[] = [];
  watches.trigger({ type: NAMES[name], path, acl: OPEN_ACL }, (watcher) => watchers.push(watcher));
  return watchers;
}

describe("which watch on /w sees which event, and what stays (6.2)", () => {
  test.each<[Kind, string, keyof typeof NAMES, boolean, boolean]>([
    ["data", "/w", "created", true, false],
    ["data", "/w", "data", true, false],
    ["data", "/w", "deleted", true, false],
    ["data", "/w", "children", false, true],
    ["child", "/w", "created", false, true],
    ["child", "/w", "data", false, true],
    ["child", "/w", "deleted", true, false],
    ["child", "/w", "children", true, false],
    ["persistent", "/w", "created", true, true],
    ["persistent", "/w", "data", true, true],
    ["persistent", "/w", "deleted", true, true],
    ["persistent", "/w", "children", true, true],
    ["recursive", "/w", "created", true, true],
    ["recursive", "/w", "data", true, true],
    ["recursive", "/w", "deleted", true, true],
    ["recursive", "/w", "children", false, true],
    ["recursive", "/w/x", "data", true, true],
    ["recursive", "/w/x/y", "deleted", true, true],
    ["recursive", "/w/x", "children", false, true],
    ["recursive", "/wx", "data", false, true],
    ["recursive", "/", "data", false, true],
    ["persistent", "/w/x", "data", false, true],
    ["data", "/w/x", "data", false, true],
  ])("%s, %s %s: heard %s, stays %s", (kind, path, event, fires, stays) => {
    const watches = new Watches();
    watch(watches, kind, "/w", 7);
    expect(heard(watches, event, path)).toEqual(fires ? [7] : []);
    expect(watches.watchCount > 0).toBe(stays);
  });
});

test("a recursive watch on the root hears of everything below", () => {
  const watches = new Watches();
  watches.addRecursive("/", 1);
  expect([heard(watches, "created", "/a"), heard(watches, "data", "/a/b"), heard(watches, "data", "/")]).toEqual([
    [1],
    [1],
    [1],
  ]);
});

test("a connection hears one thing a step, however many watches match", () => {
  const watches = new Watches();
  for (const kind of ["data", "child", "persistent", "recursive"] as const) watch(watches, kind, "/a/b", 1);
  watches.addRecursive("/a", 1);
  watches.addRecursive("/", 1);
  watches.addChild("/a/b", 2);
  expect(heard(watches, "deleted", "/a/b")).toEqual([1, 2]);
  expect(heard(watches, "deleted", "/a/b")).toEqual([1]);
});

test("a child watch is used up by the deletion that a data watch already told of", () => {
  const watches = new Watches();
  watches.addData("/a", 1);
  watches.addChild("/a", 1);
  expect([heard(watches, "deleted", "/a"), watches.watchCount]).toEqual([[1], 0]);
});

test("6.3's example: create and delete below a node that one connection watches persistently both ways", () => {
  const watches = new Watches();
  watches.addRecursive("/w", 1);
  watches.addPersistent("/w", 1);
  const tree = new DataTree();
  tree.apply(txn(1, create("/w")));
  const log: string[] = [];
  const { events } = tree.apply(
    txn(2, multi(create("/w/x"), create("/w/y"), setData("/w/x", "", 1), remove("/w/x"), setData("/w", "", 1))),
  );
  for (const event of events) watches.trigger(event, (watcher) => log.push(`${watcher} ${event.type} ${event.path}`));
  expect(log).toEqual([
    `1 ${EventType.nodeCreated} /w/x`,
    `1 ${EventType.nodeChildrenChanged} /w`,
    `1 ${EventType.nodeCreated} /w/y`,
    `1 ${EventType.nodeChildrenChanged} /w`,
    `1 ${EventType.nodeDataChanged} /w/x`,
    `1 ${EventType.nodeDeleted} /w/x`,
    `1 ${EventType.nodeChildrenChanged} /w`,
    `1 ${EventType.nodeDataChanged} /w`,
  ]);
});

test("one of several kinds is taken away, the others go on (ZOOKEEPER-4466, 4471)", () => {
  const watches = new Watches();
  for (const kind of ["data", "child", "persistent", "recursive"] as const) watch(watches, kind, "/a", 1);
  expect(watches.remove("/a", 1, "persistent")).toBe(true);
  expect(heard(watches, "children", "/a")).toEqual([1]);
  expect(heard(watches, "children", "/a")).toEqual([]);
  expect(heard(watches, "data", "/a/below")).toEqual([1]);
  expect(watches.remove("/a", 1, "recursive")).toBe(true);
  expect(heard(watches, "data", "/a/below")).toEqual([]);
  expect(heard(watches, "data", "/a")).toEqual([1]);
  expect(watches.watchCount).toBe(0);
});

describe("checkWatches and removeWatches (6.6)", () => {
  test.each<[Kind, readonly WatcherKind[]]>([
    ["data", ["data", "any"]],
    ["child", ["children", "any"]],
    ["persistent", ["persistent", "any"]],
    ["recursive", ["recursive", "any"]],
  ])("%s is %j", (kind, kinds) => {
    for (const asked of ["children", "data", "any", "persistent", "recursive"] as const) {
      const watches = new Watches();
      watch(watches, kind, "/a", 1);
      const is = kinds.includes(asked);
      expect(watches.has("/a", 1, asked)).toBe(is);
      expect(watches.has("/b", 1, asked)).toBe(false);
      expect(watches.has("/a", 2, asked)).toBe(false);
      expect(watches.remove("/a", 1, asked)).toBe(is);
      expect(watches.watchCount === 0).toBe(is);
    }
  });

  test("any takes all kinds at once", () => {
    const watches = new Watches();
    for (const kind of ["data", "child", "persistent", "recursive"] as const) watch(watches, kind, "/a", 1);
    watches.addData("/a", 2);
    watches.remove("/a", 1, "any");
    expect(heard(watches, "deleted", "/a")).toEqual([2]);
    expect(watches.watchCount).toBe(0);
  });
});

test("counts: a path and a connection count once a table; a connection that is gone counts nowhere", () => {
  const watches = new Watches();
  watches.addData("/a", 1);
  watches.addData("/a", 1);
  watches.addPersistent("/a", 1);
  watches.addData("/b", 1);
  watches.addData("/a", 2);
  watches.addRecursive("/c", 3);
  expect([watches.watchCount, watches.data.watchCount, watches.data.pathCount, watches.data.watcherCount]).toEqual([
    5, 4, 3, 3,
  ]);
  expect([...watches.data.entries()]).toEqual([
    ["/a", [1, 2]],
    ["/b", [1]],
    ["/c", [3]],
  ]);
  watches.removeWatcher(1);
  watches.removeWatcher(3);
  expect([watches.watchCount, watches.data.pathCount, watches.child.pathCount]).toEqual([1, 1, 0]);
  expect(heard(watches, "data", "/c/x")).toEqual([]);
  watches.removeWatcher(2);
  watches.removeWatcher(99);
  expect([watches.watchCount, watches.data.watcherCount, watches.child.watcherCount]).toEqual([0, 0, 0]);
});

test("who is told may drop connections and set watches", () => {
  const watches = new Watches();
  for (const watcher of [1, 2, 3]) watches.addData("/a", watcher);
  const told: number[] = [];
  watches.trigger({ type: EventType.nodeDataChanged, path: "/a", acl: OPEN_ACL }, (watcher) => {
    told.push(watcher);
    watches.removeWatcher(3);
    watches.addData("/a", watcher);
  });
  expect(told).toEqual([1, 2, 3]);
  expect(watches.watchCount).toBe(3);
});

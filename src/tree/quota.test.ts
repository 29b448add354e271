import { asciiBytes } from "../base/bytes.ts";
import { QUOTA_ROOT } from "../wire/paths.ts";
import type { SubTxnBody, TxnBody } from "../wire/txnValue.ts";
import { DataTree } from "./dataTree.ts";
import { QuotaStats } from "./quotaStats.ts";
import { nodeRecord } from "./testRecords.ts";
import { Chance, closeSession, create, multi, remove, setData, txn } from "./testTxns.ts";

/** client-protocol 3.15, and hazards H3 to H5 of section 10. */

const LIMITS = `${QUOTA_ROOT}/a/zookeeper_limits`;
const STATS = `${QUOTA_ROOT}/a/zookeeper_stats`;
const SET_QUOTA = [
  create(`${QUOTA_ROOT}/a`),
  create(LIMITS, "count=10,bytes=-1"),
  create(STATS, "count=0,bytes=0"),
] as const;

function treeAfter(...bodies: readonly TxnBody[]): DataTree {
  const tree = new DataTree();
  bodies.forEach((body, i) => {
    tree.apply(txn(i + 1, body));
  });
  return tree;
}

function text(tree: DataTree, path: string): string | undefined {
  const data = tree.data(tree.find(path));
  return data === null ? undefined : String.fromCharCode(...data);
}

test("stats hold the real numbers at once, and follow every change without touching a Stat", () => {
  const tree = treeAfter(create("/a", "12"), create("/a/b", "345"), create("/other", "x"), ...SET_QUOTA);
  expect(text(tree, STATS)).toBe("count=2,bytes=5");
  const before = { ...tree.stat(tree.find(STATS)), dataLength: 0 };
  const steps: readonly [SubTxnBody, string][] = [
    [create("/a/c", "6789"), "count=3,bytes=9"],
    [create("/a/c/d", null), "count=4,bytes=9"],
    [setData("/a/c", "6", 1), "count=4,bytes=6"],
    [setData("/a/c", null, 2), "count=4,bytes=5"],
    [setData("/a", "", 1), "count=4,bytes=3"],
    [create("/ab", "x"), "count=4,bytes=3"],
    [remove("/a/c/d"), "count=3,bytes=3"],
    [remove("/a/b"), "count=2,bytes=0"],
  ];
  steps.forEach(([body, stats], i) => {
    const { events } = tree.apply(txn(100 + i, body));
    expect(text(tree, STATS)).toBe(stats);
    expect(events.some((event) => event.path.startsWith(QUOTA_ROOT))).toBe(false);
  });
  expect({ ...tree.stat(tree.find(STATS)), dataLength: 0 }).toEqual(before);
});

test("the deepest root counts; once its limits are gone, the one above does", () => {
  const deep = `${QUOTA_ROOT}/a/b`;
  const tree = treeAfter(
    create("/a"),
    create("/a/b"),
    ...SET_QUOTA,
    create(deep),
    create(`${deep}/zookeeper_limits`, "count=1,bytes=1"),
    create(`${deep}/zookeeper_stats`),
    create("/a/b/x", "12"),
    create("/a/y", "3"),
  );
  expect([text(tree, STATS), text(tree, `${deep}/zookeeper_stats`)]).toEqual(["count=3,bytes=1", "count=2,bytes=2"]);
  expect([tree.quotaRoot("/a/b/x"), tree.quotaRoot("/a/bc"), tree.quotaRoot("/b")]).toEqual(["/a/b", "/a", undefined]);
  tree.apply(txn(50, remove(`${deep}/zookeeper_limits`)));
  tree.apply(txn(51, create("/a/b/z", "4")));
  expect([text(tree, STATS), text(tree, `${deep}/zookeeper_stats`)]).toEqual(["count=4,bytes=2", "count=2,bytes=2"]);
});

test("sessions that end and multis count like single changes", () => {
  const tree = treeAfter(
    create("/a"),
    ...SET_QUOTA,
    create("/a/e", "12", { ephemeral: true }),
    multi(create("/a/m", "1"), setData("/a/m", "123", 1)),
  );
  expect(text(tree, STATS)).toBe("count=3,bytes=5");
  tree.apply(txn(50, closeSession("/a/e")));
  expect(text(tree, STATS)).toBe("count=2,bytes=3");
});

test.each<[string, TxnBody]>([
  ["H3: a quota on the root", create(`${QUOTA_ROOT}/zookeeper_limits`)],
  ["H3: stats of the root", create(`${QUOTA_ROOT}/zookeeper_stats`)],
  ["H4: limits of a name that only begins like it", create("/zookeeperx/zookeeper_limits")],
  ["H4: limits right below /zookeeper", create("/zookeeper/zookeeper_limits")],
  ["a quota whose name only begins like it", create("/zookeeper/quotax/zookeeper_limits")],
])("%s is no quota and does no harm", (_, body) => {
  const tree = treeAfter(create("/zookeeperx"), create("/zookeeper/quotax"), create("/x"), body);
  const path = body.type === 1 ? body.path : "";
  expect(tree.apply(txn(50, create("/x/y", "1"))).err).toBe(0);
  expect(tree.apply(txn(51, remove(path))).err).toBe(0);
  expect(tree.quotaRoot("/x/y")).toBeUndefined();
});

test.each([
  ["", "count=0,bytes=1"],
  [null, "count=1,bytes=2"],
  ["rubbish", "count=1,bytes=2"],
  ["count=x,bytes=1", "count=1,bytes=2"],
  ["count=99999999999999999999,bytes=1", "count=1,bytes=2"],
  ["count=", "count=1,bytes=2"],
  [",count=1", "count=1,bytes=2"],
  ["count=5,bytes=7", "count=6,bytes=9"],
  ["bytes=7;;count=+5,", "count=6,bytes=9"],
  ["count=9223372036854775807,bytes=0", "count=-9223372036854775808,bytes=2"],
  ["count=5,bytes=7=;countHardLimit=3;byteHardLimit=20", "count=6,bytes=9=;byteHardLimit=20;countHardLimit=3"],
])("H5: stats %j and a new node of two bytes make %j", (stats, after) => {
  const tree = treeAfter(create("/a"), ...SET_QUOTA, setData(STATS, stats, 1), create("/a/x", "12"));
  expect(text(tree, STATS)).toBe(after);
});

test("H5: stats without numbers count from -1, as Java's do", () => {
  expect(QuotaStats.parse(asciiBytes("")).count).toBe(-1n);
  expect(QuotaStats.parse(asciiBytes("count==5,bytes=1")).count).toBe(-1n);
});

test("roots are found again after a load and everything is recounted", () => {
  const tree = treeAfter(create("/a", "1"), create("/a/b", "23"), ...SET_QUOTA, setData(STATS, "count=77,bytes=77", 1));
  const loaded = new DataTree();
  loaded.clear();
  for (const { key, acl } of tree.aclEntries()) loaded.loadAcl(key, acl);
  const visit = (path: string): void => {
    loaded.loadNode(nodeRecord(path, tree.data(tree.find(path)), 1n, new Uint8Array(60)));
    for (const name of tree.childNames(tree.find(path))) visit(`${path}/${name}`);
  };
  visit("");
  loaded.finishLoad(tree.lastProcessedZxid);
  expect(text(loaded, STATS)).toBe("count=2,bytes=3");
  loaded.apply(txn(50, create("/a/c", "4")));
  expect(text(loaded, STATS)).toBe("count=3,bytes=4");
});

test.each([1, 2, 3])("usage is what a count would say after any changes (seed %i)", (seed) => {
  const chance = new Chance(seed);
  const tree = treeAfter(create("/a"), ...SET_QUOTA);
  for (let zxid = 100; zxid < 400; zxid++) {
    const path = `/a${`/${chance.pick(["x", "y", "z"])}`.repeat(1 + chance.below(3))}`;
    const data = "d".repeat(chance.below(20));
    tree.apply(txn(zxid, chance.pick([create(path, data), remove(path), setData(path, data, 1), create(path, null)])));
    expect(text(tree, STATS)).toBe(usageOf(tree, "/a"));
  }
});

function usageOf(tree: DataTree, top: string): string {
  let count = 0;
  let bytes = 0;
  const visit = (path: string): void => {
    const ref = tree.find(path);
    count++;
    bytes += tree.nodeStat(ref).dataLength;
    for (const name of tree.childNames(ref)) visit(`${path}/${name}`);
  };
  visit(top);
  return `count=${count},bytes=${bytes}`;
}

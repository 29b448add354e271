import { Writer } from "jute-ts";
import { equalBytes } from "../base/bytes.ts";
import { Err, EventType } from "../wire/client/numbers.ts";
import { Stat, StatPersisted } from "../wire/client/shared.ts";
import type { Finding, TxnBody } from "../wire/txnValue.ts";
import { DataTree, NO_NODE } from "./dataTree.ts";
import type { Outcome } from "./outcome.ts";
import {
  acl,
  bytes,
  closeSession,
  create,
  createContainer,
  createTTL,
  failure,
  multi,
  OPEN,
  remove,
  setACL,
  setData,
  statShown,
  TIME_ZERO,
  txn,
} from "./testTxns.ts";

const SESSION = 0x77n;
const NOTHING = new Uint8Array(0);

/** A tree after these transactions, whose zxids count from 1. */
function treeAfter(...bodies: readonly TxnBody[]): DataTree {
  const tree = new DataTree();
  bodies.forEach((body, i) => {
    tree.apply(txn(i + 1, body));
  });
  return tree;
}

function statOf(tree: DataTree, path: string): Stat {
  return tree.stat(tree.find(path));
}

function eventsOf(outcome: Outcome): readonly string[] {
  return outcome.events.map((event) => `${NAMES[event.type]} ${event.path}`);
}

const NAMES = {
  [EventType.nodeCreated]: "created",
  [EventType.nodeDeleted]: "deleted",
  [EventType.nodeDataChanged]: "data",
  [EventType.nodeChildrenChanged]: "children",
} as const;

describe("a fresh tree", () => {
  test.each([
    ["/", -1, 1],
    ["", -1, 1],
    ["/zookeeper", -2, 2],
    ["/zookeeper/quota", 0, 0],
    ["/zookeeper/config", 0, 0],
  ])("%j has cversion %i and %i children", (path, cversion, numChildren) => {
    expect(statOf(new DataTree(), path)).toMatchObject({ cversion, numChildren, czxid: 0n, mtime: 0n, dataLength: 0 });
  });

  test("counts", () => {
    const tree = new DataTree();
    expect([tree.nodeCount, tree.dataBytes, tree.ephemeralCount]).toEqual([4, 44, 0]);
    expect(tree.descendantCount(tree.find("/"))).toBe(3);
    expect(tree.aversion(tree.find("/zookeeper/config"))).toBe(-1);
    expect(tree.acl(tree.find("/zookeeper/config"))).toEqual([acl(1, "world", "anyone")]);
    expect(tree.acl(tree.find("/"))).toEqual(OPEN);
    expect(tree.data(tree.find("/"))).toEqual(new Uint8Array(0));
  });
});

describe("what was found when a transaction was made", () => {
  /** Zxids 1 to 4: /a, /b, /c, and /c is gone again. */
  const tree = (): DataTree => treeAfter(create("/a"), create("/b"), create("/c"), remove("/c"));
  const of = (place: number, czxidLow: number): Finding => ({
    pathCrc: 0,
    contentCrc: 0x1234,
    place,
    czxidHigh: 0,
    czxidLow,
  });
  const freshTree = tree();
  const [a, b] = [freshTree.find("/a"), freshTree.find("/b")];
  const c = Math.max(a, b) + 1;

  test("is taken for true where its node stands", () => {
    const changed = tree();
    // A path that names nothing: the place alone leads to the node.
    changed.apply(txn(9, { type: 5, path: "/x", data: bytes("x"), version: 7, finding: of(b, 2) }));
    expect(changed.version(b)).toBe(7);
    expect(changed.contentCrc(b)).toBe(0x1234);
  });

  test.each([
    ["nowhere", of(-1, 2)],
    ["far behind the last", of(1e6, 2)],
    ["where another stands", of(a, 2)],
    ["where one with another zxid stands", of(b, 3)],
    ["where one stood", of(c, 3)],
  ])("is passed over where the node is not: %s", (_where, finding) => {
    const changed = tree();
    changed.apply(txn(9, { type: 5, path: "/b", data: bytes("x"), version: 7, finding }));
    expect([changed.version(a), changed.version(b)]).toEqual([0, 7]);
    changed.apply(txn(10, { type: 2, path: "/b", finding }));
    expect([changed.find("/a"), changed.find("/b")]).toEqual([a, NO_NODE]);
    changed.apply(
      txn(11, { type: 1, path: "/a/n", data: null, acl: OPEN, ephemeral: false, parentCVersion: -1, finding }),
    );
    expect(changed.childNames(a)).toEqual(["n"]);
    expect(changed.path(changed.find("/a/n"))).toBe("/a/n");
  });
});

describe("what each transaction does to Stats (client-protocol 3.3)", () => {
  const at = (zxid: number) => TIME_ZERO + BigInt(zxid);
  const fresh = { version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0n, dataLength: 2, numChildren: 0 };

  test("create", () => {
    const tree = treeAfter(create("/a", "xy"));
    expect(statOf(tree, "/a")).toEqual({ ...fresh, czxid: 1n, mzxid: 1n, pzxid: 1n, ctime: at(1), mtime: at(1) });
    expect(statOf(tree, "/")).toMatchObject({
      cversion: 0,
      pzxid: 1n,
      numChildren: 2,
      mzxid: 0n,
      version: 0,
      mtime: 0n,
    });
    expect(tree.cversion(tree.find("/"))).toBe(1);
  });

  test("delete", () => {
    const tree = treeAfter(create("/a"), create("/b"), remove("/a"));
    expect(tree.find("/a")).toBe(NO_NODE);
    expect(statOf(tree, "/")).toMatchObject({ cversion: 2, pzxid: 3n, numChildren: 2 });
    expect(tree.cversion(tree.find("/"))).toBe(2);
  });

  test("setData", () => {
    const tree = treeAfter(create("/a", "xy"), create("/a/b"), setData("/a", "longer", 1));
    expect(statOf(tree, "/a")).toEqual({
      ...fresh,
      czxid: 1n,
      mzxid: 3n,
      pzxid: 2n,
      ctime: at(1),
      mtime: at(3),
      version: 1,
      cversion: 1,
      numChildren: 1,
      dataLength: 6,
    });
    expect(tree.data(tree.find("/a"))).toEqual(bytes("longer"));
  });

  test("setACL touches aversion alone", () => {
    const tree = treeAfter(create("/a", "xy"));
    const before = statOf(tree, "/a");
    tree.apply(txn(9, setACL("/a", [acl(1, "digest", "u:x")], 1)));
    expect(statOf(tree, "/a")).toEqual({ ...before, aversion: 1 });
    expect(tree.acl(tree.find("/a"))).toEqual([acl(1, "digest", "u:x")]);
  });

  test("owners: a session shows, a container and a TTL do not", () => {
    const tree = treeAfter(create("/e", "", { ephemeral: true }), createContainer("/c"), createTTL("/t", 60_000n));
    expect(["/e", "/c", "/t"].map((path) => statOf(tree, path).ephemeralOwner)).toEqual([SESSION, 0n, 0n]);
    expect(["/e", "/c", "/t"].map((path) => tree.ephemeralOwner(tree.find(path)))).toEqual([
      SESSION,
      -0x8000000000000000n,
      BigInt.asIntN(64, 0xff0000000000ea60n),
    ]);
    expect([tree.ephemeralCount, tree.containerNodes().length, tree.ttlNodes().length]).toEqual([1, 1, 1]);
  });

  test("reconfig: version -1", () => {
    const tree = treeAfter({ type: 16, path: "/zookeeper/config", data: bytes("server.1=x"), version: -1 });
    expect(statOf(tree, "/zookeeper/config")).toMatchObject({ version: -1, mzxid: 1n, mtime: at(1), aversion: -1 });
  });

  test("the bytes of both forms are those of the values", () => {
    const tree = treeAfter(create("/a", "xy"), create("/a/b", null, { ephemeral: true }), setData("/a", "z", 1));
    tree.apply(txn(-5n, setACL("/a", null, 7), -1n));
    for (const path of ["/", "/a", "/a/b", "/zookeeper/config"]) {
      const ref = tree.find(path);
      const out = new Writer(4);
      tree.writeStat(ref, out);
      expect(Stat.decode(out.toBytes())).toEqual(tree.stat(ref));
      out.reset();
      tree.writeStatPersisted(ref, out);
      expect(StatPersisted.decode(out.toBytes())).toEqual(tree.statPersisted(ref));
    }
  });
});

describe("outcomes", () => {
  test.each<[string, TxnBody, Partial<Outcome>]>([
    ["createSession", { type: -10, timeOut: 4000 }, { err: 0, events: [] }],
    ["an error", { type: -1, err: Err.badVersion }, { err: Err.badVersion, events: [], path: undefined }],
    ["create without parent", create("/x/y"), { err: Err.noNode, events: [], path: "/x/y" }],
    ["create of what is there", create("/a"), { err: Err.nodeExists, events: [] }],
    ["create of the root", create("/"), { err: Err.noNode, events: [] }],
    ["create of no path", create("abc"), { err: Err.noNode, events: [] }],
    ["create of nothing", create(""), { err: Err.noNode, events: [] }],
    ["delete of the root", remove("/"), { err: Err.noNode, events: [] }],
    ["delete of what is not there", remove("/x"), { err: Err.noNode, events: [] }],
    ["setData of what is not there", setData("/x", "", 1), { err: Err.noNode, events: [], stat: undefined }],
    ["setACL of what is not there", setACL("/x", OPEN, 1), { err: Err.noNode, events: [], stat: undefined }],
    ["a top-level check (W4)", { type: 13, path: "/a", version: 1 }, { err: 0, events: [] }],
    ["closeSession without a body", { type: -11, paths: undefined }, { err: 0, events: [] }],
  ])("%s", (_, body, outcome) => {
    const tree = treeAfter(create("/a", "1"));
    expect(tree.apply(txn(2, body))).toMatchObject(outcome);
    expect(tree.lastProcessedZxid).toBe(2n);
    expect(tree.data(tree.find("/a"))).toEqual(bytes("1"));
  });

  test.each<[string, TxnBody, readonly string[]]>([
    ["create", create("/a/b"), ["created /a/b", "children /a"]],
    ["create at the top", create("/t"), ["created /t", "children /"]],
    ["delete", remove("/a/e1"), ["deleted /a/e1", "children /a"]],
    ["setData", setData("/a", "", 1), ["data /a"]],
    ["setData of the root", setData("/", "", 1), ["data /"]],
    ["reconfig", { type: 16, path: "/zookeeper/config", data: null, version: -1 }, ["data /zookeeper/config"]],
    ["setACL", setACL("/a", OPEN, 1), []],
    [
      "closeSession: the paths listed, then the rest",
      closeSession("/a/e1", "/gone", "/p"),
      ["deleted /a/e1", "children /a", "deleted /p", "children /", "deleted /e2", "children /"],
    ],
    [
      "multi",
      multi(create("/m"), create("/m/x"), setData("/m", "1", 1), remove("/m/x")),
      ["created /m", "children /", "created /m/x", "children /m", "data /m", "deleted /m/x", "children /m"],
    ],
    ["a multi that failed", multi(create("/m"), failure(Err.badVersion)), []],
  ])("events of %s", (_, body, events) => {
    const tree = treeAfter(
      create("/a"),
      create("/p"),
      create("/a/e1", "", { ephemeral: true }),
      create("/e2", "", { ephemeral: true }),
    );
    expect(eventsOf(tree.apply(txn(9, body)))).toEqual(events);
  });

  test("an event carries the list that guards it", () => {
    const secret = [acl(31, "digest", "u:x")];
    const tree = treeAfter(create("/a", "", { acl: secret }));
    const created = tree.apply(txn(2, create("/a/b", "", { acl: [acl(1, "ip", "1.2.3.4")] })));
    expect(created.events.map((event) => event.acl)).toEqual([[acl(1, "ip", "1.2.3.4")], secret]);
    const changed = tree.apply(txn(3, setData("/a", "", 1)));
    expect(changed.events.map((event) => event.acl)).toEqual([secret]);
    const deleted = tree.apply(txn(4, remove("/a/b")));
    expect(deleted.events.map((event) => event.acl)).toEqual([[acl(1, "ip", "1.2.3.4")], secret]);
  });

  test("results of a multi (client-protocol 1.8)", () => {
    const tree = treeAfter(create("/c"));
    const { err, results } = tree.apply(
      txn(
        2,
        multi(
          create("/a", "12"),
          create("/a/b", "", { type: 15 }),
          createContainer("/box"),
          createTTL("/ttl", 5n),
          setData("/a", "123", 1),
          { type: 13, path: "/a", version: 2 },
          remove("/c"),
        ),
      ),
    );
    expect(err).toBe(0);
    expect(
      results?.map((one) => {
        const stat = statShown(one.stat);
        return [one.type, one.err, one.path, stat?.czxid, stat?.dataLength];
      }),
    ).toEqual([
      [1, 0, "/a", 2n, 2],
      [15, 0, "/a/b", 2n, 0],
      [15, 0, "/box", 2n, 0],
      [15, 0, "/ttl", 2n, 0],
      [5, 0, undefined, 2n, 3],
      [13, 0, undefined, undefined, undefined],
      [2, 0, undefined, undefined, undefined],
    ]);
  });

  test("a failed multi: 0 before, the code, -2 after, and nothing changed", () => {
    const tree = treeAfter(create("/a"));
    const { digest } = tree;
    const { err, results } = tree.apply(txn(2, multi(create("/b"), remove("/a"), failure(-103), failure(-2))));
    expect(err).toBe(0);
    expect(results?.map((one) => [one.type, one.err])).toEqual([
      [-1, 0],
      [-1, 0],
      [-1, -103],
      [-1, -2],
    ]);
    expect([tree.digest, tree.find("/b"), tree.lastProcessedZxid]).toEqual([digest, NO_NODE, 2n]);
  });

  test("an entry that Java cannot read in a multi ends it; what came before stays", () => {
    const tree = treeAfter(create("/a"));
    tree.apply(txn(2, multi(create("/b"), setACL("/a", null, 5), create("/c"))));
    expect([tree.find("/b") === NO_NODE, tree.find("/c"), tree.aversion(tree.find("/a"))]).toEqual([false, NO_NODE, 0]);
  });
});

describe("replay on a tree that is ahead (on-disk-formats 5.4)", () => {
  test("create raises the parent's counter and pzxid only upwards", () => {
    const tree = treeAfter(create("/a"));
    tree.apply(txn(10, create("/a/x", "", { parentCVersion: 7 })));
    tree.apply(txn(11, create("/a/y", "", { parentCVersion: 3 })));
    expect([tree.cversion(tree.find("/a")), tree.pzxid(tree.find("/a"))]).toEqual([7, 10n]);
  });

  test.each([
    [1 as const, 9, 20n],
    [15 as const, 1, 2n],
  ])("create of what is there, as type %i", (type, cversion, pzxid) => {
    const tree = treeAfter(create("/a"), create("/a/x", "kept"));
    const before = statOf(tree, "/a/x");
    const list = [acl(1, "world", "anyone")];
    const outcome = tree.apply(txn(20, create("/a/x", "other", { type, acl: list, parentCVersion: 9 })));
    expect([outcome.err, outcome.events.length]).toEqual([Err.nodeExists, 0]);
    expect(statOf(tree, "/a/x")).toEqual(before);
    expect(tree.data(tree.find("/a/x"))).toEqual(bytes("kept"));
    expect(tree.acl(tree.find("/a/x"))).toEqual(list);
    expect([tree.cversion(tree.find("/a")), tree.pzxid(tree.find("/a"))]).toEqual([cversion, pzxid]);
  });

  test("delete raises pzxid even if the node is missing, and never lowers it", () => {
    const tree = treeAfter(create("/a"), create("/a/x"));
    tree.apply(txn(30, remove("/a/none")));
    expect(tree.pzxid(tree.find("/a"))).toBe(30n);
    tree.apply(txn(20, remove("/a/x")));
    expect([tree.pzxid(tree.find("/a")), tree.childCount(tree.find("/a"))]).toEqual([30n, 0]);
    expect(tree.lastProcessedZxid).toBe(30n);
  });

  test("delete of a node whose later self has children takes them along", () => {
    const tree = treeAfter(create("/a"), create("/a/b"), create("/a/b/e", "", { ephemeral: true }), create("/a/c"));
    tree.apply(txn(9, remove("/a")));
    expect([tree.nodeCount, tree.dataBytes, tree.ephemeralCount]).toEqual([4, 44, 0]);
    expect(tree.find("/a/b/e")).toBe(NO_NODE);
    tree.apply(txn(10, create("/a")));
    tree.apply(txn(11, create("/a/b")));
    expect(statOf(tree, "/a")).toMatchObject({ czxid: 10n, numChildren: 1 });
  });

  test("two's complement: versions and counters are absolute and wrap", () => {
    const tree = treeAfter(create("/a"), create("/a/x", "", { parentCVersion: 0x7fffffff }));
    expect(statOf(tree, "/a").cversion).toBe((2 * 0x7fffffff - 1) | 0);
    tree.apply(txn(5, create("/a/y", "", { parentCVersion: -1 })));
    expect(tree.cversion(tree.find("/a"))).toBe(0x7fffffff);
    tree.apply(txn(6, setData("/a", "", -0x80000000)));
    expect(tree.version(tree.find("/a"))).toBe(-0x80000000);
  });
});

describe("sessions", () => {
  test("closing deletes what is listed whoever owns it, and the rest of the session's", () => {
    const tree = treeAfter(create("/mine", "", { ephemeral: true }), create("/extra", "", { ephemeral: true }));
    tree.apply(txn(3, create("/other", "", { ephemeral: true }), 0x99));
    tree.apply(txn(4, create("/third", "", { ephemeral: true }), 0x99));
    tree.apply(txn(5, closeSession("/mine", "/other")));
    expect(["/mine", "/extra", "/other", "/third"].map((path) => tree.find(path) === NO_NODE)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(tree.ephemeralCount).toBe(1);
    expect(tree.pzxid(tree.find("/"))).toBe(5n);
  });

  test("orphans go under the last zxid; containers and TTL nodes are nobody's", () => {
    const tree = treeAfter(
      create("/p"),
      create("/p/dead", "", { ephemeral: true }),
      createContainer("/box"),
      createTTL("/ttl", 1n),
    );
    tree.apply(txn(5, create("/p/live", "", { ephemeral: true }), 0x99));
    const removed = tree.removeOrphans((session) => session === 0x99n);
    expect([removed, tree.find("/p/dead"), tree.ephemeralCount]).toEqual([1, NO_NODE, 1]);
    expect(["/box", "/ttl", "/p/live"].every((path) => tree.find(path) !== NO_NODE)).toBe(true);
    expect(statOf(tree, "/p")).toMatchObject({ pzxid: 5n, numChildren: 1, cversion: 3 });
  });

  test("session ids with the top bit, and server 255's, own ephemerals", () => {
    const tree = new DataTree();
    const ids = [-2n, -0x7fffffffffffffffn, BigInt.asIntN(64, 0xff9a000000000001n)];
    ids.forEach((id, i) => {
      tree.apply(txn(i + 1, create(`/e${i}`, "", { ephemeral: true }), id));
    });
    expect(ids.map((id, i) => statOf(tree, `/e${i}`).ephemeralOwner === id)).toEqual([true, true, true]);
    expect(tree.ephemeralCount).toBe(3);
  });
});

describe("paths and data", () => {
  const long = `/${"n".repeat(300)}`;
  const longer = `/${"n".repeat(1500)}`;
  test.each(["/é", "/漢字", "/a b", "/￯", long, longer, "/\ud83d\ude00", "/\ud800", "/zookeeperx", "/\u00ff"])(
    "%j",
    (path) => {
      const tree = treeAfter(create(path, "x"), create(`${path}/c`, "y"));
      const ref = tree.find(path);
      expect(tree.path(ref)).toBe(path);
      expect(tree.childNames(ref)).toEqual(["c"]);
      expect(tree.childNames(tree.find("/"))).toContain(path.slice(1));
      expect(tree.dataBytes).toBe(44 + 2 * path.length + 2 + 2);
      const out = new Writer(8);
      out.ustring(path);
      const key = out.toBytes();
      expect(tree.findBytes(key, 4, key.length)).toBe(ref);
      out.reset();
      tree.writeChildren(tree.find("/"), out);
      const expected = new Writer();
      expected.int(2);
      for (const name of tree.childNames(tree.find("/"))) expected.ustring(name);
      expect(out.toBytes()).toEqual(expected.toBytes());
      tree.apply(txn(9, remove(`${path}/c`)));
      tree.apply(txn(10, remove(path)));
      expect([tree.find(path), tree.dataBytes, tree.nodeCount]).toEqual([NO_NODE, 44, 4]);
    },
  );

  test.each(["a", "a/b", "//", "/a/", "/a//b", "//a", "/x", "/a/b/c", ""])("%j names no node but the root", (path) => {
    const tree = treeAfter(create("/a"), create("/a/b"));
    expect(tree.find(path)).toBe(path === "" ? tree.find("/") : NO_NODE);
    const key = new Writer();
    key.ustring(path);
    expect(tree.findBytes(key.bytes, 4, key.length)).toBe(tree.find(path));
  });

  test.each([0, 1, 2, 3, 4, 100, 383, 384, 385, 65_535, 65_536, 70_000, 1_000_000])("data of %i bytes", (length) => {
    const data = Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
    const tree = new DataTree();
    const kept = data.slice();
    tree.apply(txn(1, { type: 1, path: "/d", data, acl: null, ephemeral: false, parentCVersion: 1 }));
    data.fill(0xee);
    const ref = tree.find("/d");
    expect(equalBytes(tree.data(ref) ?? NOTHING, kept)).toBe(true);
    const out = new Writer(8);
    tree.writeData(ref, out);
    const expected = new Writer();
    expected.buffer(kept);
    expect(equalBytes(out.written(), expected.written())).toBe(true);
    tree.apply(txn(2, setData("/d", null, 1)));
    expect([tree.data(ref), tree.nodeStat(ref).dataLength]).toEqual([null, 0]);
    out.reset();
    tree.writeData(ref, out);
    expect(out.toBytes()).toEqual(Uint8Array.from([255, 255, 255, 255]));
  });
});

test("setConfigNode: version -1, the config's version as mzxid, and no zxid of its own", () => {
  const tree = treeAfter(create("/a"));
  tree.setConfigNode(bytes("server.1=x") as Uint8Array, tree.lastProcessedZxid, 123n);
  const stat = statOf(tree, "/zookeeper/config");
  expect(stat).toMatchObject({ version: -1, mzxid: 1n, mtime: 123n, czxid: 0n, aversion: -1, dataLength: 10 });
  tree.apply(txn(2, remove("/zookeeper/config")));
  tree.setConfigNode(bytes("again") as Uint8Array, tree.lastProcessedZxid, 5n);
  expect(statOf(tree, "/zookeeper/config")).toMatchObject({ version: -1, mzxid: 2n, czxid: 0n, aversion: -1 });
  expect(tree.acl(tree.find("/zookeeper/config"))).toEqual([acl(1, "world", "anyone")]);
});

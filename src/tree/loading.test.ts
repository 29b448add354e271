import { DecodeError, Writer } from "jute-ts";
import { hexBytes } from "../base/bytes.ts";
import { toZxid } from "../base/zxid.ts";
import { StatPersisted } from "../wire/client/shared.ts";
import { DataTree } from "./dataTree.ts";
import { contentCrcOf, digestOfContent, pathCrcOf } from "./digest.ts";
import { nodeRecord } from "./testRecords.ts";
import { acl, bytes, create, createTTL, nodeStatOf, remove, setACL, setData, txn } from "./testTxns.ts";

const STAT = new Uint8Array(60);

function empty(): DataTree {
  const tree = new DataTree();
  tree.clear();
  return tree;
}

function statWith(fields: Partial<StatPersisted>): Uint8Array {
  return StatPersisted.encode({ ...StatPersisted.decode(STAT), ...fields });
}

describe("records that cannot be (on-disk-formats 4.2)", () => {
  test.each<[string, readonly string[]]>([
    ["a child before its parent", ["", "/a/b"]],
    ["a child before the root", ["/a"]],
    ["a node twice", ["", "/a", "/a"]],
    ["the root twice", ["", ""]],
    ["the root as /", ["", "/"]],
    ["no path", ["", "abc"]],
  ])("%s", (_, paths) => {
    const tree = empty();
    expect(() => {
      for (const path of paths) tree.loadNode(nodeRecord(path, null, -1n, STAT));
    }).toThrow(DecodeError);
  });

  test("no root at all", () => expect(() => empty().finishLoad(toZxid(1n))).toThrow(DecodeError));
});

test("numbers, data and owners come back as they were, whatever they are", () => {
  const odd = {
    czxid: -1n,
    mzxid: 2n,
    ctime: -3n,
    mtime: 4n,
    version: -5,
    cversion: -0x80000000,
    aversion: 7,
    pzxid: 0x7fffffffffffffffn,
  };
  const tree = empty();
  tree.loadNode(nodeRecord("", bytes("root"), -1n, statWith({ cversion: 3 })));
  tree.loadNode(nodeRecord("/odd", null, -1n, statWith({ ...odd, ephemeralOwner: 0x77n })));
  tree.loadNode(nodeRecord("/same", bytes(""), -1n, statWith({ czxid: 5n, mzxid: 5n, pzxid: 5n })));
  tree.finishLoad(toZxid(9n));
  expect(tree.statPersisted(tree.find("/odd"))).toEqual({ ...odd, ephemeralOwner: 0x77n });
  expect(tree.statPersisted(tree.find("/same"))).toMatchObject({ czxid: 5n, mzxid: 5n, pzxid: 5n, version: 0 });
  expect(tree.data(tree.find("/"))).toEqual(bytes("root"));
  expect([tree.nodeCount, tree.ephemeralCount, tree.lastProcessedZxid]).toEqual([3, 1, 9n]);
  expect(tree.dataBytes).toBe(1 + 4 + 4 + 5);
});

const NEW = { czxid: 5n, mzxid: 5n, pzxid: 5n, ctime: 6n, mtime: 6n };

test.each<Partial<StatPersisted>>([
  {},
  { mzxid: 7n },
  { mzxid: 0x500000005n },
  { pzxid: 7n },
  { pzxid: 0x500000005n },
  { mtime: 7n },
  { mtime: 0x600000006n },
  { version: 1 },
  { cversion: 1 },
  { aversion: 1 },
  { ephemeralOwner: 0x77n },
  { ephemeralOwner: 0x7700000000n },
])("a node that is as its creation left it but for %j", (changed) => {
  const tree = empty();
  tree.loadNode(nodeRecord("", bytes(""), -1n, STAT));
  tree.loadNode(nodeRecord("/n", bytes("x"), -1n, statWith({ ...NEW, ...changed })));
  tree.finishLoad(toZxid(9n));
  const ref = tree.find("/n");
  const stat = tree.statPersisted(ref);
  expect(stat).toEqual({ ...StatPersisted.decode(STAT), ...NEW, ...changed });
  expect(tree.nodeDigest(ref)).toBe(digestOfContent(contentCrcOf(pathCrcOf("/n"), bytes("x")), nodeStatOf(stat)));
});

test.each(["/a/b", "/ü", "/ü/b", "/日本/a"])("the node %s is found under its path", (path) => {
  const tree = empty();
  const paths = ["", ...path.split("/").map((_, i, names) => names.slice(0, i + 1).join("/"))].slice(1);
  for (const each of paths) tree.loadNode(nodeRecord(each, null, -1n, STAT));
  expect(tree.path(tree.find(path))).toBe(path);
  expect(tree.contentCrc(tree.find(path))).toBe(tree.seek(path));
});

describe("the digest of a snapshot (7.3)", () => {
  const EMPTY_ROOT = 0x04128908n;
  function loadedWith(zxid: bigint, treeDigest: bigint): DataTree {
    const tree = empty();
    tree.loadNode(nodeRecord("", bytes(""), -1n, STAT));
    tree.finishLoad(toZxid(10n), { zxid: toZxid(zxid), version: 2, treeDigest });
    return tree;
  }
  const wrong = { version: 2, treeDigest: 1n };

  test.each([
    [10n, EMPTY_ROOT, 0],
    [10n, 5n, 1],
    [9n, 5n, 0],
    [0n, 5n, 0],
  ])("of zxid %d at name 10: %d", (zxid, digest, mismatches) => {
    expect(loadedWith(zxid, digest).digestMismatches).toBe(mismatches);
  });

  test("above the name: records are not compared until it is reached, then it is", () => {
    const tree = loadedWith(12n, 99n);
    tree.apply({ ...txn(11, create("/a")), digest: wrong });
    expect(tree.digestMismatches).toBe(0);
    tree.apply({ ...txn(12, create("/b")), digest: wrong });
    expect([tree.digestMismatches, tree.lastDigestMismatch]).toEqual([1, 12n]);
    tree.apply({ ...txn(13, create("/c")), digest: wrong });
    expect(tree.digestMismatches).toBe(2);
  });
});

/** The records of a tree, as `path acl-key`. */
function written(tree: DataTree, sliceBytes: number, between: (slice: number) => void): readonly string[] {
  const out = new Writer();
  let slices = 0;
  const records: string[] = [];
  const drain = () => {
    const view = out.view;
    for (let at = 0; at < out.length; ) {
      const pathBytes = view.getInt32(at);
      const path = String.fromCharCode(...out.bytes.subarray(at + 4, at + 4 + pathBytes));
      const data = Math.max(0, view.getInt32(at + 4 + pathBytes));
      records.push(`${path} ${view.getBigInt64(at + 8 + pathBytes + data)}`);
      at += 8 + pathBytes + data + 8 + 60;
    }
    out.reset();
  };
  for (const _ of tree.writeNodes(out, sliceBytes)) {
    drain();
    between(slices++);
  }
  drain();
  return records;
}

describe("writing while transactions are applied", () => {
  test("the fresh tree is the worked example of 4.4", () => {
    const out = new Writer();
    const tree = new DataTree();
    for (const _ of tree.writeNodes(out, 1000));
    const zeros = (count: number) => "00".repeat(count);
    const builtIn = (path: string) => {
      const encoded = new Writer();
      encoded.ustring(path);
      return hexBytes(encoded.written());
    };
    expect(hexBytes(out.written())).toBe(
      `00000000${zeros(4)}ffffffffffffffff${zeros(60)}` +
        `${builtIn("/zookeeper")}${zeros(4)}ffffffffffffffff${zeros(60)}` +
        `${builtIn("/zookeeper/config")}${zeros(4)}0000000000000001${zeros(40)}ffffffff${zeros(16)}` +
        `${builtIn("/zookeeper/quota")}${zeros(4)}ffffffffffffffff${zeros(60)}`,
    );
    expect(tree.aclEntries()).toEqual([{ key: 1n, acl: [acl(1, "world", "anyone")] }]);
  });

  test("created meanwhile: left out with all below; an ACL replaced meanwhile: the key of the start", () => {
    const tree = new DataTree();
    tree.apply(txn(1, create("/a", "", { acl: [acl(31, "digest", "u:x")] })));
    tree.apply(txn(2, create("/b", "", { acl: [acl(31, "digest", "v:y")] })));
    const keys = new Map(tree.aclEntries().map(({ key, acl }) => [acl[0]?.id.id, key]));
    const records = written(tree, 1, (slice) => {
      if (slice > 0) return;
      tree.apply(txn(3, create("/new", "", { acl: [acl(1, "ip", "1.1.1.1")] })));
      tree.apply(txn(4, create("/new/below")));
      tree.apply(txn(5, create("/a/below")));
      tree.apply(txn(6, setACL("/a", [acl(1, "ip", "2.2.2.2")], 1)));
      tree.apply(txn(7, setACL("/a", null, 2)));
      tree.apply(txn(8, setACL("/b", null, 1)));
    });
    expect(records).toContain(`/a ${keys.get("u:x")}`);
    expect(records).toContain(`/b ${keys.get("v:y")}`);
    expect(records.filter((record) => record.includes("new") || record.includes("below"))).toEqual([]);
  });

  test("the next node leaves, and its place is taken by another", () => {
    const tree = new DataTree();
    for (let i = 0; i < 6; i++) tree.apply(txn(i + 1, create(`/n${i}`)));
    const records = written(tree, 1, (slice) => {
      if (slice !== 2) return;
      for (let i = 0; i < 6; i++) tree.apply(txn(10 + i, remove(`/n${i}`)));
      for (let i = 0; i < 6; i++) tree.apply(txn(20 + i, create(`/m${i}`)));
    });
    expect(records.filter((record) => record.startsWith("/m"))).toEqual([]);
    expect(records.filter((record) => record.startsWith("/n"))).toHaveLength(2);
    expect(records).toContain("/zookeeper/quota -1");
  });

  test("a subtree that the walk is inside leaves", () => {
    const tree = new DataTree();
    ["/z", "/p", "/p/q", "/p/q/r", "/p/q/s"].forEach((path, i) => {
      tree.apply(txn(i + 1, create(path)));
    });
    const records = written(tree, 1, (slice) => {
      if (slice === 2)
        ["/p/q/r", "/p/q/s", "/p/q", "/p"].forEach((path, i) => {
          tree.apply(txn(20 + i, remove(path)));
        });
    });
    expect(records.map((record) => record.split(" ")[0])).toEqual([
      "",
      "/p",
      "/p/q",
      "/z",
      "/zookeeper",
      "/zookeeper/config",
      "/zookeeper/quota",
    ]);
  });

  test("an abandoned walk is forgotten", () => {
    const tree = new DataTree();
    const walk = tree.writeNodes(new Writer(), 1);
    walk.next();
    walk.return(undefined);
    tree.apply(txn(1, create("/a")));
    expect(walk.next().done).toBe(true);
  });

  test("a walk goes on over the old nodes when the tree is cleared", () => {
    const tree = new DataTree();
    const out = new Writer();
    const walk = tree.writeNodes(out, 1);
    walk.next();
    tree.clear();
    while (walk.next().done !== true);
    expect(out.length).toBeGreaterThan(300);
  });
});

test("memory of nodes that left is used again", () => {
  const tree = new DataTree();
  let zxid = 0;
  const refs = new Set<number>();
  for (let round = 0; round < 50; round++) {
    tree.apply(txn(++zxid, createTTL("/t", 5n)));
    tree.apply(txn(++zxid, setData("/t", "data", 1)));
    tree.apply(txn(++zxid, create("/t/below", "x", { ephemeral: true })));
    refs.add(tree.find("/t"));
    refs.add(tree.find("/t/below"));
    expect(tree.statPersisted(tree.find("/t/below"))).toMatchObject({ version: 0, cversion: 0, mzxid: BigInt(zxid) });
    tree.apply(txn(++zxid, remove("/t/below")));
    tree.apply(txn(++zxid, remove("/t")));
  }
  expect(refs.size).toBe(2);
  expect([tree.nodeCount, tree.dataBytes, tree.ephemeralCount, tree.ttlNodes()]).toEqual([4, 44, 0, []]);
});

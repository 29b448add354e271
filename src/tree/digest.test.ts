import { Writer } from "jute-ts";
import { asciiBytes } from "../base/bytes.ts";
import { crc32 } from "../base/checksum.ts";
import { JavaRandom } from "../base/javaRandom.ts";
import { DataTree } from "./dataTree.ts";
import { contentCrcOf, digestChange, digestOfContent, digestOfNew, pathCrcOf, TreeDigest } from "./digest.ts";
import { NodeStat } from "./nodeStat.ts";
import { create, nodeStatOf, setData, txn } from "./testTxns.ts";

/** The worked example of on-disk-formats 7.2: create /a "hello" at zxid 2, time 1a20045814d. */

const ZERO_STAT = {
  czxid: 0n,
  mzxid: 0n,
  ctime: 0n,
  mtime: 0n,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  pzxid: 0n,
};
const TIME = 0x1a20045814dn;

/** What the digest goes on with behind path and data, in its order (on-disk-formats 7.1). */
const BLOCK = [
  "czxidHigh",
  "czxidLow",
  "mzxidHigh",
  "mzxidLow",
  "pzxidHigh",
  "pzxidLow",
  "ctimeHigh",
  "ctimeLow",
  "mtimeHigh",
  "mtimeLow",
  "version",
  "cversion",
  "aversion",
  "ownerHigh",
  "ownerLow",
] as const;

test.each([
  ["", null, ZERO_STAT, 0x04128908],
  ["", asciiBytes(""), ZERO_STAT, 0x04128908],
  ["/zookeeper", null, ZERO_STAT, 0x4db44d58],
  ["", null, { ...ZERO_STAT, cversion: 1, pzxid: 2n }, 0x031578f2],
  ["/a", asciiBytes("hello"), { ...ZERO_STAT, czxid: 2n, mzxid: 2n, pzxid: 2n, ctime: TIME, mtime: TIME }, 0x2d32d3f8],
])("digest of %j", (path, data, stat, digest) => {
  expect(digestOfContent(contentCrcOf(pathCrcOf(path), data), nodeStatOf(stat))).toBe(digest);
});

test("each word of the Stat counts, with all its bytes", () => {
  const random = new JavaRandom(7n);
  const block = new Writer(60);
  for (let i = 0; i < 2000; i++) {
    const stat = new NodeStat();
    for (const field of BLOCK) stat[field] = random.nextInt() < 0 ? 0 : random.nextInt() >> (random.nextInt() & 31);
    block.reset();
    for (const field of BLOCK) block.int(stat[field]);
    const contentCrc = random.nextInt();
    expect(digestOfContent(contentCrc, stat)).toBe(crc32(contentCrc, block.toBytes()));
  }
});

test("of a new node, and after a change of what its children change: the same as from the whole Stat", () => {
  const random = new JavaRandom(8n);
  const word = (): number => (random.nextInt() < 0 ? 0 : random.nextInt() >> (random.nextInt() & 31));
  for (let i = 0; i < 2000; i++) {
    const stamp = { zxidHigh: word(), zxidLow: word(), timeHigh: word(), timeLow: word() };
    const stat = new NodeStat();
    stat.create(stamp);
    stat.ownerHigh = word();
    stat.ownerLow = word();
    const contentCrc = random.nextInt();
    const before = digestOfContent(contentCrc, stat);
    expect(digestOfNew(contentCrc, stamp, stat.ownerHigh, stat.ownerLow)).toBe(before);
    const { pzxidHigh, pzxidLow, cversion } = stat;
    Object.assign(stat, { pzxidHigh: word(), pzxidLow: word(), cversion: word() });
    const change = digestChange(pzxidHigh ^ stat.pzxidHigh, pzxidLow ^ stat.pzxidLow, cversion ^ stat.cversion);
    expect((before ^ change) >>> 0).toBe(digestOfContent(contentCrc, stat));
  }
});

test("a fresh tree's digest, and the one after the first create", () => {
  const tree = new DataTree();
  expect(tree.digest).toBe(1371985504n);
  tree.apply({ ...txn(2, create("/a", "hello")), timeMs: TIME, digest: { version: 2, treeDigest: 2113706562n } });
  expect(tree.digest).toBe(2113706562n);
  expect(tree.nodeDigest(tree.find("/a"))).toBe(0x2d32d3f8);
  expect(tree.nodeDigest(tree.find("/zookeeper/quota"))).toBe(0);
  expect(tree.digestMismatches).toBe(0);
});

test("what differs is counted and stops nothing; another digest version is not compared", () => {
  const tree = new DataTree();
  tree.apply({ ...txn(1, create("/a")), digest: { version: 2, treeDigest: 1n } });
  tree.apply({ ...txn(2, create("/b")), digest: { version: 1, treeDigest: 1n } });
  tree.apply({ ...txn(3, setData("/b", "x", 1)), digest: undefined });
  expect([tree.digestMismatches, tree.lastDigestMismatch, tree.lastProcessedZxid]).toEqual([1, 1n, 3n]);
});

test("nothing is compared while the tree catches up with a stream", () => {
  const tree = new DataTree();
  tree.checksDigests = false;
  tree.apply({ ...txn(1, create("/a")), digest: { version: 2, treeDigest: 1n } });
  expect(tree.digestMismatches).toBe(0);
  tree.checksDigests = true;
  tree.apply({ ...txn(3, create("/b")), digest: { version: 2, treeDigest: 1n } });
  expect([tree.digestMismatches, tree.lastDigestMismatch, tree.lastProcessedZxid]).toEqual([1, 3n, 3n]);
});

test("every 128th digest is noted, the newest 1024 of them, until the tree is loaded anew", () => {
  const tree = new DataTree();
  for (let zxid = 1; zxid <= 256; zxid++) tree.apply(txn(zxid, create(`/n${zxid}`)));
  expect(tree.digestLog()).toEqual([
    { zxid: 128n, digest: expect.any(BigInt) },
    { zxid: 256n, digest: tree.signedDigest },
  ]);
  for (let i = 1; i <= 1024; i++) tree.apply(txn(256 + 128 * i, setData("/n1", "", i)));
  expect([tree.digestLog().length, tree.digestLog()[0]?.zxid, tree.digestLog().at(-1)?.zxid]).toEqual([
    1024,
    BigInt(256 + 128),
    BigInt(256 + 128 * 1024),
  ]);
  tree.finishLoad(tree.lastProcessedZxid);
  expect(tree.digestLog()).toEqual([]);
});

test("the sum wraps at 2^64 both ways", () => {
  const digest = new TreeDigest();
  digest.subtract(1);
  expect([digest.unsigned, digest.signed]).toEqual([0xffffffffffffffffn, -1n]);
  digest.add(0xffffffff);
  expect(digest.unsigned).toBe(0xfffffffen);
  digest.add(0xffffffff);
  expect(digest.unsigned).toBe(0x1fffffffdn);
  digest.subtract(0xffffffff);
  digest.subtract(0xffffffff);
  expect(digest.signed).toBe(-1n);
});

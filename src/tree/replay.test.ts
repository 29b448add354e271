import { encodeTxn } from "../wire/txnCodec.ts";
import { TxnRecord } from "../wire/txnRecord.ts";
import type { TxnBody } from "../wire/txnValue.ts";
import { DataTree } from "./dataTree.ts";
import { bytes, create, setData, shown, txn } from "./testTxns.ts";

function treeOf(...bodies: readonly TxnBody[]): DataTree {
  const tree = new DataTree();
  for (const [i, body] of bodies.entries()) tree.apply(txn(i + 1, body));
  return tree;
}

/** False when the transaction is to be decoded and applied. */
function isReplayed(tree: DataTree, zxid: number, body: TxnBody, treeDigest = 0n): boolean {
  const record = new TxnRecord();
  const one = { ...txn(zxid, body), digest: { version: 2, treeDigest } };
  return record.move(encodeTxn(one)) && tree.replay(one.zxid, record);
}

const QUOTA = [create("/zookeeper/quota/a"), create("/zookeeper/quota/a/zookeeper_limits", "count=5,bytes=-1")];

test.each<[string, readonly TxnBody[], TxnBody, boolean]>([
  ["a create", [create("/a")], create("/a/b", "x", { parentCVersion: 1 }), true],
  ["a create at the top", [], create("/a"), true],
  ["a setData", [create("/a")], setData("/a", "x", 1), true],
  ["a create of what is there", [create("/a")], create("/a", "x"), false],
  ["a create without a parent", [], create("/a/b"), false],
  ["a setData of what is not there", [], setData("/a", "x", 1), false],
  ["a setData of the root", [], setData("/", "x", 1), true],
  ["a quota", [create("/a")], QUOTA[0] as TxnBody, false],
  ["a create below a quota", [create("/a"), ...QUOTA], create("/a/b"), false],
  ["a setData while there is a quota", [create("/a"), create("/b"), ...QUOTA], setData("/b", "x", 1), false],
])("%s", (_, before, body, replayed) => {
  const tree = treeOf(...before);
  const expected = treeOf(...before, ...(replayed ? [body] : []));
  expect(isReplayed(tree, before.length + 1, body)).toBe(replayed);
  expect(shown(tree)).toEqual(shown(expected));
  expect([tree.digest, tree.lastProcessedZxid]).toEqual([expected.digest, expected.lastProcessedZxid]);
});

test("digests are compared, counted and noted as when applied", () => {
  const tree = treeOf(create("/a"));
  const right = BigInt.asIntN(64, treeOf(create("/a"), setData("/a", "1", 1)).digest);
  isReplayed(tree, 2, setData("/a", "1", 1), right);
  expect(tree.digestMismatches).toBe(0);
  isReplayed(tree, 3, setData("/a", "2", 2), 5n);
  expect([tree.digestMismatches, tree.lastDigestMismatch]).toEqual([1, 3n]);
  isReplayed(tree, 128, setData("/a", "3", 3), tree.signedDigest);
  expect(tree.digestLog()).toEqual([{ zxid: 128n, digest: tree.signedDigest }]);
  tree.checksDigests = false;
  isReplayed(tree, 129, setData("/a", "4", 4), 5n);
  expect(tree.digestMismatches).toBe(2);
});

test("what lies in the bytes may change afterwards", () => {
  const tree = treeOf();
  const encoded = encodeTxn({ ...txn(1, create("/a", "before")), digest: { version: 2, treeDigest: 0n } }).slice();
  const record = new TxnRecord();
  expect(record.move(encoded) && tree.replay(txn(1, create("/a")).zxid, record)).toBe(true);
  encoded.fill(0);
  expect(tree.data(tree.find("/a"))).toEqual(bytes("before"));
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Reader, Writer } from "jute-ts";
import { hexBytes } from "../base/bytes.ts";
import { toZxid } from "../base/zxid.ts";
import type { ACL } from "../wire/client/shared.ts";
import { decodeTxn } from "../wire/txnCodec.ts";
import type { Txn } from "../wire/txnValue.ts";
import { DataTree } from "./dataTree.ts";
import { nodeRecord } from "./testRecords.ts";

/** What a Java 3.9.5 server wrote: the log of a session that does a bit of everything, and the snapshot after it. */

const FIXTURES = join(__dirname, "../store/fixtures/java-3.9.5");

function javaLog(): readonly Txn[] {
  const file = readFileSync(join(FIXTURES, "log.1"));
  const txns: Txn[] = [];
  const reader = new Reader(file, 16);
  while (reader.remaining >= 12) {
    reader.long();
    const payload = reader.buffer();
    if (payload === null || payload.length === 0) break;
    txns.push(decodeTxn(payload));
    reader.byte();
  }
  return txns;
}

interface JavaSnapshot {
  readonly tree: DataTree;
  readonly nodes: ReadonlyMap<string, string>;
}

/** Loads the snapshot and keeps each node record as hex. */
function javaSnapshot(zxid: bigint): JavaSnapshot {
  const file = readFileSync(join(FIXTURES, `snapshot.${zxid.toString(16)}`));
  const reader = new Reader(file, 16);
  const tree = new DataTree();
  const nodes = new Map<string, string>();
  tree.clear();
  for (let sessions = reader.int(); sessions > 0; sessions--) reader.skip(12);
  for (let acls = reader.int(); acls > 0; acls--) {
    const key = reader.long();
    tree.loadAcl(key, readAcl(reader));
  }
  for (let path = reader.ustring(); path !== "/" && path !== null; path = reader.ustring()) {
    const data = reader.buffer();
    const key = reader.long();
    const stat = file.subarray(reader.offset, reader.offset + 60);
    reader.skip(60);
    tree.loadNode(nodeRecord(path, data, key, stat));
    nodes.set(path, `${data === null ? "null" : hexBytes(data)} ${hexBytes(stat)}`);
  }
  reader.skip(13);
  const digest = { zxid: toZxid(reader.long()), version: reader.int(), treeDigest: reader.long() };
  tree.finishLoad(toZxid(zxid), digest);
  return { tree, nodes };
}

function readAcl(reader: Reader): readonly ACL[] {
  const count = reader.int();
  return Array.from({ length: count }, () => ({
    perms: reader.int(),
    id: { scheme: reader.ustring(), id: reader.ustring() },
  }));
}

/** The node records this tree writes, as hex, in Java's form. */
function nodesOf(tree: DataTree): ReadonlyMap<string, string> {
  const out = new Writer();
  for (const _ of tree.writeNodes(out, 1 << 20));
  const reader = new Reader(out.written());
  const nodes = new Map<string, string>();
  while (reader.remaining > 0) {
    const path = reader.ustring() ?? "";
    const data = reader.buffer();
    reader.long();
    const at = reader.offset;
    reader.skip(60);
    nodes.set(path, `${data === null ? "null" : hexBytes(data)} ${hexBytes(reader.bytes.subarray(at, at + 60))}`);
  }
  return nodes;
}

test("every digest of Java's log is reproduced, and the tree is the one of its snapshot", () => {
  const tree = new DataTree();
  const txns = javaLog();
  for (const txn of txns) {
    tree.apply(txn);
    expect({ zxid: txn.zxid, mismatches: tree.digestMismatches }).toEqual({ zxid: txn.zxid, mismatches: 0 });
  }
  const withDigest = txns.filter((txn) => txn.digest !== undefined);
  expect(withDigest.length).toBeGreaterThan(30);
  const snapshot = javaSnapshot(0x2dn);
  expect(nodesOf(tree)).toEqual(snapshot.nodes);
  expect(snapshot.tree.digest).toBe(tree.digest);
  expect(snapshot.tree.digestMismatches).toBe(0);
  expect(nodesOf(snapshot.tree)).toEqual(snapshot.nodes);
});

test("ACLs of the snapshot are those of the log", () => {
  const tree = new DataTree();
  for (const txn of javaLog()) tree.apply(txn);
  const { tree: loaded, nodes } = javaSnapshot(0x2dn);
  for (const path of nodes.keys()) {
    expect(loaded.acl(loaded.find(path))).toEqual(tree.acl(tree.find(path)));
  }
  expect(loaded.danglingAcls).toBe(0);
});

import { Reader, Writer } from "jute-ts";
import { bytesOfHex } from "../base/bytes.ts";
import { AclRules } from "../tree/aclCheck.ts";
import { DataTree } from "../tree/dataTree.ts";
import { create, txn } from "../tree/testTxns.ts";
import { Watches } from "../tree/watches.ts";
import { Err, Op } from "../wire/client/numbers.ts";
import { ClientConnection } from "./clientConnection.ts";
import { Reads } from "./reads.ts";
import { ReplyWriters } from "./replyWriters.ts";
import { FakeLink } from "./testServer.ts";

// A path in a read is looked up by its bytes where they are ASCII, else by the text they decode to (client-protocol 1.2): either
// way the node of that text is meant. Clients cannot create some of these nodes; files can hold them.

const NODES = ["/a", "/é", "/😀", "/\ufffd", "/\ufffd\ufffd"];

/** The bytes of a path, and the node they name; or the error. */
const PATHS: readonly (readonly [name: string, hex: string, node: string | number])[] = [
  ["letters", "2f61", "/a"],
  ["other letters", "2f62", Err.noNode],
  ["a slash", "2f", "/"],
  ["nothing", "", ""],
  ["two bytes for a letter", "2fc3a9", "/é"],
  ["the first of two bytes", "2fc3", "/\ufffd"],
  ["four bytes for a letter", "2ff09f9880", "/😀"],
  ["two surrogates by themselves, as servers write and nobody reads them", "2feda0bdedb880", "/\ufffd\ufffd"],
  ["a byte that begins nothing", "2fff", "/\ufffd"],
  ["a zero behind letters", "2f6100", Err.noNode],
];

/** What the reply holds behind its header. */
const READS: readonly (readonly [
  name: string,
  op: number,
  body: (tree: DataTree, ref: number, out: Writer) => void,
])[] = [
  ["getData", Op.getData, (tree, ref, out) => [tree.writeData(ref, out), tree.writeStat(ref, out)]],
  ["exists", Op.exists, (tree, ref, out) => tree.writeStat(ref, out)],
  ["getChildren", Op.getChildren, (tree, ref, out) => tree.writeChildren(ref, out)],
  ["getChildren2", Op.getChildren2, (tree, ref, out) => [tree.writeChildren(ref, out), tree.writeStat(ref, out)]],
  ["getACL", Op.getACL, (tree, ref, out) => [tree.writeAcl(ref, out), tree.writeStat(ref, out)]],
  ["getAllChildrenNumber", Op.getAllChildrenNumber, (tree, ref, out) => out.int(tree.descendantCount(ref))],
];

const tree = treeOf(NODES);

describe.each(READS)("%s", (_name, op, body) => {
  test.each(PATHS)("%s", (_what, hex, node) => {
    const answer = ask(op, bytesOfHex(hex));
    const isRefused = op === Op.exists && hex.endsWith("00");
    if (typeof node === "number") {
      expect(answer).toEqual({ err: isRefused ? Err.badArguments : node, body: new Uint8Array(0) });
      return;
    }
    const out = new Writer();
    body(tree, tree.find(node), out);
    // Java's map holds the root twice.
    if (op === Op.getAllChildrenNumber && node === "") out.view.setInt32(0, out.view.getInt32(0) + 1);
    expect(answer).toEqual({ err: Err.ok, body: out.toBytes() });
  });
});

test.each([Op.getData, Op.exists, Op.getChildren])("a watch of request %i is on the text", (op) => {
  for (const [, hex, node] of PATHS) {
    if (typeof node === "number" || node === "") continue;
    const watches = new Watches();
    ask(op, bytesOfHex(hex), watches);
    expect([node, watches.has(node, NUMBER, op === Op.getChildren ? "children" : "data")]).toEqual([node, true]);
  }
});

/** With a watch when there is somewhere to put it. */
function ask(op: number, path: Uint8Array, watches?: Watches): { readonly err: number; readonly body: Uint8Array } {
  const request = new Writer();
  request.buffer(path);
  request.bool(watches !== undefined);
  const connection = new ClientConnection(NUMBER, new FakeLink(NUMBER, "127.0.0.1"), new ReplyWriters(), 1 << 20, 0);
  new Reads(tree, watches ?? new Watches(), new AclRules()).answer(
    connection,
    1,
    op,
    new Reader(request.toBytes()),
    [],
  );
  const reply = connection.out.toBytes();
  return { err: new DataView(reply.buffer).getInt32(16), body: reply.slice(20) };
}

/** Each node has a child more than the one before. */
function treeOf(paths: readonly string[]): DataTree {
  const made = new DataTree();
  let zxid = 0;
  for (const [index, path] of paths.entries()) {
    made.apply(txn(++zxid, create(path, `of ${index}`)));
    for (let child = 0; child <= index; child++) made.apply(txn(++zxid, create(`${path}/${child}`)));
  }
  return made;
}

const NUMBER = 7;

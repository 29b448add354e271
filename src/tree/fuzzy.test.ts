import { Reader, Writer } from "jute-ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import { type ACL, StatPersisted } from "../wire/client/shared.ts";
import type { SubTxnBody, Txn, TxnBody } from "../wire/txnValue.ts";
import { OPEN_ACL } from "./aclTable.ts";
import { DataTree, NO_NODE } from "./dataTree.ts";
import { nodeRecord } from "./testRecords.ts";
import {
  acl,
  Chance,
  closeSession,
  create,
  multi,
  OPEN,
  remove,
  replay,
  setACL,
  setData,
  shown,
  txn,
} from "./testTxns.ts";

/**
 * Snapshots written while transactions are applied, and what becomes of them once the log above their name is replayed
 * (on-disk-formats 4.8, 5.4). The history holds what a leader would let through and nothing else.
 */
class History {
  readonly tree = new DataTree();
  readonly log: Txn[] = [];
  private readonly chance: Chance;
  private zxid = 0;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  advance(txns: number): void {
    for (let i = 0; i < txns; i++) this.step();
  }

  private step(): void {
    const session = this.chance.pick(SESSIONS);
    const body = this.next(session);
    if (body === undefined) return;
    this.zxid += 1;
    const one = txn(this.zxid, body, session);
    expect(this.tree.apply(one).err).toBe(body.type === -1 ? body.err : 0);
    this.log.push({ ...one, digest: { version: 2, treeDigest: this.tree.signedDigest } });
  }

  private next(session: bigint): TxnBody | undefined {
    const kind = this.chance.below(16);
    if (kind === 0) return closeSession(...this.tree.ephemeralsOf(toSessionId(session)));
    if (kind === 1) return { type: -1, err: -101 };
    if (kind === 2) return this.several();
    if (kind < 9) return this.creation();
    const path = this.somePath();
    const ref = this.tree.find(path);
    if (kind < 12) return path === "" || this.tree.childCount(ref) > 0 ? undefined : remove(path);
    if (kind < 14) return setData(path, "d".repeat(this.chance.below(40)), this.tree.version(ref) + 1);
    return setACL(path, this.chance.pick(LISTS), this.tree.aversion(ref) + 1);
  }

  private creation(): SubTxnBody | undefined {
    const parent = this.somePath();
    const path = `${parent}/${this.chance.pick(["a", "b", "c", "d", "e"])}`;
    const ref = this.tree.find(parent);
    if (path.length > 10 || this.tree.find(path) !== NO_NODE) return undefined;
    const owner = this.tree.ephemeralOwner(ref);
    if (owner !== 0n) return undefined;
    const counter = this.tree.cversion(ref) + 1;
    const list = this.chance.pick(LISTS);
    const data = this.chance.pick([null, "", "some data"]);
    const { type } = this.chance.pick([{ type: 1 as const }, { type: 15 as const }]);
    return create(path, data, { type, acl: list, ephemeral: this.chance.below(3) === 0, parentCVersion: counter });
  }

  /** create, change, create below, delete what is below: all of one node. */
  private several(): TxnBody | undefined {
    const first = this.creation();
    if (first?.type !== 1 || first.ephemeral) return undefined;
    const { path } = first;
    const below = create(`${path}/x`, "x", { parentCVersion: 1 });
    return this.chance.below(2) === 0
      ? multi(first, setData(path, "multi", 1), below, remove(`${path}/x`))
      : multi(first, below);
  }

  private somePath(): string {
    let path = "";
    while (this.chance.below(3) > 0) {
      const names = this.tree.childNames(this.tree.find(path)).filter((name) => name !== "zookeeper");
      if (names.length === 0) break;
      path = `${path}/${this.chance.pick(names)}`;
    }
    return path;
  }
}

const SESSIONS = [0x77n, 0x78n, -5n];
const LISTS: readonly (readonly ACL[] | null)[] = [
  OPEN,
  null,
  [acl(1, "world", "anyone")],
  [acl(31, "digest", "u:x")],
  [acl(3, "ip", "10.0.0.0/8"), acl(31, "digest", "v:y")],
];

interface Snapshot {
  readonly name: Zxid;
  readonly acls: readonly { readonly key: bigint; readonly acl: readonly ACL[] }[];
  readonly nodes: Uint8Array;
  readonly digest: { readonly zxid: Zxid; readonly version: number; readonly treeDigest: bigint };
}

/** Takes a snapshot in slices of a few nodes, with transactions between them. */
function ours(history: History, chance: Chance): Snapshot {
  const { tree } = history;
  const name = tree.lastProcessedZxid;
  const acls = tree.aclEntries();
  const nodes = new Writer();
  const slice = new Writer();
  for (const _ of tree.writeNodes(slice, chance.pick([1, 100, 400]))) {
    nodes.raw(slice.written());
    slice.reset();
    history.advance(chance.below(4));
  }
  nodes.raw(slice.written());
  return { name, acls, nodes: nodes.toBytes(), digest: digestNow(tree) };
}

/** The way Java takes one: node and child list at one moment, then child by child; the ACL table of the start. */
function javas(history: History, chance: Chance): Snapshot {
  const { tree } = history;
  const name = tree.lastProcessedZxid;
  const keys = new Keys();
  const nodes = new Writer();
  const acls = tree.aclEntries();
  for (const entry of acls) keys.add(entry.acl, entry.key);
  const visit = (path: string): void => {
    const ref = tree.find(path);
    if (ref === NO_NODE) return;
    nodes.ustring(path);
    nodes.buffer(tree.data(ref));
    nodes.long(keys.keyOf(tree.acl(ref)));
    nodes.raw(StatPersisted.encode(tree.statPersisted(ref)));
    for (const child of tree.childNames(ref)) {
      history.advance(chance.below(2));
      visit(`${path}/${child}`);
    }
  };
  visit("");
  return { name, acls, nodes: nodes.toBytes(), digest: digestNow(tree) };
}

/** Keys that go on where the table ended: a list that came later has one that the table lacks. */
class Keys {
  private readonly keys = new Map<string, bigint>();
  private last = 1000n;

  add(list: readonly ACL[], key: bigint): void {
    this.keys.set(JSON.stringify(list), key);
  }

  keyOf(list: readonly ACL[]): bigint {
    if (list === OPEN_ACL) return -1n;
    const text = JSON.stringify(list);
    if (!this.keys.has(text)) this.keys.set(text, ++this.last);
    return this.keys.get(text) ?? 0n;
  }
}

function digestNow(tree: DataTree): Snapshot["digest"] {
  return { zxid: tree.lastProcessedZxid, version: 2, treeDigest: tree.signedDigest };
}

function load(snapshot: Snapshot): DataTree {
  const tree = new DataTree();
  tree.clear();
  for (const { key, acl } of snapshot.acls) tree.loadAcl(key, acl);
  const reader = new Reader(snapshot.nodes);
  while (reader.remaining > 0) {
    const path = reader.ustring() ?? "";
    const data = reader.buffer();
    const key = reader.long();
    tree.loadNode(nodeRecord(path, data, key, snapshot.nodes.subarray(reader.offset, reader.offset + 60)));
    reader.skip(60);
  }
  tree.finishLoad(snapshot.name, snapshot.digest);
  return tree;
}

function replayAbove(name: Zxid, history: History, tree: DataTree): void {
  for (const one of history.log) if (one.zxid > name) replay(tree, one);
}

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

test.each(SEEDS)("a snapshot of ours and the log above its name give the tree back (seed %i)", (seed) => {
  const chance = new Chance(seed);
  const history = new History(chance);
  history.advance(60);
  const snapshot = ours(history, chance);
  history.advance(20);
  const loaded = load(snapshot);
  expect(loaded.danglingAcls).toBe(0);
  replayAbove(snapshot.name, history, loaded);
  expect(loaded.digest).toBe(history.tree.digest);
  expect(loaded.digestMismatches).toBe(0);
  expect(shown(loaded)).toEqual(shown(history.tree));
  expect(loaded.ephemeralCount).toBe(history.tree.ephemeralCount);
  expect(loaded.dataBytes).toBe(history.tree.dataBytes);
});

test.each(SEEDS)("a snapshot taken as Java takes it does so too (seed %i)", (seed) => {
  const chance = new Chance(seed * 7919);
  const history = new History(chance);
  history.advance(60);
  const snapshot = javas(history, chance);
  history.advance(20);
  const loaded = load(snapshot);
  replayAbove(snapshot.name, history, loaded);
  expect(loaded.digest).toBe(history.tree.digest);
  expect([loaded.digestMismatches, loaded.danglingAcls]).toEqual([0, 0]);
  expect(shown(loaded)).toEqual(shown(history.tree));
});

test.each(SEEDS)("replaying the whole log on the tree it made changes nothing (seed %i)", (seed) => {
  const history = new History(new Chance(seed));
  history.advance(150);
  const after = shown(history.tree);
  replayAbove(toZxid(0n), history, history.tree);
  expect(shown(history.tree)).toEqual(after);
});

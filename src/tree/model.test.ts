import { hexBytes } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { SubTxnBody, Txn, TxnBody } from "../wire/txnValue.ts";
import { DataTree } from "./dataTree.ts";
import { contentCrcOf, digestOfContent, pathCrcOf } from "./digest.ts";
import { isDigested } from "./paths.ts";
import {
  acl,
  bytes,
  Chance,
  closeSession,
  create,
  createContainer,
  createTTL,
  failure,
  multi,
  nodeStatOf,
  OPEN,
  remove,
  replay,
  setACL,
  setData,
  shown,
  txn,
} from "./testTxns.ts";

/** The rules of on-disk-formats 5.3 to 5.5 once more, on a map from paths to nodes and without any of the tree's care. */
class Model {
  readonly nodes = new Map<string, Node>();

  constructor() {
    for (const path of ["", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) this.nodes.set(path, newNode());
    Object.assign(this.node("/zookeeper/config"), { aversion: -1, acl: [acl(1, "world", "anyone")] });
  }

  apply(of: Txn): number {
    const { body } = of;
    if (body.type === 14) {
      if (!body.txns.some((one) => one.type === -1)) for (const one of body.txns) this.one(of, one);
      return 0;
    }
    if (body.type === -10) return 0;
    if (body.type !== -11) return this.one(of, body);
    const mine = [...this.nodes].filter(([, node]) => node.owner === of.clientId).map(([path]) => path);
    for (const path of [...(body.paths ?? []), ...mine]) if (this.nodes.has(path)) this.remove(of, path);
    for (const path of body.paths ?? []) if (!mine.includes(path)) this.remove(of, path);
    return 0;
  }

  digest(): bigint {
    let sum = 0n;
    for (const [path, node] of this.nodes) {
      if (!isDigested(path)) continue;
      const stat = { ...node, ephemeralOwner: node.owner };
      sum += BigInt(digestOfContent(contentCrcOf(pathCrcOf(path), node.data), nodeStatOf(stat)));
    }
    return BigInt.asUintN(64, sum);
  }

  shown(): ReadonlyMap<string, unknown> {
    const entries = [...this.nodes].map(([path, node]) => {
      const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner } = node;
      const numbers = [czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner].join(" ");
      const data = node.data === null ? null : hexBytes(node.data);
      return [path, { numbers, data, acl: JSON.stringify(node.acl), children: this.children(path).join() }] as const;
    });
    return new Map(entries);
  }

  children(path: string): readonly string[] {
    const below = [...this.nodes.keys()].filter((key) => key !== "" && parentOf(key) === path);
    return below.map((key) => key.slice(path.length + 1)).sort();
  }

  private one(of: Txn, body: SubTxnBody): number {
    switch (body.type) {
      case 1:
      case 15:
        return this.create(of, body, body.ephemeral ? of.clientId : 0n);
      case 19:
        return this.create(of, body, -0x8000000000000000n);
      case 21:
        return this.create(of, body, BigInt.asIntN(64, 0xff00000000000000n + body.ttl));
      case 2:
      case 20:
        return this.remove(of, body.path);
      case 5:
      case 16:
        return this.change(body.path, { data: body.data, version: body.version, mzxid: of.zxid, mtime: of.timeMs });
      case 7:
        return this.change(body.path, { acl: body.acl ?? OPEN, aversion: body.version });
      case 13:
        return 0;
      case -1:
        return body.err;
    }
  }

  private create(of: Txn, body: CreateLike, owner: bigint): number {
    const { path } = body;
    const parent = this.nodes.get(parentOf(path));
    const known = this.nodes.get(path);
    if (parent === undefined) return -101;
    if (known === undefined || body.type === 1) {
      const cversion = body.parentCVersion === -1 ? parent.cversion + 1 : body.parentCVersion;
      if (cversion > parent.cversion) Object.assign(parent, { cversion, pzxid: of.zxid });
    }
    if (known !== undefined) {
      known.acl = body.acl ?? OPEN;
      return -110;
    }
    const { zxid, timeMs } = of;
    const stamps = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: timeMs, mtime: timeMs };
    this.nodes.set(path, { ...newNode(), ...stamps, data: body.data, acl: body.acl ?? OPEN, owner });
    return 0;
  }

  private remove(of: Txn, path: string): number {
    const parent = this.nodes.get(parentOf(path));
    if (parent === undefined) return -101;
    if (of.zxid > parent.pzxid) parent.pzxid = of.zxid;
    const isThere = this.nodes.has(path);
    for (const key of [...this.nodes.keys()]) if (key === path || key.startsWith(`${path}/`)) this.nodes.delete(key);
    return isThere ? 0 : -101;
  }

  private change(path: string, change: Partial<Node>): number {
    const node = this.nodes.get(path);
    if (node === undefined) return -101;
    Object.assign(node, change);
    return 0;
  }

  private node(path: string): Node {
    return this.nodes.get(path) ?? newNode();
  }
}

interface Node {
  data: Uint8Array | null;
  acl: readonly ACL[];
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: bigint;
  mtime: bigint;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
}

type CreateLike = Extract<SubTxnBody, { readonly parentCVersion: number }>;

function newNode(): Node {
  const numbers = { czxid: 0n, mzxid: 0n, pzxid: 0n, ctime: 0n, mtime: 0n, version: 0, cversion: 0, aversion: 0 };
  return { ...numbers, data: new Uint8Array(0), acl: OPEN, owner: 0n };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

const NAMES = ["a", "b", "c", "é", "zookeeper", "x".repeat(260)];
const SESSIONS = [0x77n, -3n, 0x0100000000000001n];
const LISTS: readonly (readonly ACL[] | null)[] = [
  OPEN,
  null,
  [acl(1, "world", "anyone")],
  [acl(31, "digest", "u:x"), acl(4, "ip", "1.2.3.4")],
  [],
];

function somePath(chance: Chance): string {
  const depth = 1 + chance.below(3);
  return Array.from({ length: depth }, () => `/${chance.pick(NAMES)}`).join("");
}

function someBody(chance: Chance): SubTxnBody {
  const path = somePath(chance);
  const data = chance.pick([
    null,
    "",
    "x",
    "y".repeat(chance.below(300)),
    "z".repeat(chance.below(8) === 0 ? 70_000 : 9),
  ]);
  const acl = chance.pick(LISTS);
  switch (chance.below(12)) {
    case 0:
      return remove(path);
    case 1:
      return setData(path, data, chance.below(5));
    case 2:
      return setACL(path, acl, chance.below(5));
    case 3:
      return createContainer(path);
    case 4:
      return createTTL(path, BigInt(1 + chance.below(1000)));
    case 5:
      return { type: 13, path, version: 1 };
    case 6:
      return { type: 20, path };
    default:
      return create(path, data, {
        type: chance.pick([1, 15]),
        acl,
        ephemeral: chance.below(3) === 0,
        parentCVersion: chance.pick([-1, 0, 1, 5, 9]),
      });
  }
}

/** Whatever order a leader would never produce, too: the tree takes it all. */
function someTxn(chance: Chance): TxnBody {
  const kind = chance.below(20);
  if (kind === 0) return closeSession(...Array.from({ length: chance.below(3) }, () => somePath(chance)));
  if (kind === 1) return { type: -10, timeOut: 1000 };
  if (kind === 2) return failure(-101);
  if (kind > 5) return someBody(chance);
  const bodies = Array.from({ length: chance.below(5) }, () => someBody(chance)).filter((body) => body.type !== 7);
  return multi(...bodies, ...(kind === 3 ? [failure(-103)] : []));
}

test.each([1, 2, 3, 4, 5, 6])("the tree does what the rules say (seed %i)", (seed) => {
  const chance = new Chance(seed);
  const tree = new DataTree();
  const replayed = new DataTree();
  const model = new Model();
  let zxid = 0;
  let fromBytes = 0;
  for (let step = 0; step < 300; step++) {
    zxid += chance.below(3);
    const one = txn(zxid, someTxn(chance), chance.pick(SESSIONS));
    const err = model.apply(one);
    const digest = model.digest();
    const whole = { ...one, digest: { version: 2, treeDigest: BigInt.asIntN(64, digest) } };
    expect(tree.apply(whole).err).toBe(err);
    if (replay(replayed, whole)) fromBytes++;
    for (const each of [tree, replayed]) expect(each.digest).toBe(digest);
    if (step % 50 === 0) compare(tree, model);
  }
  expect(fromBytes).toBeGreaterThan(0);
  for (const each of [tree, replayed]) compare(each, model);
  for (const each of [tree, replayed])
    expect([each.lastProcessedZxid, each.digestMismatches]).toEqual([BigInt(zxid), 0]);
});

function compare(tree: DataTree, model: Model): void {
  expect(shown(tree)).toEqual(model.shown());
  expect(tree.nodeCount).toBe(model.nodes.size);
  let dataBytes = 1;
  for (const [path, { data }] of model.nodes) dataBytes += path.length + (data?.length ?? 0);
  expect(tree.dataBytes).toBe(dataBytes);
  for (const session of SESSIONS) {
    const owned = [...model.nodes].filter(([, node]) => node.owner === session).map(([path]) => path);
    expect([...tree.ephemeralsOf(toSessionId(session))].sort()).toEqual(owned.sort());
  }
  for (const path of model.nodes.keys()) {
    const below = [...model.nodes.keys()].filter((key) => key.startsWith(`${path}/`)).length;
    expect(tree.descendantCount(tree.find(path))).toBe(below);
  }
}

test("what is handed in may change afterwards", () => {
  const tree = new DataTree();
  const data = bytes("before") as Uint8Array;
  const list = [{ perms: 1, id: { scheme: "ip", id: "1.1.1.1" } }];
  tree.apply(txn(1, { type: 1, path: "/a", data, acl: list, ephemeral: false, parentCVersion: 1 }));
  data.fill(0);
  list.push({ perms: 31, id: { scheme: "world", id: "anyone" } });
  expect(tree.data(tree.find("/a"))).toEqual(bytes("before"));
  expect(tree.acl(tree.find("/a"))).toEqual([acl(1, "ip", "1.1.1.1")]);
});

import { Writer } from "jute-ts";
import { asciiBytes, hexBytes } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { type ACL, Stat, type StatPersisted } from "../wire/client/shared.ts";
import { decodeTxn, encodeTxn } from "../wire/txnCodec.ts";
import { TxnRecord } from "../wire/txnRecord.ts";
import type { SubTxnBody, Txn, TxnBody } from "../wire/txnValue.ts";
import type { DataTree } from "./dataTree.ts";
import { NodeStat } from "./nodeStat.ts";
import { stampOf } from "./stamp.ts";

/** Short words for transactions, for this room's tests. */

export function txn(zxid: number | bigint, body: TxnBody, session: number | bigint = 0x77): Txn {
  const at = BigInt(zxid);
  return {
    clientId: toSessionId(BigInt(session)),
    cxid: 1,
    zxid: toZxid(at),
    timeMs: TIME_ZERO + at,
    body,
    digest: undefined,
  };
}

/** Applies a transaction as it comes out of a log; whether its bytes were enough. */
export function replay(tree: DataTree, one: Txn): boolean {
  const encoded = encodeTxn(one);
  const record = new TxnRecord();
  if (record.move(encoded) && tree.replay(one.zxid, record)) return true;
  tree.apply(decodeTxn(encoded));
  return false;
}

export function create(path: string, data: string | null = "", more: Partial<CreateOptions> = {}): SubTxnBody {
  const { type = 1, acl = OPEN, ephemeral = false, parentCVersion = -1 } = more;
  return { type, path, data: bytes(data), acl, ephemeral, parentCVersion };
}

export function createContainer(path: string): SubTxnBody {
  return { type: 19, path, data: bytes(""), acl: OPEN, parentCVersion: -1 };
}

export function createTTL(path: string, ttl: bigint): SubTxnBody {
  return { type: 21, path, data: bytes(""), acl: OPEN, parentCVersion: -1, ttl };
}

export function remove(path: string): SubTxnBody {
  return { type: 2, path };
}

export function setData(path: string, data: string | null, version: number): SubTxnBody {
  return { type: 5, path, data: bytes(data), version };
}

export function setACL(path: string, acl: readonly ACL[] | null, version: number): SubTxnBody {
  return { type: 7, path, acl, version };
}

export function multi(...txns: readonly SubTxnBody[]): TxnBody {
  return { type: 14, txns };
}

export function failure(err: number): SubTxnBody {
  return { type: -1, err };
}

export function closeSession(...paths: readonly string[]): TxnBody {
  return { type: -11, paths };
}

export function acl(perms: number, scheme: string | null, id: string | null): ACL {
  return { perms, id: { scheme, id } };
}

export function bytes(text: string | null): Uint8Array | null {
  return text === null ? null : asciiBytes(text);
}

/** A small generator: the same numbers in every run. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 0 .. below - 1 */
  below(limit: number): number {
    this.state = (Math.imul(this.state ^ (this.state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(this.state ^ (this.state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** Everything that a tree shows of its nodes, by path. */
export function shown(tree: DataTree): ReadonlyMap<string, unknown> {
  const nodes = new Map<string, unknown>();
  const visit = (path: string): void => {
    const ref = tree.find(path);
    const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner } = tree.statPersisted(ref);
    const data = tree.data(ref);
    nodes.set(path, {
      numbers: [czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner].join(" "),
      data: data === null ? null : hexBytes(data),
      acl: JSON.stringify(tree.acl(ref)),
      children: [...tree.childNames(ref)].sort().join(),
    });
    for (const name of tree.childNames(ref)) visit(`${path}/${name}`);
  };
  visit("");
  return nodes;
}

/** What a StatPersisted says, as the tree stores it. */
export function nodeStatOf(stat: StatPersisted): NodeStat {
  const made = new NodeStat();
  made.create(stampOf(stat.czxid, stat.ctime));
  made.modify(stampOf(stat.mzxid, stat.mtime));
  made.setPzxid(stampOf(stat.pzxid, 0n));
  const { version, cversion, aversion, ephemeralOwner } = stat;
  return Object.assign(made, { version, cversion, aversion, ephemeralOwner });
}

/** What a client sees. */
export function statShown(stat: NodeStat | undefined): Stat | undefined {
  if (stat === undefined) return undefined;
  const out = new Writer();
  stat.write(out);
  return Stat.decode(out.toBytes());
}

interface CreateOptions {
  readonly type: 1 | 15;
  readonly acl: readonly ACL[] | null;
  readonly ephemeral: boolean;
  readonly parentCVersion: number;
}

export const OPEN: readonly ACL[] = [acl(31, "world", "anyone")];
export const TIME_ZERO = 1_700_000_000_000n;

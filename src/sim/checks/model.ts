import { unreachable } from "../../base/assert.ts";
import type { SessionId } from "../../base/ids.ts";
import { toZxid, type Zxid } from "../../base/zxid.ts";
import { EventType } from "../../wire/client/numbers.ts";
import type { CreateBody, CreateContainerBody, CreateTTLBody, SubTxnBody, Txn, TxnBody } from "../../wire/txnValue.ts";
import { textOf } from "../world/clientOps.ts";

/** One znode as it was from one zxid on. */
export interface ModelNode {
  readonly text: string;
  readonly version: number;
  /** Creates and deletes of children. */
  readonly cversion: number;
  /** Creates of children: what sequence numbers count. */
  readonly creations: number;
  readonly owner: bigint;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: bigint;
  readonly mtime: bigint;
  readonly children: ReadonlySet<string>;
}

/** A change that a watcher of `path` may hear. */
export interface Change {
  readonly zxid: Zxid;
  readonly type: EventType;
}

/**
 * What ZooKeeper's tree is after every committed transaction, written without looking at how the server does it: whole
 * history, one immutable node a version. A transaction that no correct leader would have prepared is a complaint.
 */
export class Model {
  readonly txns = new Map<Zxid, Txn>();
  readonly sessions = new Map<SessionId, number>();
  lastZxid: Zxid | undefined;
  private readonly versions = new Map<string, Version[]>();
  private readonly changes = new Map<string, Change[]>();
  private readonly complain: (what: string) => void;
  private zxid: Zxid | undefined;
  private timeMs = 0n;

  constructor(complain: (what: string) => void) {
    this.complain = complain;
    this.versions.set("/", [{ zxid: MIN, node: ROOT }]);
  }

  apply(txn: Txn): void {
    this.zxid = txn.zxid;
    this.timeMs = txn.timeMs;
    this.lastZxid = txn.zxid;
    this.txns.set(txn.zxid, txn);
    this.applyBody(txn.clientId, txn.body);
  }

  /** The node when `zxid` was the last transaction; undefined: there was none. */
  at(path: string, zxid: bigint): ModelNode | undefined {
    const versions = this.versions.get(path) ?? [];
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i];
      if (version !== undefined && version.zxid <= zxid) return version.node;
    }
    return undefined;
  }

  /** The first change in (after, upTo] that fires a watch on `path`. */
  firstChange(path: string, types: readonly number[], after: bigint, upTo: bigint): Change | undefined {
    return this.changes.get(path)?.find(({ zxid, type }) => zxid > after && zxid <= upTo && types.includes(type));
  }

  /** Ephemeral nodes of the newest state, by owner. */
  ephemerals(session: bigint): readonly string[] {
    const found: string[] = [];
    for (const [path, versions] of this.versions) if (versions.at(-1)?.node?.owner === session) found.push(path);
    return found.sort();
  }

  private applyBody(session: SessionId, body: TxnBody): void {
    switch (body.type) {
      case -10:
        this.sessions.set(session, body.timeOut);
        return;
      case -11:
        return this.close(session, body.paths);
      case 14: {
        if (body.txns.some((sub) => sub.type === -1)) return;
        for (const sub of body.txns) this.applySub(session, sub);
        return;
      }
      default:
        return this.applySub(session, body);
    }
  }

  private applySub(session: SessionId, body: SubTxnBody): void {
    switch (body.type) {
      case 1:
      case 15:
        return this.create(session, body, body.ephemeral);
      case 19:
      case 21:
        return this.create(session, body, false);
      case 2:
        return this.remove(body.path);
      case 20:
        if (session !== 0n) this.complain(`a session deletes ${body.path} as a container`);
        return this.remove(body.path);
      case 5:
      case 16:
        return this.set(body.path, textOf(body.data), body.version);
      case 13:
      case -1:
        return;
      case 7:
        return this.complain(`transactions of type ${body.type} are not modelled`);
      default:
        return unreachable(body);
    }
  }

  private create(
    session: SessionId,
    { path, data, parentCVersion }: CreateBody | CreateContainerBody | CreateTTLBody,
    ephemeral: boolean,
  ): void {
    const parent = this.newest(parentOf(path));
    const zxid = this.current();
    if (parent === undefined) return this.complain(`create of ${path} at ${zxid} has no parent`);
    if (parent.owner !== 0n) this.complain(`create of ${path} at ${zxid} below an ephemeral`);
    if (this.newest(path) !== undefined) this.complain(`create of ${path} at ${zxid}: it exists`);
    if (parentCVersion !== parent.creations + 1) this.complain(`create of ${path} at ${zxid} counts ${parentCVersion}`);
    if (ephemeral && !this.sessions.has(session)) this.complain(`ephemeral ${path} at ${zxid} of a dead session`);
    const owner = ephemeral ? session : 0n;
    const times = { ctime: this.timeMs, mtime: this.timeMs };
    this.put(path, { ...EMPTY, text: textOf(data), owner, czxid: zxid, mzxid: zxid, pzxid: zxid, ...times });
    const children = new Set(parent.children).add(nameOf(path));
    const { creations, cversion } = parent;
    this.put(parentOf(path), { ...parent, children, creations: creations + 1, cversion: cversion + 1, pzxid: zxid });
    this.changed(path, EventType.nodeCreated);
    this.changed(parentOf(path), EventType.nodeChildrenChanged);
  }

  private remove(path: string): void {
    const node = this.newest(path);
    const parent = this.newest(parentOf(path));
    const zxid = this.current();
    if (node === undefined || parent === undefined) return this.complain(`delete of ${path} at ${zxid}: it is missing`);
    if (node.children.size > 0) this.complain(`delete of ${path} at ${zxid}: it has children`);
    this.put(path, undefined);
    const children = new Set(parent.children);
    children.delete(nameOf(path));
    this.put(parentOf(path), { ...parent, children, cversion: parent.cversion + 1, pzxid: zxid });
    this.changed(path, EventType.nodeDeleted);
    this.changed(parentOf(path), EventType.nodeChildrenChanged);
  }

  private set(path: string, text: string, version: number): void {
    const node = this.newest(path);
    const zxid = this.current();
    if (node === undefined) return this.complain(`setData of ${path} at ${zxid}: it is missing`);
    if (version !== node.version + 1) this.complain(`setData of ${path} at ${zxid} makes version ${version}`);
    this.put(path, { ...node, text, version, mzxid: zxid, mtime: this.timeMs });
    this.changed(path, EventType.nodeDataChanged);
  }

  private close(session: SessionId, paths: readonly string[] | undefined): void {
    const owned = this.ephemerals(session);
    const named = [...(paths ?? owned)].sort();
    if (named.join() !== owned.join()) this.complain(`closeSession at ${this.zxid} deletes ${named}; it has ${owned}`);
    for (const path of owned) this.remove(path);
    this.sessions.delete(session);
  }

  private newest(path: string): ModelNode | undefined {
    return this.versions.get(path)?.at(-1)?.node;
  }

  private put(path: string, node: ModelNode | undefined): void {
    const zxid = this.current();
    const versions = this.versions.get(path) ?? [];
    if (versions.at(-1)?.zxid === zxid) versions.pop();
    versions.push({ zxid, node });
    this.versions.set(path, versions);
  }

  private changed(path: string, type: EventType): void {
    const changes = this.changes.get(path) ?? [];
    changes.push({ zxid: this.current(), type });
    this.changes.set(path, changes);
  }

  private current(): Zxid {
    if (this.zxid === undefined) throw new Error("no transaction is being applied");
    return this.zxid;
  }
}

interface Version {
  readonly zxid: bigint;
  readonly node: ModelNode | undefined;
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const MIN = -(2n ** 63n);
const ZERO = toZxid(0n);
const EMPTY: ModelNode = {
  text: "",
  version: 0,
  cversion: 0,
  creations: 0,
  owner: 0n,
  czxid: ZERO,
  mzxid: ZERO,
  pzxid: ZERO,
  ctime: 0n,
  mtime: 0n,
  children: new Set(),
};
/** With a child that was never created: cversion starts at -1 (client-protocol 3.3). */
const ROOT: ModelNode = { ...EMPTY, cversion: -1, children: new Set(["zookeeper"]) };

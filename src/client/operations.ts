import { DecodeError, type Reader, type RecordType, type Writer } from "jute-ts";
import { CreateFlags, Err, Op } from "../wire/client/numbers.ts";
import {
  AddWatchRequest,
  CheckWatchesRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  GetACLRequest,
  GetChildren2Request,
  GetDataRequest,
  SetACLRequest,
  SetDataRequest,
} from "../wire/client/requests.ts";
import { Create2Response, GetChildren2Response, GetDataResponse, SetDataResponse } from "../wire/client/responses.ts";
import type { ACL, Stat } from "../wire/client/shared.ts";
import type { Chroot } from "./chroot.ts";
import { badArguments } from "./core/errors.ts";
import type { Created, CreateOptions, Data, NodeChildren, NodeData, WatchKind } from "./types.ts";

/** A request and how its reply is read. */
export interface Operation<T> {
  readonly type: number;
  /** As the caller named it. */
  readonly path: string | undefined;
  /** An error code that is an answer: `read` is called for it too. */
  readonly answerErr: number;
  write(out: Writer): void;
  read(reader: Reader, err: number): T;
}

/** A request whose record is declared in wire. */
export class RecordOperation<Q, T> implements Operation<T> {
  readonly type: number;
  readonly path: string | undefined;
  readonly answerErr: number;
  readonly read: (reader: Reader, err: number) => T;
  private readonly record: RecordType<Q> | undefined;
  private readonly value: Q;

  constructor(
    type: number,
    path: string | undefined,
    record: RecordType<Q> | undefined,
    value: Q,
    read: (reader: Reader, err: number) => T,
    answerErr: number = Err.ok,
  ) {
    this.type = type;
    this.path = path;
    this.record = record;
    this.value = value;
    this.read = read;
    this.answerErr = answerErr;
  }

  write(out: Writer): void {
    this.record?.write(out, this.value);
  }
}

/** create2 gives the Stat as well, so create (1) is never sent. */
export function createOperation(
  chroot: Chroot,
  path: string,
  data: Data,
  options: CreateOptions = {},
): Operation<Created> {
  const { mode = "persistent", acl = OPEN_ACL } = options;
  const flags = CreateFlags[mode];
  if (flags === undefined) {
    throw badArguments(`no create mode ${mode} (allowed: ${Object.keys(CreateFlags).join(", ")})`, { path });
  }
  const ttl = ttlOf(options, path);
  const type = ttl !== undefined ? Op.createTTL : mode === "container" ? Op.createContainer : Op.create2;
  const isSequential = mode.includes("equential");
  const value = {
    path: chroot.toServer(path, type, isSequential),
    data: bytesOf(data, type, path),
    acl: aclOf(acl, type, path),
    flags,
  };
  const read = (reader: Reader): Created => readCreated(reader, chroot);
  if (ttl === undefined) return new RecordOperation(type, path, CreateRequest, value, read);
  return new RecordOperation(type, path, CreateTTLRequest, { ...value, ttl: BigInt(ttl) }, read);
}

export function deleteOperation(chroot: Chroot, path: string, version: number): Operation<undefined> {
  const value = { path: chroot.toServer(path, Op.delete), version: versionOf(version, Op.delete, path) };
  return new RecordOperation(Op.delete, path, DeleteRequest, value, readNothing);
}

export function setDataOperation(chroot: Chroot, path: string, data: Data, version: number): Operation<Stat> {
  const value = {
    path: chroot.toServer(path, Op.setData),
    data: bytesOf(data, Op.setData, path),
    version: versionOf(version, Op.setData, path),
  };
  return new RecordOperation(Op.setData, path, SetDataRequest, value, readStat);
}

export function setAclOperation(chroot: Chroot, path: string, acl: readonly ACL[], version: number): Operation<Stat> {
  const value = {
    path: chroot.toServer(path, Op.setACL),
    acl: aclOf(acl, Op.setACL, path),
    version: versionOf(version, Op.setACL, path),
  };
  return new RecordOperation(Op.setACL, path, SetACLRequest, value, readStat);
}

export function checkOperation(chroot: Chroot, path: string, version: number): Operation<undefined> {
  const value = { path: chroot.toServer(path, Op.check), version: versionOf(version, Op.check, path) };
  return new RecordOperation(Op.check, path, DeleteRequest, value, readNothing);
}

export function getDataOperation(chroot: Chroot, path: string, watch: boolean): Operation<NodeData> {
  const value = { path: chroot.toServer(path, Op.getData), watch };
  return new RecordOperation(Op.getData, path, GetDataRequest, value, readData);
}

export function existsOperation(chroot: Chroot, path: string, watch: boolean): Operation<Stat | undefined> {
  const value = { path: chroot.toServer(path, Op.exists), watch };
  const read = (reader: Reader, err: number): Stat | undefined => (err === Err.ok ? readStat(reader) : undefined);
  return new RecordOperation(Op.exists, path, GetDataRequest, value, read, Err.noNode);
}

export function getChildrenOperation(chroot: Chroot, path: string, watch: boolean): Operation<NodeChildren> {
  const value = { path: chroot.toServer(path, Op.getChildren2), watch };
  return new RecordOperation(Op.getChildren2, path, GetChildren2Request, value, readChildren);
}

/** A request that is a path and nothing else. */
export function pathOperation<T>(
  chroot: Chroot,
  type: number,
  path: string,
  read: (reader: Reader) => T,
): Operation<T> {
  return new RecordOperation(type, path, GetACLRequest, { path: chroot.toServer(path, type) }, read);
}

/** checkWatches and removeWatches: whether there is such a watch, or was one. `found` is called before any later reply is read. */
export function watcherOperation(
  chroot: Chroot,
  type: number,
  path: string,
  kind: WatchKind,
  found: () => void = () => {},
): Operation<boolean> {
  const number = WATCHER_TYPES[kind];
  if (number === undefined) {
    throw badArguments(`no kind of watch ${kind} (allowed: ${Object.keys(WATCHER_TYPES).join(", ")})`, { path });
  }
  const value = { path: chroot.toServer(path, type), type: number };
  const read = (_: Reader, err: number): boolean => {
    if (err === Err.ok) found();
    return err === Err.ok;
  };
  return new RecordOperation(type, path, CheckWatchesRequest, value, read, Err.noWatcher);
}

export function addWatchOperation(chroot: Chroot, path: string, isRecursive: boolean): Operation<undefined> {
  const value = { path: chroot.toServer(path, Op.addWatch), mode: isRecursive ? 1 : 0 };
  return new RecordOperation(Op.addWatch, path, AddWatchRequest, value, readNothing);
}

export function readCreated(reader: Reader, chroot: Chroot): Created {
  const { path, stat } = Create2Response.read(reader);
  return { path: chroot.fromServer(given(path)) ?? given(path), stat };
}

/** The data is copied: a view would keep the whole chunk of the network alive as long as the caller keeps the data. */
export function readData(reader: Reader): NodeData {
  const { data, stat } = GetDataResponse.read(reader);
  return { data: data && Buffer.from(data), stat };
}

export function readChildren(reader: Reader): NodeChildren {
  const { children, stat } = GetChildren2Response.read(reader);
  return { children: textsOf(children), stat };
}

export function readStat(reader: Reader): Stat {
  return SetDataResponse.read(reader).stat;
}

export function readNothing(): undefined {
  return undefined;
}

/** A list that a server never sends as null, with items that it never sends as null. */
export function textsOf(list: readonly (string | null)[] | null): string[] {
  return (list ?? []).map(given);
}

export function bytesOf(data: Data, op: number, path: string): Uint8Array | null {
  if (typeof data === "string") return Buffer.from(data);
  if (data === null || data instanceof Uint8Array) return data;
  throw badArguments(`data is a ${typeof data} (allowed: a string, a Uint8Array, null)`, { op, path });
}

function given(text: string | null): string {
  if (text === null) throw new DecodeError("a server sent null where a text belongs");
  return text;
}

function ttlOf({ mode, ttlMs }: CreateOptions, path: string): number | undefined {
  const wants = mode === "persistentWithTTL" || mode === "persistentSequentialWithTTL";
  if (!wants && ttlMs === undefined) return undefined;
  if (!wants) throw badArguments("ttlMs needs a mode with TTL (allowed: persistentWithTTL)", { path });
  if (ttlMs !== undefined && Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs < 2 ** 40) return ttlMs;
  throw badArguments(`ttlMs is ${ttlMs} (allowed: 1 to ${2 ** 40 - 1})`, { path });
}

function aclOf(acl: readonly ACL[], op: number, path: string): readonly ACL[] {
  if (acl.length === 0) throw badArguments("the ACL has no entries (allowed: one or more)", { op, path });
  return acl;
}

function versionOf(version: number, op: number, path: string): number {
  if (Number.isInteger(version) && version === (version | 0)) return version;
  throw badArguments(`version is ${version} (allowed: a 32-bit integer, -1 for any)`, { op, path });
}

/** Everyone may do everything. */
export const OPEN_ACL: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
/** Whoever has authenticated with this client's credentials may do everything, nobody else anything. */
export const CREATOR_ALL_ACL: readonly ACL[] = [{ perms: 31, id: { scheme: "auth", id: "" } }];
/** Everyone may read. */
export const READ_ACL: readonly ACL[] = [{ perms: 1, id: { scheme: "world", id: "anyone" } }];

const WATCHER_TYPES: Readonly<Record<WatchKind, number>> = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
};

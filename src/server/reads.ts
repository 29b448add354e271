import { DecodeError, type Reader, type Writer } from "jute-ts";
import { isAscii } from "../base/bytes.ts";
import type { SessionId } from "../base/ids.ts";
import { javaTrim } from "../base/javaTrim.ts";
import { type AclRules, checkAcl, withoutDigests } from "../tree/aclCheck.ts";
import type { DataTree } from "../tree/dataTree.ts";
import { NO_NODE, type NodeRef } from "../tree/nodeTable.ts";
import type { WatcherKind, Watches } from "../tree/watches.ts";
import { isWriteList } from "../wire/client/decode.ts";
import { Err, EventType, Op, Perms } from "../wire/client/numbers.ts";
import { AddWatchRequest, CheckWatchesRequest, SetWatches, SetWatches2 } from "../wire/client/requests.ts";
import { type Id, MultiHeader } from "../wire/client/shared.ts";
import type { ClientConnection } from "./clientConnection.ts";
import { REPLY_HARD_LIMIT_BYTES } from "./clientLimits.ts";
import { beginReply, endReply, writeAcl, writeHeaderOnly, writeNotification } from "./replies.ts";

/**
 * FinalRequestProcessor for everything that the serving server answers alone: reads, watches, ping (client-protocol 3.11,
 * 6). Each handler writes one whole reply frame; an error returns its code and the caller writes the header.
 */
export class Reads {
  private readonly tree: DataTree;
  private readonly watches: Watches;
  private readonly rules: AclRules;

  constructor(tree: DataTree, watches: Watches, rules: AclRules) {
    this.tree = tree;
    this.watches = watches;
    this.rules = rules;
  }

  /** Answers one request. `body` stands at the request record; bytes that do not decode are MARSHALLINGERROR. */
  answer(connection: ClientConnection, xid: number, op: number, body: Reader, identities: readonly Id[]): void {
    const out = connection.out;
    const zxid = this.tree.lastProcessedZxid;
    if (op === Op.setWatches || op === Op.setWatches2) {
      // The events leave before the reply, so its frame must not be begun yet.
      const err = decoding(() => this.setWatches(connection, op, body));
      return writeHeaderOnly(out, xid, zxid, err);
    }
    if (op === Op.multiRead) return this.multiRead(connection, xid, body, identities);
    const start = beginReply(out, xid, zxid, 0);
    const err = this.decode(connection, op, body, identities);
    if (err === Err.ok) return endReply(out, start);
    out.length = start;
    writeHeaderOnly(out, xid, zxid, err);
  }

  /** No closure here, unlike `decoding`: this is the hot path. */
  private decode(connection: ClientConnection, op: number, body: Reader, identities: readonly Id[]): number {
    try {
      return this.dispatch(connection, op, body, identities);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return Err.marshallingError;
    }
  }

  private dispatch(connection: ClientConnection, op: number, body: Reader, identities: readonly Id[]): number {
    switch (op) {
      case Op.ping:
        return Err.ok;
      case Op.getData:
        return this.getData(connection, body, identities);
      case Op.exists:
        return this.exists(connection, body, identities);
      case Op.getChildren:
        return this.getChildren(connection, body, identities, false);
      case Op.getChildren2:
        return this.getChildren(connection, body, identities, true);
      case Op.getACL:
        return this.getAcl(connection, body, identities);
      case Op.getAllChildrenNumber:
        return this.getAllChildrenNumber(connection, body, identities);
      case Op.getEphemerals:
        return this.getEphemerals(connection, body, connection.sessionId);
      case Op.whoAmI:
        return this.whoAmI(connection, identities);
      case Op.addWatch:
        return this.addWatch(connection, body);
      case Op.checkWatches:
      case Op.removeWatches:
        return this.watchesOf(connection, body, op === Op.removeWatches);
      default:
        return Err.unimplemented;
    }
  }

  private getData(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const start = body.offset;
    const ref = this.readable(body, identities);
    const watch = body.bool();
    if (ref < 0) return ref;
    if (watch) this.watches.addData(pathAt(body, start), connection.number);
    this.tree.writeData(ref, connection.out);
    this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  /** A watch is set also when the node is absent, but not when READ is missing (3.11). */
  private exists(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const start = body.offset;
    const ref = this.readable(body, identities);
    const end = body.offset;
    const watch = body.bool();
    if (holdsZero(body.bytes, start + LENGTH_BYTES, end)) return Err.badArguments;
    if (watch && ref !== Err.noAuth) this.watches.addData(pathAt(body, start), connection.number);
    if (ref < 0) return ref;
    this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  private getChildren(connection: ClientConnection, body: Reader, identities: readonly Id[], stat: boolean): number {
    const start = body.offset;
    const ref = this.readable(body, identities);
    const watch = body.bool();
    if (ref < 0) return ref;
    if (watch) this.watches.addChild(pathAt(body, start), connection.number);
    this.tree.writeChildren(ref, connection.out);
    if (stat) this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  private getAcl(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const ref = this.find(body);
    if (ref === NO_NODE) return Err.noNode;
    const acl = this.tree.acl(ref);
    if (!checkAcl(acl, Perms.read | Perms.admin, identities, this.rules)) return Err.noAuth;
    writeAcl(connection.out, checkAcl(acl, Perms.admin, identities, this.rules) ? acl : withoutDigests(acl));
    this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  private getAllChildrenNumber(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const start = body.offset;
    const ref = this.readable(body, identities);
    if (ref < 0) return ref;
    // Java keeps the root under both names and counts the other one in the answer for the empty path.
    const isEmpty = body.offset === start + LENGTH_BYTES;
    connection.out.int(this.tree.descendantCount(ref) + (isEmpty ? 1 : 0));
    return Err.ok;
  }

  private getEphemerals(connection: ClientConnection, body: Reader, session: SessionId): number {
    const prefix = body.ustring() ?? "";
    const trimmed = javaTrim(prefix);
    const all = trimmed === "" || trimmed === "/";
    const paths = this.tree.ephemeralsOf(session).filter((path) => all || path.startsWith(prefix));
    connection.out.int(paths.length);
    for (const path of paths) connection.out.ustring(path);
    return Err.ok;
  }

  private whoAmI(connection: ClientConnection, identities: readonly Id[]): number {
    const out = connection.out;
    out.int(identities.length);
    for (const identity of identities) {
      out.ustring(identity.scheme);
      out.ustring(userOf(identity));
    }
    return Err.ok;
  }

  /**
   * Never fails for a node's sake: each error is a result; watch flags are ignored (3.10). The list is decoded before anything
   * is read. A list of writes that decodes, or a null path, is -5 with the results so far (2.4).
   */
  private multiRead(connection: ClientConnection, xid: number, body: Reader, identities: readonly Id[]): void {
    const { out } = connection;
    const start = beginReply(out, xid, this.tree.lastProcessedZxid, 0);
    const ops = readOps(body);
    if (ops === undefined) {
      out.view.setInt32(start + 16, Err.marshallingError);
      return endReply(out, start);
    }
    let err: number = ops.areWrites ? Err.marshallingError : Err.ok;
    for (const { type, path } of ops.list) {
      // A list of a megabyte can ask for many gigabytes: no client takes them, and no server may try (reliability 7).
      if (path === null || out.length - start > REPLY_HARD_LIMIT_BYTES) {
        err = Err.marshallingError;
        break;
      }
      this.readResult(type, path, out, identities);
    }
    MultiHeader.write(out, MULTI_END);
    out.view.setInt32(start + 16, err);
    endReply(out, start);
  }

  private readResult(type: number, path: string, out: Writer, identities: readonly Id[]): void {
    const ref = this.checked(this.tree.find(path), identities);
    if (ref < 0) {
      MultiHeader.write(out, { type: Op.error, done: false, err: ref });
      return out.int(ref);
    }
    MultiHeader.write(out, { type, done: false, err: 0 });
    if (type === Op.getChildren) return this.tree.writeChildren(ref, out);
    this.tree.writeData(ref, out);
    this.tree.writeStat(ref, out);
  }

  private addWatch(connection: ClientConnection, body: Reader): number {
    const { path, mode } = AddWatchRequest.read(body);
    if (mode !== 0 && mode !== 1) return Err.marshallingError;
    if (mode === 0) this.watches.addPersistent(path ?? NULL_PATH, connection.number);
    else this.watches.addRecursive(path ?? NULL_PATH, connection.number);
    connection.out.int(0);
    return Err.ok;
  }

  private watchesOf(connection: ClientConnection, body: Reader, remove: boolean): number {
    const { path, type } = CheckWatchesRequest.read(body);
    const kind = WATCHER_KINDS[type];
    if (kind === undefined) return Err.marshallingError;
    if (!this.watches.has(path ?? NULL_PATH, connection.number, kind)) return Err.noWatcher;
    if (remove) this.watches.remove(path ?? NULL_PATH, connection.number, kind);
    return Err.ok;
  }

  /**
   * Lists in this order; each event has zxid -1 (6.5). READ is checked as for live events: CVE-2026-59739. A null list or path is
   * -5 when its turn comes: what stood before it has had its effect. Persistent watches take a null path as addWatch does.
   */
  private setWatches(connection: ClientConnection, op: number, body: Reader): number {
    const lists: WatchLists =
      op === Op.setWatches ? { ...SetWatches.read(body), ...NO_PERSISTENT } : SetWatches2.read(body);
    const { relativeZxid } = lists;
    for (const path of listOf(lists.dataWatches)) this.replayData(connection, pathIn(path), relativeZxid);
    for (const path of listOf(lists.existWatches)) this.replayExist(connection, pathIn(path));
    for (const path of listOf(lists.childWatches)) this.replayChild(connection, pathIn(path), relativeZxid);
    const { number } = connection;
    for (const path of listOf(lists.persistentWatches)) this.watches.addPersistent(path ?? NULL_PATH, number);
    for (const path of listOf(lists.persistentRecursiveWatches)) this.watches.addRecursive(path ?? NULL_PATH, number);
    return Err.ok;
  }

  private replayData(connection: ClientConnection, path: string, relativeZxid: bigint): void {
    const ref = this.tree.find(path);
    if (ref === NO_NODE) this.replay(connection, EventType.nodeDeleted, path, ref);
    else if (this.tree.mzxid(ref) > relativeZxid) this.replay(connection, EventType.nodeDataChanged, path, ref);
    else this.watches.addData(path, connection.number);
  }

  private replayExist(connection: ClientConnection, path: string): void {
    const ref = this.tree.find(path);
    if (ref !== NO_NODE) this.replay(connection, EventType.nodeCreated, path, ref);
    else this.watches.addData(path, connection.number);
  }

  private replayChild(connection: ClientConnection, path: string, relativeZxid: bigint): void {
    const ref = this.tree.find(path);
    if (ref === NO_NODE) this.replay(connection, EventType.nodeDeleted, path, ref);
    else if (this.tree.pzxid(ref) > relativeZxid) this.replay(connection, EventType.nodeChildrenChanged, path, ref);
    else this.watches.addChild(path, connection.number);
  }

  private replay(connection: ClientConnection, type: EventType, path: string, ref: NodeRef): void {
    const mayLearn = ref === NO_NODE || checkAcl(this.tree.acl(ref), Perms.read, connection.identities, this.rules);
    if (mayLearn) writeNotification(connection.out, type, path, -1n);
  }

  /** The node of the path that the request names next, or the error code: absent or not readable. */
  private readable(body: Reader, identities: readonly Id[]): NodeRef {
    return this.checked(this.find(body), identities);
  }

  /** The node of the path that the request names next; a null one is MARSHALLINGERROR (3.1). Most paths are ASCII: no text is made of them. */
  private find(body: Reader): NodeRef {
    const start = body.offset;
    const length = body.ustringLength();
    if (length < 0) throw new DecodeError("null path");
    const end = body.offset;
    if (isAscii(body.bytes, end - length, end)) return this.tree.findBytes(body.bytes, end - length, end);
    return this.tree.find(pathAt(body, start));
  }

  private checked(ref: NodeRef, identities: readonly Id[]): NodeRef {
    if (ref === NO_NODE) return Err.noNode;
    return checkAcl(this.tree.acl(ref), Perms.read, identities, this.rules) ? ref : Err.noAuth;
  }
}

/** Runs a step that decodes: bytes that do not decode are MARSHALLINGERROR. */
function decoding(step: () => number): number {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return Err.marshallingError;
  }
}

interface ReadOp {
  readonly type: number;
  readonly path: string | null;
}

/** The list of a multiRead; undefined when it does not decode or mixes reads with writes. Of writes nothing is kept. */
function readOps(body: Reader): { readonly areWrites: boolean; readonly list: readonly ReadOp[] } | undefined {
  const list: ReadOp[] = [];
  const { offset } = body;
  try {
    for (;;) {
      const { type, done } = MultiHeader.read(body);
      if (done) return { areWrites: false, list };
      if (type !== Op.getData && type !== Op.getChildren) break;
      list.push({ type, path: body.ustring() });
      body.bool();
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
  body.offset = offset;
  return isWriteList(body.rest()) ? { areWrites: true, list: [] } : undefined;
}

interface WatchLists {
  readonly relativeZxid: bigint;
  readonly dataWatches: readonly (string | null)[] | null;
  readonly existWatches: readonly (string | null)[] | null;
  readonly childWatches: readonly (string | null)[] | null;
  readonly persistentWatches: readonly (string | null)[] | null;
  readonly persistentRecursiveWatches: readonly (string | null)[] | null;
}

function listOf(list: readonly (string | null)[] | null): readonly (string | null)[] {
  if (list === null) throw new DecodeError("setWatches: null list of paths");
  return list;
}

function pathIn(path: string | null): string {
  if (path === null) throw new DecodeError("setWatches: null path");
  return path;
}

/** The text of a path that was passed over, which is not null. */
function pathAt(body: Reader, start: number): string {
  const { offset } = body;
  body.offset = start;
  const path = body.ustring() ?? "";
  body.offset = offset;
  return path;
}

function holdsZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0) return true;
  return false;
}

function userOf(identity: Id): string {
  const id = identity.id ?? "";
  switch (identity.scheme) {
    case "digest":
      return id.split(":", 1)[0] ?? "";
    case "ip":
    case "sasl":
    case "x509":
      return id;
    default:
      return "";
  }
}

/** A persistent watch on a null path can be looked for, and never fires. No text that was decoded holds half a surrogate pair. */
const NULL_PATH = "\ud800";
const NO_PERSISTENT = { persistentWatches: [], persistentRecursiveWatches: [] } as const;
/** What a path's length takes. */
const LENGTH_BYTES = 4;
const MULTI_END = { type: -1, done: true, err: -1 } as const;
const WATCHER_KINDS: Readonly<Record<number, WatcherKind>> = {
  1: "children",
  2: "data",
  3: "any",
  4: "persistent",
  5: "recursive",
};

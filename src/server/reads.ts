import { DecodeError, type Reader } from "jute-ts";
import type { SessionId } from "../base/ids.ts";
import { type AclRules, checkAcl, withoutDigests } from "../tree/aclCheck.ts";
import type { DataTree } from "../tree/dataTree.ts";
import { NO_NODE, type NodeRef } from "../tree/nodeTable.ts";
import type { WatcherKind, Watches } from "../tree/watches.ts";
import { Err, EventType, Op, Perms } from "../wire/client/numbers.ts";
import { AddWatchRequest, CheckWatchesRequest, SetWatches, SetWatches2 } from "../wire/client/requests.ts";
import { type Id, MultiHeader } from "../wire/client/shared.ts";
import type { ClientConnection } from "./clientConnection.ts";
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
    const start = beginReply(out, xid, zxid, 0);
    const err = this.decode(connection, op, body, identities);
    if (err === Err.ok) return endReply(out, start);
    if (op === Op.multiRead && err === Err.marshallingError && out.length > start + 20)
      return this.refuseMultiRead(out, start);
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
      case Op.multiRead:
        return this.multiRead(connection, body, identities);
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
    const path = pathOf(body);
    const watch = body.bool();
    const ref = this.readable(path, identities);
    if (ref < 0) return ref;
    if (watch) this.watches.addData(path, connection.number);
    this.tree.writeData(ref, connection.out);
    this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  /** A watch is set also when the node is absent, but not when READ is missing (3.11). */
  private exists(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const path = pathOf(body);
    const watch = body.bool();
    if (path.includes("\0")) return Err.badArguments;
    const ref = this.readable(path, identities);
    if (watch && ref !== Err.noAuth) this.watches.addData(path, connection.number);
    if (ref < 0) return ref;
    this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  private getChildren(connection: ClientConnection, body: Reader, identities: readonly Id[], stat: boolean): number {
    const path = pathOf(body);
    const watch = body.bool();
    const ref = this.readable(path, identities);
    if (ref < 0) return ref;
    if (watch) this.watches.addChild(path, connection.number);
    this.tree.writeChildren(ref, connection.out);
    if (stat) this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  private getAcl(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const path = pathOf(body);
    const ref = this.tree.find(path);
    if (ref === NO_NODE) return Err.noNode;
    const acl = this.tree.acl(ref);
    if (!checkAcl(acl, Perms.read | Perms.admin, identities, this.rules)) return Err.noAuth;
    writeAcl(connection.out, checkAcl(acl, Perms.admin, identities, this.rules) ? acl : withoutDigests(acl));
    this.tree.writeStat(ref, connection.out);
    return Err.ok;
  }

  private getAllChildrenNumber(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const ref = this.readable(pathOf(body), identities);
    if (ref < 0) return ref;
    connection.out.int(this.tree.descendantCount(ref));
    return Err.ok;
  }

  private getEphemerals(connection: ClientConnection, body: Reader, session: SessionId): number {
    const prefix = body.ustring() ?? "";
    const all = prefix.trim() === "" || prefix === "/";
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

  /** Never fails for a node's sake: each error is a result; watch flags are ignored (3.10). */
  private multiRead(connection: ClientConnection, body: Reader, identities: readonly Id[]): number {
    const out = connection.out;
    for (;;) {
      const header = MultiHeader.read(body);
      if (header.done) break;
      if (header.type !== Op.getData && header.type !== Op.getChildren) return Err.marshallingError;
      const path = body.ustring();
      body.bool();
      const ref = path === null ? Err.marshallingError : this.readable(path, identities);
      if (ref < 0) {
        MultiHeader.write(out, { type: Op.error, done: false, err: ref });
        out.int(ref);
        continue;
      }
      MultiHeader.write(out, { type: header.type, done: false, err: 0 });
      if (header.type === Op.getChildren) this.tree.writeChildren(ref, out);
      else {
        this.tree.writeData(ref, out);
        this.tree.writeStat(ref, out);
      }
    }
    MultiHeader.write(out, MULTI_END);
    return Err.ok;
  }

  /** The results so far and the end header follow the -5 (client-protocol 2.4). */
  private refuseMultiRead(out: ClientConnection["out"], start: number): void {
    MultiHeader.write(out, MULTI_END);
    out.view.setInt32(start + 16, Err.marshallingError);
    endReply(out, start);
  }

  private addWatch(connection: ClientConnection, body: Reader): number {
    const { path, mode } = AddWatchRequest.read(body);
    if (mode !== 0 && mode !== 1) return Err.marshallingError;
    if (path !== null && mode === 0) this.watches.addPersistent(path, connection.number);
    if (path !== null && mode === 1) this.watches.addRecursive(path, connection.number);
    connection.out.int(0);
    return Err.ok;
  }

  private watchesOf(connection: ClientConnection, body: Reader, remove: boolean): number {
    const { path, type } = CheckWatchesRequest.read(body);
    const kind = WATCHER_KINDS[type];
    if (kind === undefined) return Err.marshallingError;
    if (path === null || !this.watches.has(path, connection.number, kind)) return Err.noWatcher;
    if (remove) this.watches.remove(path, connection.number, kind);
    return Err.ok;
  }

  /** Lists in this order; each event has zxid -1 (6.5). READ is checked as for live events: CVE-2026-59739. */
  private setWatches(connection: ClientConnection, op: number, body: Reader): number {
    const lists: WatchLists =
      op === Op.setWatches ? { ...SetWatches.read(body), ...NO_PERSISTENT } : SetWatches2.read(body);
    const data = paths(lists.dataWatches);
    const exist = paths(lists.existWatches);
    const child = paths(lists.childWatches);
    const persistent = paths(lists.persistentWatches);
    const recursive = paths(lists.persistentRecursiveWatches);
    const events: ReplayedEvent[] = [];
    for (const path of data) this.replayData(connection, path, lists.relativeZxid, events);
    for (const path of exist) this.replayExist(connection, path, events);
    for (const path of child) this.replayChild(connection, path, lists.relativeZxid, events);
    for (const path of persistent) this.watches.addPersistent(path, connection.number);
    for (const path of recursive) this.watches.addRecursive(path, connection.number);
    for (const event of events) {
      if (this.mayLearn(event, connection.identities)) writeNotification(connection.out, event.type, event.path, -1n);
    }
    return Err.ok;
  }

  private replayData(connection: ClientConnection, path: string, relativeZxid: bigint, events: ReplayedEvent[]): void {
    const ref = this.tree.find(path);
    if (ref === NO_NODE) events.push({ type: EventType.nodeDeleted, path });
    else if (this.tree.mzxid(ref) > relativeZxid) events.push({ type: EventType.nodeDataChanged, path });
    else this.watches.addData(path, connection.number);
  }

  private replayExist(connection: ClientConnection, path: string, events: ReplayedEvent[]): void {
    if (this.tree.find(path) !== NO_NODE) events.push({ type: EventType.nodeCreated, path });
    else this.watches.addData(path, connection.number);
  }

  private replayChild(connection: ClientConnection, path: string, relativeZxid: bigint, events: ReplayedEvent[]): void {
    const ref = this.tree.find(path);
    if (ref === NO_NODE) events.push({ type: EventType.nodeDeleted, path });
    else if (this.tree.pzxid(ref) > relativeZxid) events.push({ type: EventType.nodeChildrenChanged, path });
    else this.watches.addChild(path, connection.number);
  }

  private mayLearn(event: ReplayedEvent, identities: readonly Id[]): boolean {
    const ref = this.tree.find(event.path);
    return ref === NO_NODE || checkAcl(this.tree.acl(ref), Perms.read, identities, this.rules);
  }

  /** The node, or the error code: absent or not readable. */
  private readable(path: string, identities: readonly Id[]): NodeRef {
    const ref = this.tree.find(path);
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

interface ReplayedEvent {
  readonly type: EventType;
  readonly path: string;
}

interface WatchLists {
  readonly relativeZxid: bigint;
  readonly dataWatches: readonly (string | null)[] | null;
  readonly existWatches: readonly (string | null)[] | null;
  readonly childWatches: readonly (string | null)[] | null;
  readonly persistentWatches: readonly (string | null)[] | null;
  readonly persistentRecursiveWatches: readonly (string | null)[] | null;
}

/** A null vector or a null path in it is MARSHALLINGERROR (3.1, 6.5). */
function paths(list: readonly (string | null)[] | null): readonly string[] {
  if (list === null) throw new DecodeError("setWatches: null list of paths");
  return list.map((path) => {
    if (path === null) throw new DecodeError("setWatches: null path");
    return path;
  });
}

/** A null path in a read is MARSHALLINGERROR (3.1). */
function pathOf(body: Reader): string {
  const path = body.ustring();
  if (path === null) throw new DecodeError("null path");
  return path;
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

const NO_PERSISTENT = { persistentWatches: [], persistentRecursiveWatches: [] } as const;
const MULTI_END = { type: -1, done: true, err: -1 } as const;
const WATCHER_KINDS: Readonly<Record<number, WatcherKind>> = {
  1: "children",
  2: "data",
  3: "any",
  4: "persistent",
  5: "recursive",
};

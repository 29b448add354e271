import { EventType } from "../../wire/client/numbers.ts";
import type { ErrorCode } from "./errors.ts";

/** One thing that happened to a node. */
export interface NodeEvent {
  readonly type: "nodeCreated" | "nodeDeleted" | "nodeDataChanged" | "nodeChildrenChanged";
  readonly path: string;
  /** Of the change; -1n when the server found it after a reconnect, or is older than 3.9. */
  readonly zxid: bigint;
}

export type OneShotKind = "data" | "exist" | "child";
export type StandingKind = "persistent" | "recursive";

export interface WatchListener {
  fired(event: NodeEvent): void;
  /** The watch was taken away. */
  removed(kind: OneShotKind | StandingKind): void;
  /** Standing watches only: they stand again after a reconnect; what happened meanwhile is not told. */
  resumed(): void;
  /** The session is over: nothing more will come. */
  ended(code: ErrorCode, reason: string): void;
}

/** What setWatches2 carries. */
export interface WatchLists {
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
  readonly persistentWatches: readonly string[];
  readonly persistentRecursiveWatches: readonly string[];
}

/**
 * The watches a client believes it has, by the server's paths (client-protocol 6). One watch of a kind and path exists at the
 * server, however many listeners it has here.
 */
export class Watches {
  private readonly tables: Readonly<Record<Kind, Table>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  /** A read was answered that asked for a watch. */
  add(kind: Kind, path: string, listener: WatchListener): void {
    const table = this.tables[kind];
    const listeners = table.get(path);
    if (listeners === undefined) table.set(path, new Set([listener]));
    else listeners.add(listener);
  }

  /** True: it was the last listener, the server's watch has no more use. */
  remove(kind: Kind, path: string, listener: WatchListener): boolean {
    const table = this.tables[kind];
    const listeners = table.get(path);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return false;
    return table.delete(path);
  }

  /** The server's watches of these kinds on this path are gone. */
  removeAll(kinds: readonly Kind[], path: string): void {
    for (const kind of kinds) for (const listener of this.taken(kind, path)) listener.removed(kind);
  }

  /** Tells an event to all whom it concerns; one-shot watches are used up (client-protocol 6.2). */
  fired(type: number, path: string, zxid: bigint): void {
    const name = NAMES.get(type);
    if (name === undefined) return;
    const told = new Set<WatchListener>();
    for (const kind of usedUpBy(name)) for (const listener of this.taken(kind, path)) told.add(listener);
    for (const listener of this.tables.persistent.get(path) ?? NOBODY) told.add(listener);
    if (name !== "nodeChildrenChanged") this.addRecursive(path, told);
    for (const listener of told) listener.fired({ type: name, path, zxid });
  }

  /** All of them, in lists of no more than about `limitBytes` of paths each. */
  *lists(limitBytes: number): Generator<WatchLists> {
    let lists = emptyLists();
    let bytes = 0;
    for (const kind of KINDS) {
      for (const path of this.tables[kind].keys()) {
        const size = 4 + 3 * path.length;
        if (bytes > 0 && bytes + size > limitBytes) {
          yield lists;
          lists = emptyLists();
          bytes = 0;
        }
        lists[LIST_OF[kind]].push(path);
        bytes += size;
      }
    }
    if (bytes > 0) yield lists;
  }

  resumed(): void {
    for (const kind of STANDING) for (const listener of this.all(kind)) listener.resumed();
  }

  ended(code: ErrorCode, reason: string): void {
    const listeners = new Set(KINDS.flatMap((kind) => this.all(kind)));
    for (const kind of KINDS) this.tables[kind].clear();
    for (const listener of listeners) listener.ended(code, reason);
  }

  private addRecursive(path: string, told: Set<WatchListener>): void {
    if (this.tables.recursive.size === 0) return;
    for (let at = path; ; at = at.slice(0, Math.max(1, at.lastIndexOf("/")))) {
      for (const listener of this.tables.recursive.get(at) ?? NOBODY) told.add(listener);
      if (at.length <= 1) return;
    }
  }

  private taken(kind: Kind, path: string): Iterable<WatchListener> {
    const listeners = this.tables[kind].get(path);
    if (listeners === undefined) return NOBODY;
    this.tables[kind].delete(path);
    return listeners;
  }

  private all(kind: Kind): WatchListener[] {
    return [...this.tables[kind].values()].flatMap((listeners) => [...listeners]);
  }
}

type Kind = OneShotKind | StandingKind;
type Table = Map<string, Set<WatchListener>>;
type OpenLists = { readonly [K in keyof WatchLists]: string[] };

function usedUpBy(type: NodeEvent["type"]): readonly OneShotKind[] {
  switch (type) {
    case "nodeDeleted":
      return ["data", "exist", "child"];
    case "nodeChildrenChanged":
      return ["child"];
    case "nodeCreated":
    case "nodeDataChanged":
      return ["data", "exist"];
  }
}

function emptyLists(): OpenLists {
  return {
    dataWatches: [],
    existWatches: [],
    childWatches: [],
    persistentWatches: [],
    persistentRecursiveWatches: [],
  };
}

const NAMES: ReadonlyMap<number, NodeEvent["type"]> = new Map([
  [EventType.nodeCreated, "nodeCreated"],
  [EventType.nodeDeleted, "nodeDeleted"],
  [EventType.nodeDataChanged, "nodeDataChanged"],
  [EventType.nodeChildrenChanged, "nodeChildrenChanged"],
]);
const STANDING: readonly StandingKind[] = ["persistent", "recursive"];
const KINDS: readonly Kind[] = ["data", "exist", "child", ...STANDING];
const LIST_OF: Readonly<Record<Kind, keyof WatchLists>> = {
  data: "dataWatches",
  exist: "existWatches",
  child: "childWatches",
  persistent: "persistentWatches",
  recursive: "persistentRecursiveWatches",
};
const NOBODY: ReadonlySet<WatchListener> = new Set();

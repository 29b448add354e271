import { unreachable } from "../base/assert.ts";
import { EventType } from "../wire/client/numbers.ts";
import type { TreeEvent } from "./outcome.ts";
import { WatchMode, WatchTable } from "./watchTable.ts";

/** What checkWatches and removeWatches ask for: types 1 to 5 of client-protocol 6.6. */
export type WatcherKind = "children" | "data" | "any" | "persistent" | "recursive";

/**
 * The watches of one server (client-protocol 6). A watcher is a connection, named by its number: watches die with it.
 *
 * Each event is one step, NodeDeleted two; in a step a connection hears at most one thing, and who heard the first step of
 * NodeDeleted is left out of the second. Who may not read the node is the deliverer's business: such a connection's watch is
 * consumed all the same (6.4).
 */
export class Watches {
  /** exists and getData, and both persistent modes. */
  readonly data = new WatchTable();
  /** getChildren, and persistent ones once more. */
  readonly child = new WatchTable();

  /** Of both tables. */
  get watchCount(): number {
    return this.data.watchCount + this.child.watchCount;
  }

  /** exists, whether the node is there or not, and getData. */
  addData(path: string, watcher: number): void {
    this.data.add(path, watcher, WatchMode.standard);
  }

  /** getChildren and getChildren2. */
  addChild(path: string, watcher: number): void {
    this.child.add(path, watcher, WatchMode.standard);
  }

  addPersistent(path: string, watcher: number): void {
    this.data.add(path, watcher, WatchMode.persistent);
    this.child.add(path, watcher, WatchMode.persistent);
  }

  addRecursive(path: string, watcher: number): void {
    this.data.add(path, watcher, WatchMode.recursive);
  }

  /** The connection is gone. */
  removeWatcher(watcher: number): void {
    this.data.removeWatcher(watcher);
    this.child.removeWatcher(watcher);
  }

  /** Whether this connection has such a watch on exactly this path. */
  has(path: string, watcher: number, kind: WatcherKind): boolean {
    const data = this.data.modes(path, watcher);
    switch (kind) {
      case "children":
        return (this.child.modes(path, watcher) & WatchMode.standard) !== 0;
      case "data":
        return (data & WatchMode.standard) !== 0;
      case "any":
        return (data | this.child.modes(path, watcher)) !== 0;
      case "persistent":
        return (data & WatchMode.persistent) !== 0;
      case "recursive":
        return (data & WatchMode.recursive) !== 0;
      default:
        return unreachable(kind);
    }
  }

  /** Takes such a watch away; false when there was none. */
  remove(path: string, watcher: number, kind: WatcherKind): boolean {
    if (!this.has(path, watcher, kind)) return false;
    if (kind !== "children") this.data.remove(path, watcher, DATA_MODES[kind]);
    if (kind !== "data" && kind !== "recursive") this.child.remove(path, watcher, CHILD_MODES[kind]);
    return true;
  }

  /** Tells everybody who watches; `deliver` is called once for each connection and may change watches. */
  trigger(event: TreeEvent, deliver: (watcher: number, event: TreeEvent) => void): void {
    if (this.data.watchCount + this.child.watchCount === 0) return;
    const heard = new Set<number>();
    if (event.type !== EventType.nodeChildrenChanged) this.data.collect(event.path, heard);
    if (event.type === EventType.nodeDeleted || event.type === EventType.nodeChildrenChanged) {
      this.child.collect(event.path, heard);
    }
    // The set keeps the order of the two steps.
    for (const watcher of heard) deliver(watcher, event);
  }
}

const EVERY_MODE = WatchMode.standard | WatchMode.persistent | WatchMode.recursive;

const DATA_MODES = {
  data: WatchMode.standard,
  any: EVERY_MODE,
  persistent: WatchMode.persistent,
  recursive: WatchMode.recursive,
} as const;

const CHILD_MODES = {
  children: WatchMode.standard,
  any: EVERY_MODE,
  persistent: WatchMode.persistent,
} as const;

import { EventType } from "../../wire/client/numbers.ts";
import type { Answer, ClientOp } from "./clientOps.ts";

export type WatchKind = "data" | "exist" | "child";

export interface Watch {
  readonly kind: WatchKind;
  readonly path: string;
  /** The zxid of the reply that set it: it tells of the first change above. */
  readonly sinceZxid: bigint;
}

/** The one-shot watches a client believes it has, as the official client keeps them. */
export class WatchTable {
  private readonly watches = new Map<string, Watch>();

  get size(): number {
    return this.watches.size;
  }

  /** How many they are to a server, which has one table for data and existence. */
  get serverSide(): number {
    return new Set(this.all().map(({ kind, path }) => `${kind === "child" ? "child" : "data"} ${path}`)).size;
  }

  all(): readonly Watch[] {
    return [...this.watches.values()];
  }

  /** A read that asked for a watch: `exists` of a missing node waits for its creation. */
  answered(op: ClientOp, { err, zxid }: Answer): void {
    if (!("watch" in op) || !op.watch) return;
    const { kind, path } = op;
    if (err === 0) this.set(kind === "children" ? "child" : "data", path, zxid);
    else if (kind === "exists" && err === NO_NODE) this.set("exist", path, zxid);
  }

  /** What an event uses up. */
  heard(event: { readonly type: number; readonly path: string }): readonly Watch[] {
    return kindsOf(event.type).flatMap((kind) => this.watches.get(`${kind} ${event.path}`) ?? []);
  }

  fired(event: { readonly type: number; readonly path: string }): void {
    for (const { kind, path } of this.heard(event)) this.watches.delete(`${kind} ${path}`);
  }

  /** They were set again by a reply with this zxid. */
  renew(zxid: bigint): void {
    for (const { kind, path } of this.all()) this.watches.set(`${kind} ${path}`, { kind, path, sinceZxid: zxid });
  }

  clear(): void {
    this.watches.clear();
  }

  lists(): { dataWatches: string[]; existWatches: string[]; childWatches: string[] } {
    const of = (kind: WatchKind): string[] => this.all().flatMap((watch) => (watch.kind === kind ? [watch.path] : []));
    return { dataWatches: of("data"), existWatches: of("exist"), childWatches: of("child") };
  }

  /** A second watch of one kind on one path is the same watch, set by the first. */
  private set(kind: WatchKind, path: string, sinceZxid: bigint): void {
    const key = `${kind} ${path}`;
    if (!this.watches.has(key)) this.watches.set(key, { kind, path, sinceZxid });
  }
}

function kindsOf(type: number): readonly WatchKind[] {
  switch (type) {
    case EventType.nodeDeleted:
      return ["data", "exist", "child"];
    case EventType.nodeChildrenChanged:
      return ["child"];
    default:
      return ["data", "exist"];
  }
}

const NO_NODE = -101;

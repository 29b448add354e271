import { LIMITS_NAME, nameOf, QUOTA_ROOT, STATS_NAME } from "../wire/paths.ts";
import { NO_NODE, type NodeRef } from "./nodeTable.ts";
import { parentOf } from "./paths.ts";
import { QuotaStats } from "./quotaStats.ts";
import type { Znodes } from "./znodes.ts";

/**
 * Usage below quota roots (client-protocol 3.15). Each server keeps the zookeeper_stats nodes up to date by itself: no
 * transaction, no Stat field, no event. They lie below /zookeeper, so no digest changes either.
 *
 * Nothing here throws on what clients wrote (hazards H3 to H5): a quota on the root is none, only nodes below
 * /zookeeper/quota/ register and unregister, and unreadable stats count as zero.
 */
export class Quotas {
  private readonly znodes: Znodes;
  private readonly roots = new Set<string>();

  constructor(znodes: Znodes) {
    this.znodes = znodes;
  }

  get isAnySet(): boolean {
    return this.roots.size > 0;
  }

  /** After a node was added. */
  created(path: string, dataLength: number): void {
    const root = rootOf(path);
    if (root !== undefined) {
      if (nameOf(path) === LIMITS_NAME) this.roots.add(root);
      if (nameOf(path) === STATS_NAME) this.recount(root);
    }
    if (this.roots.size > 0) this.account(path, 1, dataLength);
  }

  /** After a node was taken out. */
  removed(path: string, dataLength: number): void {
    const root = rootOf(path);
    if (root !== undefined && nameOf(path) === LIMITS_NAME) this.roots.delete(root);
    if (this.roots.size > 0) this.account(path, -1, -dataLength);
  }

  /** After the data of a node grew by `growth` bytes. */
  resized(path: string, growth: number): void {
    if (this.roots.size > 0) this.account(path, 0, growth);
  }

  /** Finds the roots anew and recounts each, after a load. */
  reload(): void {
    this.roots.clear();
    const { table } = this.znodes;
    const top = this.znodes.find(QUOTA_ROOT);
    for (let ref = top; ref !== NO_NODE; ref = this.znodes.successor(ref, top)) {
      const path = this.znodes.path(ref);
      const root = rootOf(path);
      if (root === undefined || nameOf(path) !== LIMITS_NAME || table.childCount(ref) > 0) continue;
      this.roots.add(root);
      this.recount(root);
    }
  }

  /** The deepest quota root that the path is or lies below. */
  rootAbove(path: string): string | undefined {
    if (this.roots.size === 0) return undefined;
    for (let at = path; at !== ""; at = parentOf(at)) if (this.roots.has(at)) return at;
    return undefined;
  }

  private account(path: string, count: number, bytes: number): void {
    const root = this.rootAbove(path);
    const stats = root === undefined ? NO_NODE : this.znodes.find(statsPath(root));
    if (stats === NO_NODE) return;
    const known = QuotaStats.parse(this.znodes.data(stats));
    this.znodes.setData(stats, known.plus(BigInt(count), BigInt(bytes)).encode());
  }

  private recount(root: string): void {
    const stats = this.znodes.find(statsPath(root));
    if (stats === NO_NODE) return;
    const { count, bytes } = this.usage(this.znodes.find(root));
    this.znodes.setData(stats, QuotaStats.of(BigInt(count), BigInt(bytes)).encode());
  }

  private usage(top: NodeRef): { readonly count: number; readonly bytes: number } {
    let count = 0;
    let bytes = 0;
    for (let ref = top; ref !== NO_NODE; ref = this.znodes.successor(ref, top)) {
      count++;
      bytes += Math.max(0, this.znodes.table.dataLength(ref));
    }
    return { count, bytes };
  }
}

/** The quota root that a limits or stats node of this path speaks of; undefined when its path is none of these. */
function rootOf(path: string): string | undefined {
  if (!path.startsWith(BELOW_QUOTA_ROOT)) return undefined;
  const root = parentOf(path).slice(QUOTA_ROOT.length);
  return root === "" ? undefined : root;
}

function statsPath(root: string): string {
  return `${QUOTA_ROOT}${root}/${STATS_NAME}`;
}

const BELOW_QUOTA_ROOT = `${QUOTA_ROOT}/`;

import type { Instant } from "../base/instant.ts";
import { NEVER } from "../base/instant.ts";
import type { Config } from "../config/config.ts";
import { type DataTree, NO_NODE, type NodeRef } from "../tree/dataTree.ts";
import { kindOfOwner, ttlOf } from "../tree/owners.ts";

/**
 * Deletes containers that lost their last child and nodes whose TTL is over: ContainerManager (client-protocol 3.16). Runs on a
 * leader or standalone server; each delete is a transaction that nobody's client asked for.
 *
 * A look over the tree every `containerCheckIntervalMs` names candidates, which are deleted one after the other, at most
 * `containerMaxPerMinute`. Between its naming and its turn a candidate may change: it is looked at again.
 */
export class Reaper {
  private readonly settings: ReaperSettings;
  private readonly tree: () => DataTree;
  private readonly reap: (path: string) => void;
  private readonly pauseMs: number;
  /** Still to be deleted; the next one is the last. */
  private candidates: string[] = [];
  private lookMs = NEVER;
  private nextMs = NEVER;

  /** `reap` proposes the delete; `tree` is asked anew each time, for a database may be replaced. */
  constructor(settings: ReaperSettings, tree: () => DataTree, reap: (path: string) => void) {
    this.settings = settings;
    this.tree = tree;
    this.reap = reap;
    this.pauseMs = Math.max(1, Math.floor(MINUTE_MS / settings.containerMaxPerMinute));
  }

  /** Leadership begins. */
  start(nowMs: number): void {
    if (this.settings.containerMaxPerMinute > 0) this.lookMs = nowMs + this.settings.containerCheckIntervalMs;
  }

  get deadline(): number {
    return this.candidates.length > 0 ? this.nextMs : this.lookMs;
  }

  onDeadline(at: Instant): void {
    if (at.monoMs < this.deadline) return;
    if (this.candidates.length === 0) this.look(at);
    const path = this.candidates.pop();
    this.nextMs = at.monoMs + this.pauseMs;
    if (path === undefined) return;
    const tree = this.tree();
    const node = tree.find(path);
    if (node !== NO_NODE && this.isDue(tree, node, at.wallMs)) this.reap(path);
  }

  private look(at: Instant): void {
    this.lookMs = Math.max(this.lookMs + this.settings.containerCheckIntervalMs, at.monoMs);
    const tree = this.tree();
    const nodes = this.settings.extendedTypesEnabled
      ? [...tree.containerNodes(), ...tree.ttlNodes()]
      : tree.containerNodes();
    this.candidates = nodes.filter((node) => this.isDue(tree, node, at.wallMs)).map((node) => tree.path(node));
  }

  private isDue(tree: DataTree, node: NodeRef, wallMs: number): boolean {
    if (tree.childCount(node) > 0) return false;
    const owner = tree.ephemeralOwner(node);
    const ageMs = wallMs - Number(tree.mtime(node));
    switch (kindOfOwner(owner, this.settings.emulate353TTLNodes)) {
      case "container":
        return tree.cversion(node) > 0 || this.isNeverUsed(ageMs);
      case "ttl":
        return this.settings.extendedTypesEnabled && ttlOf(owner) !== 0 && ageMs > ttlOf(owner);
      default:
        return false;
    }
  }

  private isNeverUsed(ageMs: number): boolean {
    const most = this.settings.containerMaxNeverUsedIntervalMs;
    return most !== 0 && ageMs > most;
  }
}

export type ReaperSettings = Pick<
  Config,
  | "containerCheckIntervalMs"
  | "containerMaxPerMinute"
  | "containerMaxNeverUsedIntervalMs"
  | "extendedTypesEnabled"
  | "emulate353TTLNodes"
>;

const MINUTE_MS = 60_000;

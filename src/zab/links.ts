import type { ServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import type { Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { LearnerRole, LinkId } from "./leaderWorld.ts";
import type { LearnerHandler, Phase } from "./learnerHandler.ts";

/**
 * The learner connections of one leader. Two of them may carry one sid; both are served (peer-protocol 10.11).
 * Invariant: who is registered for live traffic is in `all`.
 */
export class Links {
  readonly all = new Map<LinkId, LearnerHandler>();
  private followers: LearnerHandler[] = [];
  private observers: LearnerHandler[] = [];

  add(handler: LearnerHandler): void {
    this.all.set(handler.link, handler);
  }

  /**
   * From now on it gets what is proposed and committed. Acks up to `lastProposed` count on it alone: on an older link of the same server
   * they may tell of a log that the sync has cut meanwhile.
   */
  register(handler: LearnerHandler, lastProposed: Zxid): void {
    for (const other of this.all.values()) {
      if (other !== handler && other.sid === handler.sid) other.countsAbove = lastProposed;
    }
    if (handler.role === "follower") this.followers.push(handler);
    else this.observers.push(handler);
  }

  remove(handler: LearnerHandler): void {
    this.all.delete(handler.link);
    this.followers = this.followers.filter((other) => other !== handler);
    this.observers = this.observers.filter((other) => other !== handler);
  }

  /** To everybody registered in that role, in the order they came. */
  forward(role: LearnerRole, packet: QuorumPacket, now: number): void {
    for (const handler of role === "follower" ? this.followers : this.observers) handler.forward(packet, now);
  }

  isRegistered(role: LearnerRole): boolean {
    return (role === "follower" ? this.followers : this.observers).length > 0;
  }

  in(phase: Phase): LearnerHandler[] {
    return [...this.all.values()].filter((handler) => handler.phase === phase);
  }

  /** How many syncs of that sort are running. */
  syncing(bySnapshot: boolean): number {
    let count = 0;
    for (const { syncing } of this.all.values())
      if (syncing !== undefined && (syncing === "snap") === bySnapshot) count++;
    return count;
  }

  /** The followers that were heard lately enough (peer-protocol 4.14). */
  syncedAt(tick: number): Set<ServerId> {
    const sids = new Set<ServerId>();
    for (const handler of this.all.values()) {
      if (handler.phase === "introducing") continue;
      if (handler.role === "follower" && tick <= handler.syncedUntilTick) sids.add(handler.sid);
    }
    return sids;
  }

  get earliestDeadline(): number {
    let earliest = NEVER;
    for (const { deadline } of this.all.values()) earliest = Math.min(earliest, deadline);
    return earliest;
  }
}

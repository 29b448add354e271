import type { SessionId } from "../base/ids.ts";
import { SessionTracker } from "./tracker.ts";

/**
 * Sessions that only the server knows which let them in (client-protocol 4.8): no transaction makes or ends them.
 *
 *   unknown ── begin ──> local ── upgrade ──> upgrading ── committed ──> the ensemble's, and none of this server's business
 *                        local ── end, expire ──> unknown
 */
export class LocalSessions {
  /** `localSessionsUpgradingEnabled`: whether one may become global. */
  readonly mayUpgrade: boolean;
  private readonly tickMs: number;
  private tracker: SessionTracker;
  private readonly upgrading = new Set<SessionId>();

  constructor(tickMs: number, mayUpgrade: boolean) {
    this.tickMs = tickMs;
    this.mayUpgrade = mayUpgrade;
    this.tracker = new SessionTracker(tickMs);
  }

  begin(id: SessionId, timeoutMs: number, nowMs: number): void {
    this.tracker.track(id, timeoutMs, nowMs);
  }

  /** Whether the session is a local one. */
  has(id: SessionId): boolean {
    return this.tracker.state(id) === "live";
  }

  /** Its createSession is on its way. */
  isUpgrading(id: SessionId): boolean {
    return this.upgrading.has(id);
  }

  /** The session was heard from. False: it is no local one. */
  touch(id: SessionId, timeoutMs: number, nowMs: number): boolean {
    return this.tracker.touch(id, timeoutMs, nowMs);
  }

  /** A createSession for it is proposed, with the time-out given back; undefined: it is no local one. */
  upgrade(id: SessionId): number | undefined {
    const timeoutMs = this.tracker.timeoutOf(id);
    if (timeoutMs === undefined) return undefined;
    this.tracker.remove(id);
    this.upgrading.add(id);
    return timeoutMs;
  }

  /** A transaction made the session, or ended it. */
  committed(id: SessionId): void {
    this.upgrading.delete(id);
  }

  end(id: SessionId): void {
    this.tracker.remove(id);
  }

  /** Those whose time is over; they are unknown from now on. */
  expire(nowMs: number): readonly SessionId[] {
    const expired = this.tracker.expire(nowMs);
    for (const id of expired) this.tracker.remove(id);
    return expired;
  }

  get deadline(): number {
    return this.tracker.deadline;
  }

  get size(): number {
    return this.tracker.size;
  }

  /** When each expires unless touched. */
  deadlines(): Iterable<readonly [id: SessionId, deadlineMs: number]> {
    return this.tracker.deadlines();
  }

  /** A role begins: its clients begin anew too. */
  clear(): void {
    this.tracker = new SessionTracker(this.tickMs);
    this.upgrading.clear();
  }
}

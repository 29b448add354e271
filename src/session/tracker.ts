import type { SessionId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import { RecentMap } from "../base/recentMap.ts";

/**
 * The expiry clock of a leader or a standalone server, and who may write for a session.
 *
 *   unknown ── track ──> live ── expire, setClosing ──> closing ── remove ──> unknown
 *
 * A session's deadline is the end of the tick in which its time-out ends: (floor((now + timeout) / tick) + 1) * tick
 * (client-protocol 4.6, peer-protocol 5.4). All of one tick expire together, or one piece after the other when they are many.
 *
 * A touch happens with every request, so it only notes the new deadline. The session stays in its old bucket until that one
 * comes due and is then put where it belongs: one move a time-out instead of one a tick.
 * Invariants: a live session is in exactly one bucket, never a later one than its deadline; a closing one is in none.
 */
export class SessionTracker {
  private readonly tickMs: number;
  private readonly sessions = new RecentMap<SessionId, Session>();
  private readonly buckets = new Map<number, Set<Session>>();
  private earliestMs = NEVER;

  constructor(tickMs: number) {
    this.tickMs = tickMs;
  }

  /** Begins to time a session, or touches it when it is there already. */
  track(id: SessionId, timeoutMs: number, nowMs: number): void {
    if (this.touch(id, timeoutMs, nowMs) || this.sessions.has(id)) return;
    const session = new Session(id, timeoutMs, this.bucketOf(nowMs + timeoutMs));
    this.sessions.set(id, session);
    this.enter(session);
  }

  /** The session was heard from. False: it is unknown or closing. */
  touch(id: SessionId, timeoutMs: number, nowMs: number): boolean {
    const session = this.sessions.get(id);
    if (session === undefined || session.closing) return false;
    session.timeoutMs = timeoutMs;
    session.deadlineMs = this.bucketOf(nowMs + timeoutMs);
    // A shorter time-out after a reconnect is the only way back.
    if (session.deadlineMs < session.bucketMs) this.move(session);
    return true;
  }

  /** Requests of the session fail from now on, although its closeSession has not been applied yet. */
  setClosing(id: SessionId): void {
    const session = this.sessions.get(id);
    if (session === undefined || session.closing) return;
    session.closing = true;
    this.leave(session);
  }

  /** The session's closeSession was applied. */
  remove(id: SessionId): void {
    this.setClosing(id);
    this.sessions.delete(id);
  }

  /**
   * Sessions whose time is over, now closing: for each a closeSession has to be proposed. Never more than `most`: then `deadline`
   * stays where it is, and the others come with the next call, unless their clients are heard from before.
   */
  expire(nowMs: number, most = EXPIRED_AT_ONCE): SessionId[] {
    const expired: SessionId[] = [];
    while (this.earliestMs <= nowMs) {
      const bucketMs = this.earliestMs;
      for (const session of this.buckets.get(bucketMs) ?? []) {
        if (session.deadlineMs > bucketMs) {
          this.move(session);
          continue;
        }
        if (expired.length === most) return expired;
        expired.push(session.id);
        this.setClosing(session.id);
      }
    }
    return expired;
  }

  /** When `expire` has work next, perhaps only moving touched sessions on. NEVER without a live session. */
  get deadline(): number {
    return this.earliestMs;
  }

  /** Tracked sessions, the closing ones included. */
  get size(): number {
    return this.sessions.size;
  }

  state(id: SessionId): "live" | "closing" | "unknown" {
    const session = this.sessions.get(id);
    if (session === undefined) return "unknown";
    return session.closing ? "closing" : "live";
  }

  /** When each live session expires unless touched. */
  *deadlines(): Iterable<readonly [id: SessionId, deadlineMs: number]> {
    for (const bucket of this.buckets.values()) for (const { id, deadlineMs } of bucket) yield [id, deadlineMs];
  }

  /** The time-out of the last touch; undefined for an unknown session. */
  timeoutOf(id: SessionId): number | undefined {
    return this.sessions.get(id)?.timeoutMs;
  }

  owner(id: SessionId): unknown {
    return this.sessions.get(id)?.owner;
  }

  /** The session has connected through another server; writes through the former owner fail from now on. */
  setOwner(id: SessionId, owner: unknown): void {
    const session = this.sessions.get(id);
    if (session !== undefined) session.owner = owner;
  }

  /**
   * Whether a request may come through `owner`; the first one decides. False means moved (-118), and also unknown: ask
   * `state` first.
   */
  checkOwner(id: SessionId, owner: unknown): boolean {
    const session = this.sessions.get(id);
    if (session === undefined) return false;
    session.owner ??= owner;
    return session.owner === owner;
  }

  private bucketOf(ms: number): number {
    return (Math.floor(ms / this.tickMs) + 1) * this.tickMs;
  }

  private move(session: Session): void {
    this.leave(session);
    session.bucketMs = session.deadlineMs;
    this.enter(session);
  }

  private enter(session: Session): void {
    const bucket = this.buckets.get(session.bucketMs);
    if (bucket === undefined) this.buckets.set(session.bucketMs, new Set([session]));
    else bucket.add(session);
    if (session.bucketMs < this.earliestMs) this.earliestMs = session.bucketMs;
  }

  private leave(session: Session): void {
    const bucket = this.buckets.get(session.bucketMs);
    if (bucket === undefined || !bucket.delete(session) || bucket.size > 0) return;
    this.buckets.delete(session.bucketMs);
    if (session.bucketMs === this.earliestMs) this.earliestMs = leastOf(this.buckets.keys());
  }
}

class Session {
  readonly id: SessionId;
  timeoutMs: number;
  /** When it expires unless touched. */
  deadlineMs: number;
  /** The bucket it is in. */
  bucketMs: number;
  closing = false;
  owner: unknown = undefined;

  constructor(id: SessionId, timeoutMs: number, deadlineMs: number) {
    this.id = id;
    this.timeoutMs = timeoutMs;
    this.deadlineMs = deadlineMs;
    this.bucketMs = deadlineMs;
  }
}

/** A few milliseconds of proposals: when thousands of clients went at once, the others are served in between. */
const EXPIRED_AT_ONCE = 200;

function leastOf(values: Iterable<number>): number {
  let least = NEVER;
  for (const value of values) if (value < least) least = value;
  return least;
}

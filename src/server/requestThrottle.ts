import type { RequestThrottleSettings } from "../config/features.ts";
import { Op } from "../wire/client/numbers.ts";

/**
 * When a request that has arrived is not taken up yet, or never is: RequestThrottler (client-protocol 5.4, operations table D).
 * Without room for another request nobody's next one is taken up.
 */
export class RequestThrottle {
  /** Requests of a connection that is gone are dropped with it; else they are carried out. */
  readonly dropsOfClosed: boolean;
  /** A request older than its session's time-out costs its connection. */
  readonly dropsOld: boolean;
  /** How often those who wait are looked at. */
  readonly lookEveryMs: number;
  private readonly settings: RequestThrottleSettings;

  constructor(settings: RequestThrottleSettings) {
    const { maxRequests, dropsStale, checksConnection, checksLatency, stallTimeMs } = settings;
    this.settings = settings;
    this.dropsOfClosed = maxRequests > 0 && dropsStale && checksConnection;
    this.dropsOld = maxRequests > 0 && dropsStale && checksLatency;
    // Java waits without end for 0: until a request is answered.
    this.lookEveryMs = stallTimeMs > 0 ? stallTimeMs : Number.POSITIVE_INFINITY;
  }

  /** With so many requests in process. */
  isFull(inProcess: number): boolean {
    const { maxRequests } = this.settings;
    return maxRequests > 0 && inProcess >= maxRequests;
  }

  /** It is not carried out any more: its connection ends, with all that waits there behind it. */
  isStale(op: number, waitedMs: number, sessionTimeoutMs: number): boolean {
    return this.dropsOld && op !== Op.closeSession && waitedMs > sessionTimeoutMs;
  }

  /** It is answered -127 in its turn. */
  refuses(op: number, waitedMs: number): boolean {
    const { throttledOpWaitMs } = this.settings;
    return throttledOpWaitMs > 0 && waitedMs > throttledOpWaitMs && !NEVER_REFUSED.has(op);
  }
}

/** auth and sasl do not pass the throttle at all. */
const NEVER_REFUSED: ReadonlySet<number> = new Set<number>([Op.ping, Op.closeSession, Op.auth, Op.sasl]);

import { NO_SESSION, type ServerId, type SessionId, toSessionId } from "../base/ids.ts";

/**
 * The session ids that one server hands out: the low byte of its sid, 40 bits of milliseconds, 16 bits from 0, and from
 * there one more for each session (client-protocol 4.3). The clock is the wall's, taken once: a monotonic clock may begin
 * anew with the machine and would then repeat ids.
 */
export class SessionIds {
  private upcoming: bigint;

  /** `wallMs`: milliseconds since 1970 when the server started. */
  constructor(serverId: ServerId, wallMs: number) {
    const clock = BigInt.asUintN(CLOCK_BITS, BigInt(Math.floor(wallMs)));
    this.upcoming = (serverId << SERVER_SHIFT) | (clock << COUNTER_BITS);
  }

  next(): SessionId {
    let id = toSessionId(this.upcoming);
    while (id === CONTAINER_OWNER || id === NO_SESSION) id = toSessionId(++this.upcoming);
    this.upcoming++;
    return id;
  }
}

/** The ephemeralOwner that marks a container node; no session may have it. */
const CONTAINER_OWNER = toSessionId(1n << 63n);
const SERVER_SHIFT = 56n;
const COUNTER_BITS = 16n;
const CLOCK_BITS = 40;

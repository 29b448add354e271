import { Writer } from "jute-ts";
import type { SessionId } from "../base/ids.ts";
import { TouchedSession } from "../wire/peer/packets.ts";

/**
 * What a learner tells its leader in the answer to a PING: the global sessions it heard from since the last one, which is
 * all that keeps them alive (peer-protocol 5.4).
 */
export class SessionTouches {
  private readonly timeouts = new Map<SessionId, number>();

  touch(id: SessionId, timeoutMs: number): void {
    this.timeouts.set(id, timeoutMs);
  }

  /**
   * Data of the ping answer, 12 bytes a session; empty, never null, when nothing was touched. Those that do not fit into
   * a buffer every peer accepts stay for the next ping.
   */
  take(): Uint8Array {
    const taken = Math.min(this.timeouts.size, TOUCHES_PER_PING);
    const answer = new Writer(taken * TouchedSession.minimumSize);
    for (const [sessionId, timeOut] of this.timeouts) {
      if (answer.length === taken * TouchedSession.minimumSize) break;
      TouchedSession.write(answer, { sessionId, timeOut });
      this.timeouts.delete(sessionId);
    }
    return answer.toBytes();
  }
}

/** 1 MiB of data, the least `jute.maxbuffer` that a peer may be running with by default (peer-protocol 0.1). */
const TOUCHES_PER_PING = Math.floor(0xfffff / TouchedSession.minimumSize);

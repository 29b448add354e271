import { ZXID_ZERO, type Zxid } from "../base/zxid.ts";

/**
 * Whether a follower still acks (peer-protocol 4.14). It follows one proposal at a time: the first sent while idle, and the most
 * recently sent one as its successor, which keeps its own send time. A follower that is slow but moves is never found late.
 */
export class AckTimer {
  private started = false;
  private zxid: Zxid = ZXID_ZERO;
  private sentMs = IDLE;
  private nextZxid: Zxid = ZXID_ZERO;
  private nextSentMs = IDLE;

  /** From the NEWLEADER ack on; what was sent before is not followed. */
  start(): void {
    this.started = true;
  }

  proposed(zxid: Zxid, now: number): void {
    if (!this.started) return;
    if (this.sentMs === IDLE) {
      this.zxid = zxid;
      this.sentMs = now;
      return;
    }
    this.nextZxid = zxid;
    this.nextSentMs = now;
  }

  acked(zxid: Zxid): void {
    if (zxid === this.zxid) {
      this.zxid = this.nextZxid;
      this.sentMs = this.nextSentMs;
    } else if (zxid !== this.nextZxid) return;
    this.nextZxid = ZXID_ZERO;
    this.nextSentMs = IDLE;
  }

  isLate(now: number, limitMs: number): boolean {
    return this.sentMs !== IDLE && now - this.sentMs >= limitMs;
  }
}

const IDLE = -1;

import type { ServerId } from "../base/ids.ts";
import type { Notification } from "../wire/election/notification.ts";

/**
 * Keeps two servers from answering one another as fast as the network allows (peer-protocol 2.7 b): a LOOKING observer
 * with the higher round and a LOOKING voter each reply to the other's reply. The same message from a peer gets
 * the same reply at most once in 100 ms; anything new is answered at once. Whoever waits for a reply that was lost asks
 * again after 200 ms at the earliest, so it is not kept waiting.
 */
export class ReplyLimiter {
  private readonly last = new Map<ServerId, Exchange>();

  /** Whether to reply now; the caller does so if it is true. */
  allows(peer: ServerId, received: Notification, reply: Notification, nowMs: number): boolean {
    const known = this.last.get(peer);
    const repeated = known !== undefined && sameWords(known.received, received) && sameWords(known.reply, reply);
    if (repeated && nowMs - known.atMs < QUIET_MS) return false;
    this.last.delete(peer);
    this.last.set(peer, { received, reply, atMs: nowMs });
    if (this.last.size > PEERS_REMEMBERED) this.forgetOldest();
    return true;
  }

  private forgetOldest(): void {
    for (const peer of this.last.keys()) {
      this.last.delete(peer);
      return;
    }
  }
}

interface Exchange {
  readonly received: Notification;
  readonly reply: Notification;
  readonly atMs: number;
}

function sameWords(a: Notification, b: Notification): boolean {
  return (
    a.state === b.state &&
    a.leader === b.leader &&
    a.zxid === b.zxid &&
    a.electionEpoch === b.electionEpoch &&
    a.peerEpoch === b.peerEpoch
  );
}

const QUIET_MS = 100;
/** Strangers choose their own sids, so their number has a bound. */
const PEERS_REMEMBERED = 256;

import type { SessionId } from "../base/ids.ts";
import type { SessionTracker } from "../session/tracker.ts";
import type { SessionView } from "../txn/request.ts";
import type { LocalClients } from "./localClients.ts";
import type { Turn } from "./turn.ts";

/**
 * The sessions of which a leader takes writes: those it tracks, the local ones of its own clients, and, where local sessions are
 * enabled, whatever other servers vouch for by forwarding (client-protocol 4.8).
 */
export function sessionView({ tracker, local, ownIdByte, turn }: SessionViewParts): SessionView {
  const isForeign = (id: SessionId): boolean =>
    local !== undefined && tracker.state(id) === "unknown" && topByte(id) !== ownIdByte;
  const isLocal = (id: SessionId): boolean => local?.sessions.has(id) ?? false;
  return {
    state: (id) => (isLocal(id) || isForeign(id) ? "live" : tracker.state(id)),
    isGlobal: (id) => tracker.state(id) !== "unknown",
    isLocalHere: isLocal,
    checkOwner: (id, owner) => tracker.state(id) === "unknown" || tracker.checkOwner(id, owner),
    setClosing: (id) => tracker.setClosing(id),
    track: (id, timeOutMs, owner) => {
      tracker.track(id, timeOutMs, turn.at.monoMs);
      tracker.setOwner(id, owner);
    },
  };
}

export interface SessionViewParts {
  readonly tracker: SessionTracker;
  readonly local: LocalClients | undefined;
  /** Where the ids that this server hands out begin (client-protocol 4.3). */
  readonly ownIdByte: number;
  readonly turn: Turn;
}

function topByte(id: SessionId): number {
  return Number(BigInt.asUintN(8, id >> 56n));
}

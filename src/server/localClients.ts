import type { SessionId } from "../base/ids.ts";
import type { SessionIds } from "../session/ids.ts";
import type { LocalSessions } from "../session/localSessions.ts";
import { CreateFlags, Op } from "../wire/client/numbers.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { Clients } from "./clients.ts";
import type { WriteInFlight } from "./request.ts";
import type { Turn } from "./turn.ts";

/** What each role does with clients whose session only this server knows (client-protocol 4.8). */
export class LocalClients {
  readonly sessions: LocalSessions;
  private readonly clients: Clients;
  private readonly sessionIds: SessionIds;
  private readonly turn: Turn;

  constructor(sessions: LocalSessions, clients: Clients, sessionIds: SessionIds, turn: Turn) {
    this.sessions = sessions;
    this.clients = clients;
    this.sessionIds = sessionIds;
    this.turn = turn;
  }

  /** A new session, at once: nobody else is asked. */
  create(connection: ClientConnection): void {
    const id = this.sessionIds.next();
    this.clients.claim(connection, id);
    this.sessions.begin(id, connection.timeoutMs, this.turn.at.monoMs);
    this.clients.renewed(id, true, this.turn.at);
  }

  /** False: the session is no local one, and others have to be asked. */
  renew({ sessionId, timeoutMs }: ClientConnection): boolean {
    if (!this.touch(sessionId, timeoutMs)) return false;
    this.clients.renewed(sessionId, true, this.turn.at);
    return true;
  }

  touch(sessionId: SessionId, timeoutMs: number): boolean {
    return this.sessions.touch(sessionId, timeoutMs, this.turn.at.monoMs);
  }

  /** The session is over if it is a local one. */
  end(sessionId: SessionId): boolean {
    if (!this.sessions.has(sessionId)) return false;
    this.sessions.end(sessionId);
    return true;
  }

  onDeadline(): void {
    for (const id of this.sessions.expire(this.turn.at.monoMs)) this.clients.expired(id);
  }

  /** Whether it is for an ephemeral node, by itself or in a multi, and the session is not known to the whole ensemble. */
  wantsGlobal({ connection, write }: WriteInFlight): boolean {
    if (!this.sessions.has(connection.sessionId)) return false;
    return write.op === Op.multi ? write.ops.some(isEphemeralCreate) : isEphemeralCreate(write);
  }
}

/** Containers and TTL nodes do not upgrade, whatever their flags. */
function isEphemeralCreate(write: { readonly op: unknown; readonly flags?: number }): boolean {
  const { op, flags } = write;
  if (op !== Op.create && op !== Op.create2) return false;
  return flags === CreateFlags.ephemeral || flags === CreateFlags.ephemeralSequential;
}

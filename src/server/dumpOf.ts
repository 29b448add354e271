import type { SessionId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { Server } from "./server.ts";
import type { Dump, DumpedConnection, ExpirySets, WatchesStatus } from "./status.ts";

/** Sessions, ephemerals and connections as they are now, for the word `dump`. */
export function dumpOf({ home, peer }: Server, at: Instant): Dump {
  const { localSessions, clients, config, database } = home;
  const { role } = peer;
  const connections = [...clients.connections.values()];
  return {
    localSessions: localSessions && timed(localSessions, at),
    globalSessions: role.kind === "leading" ? timed(role.leading.pipeline.tracker, at) : new Map(database.sessions),
    ephemerals: database.tree.ephemerals(),
    connections: expirySets(
      connections.map((connection) => [shown(connection), expiryMs(connection, config.sessionlessCnxnTimeoutMs)]),
      connections.length,
      at,
    ),
  };
}

/** The data watches of this server's clients. */
export function watchesOf({ home }: Server): WatchesStatus {
  const { connections, watches } = home.clients;
  const { watcherCount, pathCount, watchCount } = watches.data;
  const sessionsOf = (watchers: readonly number[]): readonly SessionId[] =>
    watchers.flatMap((watcher) => connections.get(watcher)?.sessionId ?? []);
  return {
    connectionCount: watcherCount,
    pathCount,
    watchCount,
    *byPath() {
      for (const [path, watchers] of watches.data.entries()) yield [path, sessionsOf(watchers)];
    },
  };
}

interface Timed {
  readonly size: number;
  deadlines(): Iterable<readonly [id: SessionId, deadlineMs: number]>;
}

function timed(tracker: Timed, at: Instant): ExpirySets<SessionId> {
  return expirySets(tracker.deadlines(), tracker.size, at);
}

function expirySets<T>(
  deadlines: Iterable<readonly [member: T, deadlineMs: number]>,
  size: number,
  at: Instant,
): ExpirySets<T> {
  const sets = new Map<number, T[]>();
  for (const [member, deadlineMs] of deadlines) {
    const set = sets.get(deadlineMs);
    if (set === undefined) sets.set(deadlineMs, [member]);
    else set.push(member);
  }
  const ordered = [...sets].sort(([a], [b]) => a - b);
  return { size, sets: ordered.map(([ms, members]) => [at.wallMs + (ms - at.monoMs), members] as const) };
}

/** Java closes a connection that was silent for its session's time-out, in steps of the time it gives those without one. */
function expiryMs({ touchedMs, timeoutMs }: ClientConnection, stepMs: number): number {
  return (Math.floor((touchedMs + timeoutMs) / stepMs) + 1) * stepMs;
}

function shown({ link, sessionId }: ClientConnection): DumpedConnection {
  return { host: link.remoteAddress, port: link.remotePort, sessionId };
}

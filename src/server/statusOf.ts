import { unreachable } from "../base/assert.ts";
import type { ClientConnection } from "./clientConnection.ts";
import { opName } from "./opNames.ts";
import type { Role } from "./peer.ts";
import type { Server } from "./server.ts";
import type { ConnectionStatus, DirectoryStatus, LeaderStatus, Mode, Status } from "./status.ts";

/** What only the world knows of the process. */
export interface ProcessFacts {
  readonly version: string;
  readonly directories: DirectoryStatus;
  readonly fileDescriptors: Status["fileDescriptors"];
}

/** The server as it is now, for four-letter words and whoever else asks. Decides nothing. */
export function statusOf(server: Server, facts: ProcessFacts, nowMs: number): Status {
  const { home, peer } = server;
  const { tree, sessions } = home.database;
  const { totals, connections, watches } = home.clients;
  return {
    version: facts.version,
    mode: modeOf(server),
    peerState:
      home.config.ensemble === undefined ? undefined : peerStateText(peer.role, home.config.peerType === "observer"),
    observerMasterId:
      peer.role.kind === "following" && home.config.peerType === "observer" ? peer.role.following.leaderSid : undefined,
    lastZxid: tree.lastProcessedZxid,
    uptimeMs: uptimeMs(server, nowMs),
    tree: {
      nodeCount: tree.nodeCount + 1,
      watchCount: watches.watchCount,
      ephemeralsCount: tree.ephemeralCount,
      approximateDataSizeBytes: tree.dataBytes,
    },
    sessions: { global: sessions.size, local: home.localSessions?.size ?? 0 },
    requests: {
      packetsReceived: totals.received,
      packetsSent: totals.sent,
      outstanding: home.clients.outstanding,
      latency: {
        count: totals.latencies,
        totalMs: Math.round(totals.totalLatencyMs),
        minMs: totals.latencies === 0 ? 0 : Math.round(totals.minLatencyMs),
        maxMs: Math.round(totals.maxLatencyMs),
      },
      responseSize: NO_SIZES,
    },
    connections: Array.from(connections.values(), connectionStatus),
    leader: home.config.ensemble === undefined ? undefined : leaderStatus(peer.role, uptimeMs(server, nowMs)),
    quorumSize: home.config.ensemble === undefined ? undefined : home.verifier.voters.size,
    directories: facts.directories,
    fileDescriptors: facts.fileDescriptors,
    counters: new Map([["digest_mismatches_count", tree.digestMismatches]]),
  };
}

function uptimeMs(server: Server, nowMs: number): number {
  return Math.max(0, Math.floor(nowMs - server.home.clients.servingSinceMs));
}

function modeOf(server: Server): Mode {
  const { home, peer } = server;
  if (home.clients.serving === undefined) return "not serving";
  if (home.config.ensemble === undefined) return "standalone";
  if (peer.role.kind === "leading") return "leader";
  return home.config.peerType === "observer" ? "observer" : "follower";
}

/** As `mntr` prints zk_peer_state: the role, and how far it is. */
function peerStateText(role: Role, isObserver: boolean): string {
  const following = isObserver ? "observing" : "following";
  switch (role.kind) {
    case "leading":
      return role.leading.leader.isEstablished ? "leading - broadcast" : "leading - discovery";
    case "binding":
      return "leading - discovery";
    case "following":
      return `${following} - ${role.following.learner.isEstablished ? "broadcast" : "synchronization"}`;
    case "dialling":
      return `${following} - discovery`;
    case "looking":
    case "settling":
    case "stopped":
      return "looking";
    default:
      return unreachable(role);
  }
}

function leaderStatus(role: Role, uptimeMs: number): LeaderStatus | undefined {
  if (role.kind !== "leading") return undefined;
  const learners = role.leading.leader.learners();
  const synced = learners.filter((learner) => learner.synced);
  return {
    learners: learners.length,
    syncedFollowers: synced.filter((learner) => learner.role === "follower" && learner.voter).length,
    syncedNonVotingFollowers: synced.filter((learner) => learner.role === "follower" && !learner.voter).length,
    syncedObservers: synced.filter((learner) => learner.role === "observer").length,
    pendingSyncs: 0,
    uptimeMs,
    proposalSize: NO_SIZES,
  };
}

function connectionStatus(connection: ClientConnection): ConnectionStatus {
  const { link, stats, phase } = connection;
  const latency = {
    count: stats.latencies,
    totalMs: Math.round(stats.totalLatencyMs),
    minMs: stats.latencies === 0 ? 0 : Math.round(stats.minLatencyMs),
    maxMs: Math.round(stats.maxLatencyMs),
  };
  const session = {
    id: connection.sessionId,
    lastOperation: opName(stats.lastOp),
    establishedWallMs: connection.openedWallMs,
    timeoutMs: connection.timeoutMs,
    lastXid: stats.lastXid,
    lastZxid: stats.lastZxid,
    lastResponseMs: Math.round(stats.lastResponseMs),
    lastLatencyMs: Math.round(stats.lastLatencyMs),
    latency,
  };
  return {
    host: link.remoteAddress,
    port: link.remotePort,
    interestOps: connection.ending ? 0 : link.queuedBytes > 0 ? 5 : 1,
    queued: connection.queue.length,
    received: stats.received,
    sent: stats.sent,
    session: phase === "open" ? session : undefined,
  };
}

const NO_SIZES = { last: -1, min: -1, max: -1 } as const;

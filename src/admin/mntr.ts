import type { LeaderStatus, Status } from "../server/status.ts";
import { javaMean } from "./javaDouble.ts";

/**
 * The answer to `mntr` (operations 4.2): `zk_<name>⇥<value>` lines with the names, number forms and order of 3.9.5's default
 * metrics provider. What is not measured is left out rather than printed as 0; readers go by name.
 */
export function mntr(status: Status): string {
  const lines = [...header(status), ...gauges(status), ...status.counters];
  return lines.map(([name, value]) => `zk_${name}\t${value}\n`).join("");
}

type Line = readonly [name: string, value: string | number | bigint];

function header(status: Status): readonly Line[] {
  const { peerState, observerMasterId } = status;
  return [
    ["version", status.version],
    ["server_state", status.mode],
    ...(peerState === undefined ? [] : ([["peer_state", peerState]] as const)),
    ...(observerMasterId === undefined ? [] : ([["observer_master_id", observerMasterId]] as const)),
  ];
}

/** Java prints its gauges in the order of a hash map that holds the leader's too; this is that order. */
function gauges(status: Status): readonly Line[] {
  const all = new Map<string, Line[1]>([...ownGauges(status), ...leaderGauges(status.leader)]);
  return GAUGE_ORDER.flatMap((name) => {
    const value = all.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
}

function ownGauges(status: Status): readonly Line[] {
  const { tree, requests, sessions, fileDescriptors } = status;
  return [
    ["ephemerals_count", tree.ephemeralsCount],
    ["num_alive_connections", status.connections.length],
    ["avg_latency", javaMean(requests.latency.totalMs, requests.latency.count)],
    ["outstanding_requests", requests.outstanding],
    ["znode_count", tree.nodeCount],
    ["global_sessions", sessions.global],
    ["last_client_response_size", requests.responseSize.last],
    ["packets_sent", requests.packetsSent],
    ["packets_received", requests.packetsReceived],
    ["max_client_response_size", requests.responseSize.max],
    ["watch_count", tree.watchCount],
    ["min_latency", requests.latency.minMs],
    ["max_file_descriptor_count", fileDescriptors.max],
    ["approximate_data_size", tree.approximateDataSizeBytes],
    ["open_file_descriptor_count", fileDescriptors.open],
    ["local_sessions", sessions.local],
    ["uptime", status.uptimeMs],
    ["max_latency", requests.latency.maxMs],
    ["min_client_response_size", requests.responseSize.min],
    ...(status.quorumSize === undefined ? [] : ([["quorum_size", status.quorumSize]] as const)),
  ];
}

function leaderGauges(leader: LeaderStatus | undefined): readonly Line[] {
  if (leader === undefined) return [];
  return [
    ["min_proposal_size", leader.proposalSize.min],
    ["max_proposal_size", leader.proposalSize.max],
    ["last_proposal_size", leader.proposalSize.last],
    ["synced_followers", leader.syncedFollowers],
    ["synced_non_voting_followers", leader.syncedNonVotingFollowers],
    ["synced_observers", leader.syncedObservers],
    ["pending_syncs", leader.pendingSyncs],
    ["leader_uptime", leader.uptimeMs],
    ["learners", leader.learners],
  ];
}

const GAUGE_ORDER = [
  "ephemerals_count",
  "num_alive_connections",
  "avg_latency",
  "min_proposal_size",
  "outstanding_requests",
  "znode_count",
  "global_sessions",
  "last_client_response_size",
  "packets_sent",
  "packets_received",
  "max_proposal_size",
  "max_client_response_size",
  "synced_followers",
  "watch_count",
  "synced_non_voting_followers",
  "synced_observers",
  "min_latency",
  "max_file_descriptor_count",
  "approximate_data_size",
  "open_file_descriptor_count",
  "last_proposal_size",
  "pending_syncs",
  "leader_uptime",
  "local_sessions",
  "uptime",
  "max_latency",
  "learners",
  "min_client_response_size",
  "quorum_size",
];

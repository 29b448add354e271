import type { SessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";

/**
 * What a server shows of itself at one moment: the input of the four-letter words, and later of the admin server and the
 * metrics. A value, taken anew for each question; nothing in it changes.
 */
export interface Status {
  /** `3.9.5-…, built on …`: see admin/version. */
  readonly version: string;
  readonly mode: Mode;
  /** `leading - broadcast`, `following - synchronization - diff`, `looking`; undefined when standalone. */
  readonly peerState: string | undefined;
  /** Of the leader or observer master an observer hangs on; undefined in every other role. */
  readonly observerMasterId: bigint | undefined;
  /** The last transaction applied. */
  readonly lastZxid: Zxid;
  /** Since this role began to serve. */
  readonly uptimeMs: number;

  readonly tree: TreeStatus;
  readonly sessions: { readonly global: number; readonly local: number };
  readonly requests: RequestStatus;
  readonly connections: readonly ConnectionStatus[];
  /** undefined unless leading others: a server that stands alone has none. */
  readonly leader: LeaderStatus | undefined;
  /** Voting members of the current configuration; undefined when standalone. */
  readonly quorumSize: number | undefined;

  readonly directories: DirectoryStatus;
  readonly fileDescriptors: { readonly open: number; readonly max: number };
  /** Further metrics by ZooKeeper's names without `zk_` (operations 4.4), in the order they are printed. */
  readonly counters: ReadonlyMap<string, number>;
}

/** A server that elects, synchronises or has lost its quorum is not serving: most words have one answer then. */
export type Mode = "standalone" | "leader" | "follower" | "observer" | "read-only" | "not serving";

export interface TreeStatus {
  readonly nodeCount: number;
  /** Data, child and persistent watches. */
  readonly watchCount: number;
  readonly ephemeralsCount: number;
  /** Lengths of all paths and data. */
  readonly approximateDataSizeBytes: number;
}

export interface RequestStatus {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** In process, server-wide. */
  readonly outstanding: number;
  readonly latency: LatencyStatus;
  /** Sizes of responses in bytes; -1 before the first. */
  readonly responseSize: SizeStatus;
}

/** Latencies since the last reset; `count` 0 means none, and the others are 0 too. */
export interface LatencyStatus {
  readonly count: number;
  readonly totalMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** -1 before the first. */
export interface SizeStatus {
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

export interface ConnectionStatus {
  readonly host: string;
  readonly port: number;
  /** Java's selector bits: 1 reading, 4 or 5 with output waiting, 0 for the connection that asks. */
  readonly interestOps: number;
  /** Requests of this connection in process. */
  readonly queued: number;
  readonly received: number;
  readonly sent: number;
  /** undefined before the handshake is done. */
  readonly session: ConnectionSession | undefined;
}

export interface ConnectionSession {
  readonly id: SessionId;
  /** `CREA`, `GETD`, `PING`, `NA`: operations 2.5. */
  readonly lastOperation: string;
  readonly establishedWallMs: number;
  readonly timeoutMs: number;
  /** Negative: no request yet, or pings only. */
  readonly lastXid: number;
  readonly lastZxid: bigint;
  /** On the process's own clock, as in Java: not wall time. */
  readonly lastResponseMs: number;
  readonly lastLatencyMs: number;
  readonly latency: LatencyStatus;
}

export interface LeaderStatus {
  /** Learners connected, followers and observers. */
  readonly learners: number;
  readonly syncedFollowers: number;
  readonly syncedNonVotingFollowers: number;
  readonly syncedObservers: number;
  /** `sync` operations that wait. */
  readonly pendingSyncs: number;
  readonly uptimeMs: number;
  /** Sizes of proposals in bytes; -1 before the first. */
  readonly proposalSize: SizeStatus;
}

/** Sizes of the two `version-2` directories, preallocated space included. */
export interface DirectoryStatus {
  readonly dataBytes: number;
  readonly logBytes: number;
}

/** What `dump` prints. Ids in no particular order; instants are wall time, milliseconds since 1970. */
export interface Dump {
  /** Those that this server alone knows; undefined when it has none, by its configuration. */
  readonly localSessions: ExpirySets<SessionId> | undefined;
  /** The expiry clock of a leader or a standalone server; of others the table of time-outs in milliseconds. */
  readonly globalSessions: ExpirySets<SessionId> | ReadonlyMap<SessionId, number>;
  readonly ephemerals: ReadonlyMap<SessionId, readonly string[]>;
  readonly connections: ExpirySets<DumpedConnection>;
}

export interface DumpedConnection {
  readonly host: string;
  readonly port: number;
  /** 0 before the handshake is done. */
  readonly sessionId: SessionId;
}

/** What expires together, by the instant it does, earliest first; nothing is in two of them. */
export interface ExpirySets<T> {
  /** Of all that have an instant, and of those that are being closed. */
  readonly size: number;
  readonly sets: readonly (readonly [expiryWallMs: number, members: readonly T[]])[];
}

/** Data watches, as `wchs`, `wchp` and `wchc` print them: child watches are not among them. */
export interface WatchesStatus {
  readonly connectionCount: number;
  readonly pathCount: number;
  /** Pairs of a path and a connection. */
  readonly watchCount: number;
  /** Made when it is asked for: it may be long. */
  byPath(): Iterable<readonly [path: string, sessions: readonly SessionId[]]>;
}

/** What a word makes a server do. */
export type WordCommand =
  | { readonly kind: "resetServerStatistics" }
  | { readonly kind: "resetConnectionStatistics" }
  | { readonly kind: "setTraceMask"; readonly mask: bigint };

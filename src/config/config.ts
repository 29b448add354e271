import type { ServerId } from "../base/ids.ts";
import type { FeatureSettings } from "./features.ts";

/**
 * What a server runs by: zoo.cfg and the -D properties after Java's rules of precedence and defaulting (operations 1.1-1.7,
 * tables A-I). Frozen; every value is already checked, and what Java derives from another key is derived.
 */
export interface Config extends FeatureSettings {
  /** As given on the command line; for messages. */
  readonly configPath: string;

  /** Parent of `version-2/` with snapshots, `myid` and `initialize`. */
  readonly dataDir: string;
  /** Parent of `version-2/` with transaction logs; dataDir unless set. */
  readonly dataLogDir: string;

  /** undefined: no plain client port. 0: any free port. The server line's `;port` is already taken into account. */
  readonly clientPort: number | undefined;
  /** undefined: every local address, IPv4 and IPv6, as Java binds 0.0.0.0 and `::`. */
  readonly clientPortAddress: string | undefined;
  /** -1: the system's default. */
  readonly clientPortListenBacklog: number;
  /** Connections of one source address; 0: unlimited. */
  readonly maxClientCnxns: number;
  /** Connections of the whole server; 0: unlimited. */
  readonly maxCnxns: number;
  /** A connection without a session is closed after this. */
  readonly sessionlessCnxnTimeoutMs: number;
  readonly clientTcpKeepAlive: boolean;
  readonly juteMaxBufferBytes: number;
  /** Slack over juteMaxBufferBytes for records between servers and in files. */
  readonly juteExtraSizeBytes: number;
  /** Requests in process before reading stops; an ensemble of more than two voters divides it by (voters - 1). */
  readonly globalOutstandingLimit: number;
  readonly fourLetterWordWhitelist: FourLetterWordWhitelist;

  readonly tickTimeMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly localSessionsEnabled: boolean;
  readonly localSessionsUpgradingEnabled: boolean;

  readonly snapCount: number;
  /** 0 or less: no limit. */
  readonly snapSizeLimitBytes: number;
  /** undefined: a log file is rolled by snapshots only. */
  readonly txnLogSizeLimitBytes: number | undefined;
  readonly preAllocSizeBytes: number;
  readonly forceSync: boolean;
  /** A slower fsync is worth a warning. */
  readonly fsyncWarningThresholdMs: number;
  readonly commitLogCount: number;
  /** Log on disk used for a DIFF, relative to the last snapshot's size; 0 or less: none. */
  readonly snapshotSizeFactor: number;
  readonly trustEmptySnapshot: boolean;
  readonly dbAutocreate: boolean;
  readonly dataDirAutocreate: boolean;
  readonly digestEnabled: boolean;
  readonly closeSessionTxnEnabled: boolean;
  readonly serializeLastProcessedZxidEnabled: boolean;
  /** How snapshots are written; all forms are read. */
  readonly snapshotCompression: "none" | "gz" | "snappy";

  /** How many snapshots, with the logs they need, a purge keeps; at least 3. */
  readonly snapRetainCount: number;
  /** 0 or less: old files are never purged by the server itself. */
  readonly purgeIntervalMs: number;

  readonly extendedTypesEnabled: boolean;
  readonly skipAcl: boolean;
  readonly superDigest: string | undefined;
  /** The hash of digest ids, as Node calls it. */
  readonly digestAlg: string;

  /** 0 only in standalone mode. */
  readonly initLimit: number;
  /** 0 only in standalone mode. */
  readonly syncLimit: number;
  readonly connectToLearnerMasterLimit: number;
  readonly electionAlg: 3;
  readonly electionPortBindRetry: number;
  readonly cnxTimeoutMs: number;
  readonly quorumCnxnTimeoutMs: number;
  readonly fastLeaderMinNotificationIntervalMs: number;
  readonly fastLeaderMaxNotificationIntervalMs: number;
  readonly tcpKeepAlive: boolean;
  readonly leaderServes: boolean;
  readonly leaderConnectDelayDuringRetryMs: number;
  readonly forceSnapshotSync: boolean;
  readonly observerReconnectDelayMs: number;
  readonly observerElectionDelayMs: number;
  /** Whether an observer writes transactions and snapshots to disk. */
  readonly syncEnabled: boolean;
  readonly quorumListenOnAllIPs: boolean;
  readonly reconfigEnabled: boolean;
  readonly standaloneEnabled: boolean;
  /** This server's role by the server lines. */
  readonly peerType: Role;

  /** undefined: standalone (operations 1.2). */
  readonly ensemble: Ensemble | undefined;
}

export type FourLetterWordWhitelist = ReadonlySet<string> | "all";

export interface Ensemble extends QuorumConfig {
  readonly myid: ServerId;
}

/** The content of a quorum verifier: what members exchange, compare and print. */
export interface QuorumConfig {
  /** In ascending order of id. */
  readonly servers: readonly ServerSpec[];
  /** The zxid of the reconfiguration it came from; 0 for a static one. */
  readonly version: bigint;
}

export type Role = "participant" | "observer";

/** One `server.N` line (operations 1.5). Hosts are spelled as Java prints them: see base/hostText. */
export interface ServerSpec {
  readonly id: ServerId;
  /** At least one; several with multiAddress.enabled. */
  readonly addresses: readonly ServerAddress[];
  readonly role: Role;
  /** Only what the line itself says after `;`: a static clientPort is not part of the quorum's text. */
  readonly clientAddress: HostAndPort | undefined;
}

export interface ServerAddress {
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

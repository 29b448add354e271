import type { ConnectionOptions } from "node:tls";
import type { ACL, Stat } from "../wire/client/shared.ts";
import type { NodeEvent } from "./core/watches.ts";

/** What a node can be given as data; a string is sent as UTF-8. Null and empty are different to ZooKeeper. */
export type Data = string | Uint8Array | null;

export type CreateMode =
  | "persistent"
  | "ephemeral"
  | "persistentSequential"
  | "ephemeralSequential"
  | "container"
  | "persistentWithTTL"
  | "persistentSequentialWithTTL";

export interface CreateOptions {
  /** "persistent" by default. */
  readonly mode?: CreateMode;
  /** OPEN_ACL by default. */
  readonly acl?: readonly ACL[];
  /** For the modes with TTL: 1 to 2^40 - 1. */
  readonly ttlMs?: number;
}

/** Any request may be given up: it rejects with the signal's reason. What was sent already may still be executed. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface VersionOptions {
  /** The request fails with BadVersion when the node has another; -1, the default, means any. */
  readonly version?: number;
}

export interface Created {
  /** With the number that a sequential mode has put behind it. */
  readonly path: string;
  readonly stat: Stat;
}

export interface NodeData {
  readonly data: Buffer | null;
  readonly stat: Stat;
}

export interface NodeChildren {
  /** Names, in no order. */
  readonly children: string[];
  readonly stat: Stat;
}

export interface NodeAcl {
  readonly acl: readonly ACL[];
  readonly stat: Stat;
}

export interface NodeStat {
  /** Undefined: the node does not exist. */
  readonly stat: Stat | undefined;
}

/** A one-shot watch beside what was read. */
export interface Watched {
  /** The first change after the read. Rejects when the session ends before one; that need not be handled. */
  readonly changed: Promise<NodeEvent | WatchRemoved>;
}

export interface WatchRemoved {
  readonly type: "watchRemoved";
  readonly path: string;
}

/** What a standing watch tells. */
export type WatchEvent = NodeEvent | Reconnected;

/** The connection was down for a while. The watch stands again; changes made meanwhile are not told, so read again. */
export interface Reconnected {
  readonly type: "reconnected";
  /** The watched path. */
  readonly path: string;
}

/** What checkWatches and removeWatches name: `children` and `data` are one-shot watches. */
export type WatchKind = "children" | "data" | "any" | "persistent" | "persistentRecursive";

export interface AuthInfo {
  readonly scheme: string;
  readonly auth: string | Uint8Array;
}

export interface ConnectOptions {
  /** What is asked of the server, which has the last word; 30000 by default. */
  readonly sessionTimeoutMs?: number;
  /** Sent to every server before anything else. */
  readonly auth?: readonly AuthInfo[];
  /** For TLS: what `node:tls` takes, such as ca, cert and key. */
  readonly tls?: ConnectionOptions;
  /** Whether a server that has lost its quorum will do until another is found. */
  readonly readOnly?: boolean;
  /** Gives up connecting; without effect once connected. */
  readonly signal?: AbortSignal;
}

export interface ReconfigOptions {
  /** `server.N=host:port:port[:role];[address:]port` of members that come or change. */
  readonly joining?: readonly string[];
  /** Ids of members that go. */
  readonly leaving?: readonly (number | string)[];
  /** Instead of both: all members. */
  readonly members?: readonly string[];
  /** Fails with BadVersion when the configuration has another version. */
  readonly fromVersion?: bigint;
}

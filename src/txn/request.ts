import type { SessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import type { NodeStat } from "../tree/nodeStat.ts";
import type { SyncWrite, Undecodable, WriteRequest } from "../wire/client/decode.ts";
import type { ACL, Id } from "../wire/client/shared.ts";

/** A request on its way to becoming a transaction. */
export interface PrepareRequest {
  readonly sessionId: SessionId;
  /** The client's xid; 0 for what a server asks. */
  readonly cxid: number;
  /** Of the client's connection when the request arrived. */
  readonly identities: readonly Id[];
  /** The connection or learner it came through, compared by identity. */
  readonly owner: unknown;
  readonly write: Exclude<WriteRequest, SyncWrite> | Undecodable;
}

/** The committed tree, as far as preparing looks at it. A node is named by a number, no node by -1; "" and "/" are the root. */
export interface CommittedView {
  /** Sum of all node digests modulo 2^64. */
  readonly digest: bigint;
  find(path: string): number;
  /** The CRC-32 of the path, signed; `sought` looks it up. */
  seek(path: string): number;
  /** The node of the path last given to `seek`, as `find`. */
  sought(): number;
  data(node: number): Uint8Array | null;
  acl(node: number): readonly ACL[] | null;
  nodeStat(node: number): NodeStat;
  /** CRC-32 of path and data, signed. */
  contentCrc(node: number): number;
  /** What the node adds to the digest, unsigned; 0 below /zookeeper. */
  nodeDigest(node: number): number;
  ephemeralsOf(session: SessionId): Iterable<string>;
  /** The deepest quota root that the path is or lies below. */
  quotaRoot(path: string): string | undefined;
}

/** ACLs as the authentication providers of this server see them; the tree room has the rules. */
export interface AclRules {
  /** Whether `acl` grants any bit of `permissions` to one of the identities (client-protocol 3.4). */
  permits(acl: readonly ACL[] | null, permissions: number, identities: readonly Id[]): boolean;
  /** The list to be stored, or the error (client-protocol 3.8). */
  fixUp(acl: readonly ACL[] | null, identities: readonly Id[]): readonly ACL[] | number;
}

/** The session tracker of the leader. */
export interface SessionView {
  state(id: SessionId): "live" | "closing" | "unknown";
  /** False for a local session (client-protocol 4.8). */
  isGlobal(id: SessionId): boolean;
  /** A local session of this server's own clients. */
  isLocalHere(id: SessionId): boolean;
  /** Whether requests of a live session may come through `owner`; the first one decides. */
  checkOwner(id: SessionId, owner: unknown): boolean;
  /** Requests of the session fail from now on, before its closeSession is applied. */
  setClosing(id: SessionId): void;
  /** Its time begins to run, and it belongs to `owner`, before its createSession is applied. */
  track(id: SessionId, timeOutMs: number, owner: unknown): void;
}

/**
 * Judges a reconfiguration that is enabled on a leader: the new configuration's text, or the error of the first check of
 * client-protocol 3.13 between "in progress" and "quorum connected" that fails.
 */
export interface ReconfigView {
  plan(request: ReconfigRequestFields, zxid: Zxid): Uint8Array | number;
}

export interface ReconfigRequestFields {
  readonly joiningServers: string | null;
  readonly leavingServers: string | null;
  readonly newMembers: string | null;
  readonly curConfigId: bigint;
}

export interface PrepareOptions {
  /** `zookeeper.digest.enabled` */
  readonly digestEnabled: boolean;
  /** `zookeeper.extendedTypesEnabled`: TTL nodes */
  readonly extendedTypesEnabled: boolean;
  /** `zookeeper.emulate353TTLNodes`: TTL nodes of ZooKeeper 3.5.3 too */
  readonly emulates353: boolean;
  /** `zookeeper.enforceQuota` */
  readonly enforceQuota: boolean;
  /** A limit of a quota is passed: a line for the log, of Java's words. */
  readonly warnQuota: (text: string) => void;
  /** `reconfigEnabled` */
  readonly reconfigEnabled: boolean;
  /** Undefined on a standalone server, which refuses to be reconfigured. */
  readonly reconfig: ReconfigView | undefined;
  /** Longest payload a reader of the log takes: `jute.maxbuffer` plus the extra size (on-disk-formats 3.11). */
  readonly maxTxnBytes: number;
}

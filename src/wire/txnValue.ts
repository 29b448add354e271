import type { SessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import type { ACL } from "./client/shared.ts";

/** A transaction as a value: header, one body of a closed union, and the digest that came with it. */
export interface Txn {
  readonly clientId: SessionId;
  readonly cxid: number;
  readonly zxid: Zxid;
  /** The leader's wall clock in ms; becomes ctime and mtime. */
  readonly timeMs: bigint;
  readonly body: TxnBody;
  /** Digest of the tree after this transaction; absent from error transactions and from peers that compute none. */
  readonly digest: TxnDigestValue | undefined;
}

export interface TxnDigestValue {
  readonly version: number;
  readonly treeDigest: bigint;
}

/**
 * What the server that made a transaction found out about its node, and would have to find out again to apply it. Never in the bytes:
 * a transaction that was decoded has none, and is applied the same.
 */
export interface Finding {
  /** CRC-32 of the path, signed, and of the path and the data. */
  readonly pathCrc: number;
  readonly contentCrc: number;
  /** Where the tree held the node, or the parent of one that is created: a number of the tree's own, -1 for nowhere. */
  readonly place: number;
  /** The halves of the zxid that had created what stood there; a tree that holds something else there by now looks for the path. */
  readonly czxidHigh: number;
  readonly czxidLow: number;
}

export interface CreateBody {
  readonly type: 1 | 15;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly ephemeral: boolean;
  /** The parent's creation counter after this create; -1: one more than it is. */
  readonly parentCVersion: number;
  readonly finding?: Finding | undefined;
}

export interface CreateContainerBody {
  readonly type: 19;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly parentCVersion: number;
  readonly finding?: Finding | undefined;
}

export interface CreateTTLBody {
  readonly type: 21;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly parentCVersion: number;
  readonly ttl: bigint;
  readonly finding?: Finding | undefined;
}

export interface DeleteBody {
  readonly type: 2 | 20;
  readonly path: string;
  readonly finding?: Finding | undefined;
}

export interface SetDataBody {
  readonly type: 5 | 16;
  readonly path: string;
  readonly data: Uint8Array | null;
  /** The new version. */
  readonly version: number;
  readonly finding?: Finding | undefined;
}

export interface SetACLBody {
  readonly type: 7;
  readonly path: string;
  readonly acl: readonly ACL[] | null;
  /** The new aversion. */
  readonly version: number;
}

export interface CheckBody {
  readonly type: 13;
  readonly path: string;
  readonly version: number;
}

export interface CreateSessionBody {
  readonly type: -10;
  readonly timeOut: number;
}

export interface CloseSessionBody {
  readonly type: -11;
  /** Undefined: the form without a body. */
  readonly paths: readonly string[] | undefined;
}

export interface ErrorBody {
  readonly type: -1;
  readonly err: number;
}

export interface MultiBody {
  readonly type: 14;
  readonly txns: readonly SubTxnBody[];
}

/** What may stand inside a multi (on-disk-formats 3.4). */
export type SubTxnBody =
  | CreateBody
  | CreateContainerBody
  | CreateTTLBody
  | DeleteBody
  | SetDataBody
  | SetACLBody
  | CheckBody
  | ErrorBody;

export type TxnBody = SubTxnBody | CreateSessionBody | CloseSessionBody | MultiBody;

/** A transaction on its way: zxid and the bytes that are the same in the log, in PROPOSAL and in INFORM. */
export interface TxnBytes {
  readonly zxid: Zxid;
  readonly bytes: Uint8Array;
}

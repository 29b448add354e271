import type { EventType } from "../wire/client/numbers.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { NodeStat } from "./nodeStat.ts";

/** What applying one transaction meant: for the reply of whoever asked, and for the watchers of this server. */
export interface Outcome {
  /** The reply's err: the code of an error transaction, or NONODE or NODEEXISTS in a replay. A multi's is always 0. */
  readonly err: number;
  /** Create family: the final path. */
  readonly path: string | undefined;
  /** Create family, setData, reconfig, setACL: the node right after this operation. */
  readonly stat: NodeStat | undefined;
  /** Multi: one for each operation (client-protocol 1.8). */
  readonly results: readonly OpResult[] | undefined;
  /** In the order of client-protocol 6.3; all carry the transaction's zxid. */
  readonly events: readonly TreeEvent[];
}

/** One operation's part of a multi's reply. */
export interface OpResult {
  /** 1 create, 15 create2 and container and TTL creates, 2 delete, 5 setData, 13 check, -1 error. */
  readonly type: number;
  readonly err: number;
  readonly path: string | undefined;
  /** Of type 1 too: a create2 may have been logged as 1 (on-disk-formats W5). */
  readonly stat: NodeStat | undefined;
}

/**
 * One thing that watchers may hear. NodeDeleted stands for both of its steps, data table and child table.
 * `acl` is the list whose READ decides who may hear it (client-protocol 6.4).
 */
export interface TreeEvent {
  readonly type: EventType;
  readonly path: string;
  readonly acl: readonly ACL[];
}

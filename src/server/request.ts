import type { PrepareRequest } from "../txn/request.ts";
import type { Id } from "../wire/client/shared.ts";
import type { ClientConnection } from "./clientConnection.ts";

/**
 * A request that could not be answered at once. Each kind is what its stage needs and no more:
 * - `write` waits for its commit, `sync` for the leader's word, both through the upstream;
 * - `read` waits behind an earlier write of its own connection; its body is a view of the chunk it came in;
 * - `reply` is an answer whose turn has not come (an undecodable write, an auth packet behind a write).
 */
export type Request = WriteInFlight | SyncInFlight | WaitingRead | WaitingReply;

interface Waiting {
  readonly connection: ClientConnection;
  readonly xid: number;
  readonly op: number;
  readonly receivedMs: number;
}

export interface WriteInFlight extends Waiting {
  readonly kind: "write";
  readonly identities: readonly Id[];
  readonly write: PrepareRequest["write"];
  /** The request's record is bytes[start, end): a learner forwards it as it came. A view would be dearer than all the rest. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface SyncInFlight extends Waiting {
  readonly kind: "sync";
  readonly path: string | null;
  /** The request's record, forwarded as it came. */
  readonly body: Uint8Array;
  readonly identities: readonly Id[];
  /** The leader has answered; the reply leaves when this request is the head. */
  answered: boolean;
}

export interface WaitingRead extends Waiting {
  readonly kind: "read";
  readonly identities: readonly Id[];
  readonly body: Uint8Array;
}

export interface WaitingReply extends Waiting {
  readonly kind: "reply";
  /** Undefined: the last processed zxid of the moment. */
  readonly zxid: bigint | undefined;
  readonly err: number;
}

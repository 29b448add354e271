import type { SessionId } from "../base/ids.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { SyncInFlight, WriteInFlight } from "./request.ts";

/**
 * What the role of the moment does with what clients want: the leader (a standalone server is one) prepares and proposes,
 * a learner forwards. Nothing returns; answers come back to `Clients` as `deliver`, `answerSync`, `renewed`.
 */
export interface Upstream {
  /** Whether this server prepares its clients' writes itself, and so may spend a zxid on one that does not decode. */
  readonly prepares: boolean;
  submit(request: WriteInFlight): void;
  sync(request: SyncInFlight): void;
  /** A new session for a connection that is joining; it is there once its createSession is delivered. */
  createSession(connection: ClientConnection): void;
  /** A connection came with a session id and the right password. */
  renewSession(connection: ClientConnection): void;
  /** Ends a session that only this server knows; false: it is not one, and a transaction has to (client-protocol 4.8). */
  endLocal(sessionId: SessionId): boolean;
  /**
   * A request or ping of this session arrived. "gone": it is not alive any more and the request is to be dropped; "moved": it has
   * connected through another server since, and this connection is to be (client-protocol 4.5; a learner cannot know).
   */
  touch(sessionId: SessionId, timeoutMs: number): "live" | "gone" | "moved";
}

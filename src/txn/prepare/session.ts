import { present } from "../../base/assert.ts";
import type { CreateSessionWrite } from "../../wire/client/decode.ts";
import { parentOf } from "../../wire/paths.ts";
import type { CloseSessionBody, CreateSessionBody } from "../../wire/txnValue.ts";
import type { Preparation } from "../preparation.ts";
import { removeNode } from "./delete.ts";

/** The session's time runs from now on; that it exists is known when the transaction is applied (peer-protocol 5.3). */
export function prepareCreateSession(on: Preparation, write: CreateSessionWrite): CreateSessionBody {
  on.sessions.track(on.request.sessionId, write.timeOut, on.request.owner);
  return { type: write.op, timeOut: write.timeOut };
}

/**
 * Lists the session's ephemerals, outstanding ones included, and makes its later requests fail at once. Nothing is checked:
 * the last request of a session comes from whoever noticed its end (client-protocol 3.17, peer-protocol 5.4).
 */
export function prepareCloseSession(on: Preparation): CloseSessionBody {
  const { pending } = on;
  const paths = pending.ephemeralsOf(on.request.sessionId);
  for (const path of paths) {
    const node = present(pending.find(path), "an ephemeral of the index is in the tree");
    const parent = present(pending.find(parentOf(path) ?? ""), "a node has a parent");
    removeNode(on, node, parent);
  }
  on.sessions.setClosing(on.request.sessionId);
  return { type: -11, paths };
}

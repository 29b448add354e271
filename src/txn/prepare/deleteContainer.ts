import type { DeleteContainerWrite } from "../../wire/client/decode.ts";
import { Err } from "../../wire/client/numbers.ts";
import { isProtected, parentOf } from "../../wire/paths.ts";
import type { DeleteBody } from "../../wire/txnValue.ts";
import { isOrdinaryEphemeral } from "../owner.ts";
import type { Preparation } from "../preparation.ts";
import { crashesWhenDeleted, removeNode } from "./delete.ts";

/** The reaper's delete: no session and no ACL, so only the server itself may ask for it (client-protocol 3.6). */
export function prepareDeleteContainer(on: Preparation, write: DeleteContainerWrite): DeleteBody | number {
  const { path } = write;
  const parentPath = parentOf(path);
  if (parentPath === undefined || isProtected(path)) return Err.badArguments;
  const node = on.pending.find(path);
  if (node === undefined) return Err.noNode;
  if (node.stat.childCount > 0) return Err.notEmpty;
  if (isOrdinaryEphemeral(node.stat.ephemeralOwner, on.options)) return Err.badVersion;
  const parent = on.pending.find(parentPath);
  if (parent === undefined) return Err.noNode;
  if (crashesWhenDeleted(path)) return Err.badArguments;
  removeNode(on, node, parent);
  return { type: write.op, path };
}

import type { DeleteWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import { isProtected, LIMITS_NAME, nameOf, PROC, parentOf, QUOTA_ROOT } from "../../wire/paths.ts";
import type { DeleteBody } from "../../wire/txnValue.ts";
import type { ChangeRecord } from "../changeRecord.ts";
import { matchesVersion, type Preparation } from "../preparation.ts";

/** The checks of client-protocol 3.6 in its order; there is no full path check. */
export function prepareDelete(on: Preparation, write: DeleteWrite): DeleteBody | number {
  const refused = on.checkSession();
  if (refused !== Err.ok) return refused;
  const { path } = write;
  if (path === null) return Err.marshallingError;
  const parentPath = parentOf(path);
  if (parentPath === undefined || isProtected(path)) return Err.badArguments;
  const parent = on.pending.find(parentPath);
  if (parent === undefined) return Err.noNode;
  if (!on.permits(parent, Perms.delete)) return Err.noAuth;
  const node = on.pending.find(path);
  if (node === undefined) return Err.noNode;
  if (!matchesVersion(write.version, node.stat.version)) return Err.badVersion;
  if (node.stat.childCount > 0) return Err.notEmpty;
  if (crashesWhenDeleted(path)) return Err.badArguments;
  const finding = on.pending.finding(node, node);
  removeNode(on, node, parent);
  return { type: write.op, path, finding };
}

/** The node goes; its parent loses a child and gets a pzxid. */
export function removeNode(on: Preparation, node: ChangeRecord, parent: ChangeRecord): void {
  const { pending, zxid } = on;
  const above = pending.edit(parent, zxid);
  above.stat.childCount--;
  above.stat.raisePzxid(on.stamp);
  pending.put(above);
  pending.remove(node, zxid);
}

/** A node named like quota limits, too near the root of quotas, stops a Java server when its delete is applied (hazard H4). */
export function crashesWhenDeleted(path: string): boolean {
  if (!path.startsWith(PROC) || nameOf(path) !== LIMITS_NAME) return false;
  const parent = path.slice(0, -LIMITS_NAME.length - 1);
  return parent.startsWith(PROC) && parent.length <= QUOTA_ROOT.length;
}

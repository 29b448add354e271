import type { SetACLWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import { validatePath } from "../../wire/paths.ts";
import type { SetACLBody } from "../../wire/txnValue.ts";
import { matchesVersion, nextVersion, type Preparation } from "../preparation.ts";

/** The checks of client-protocol 3.8 in its order. */
export function prepareSetACL(on: Preparation, write: SetACLWrite): SetACLBody | number {
  const { path } = write;
  const refused = on.checkSession();
  if (refused !== Err.ok) return refused;
  if (!validatePath(path)) return Err.badArguments;
  const acl = on.fixUpAcl(write.acl);
  if (typeof acl === "number") return acl;
  const found = on.pending.find(path);
  if (found === undefined) return Err.noNode;
  if (!on.permits(found, Perms.admin)) return Err.noAuth;
  if (!matchesVersion(write.version, found.stat.aversion)) return Err.badVersion;
  const node = on.pending.edit(found, on.zxid);
  node.stat.aversion = nextVersion(node.stat.aversion);
  node.acl = acl;
  on.pending.put(node);
  return { type: write.op, path, acl, version: node.stat.aversion };
}

import type { CheckWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import { validatePath } from "../../wire/paths.ts";
import type { CheckBody } from "../../wire/txnValue.ts";
import { matchesVersion, nextVersion, type Preparation } from "../preparation.ts";

/** The checks of client-protocol 3.9. The transaction holds the version that was found plus one, which nobody reads. */
export function prepareCheck(on: Preparation, write: CheckWrite): CheckBody | number {
  const { path } = write;
  const refused = on.checkSession();
  if (refused !== Err.ok) return refused;
  if (!validatePath(path)) return Err.badArguments;
  const node = on.pending.find(path);
  if (node === undefined) return Err.noNode;
  if (!on.permits(node, Perms.read)) return Err.noAuth;
  if (!matchesVersion(write.version, node.stat.version)) return Err.badVersion;
  return { type: write.op, path, version: nextVersion(node.stat.version) };
}

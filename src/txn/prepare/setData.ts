import type { SetDataWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import { validatePath } from "../../wire/paths.ts";
import type { SetDataBody } from "../../wire/txnValue.ts";
import { matchesVersion, nextVersion, type Preparation } from "../preparation.ts";
import { checkQuotaOfSetData, spoilsQuotaStats } from "../quota.ts";

/** The checks of client-protocol 3.7 in its order. */
export function prepareSetData(on: Preparation, write: SetDataWrite): SetDataBody | number {
  const { path, data } = write;
  const refused = on.checkSession();
  if (refused !== Err.ok) return refused;
  if (!validatePath(path)) return Err.badArguments;
  const found = on.pending.find(path);
  if (found === undefined) return Err.noNode;
  if (!on.permits(found, Perms.write)) return Err.noAuth;
  const error = checkQuotaOfSetData(on, path, found.stat.dataLength, data);
  if (error !== Err.ok) return error;
  if (!matchesVersion(write.version, found.stat.version)) return Err.badVersion;
  if (spoilsQuotaStats(path, data)) return Err.badArguments;
  const node = on.pending.edit(found, on.zxid);
  node.stat.version = nextVersion(node.stat.version);
  node.stat.modify(on.stamp);
  on.pending.setData(node, data);
  on.pending.put(node);
  return { type: write.op, path, data, version: node.stat.version, finding: on.pending.finding(node, node) };
}

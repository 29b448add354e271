import type { ReconfigWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import { CONFIG_NODE } from "../../wire/paths.ts";
import type { SetDataBody } from "../../wire/txnValue.ts";
import type { Preparation } from "../preparation.ts";

/** The checks of client-protocol 3.13 in its order; those about the configuration itself are the ensemble's. */
export function prepareReconfig(on: Preparation, write: ReconfigWrite): SetDataBody | number {
  const { reconfigEnabled, reconfig } = on.options;
  if (!reconfigEnabled) return Err.reconfigDisabled;
  const refused = on.checkSession();
  if (refused !== Err.ok) return refused;
  if (reconfig === undefined) return Err.unimplemented;
  const data = reconfig.plan(write, on.zxid);
  if (typeof data === "number") return data;
  const found = on.pending.find(CONFIG_NODE);
  if (found === undefined) return Err.noNode;
  if (!on.permits(found, Perms.write)) return Err.noAuth;
  const node = on.pending.edit(found, on.zxid);
  // The config node always shows version -1.
  node.stat.version = -1;
  node.stat.modify(on.stamp);
  on.pending.setData(node, data);
  on.pending.put(node);
  return { type: write.op, path: CONFIG_NODE, data, version: -1 };
}

import { DecodeError } from "jute-ts";
import { STAT_PERSISTED_BYTES } from "../wire/client/shared.ts";
import { CONFIG_NODE, PROC, QUOTA_ROOT } from "../wire/paths.ts";
import { READ_ACL } from "./aclTable.ts";
import { NO_NODE, type NodeRef, ROOT } from "./nodeTable.ts";
import { UNSTAMPED } from "./stamp.ts";
import type { TreeState } from "./treeState.ts";

/** Building a tree: the four nodes of a fresh one, and the records of a snapshot (on-disk-formats 4.2). */

/**
 * Adds one node of a snapshot; `stat` is the 60 bytes of a StatPersisted. The root comes first, as "".
 * DecodeError: the parent has not come before it, or the node is there already.
 */
export function loadNode(
  state: TreeState,
  path: string,
  data: Uint8Array | null,
  aclKey: bigint,
  stat: Uint8Array,
): void {
  if (stat.length < STAT_PERSISTED_BYTES) throw refused(path, `a stat of ${stat.length} bytes, not 60`);
  const ref = path === "" ? ROOT : placeOf(state, path, data);
  if (ref === ROOT) state.znodes.setData(ROOT, data);
  const { table } = state;
  table.setAcl(ref, state.acls.useKey(aclKey));
  table.setCreated(ref, intAt(stat, 0), intAt(stat, 4), intAt(stat, 16), intAt(stat, 20));
  if (isModified(stat)) {
    table.setModified(ref, intAt(stat, 8), intAt(stat, 12), intAt(stat, 24), intAt(stat, 28), intAt(stat, 32));
  }
  table.setCversion(ref, intAt(stat, 36));
  table.setAversion(ref, intAt(stat, 40));
  table.setOwner(ref, intAt(stat, 44), intAt(stat, 48));
  table.setPzxid(ref, intAt(stat, 52), intAt(stat, 56));
  state.owners.add(ref);
  state.countDigest(ref);
}

/** The nodes every tree starts with (on-disk-formats 4.2, 7.2). */
export function plantBuiltIns(state: TreeState): void {
  state.countDigest(ROOT);
  for (const path of [PROC, QUOTA_ROOT]) {
    state.insert(state.znodes.seekParent(path), EMPTY, null, 0n);
  }
  plantConfig(state);
}

/** Adds the config node as it is in a fresh tree; without its parent there is no place for it. */
export function plantConfig(state: TreeState): NodeRef {
  state.setStamp(0n, 0n);
  const parent = state.znodes.seekParent(CONFIG_NODE);
  if (parent === NO_NODE) return NO_NODE;
  const ref = state.insert(parent, EMPTY, READ_ACL, 0n);
  state.setAversion(ref, -1);
  return ref;
}

function placeOf(state: TreeState, path: string, data: Uint8Array | null): NodeRef {
  const parent = state.znodes.seekParent(path);
  if (parent === NO_NODE) throw refused(path, "no parent before it");
  if (state.znodes.seekChild() !== NO_NODE) throw refused(path, "come twice");
  return state.znodes.insert(parent, data, UNSTAMPED);
}

function refused(path: string, why: string): DecodeError {
  return new DecodeError(`snapshot: the node ${JSON.stringify(path)} has ${why}`);
}

/** Whether mzxid, mtime or version differ from what creation left. */
function isModified(stat: Uint8Array): boolean {
  for (let i = 0; i < 8; i++) if (stat[i] !== stat[8 + i] || stat[16 + i] !== stat[24 + i]) return true;
  return intAt(stat, 32) !== 0;
}

function intAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

const EMPTY = new Uint8Array(0);

import { DecodeError } from "jute-ts";
import type { NodeRecord } from "../wire/nodeRecord.ts";
import { CONFIG_NODE, PROC, QUOTA_ROOT } from "../wire/paths.ts";
import { READ_ACL } from "./aclTable.ts";
import { NO_NODE, type NodeRef, ROOT } from "./nodeTable.ts";
import type { TreeState } from "./treeState.ts";

/** Building a tree: the four nodes of a fresh one, and the records of a snapshot (on-disk-formats 4.2). */

/**
 * Adds one node of a snapshot. The root comes first. DecodeError: the parent has not come before it, or the node is there
 * already.
 */
export function loadNode(state: TreeState, record: NodeRecord): void {
  state.setCreated(record);
  const ref = record.isRoot ? rootOf(state, record) : placeOf(state, record);
  const { table } = state;
  const { view, keyAt, statAt: at } = record;
  table.setAcl(ref, state.acls.useKey(view.getInt32(keyAt), view.getInt32(keyAt + 4)));
  if (isNew(view, at)) return state.countNew(ref);
  const word = (offset: number): number => view.getInt32(at + offset);
  if (isModified(view, at)) table.setModified(ref, word(8), word(12), word(24), word(28), word(32));
  table.setCversion(ref, word(36));
  table.setAversion(ref, word(40));
  table.setOwner(ref, word(44), word(48));
  table.setPzxid(ref, word(52), word(56));
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

/** The root is there already. */
function rootOf({ znodes, table, stamp }: TreeState, record: NodeRecord): NodeRef {
  znodes.setData(ROOT, record.data);
  table.setCreated(ROOT, stamp);
  return ROOT;
}

function placeOf(state: TreeState, record: NodeRecord): NodeRef {
  const { znodes } = state;
  const parent = record.isAscii
    ? znodes.seekParentBytes(record.bytes, record.pathAt, record.pathEnd)
    : znodes.seekParent(record.path);
  if (parent === NO_NODE) throw refused(record.path, "no parent before it");
  if (znodes.seekChild() !== NO_NODE) throw refused(record.path, "come twice");
  return znodes.insertFrom(parent, record, state.stamp);
}

function refused(path: string, why: string): DecodeError {
  return new DecodeError(`snapshot: the node ${JSON.stringify(path)} has ${why}`);
}

/** Whether the node is as its creation left it, without an owner and childless ever since. */
function isNew(view: DataView, at: number): boolean {
  if (
    isModified(view, at) ||
    view.getInt32(at + 52) !== view.getInt32(at) ||
    view.getInt32(at + 56) !== view.getInt32(at + 4)
  )
    return false;
  return (view.getInt32(at + 36) | view.getInt32(at + 40) | view.getInt32(at + 44) | view.getInt32(at + 48)) === 0;
}

/** Whether mzxid, mtime or version differ from what creation left. */
function isModified(view: DataView, at: number): boolean {
  const isSame = (a: number, b: number): boolean => view.getInt32(at + a) === view.getInt32(at + b);
  return !(isSame(0, 8) && isSame(4, 12) && isSame(16, 24) && isSame(20, 28)) || view.getInt32(at + 32) !== 0;
}

const EMPTY = new Uint8Array(0);

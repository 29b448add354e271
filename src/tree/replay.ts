import { asciiBytes } from "../base/bytes.ts";
import type { TxnRecord } from "../wire/txnRecord.ts";
import { NO_NODE } from "./nodeTable.ts";
import type { TreeState } from "./treeState.ts";

/**
 * Applies a create or setData from its bytes, without what clients and watchers want to know of it: the steps are those of apply.ts
 * where nothing is out of the ordinary. False when something is; nothing has changed then, and `applyBody` takes it. The stamp is set.
 */
export function replayRecord(state: TreeState, record: TxnRecord): boolean {
  if (state.quotas.isAnySet || startsWith(record, BELOW_ZOOKEEPER)) return false;
  return record.isCreate ? create(state, record) : setData(state, record);
}

function create(state: TreeState, record: TxnRecord): boolean {
  const { znodes } = state;
  const parent = znodes.seekParentBytes(record.bytes, record.pathAt, record.pathEnd);
  if (parent === NO_NODE || znodes.seekChild() !== NO_NODE) return false;
  state.raiseCversion(parent, record.version);
  state.insertFrom(parent, record);
  return true;
}

function setData(state: TreeState, record: TxnRecord): boolean {
  const ref = state.znodes.findBytes(record.bytes, record.pathAt, record.pathEnd);
  if (ref === NO_NODE) return false;
  state.setData(ref, record.data, record.version);
  return true;
}

function startsWith({ bytes, pathAt, pathEnd }: TxnRecord, beginning: Uint8Array): boolean {
  if (pathEnd - pathAt < beginning.length) return false;
  for (let i = 0; i < beginning.length; i++) if (bytes[pathAt + i] !== beginning[i]) return false;
  return true;
}

/** Whose quotas are kept in step, and which do not count in the digest. */
const BELOW_ZOOKEEPER = asciiBytes("/zookeeper/");

import { unreachable } from "../base/assert.ts";
import type { SessionId } from "../base/ids.ts";
import { Err, EventType, Op } from "../wire/client/numbers.ts";
import type {
  CreateBody,
  CreateContainerBody,
  CreateTTLBody,
  DeleteBody,
  Finding,
  MultiBody,
  SetACLBody,
  SetDataBody,
  SubTxnBody,
  TxnBody,
} from "../wire/txnValue.ts";
import type { NodeStat } from "./nodeStat.ts";
import { NO_NODE, type NodeRef } from "./nodeTable.ts";
import type { OpResult, Outcome, TreeEvent } from "./outcome.ts";
import { CONTAINER_OWNER, ttlOwner } from "./owners.ts";
import { parentOf, shownPath } from "./paths.ts";
import type { TreeState } from "./treeState.ts";

/**
 * What each type of transaction does to the tree (on-disk-formats 5.3 to 5.5). The stamp is set. Nothing throws: a replay on a
 * fuzzy snapshot finds nodes absent and present that the log does not expect, and goes on.
 */
export function applyBody(state: TreeState, clientId: SessionId, body: TxnBody): Outcome {
  const events: TreeEvent[] = [];
  switch (body.type) {
    case Op.multi:
      return {
        err: Err.ok,
        path: undefined,
        stat: undefined,
        results: applyMulti(state, clientId, body, events),
        events,
      };
    case Op.closeSession:
      closeSession(state, clientId, body.paths ?? [], events);
      return { err: Err.ok, path: undefined, stat: undefined, results: undefined, events };
    case Op.createSession:
      return { err: Err.ok, path: undefined, stat: undefined, results: undefined, events };
    default: {
      const { err, path, stat } = applyOne(state, clientId, body, events);
      return { err, path, stat, results: undefined, events };
    }
  }
}

/** Deletes the session's ephemerals; what it owns apart from the paths listed was not known to the leader. */
export function closeSession(
  state: TreeState,
  session: SessionId,
  paths: readonly string[],
  events: TreeEvent[],
): number {
  let deleted = 0;
  for (const path of paths) if (remove(state, path, events) === Err.ok) deleted++;
  for (const ref of state.owners.ephemeralsOf(session)) {
    removeNode(state, ref, state.znodes.path(ref), events);
    deleted++;
  }
  return deleted;
}

function applyOne(state: TreeState, clientId: SessionId, body: SubTxnBody, events: TreeEvent[]): OpResult {
  switch (body.type) {
    case Op.create:
    case Op.create2:
      return create(state, body, body.ephemeral ? clientId : 0n, events);
    case Op.createContainer:
      return create(state, body, CONTAINER_OWNER, events);
    case Op.createTTL:
      return create(state, body, ttlOwner(body.ttl), events);
    case Op.delete:
    case Op.deleteContainer:
      return result(Op.delete, removeFound(state, body, events));
    case Op.setData:
    case Op.reconfig:
      return setData(state, body, events);
    case Op.setACL:
      return setAcl(state, body);
    case Op.check:
      return result(Op.check, Err.ok);
    case Op.error:
      return result(Op.error, body.err);
    default:
      return unreachable(body);
  }
}

/** A multi that holds an error is a no-op as a whole, and each of its results an error (client-protocol 1.8). */
function applyMulti(state: TreeState, clientId: SessionId, body: MultiBody, events: TreeEvent[]): readonly OpResult[] {
  if (body.txns.some((txn) => txn.type === Op.error)) return failedResults(body);
  const results: OpResult[] = [];
  for (const txn of body.txns) {
    // Java cannot read these inside a multi and drops what follows (on-disk-formats 3.4).
    if (txn.type === Op.setACL || txn.type === Op.reconfig) break;
    results.push(applyOne(state, clientId, txn, events));
  }
  return results;
}

function failedResults(body: MultiBody): readonly OpResult[] {
  let hasFailed = false;
  return body.txns.map((txn) => {
    if (txn.type !== Op.error) return result(Op.error, hasFailed ? Err.runtimeInconsistency : Err.ok);
    hasFailed = true;
    return result(Op.error, txn.err);
  });
}

function create(
  state: TreeState,
  body: CreateBody | CreateContainerBody | CreateTTLBody,
  owner: bigint,
  events: TreeEvent[],
): OpResult {
  const { path, finding } = body;
  const type = body.type === Op.create ? Op.create : Op.create2;
  const parent = holds(state, finding)
    ? state.znodes.seekBelow(finding.place, path, finding.pathCrc)
    : state.znodes.seekParent(path);
  if (parent === NO_NODE) return result(type, Err.noNode, path);
  const present = state.znodes.seekChild();
  if (present !== NO_NODE) {
    createAgain(state, body, parent, present);
    return result(type, Err.nodeExists, path);
  }
  state.raiseCversion(parent, body.parentCVersion);
  const ref = state.insert(parent, body.data, body.acl, owner, finding?.contentCrc);
  const stat = state.statOf(ref);
  events.push({ type: EventType.nodeCreated, path, acl: state.aclOf(ref) });
  events.push(childrenChanged(state, parent, path));
  state.quotas.created(path, stat.dataLength);
  return result(type, Err.ok, path, stat);
}

/** A replay: the node stays, its ACL is the record's (3.9.4), and type 1 alone adjusts the parent (5.4 rule 2). */
function createAgain(
  state: TreeState,
  body: CreateBody | CreateContainerBody | CreateTTLBody,
  parent: NodeRef,
  ref: NodeRef,
): void {
  state.replaceAcl(ref, body.acl);
  if (body.type === Op.create) state.raiseCversion(parent, body.parentCVersion);
}

function removeFound(state: TreeState, { path, finding }: DeleteBody, events: TreeEvent[]): number {
  if (!holds(state, finding)) return remove(state, path, events);
  removeNode(state, finding.place, path, events);
  return Err.ok;
}

function remove(state: TreeState, path: string, events: TreeEvent[]): number {
  const parent = state.znodes.seekParent(path);
  if (parent === NO_NODE) return Err.noNode;
  const ref = state.znodes.seekChild();
  // The parent's pzxid is raised even if a fuzzy snapshot missed the node (5.3).
  if (ref === NO_NODE) {
    state.raisePzxid(parent);
    return Err.noNode;
  }
  removeNode(state, ref, path, events);
  return Err.ok;
}

function removeNode(state: TreeState, ref: NodeRef, path: string, events: TreeEvent[]): void {
  const parent = state.table.parent(ref);
  const acl = state.aclOf(ref);
  state.raisePzxid(parent);
  state.remove(ref, path);
  events.push({ type: EventType.nodeDeleted, path, acl });
  events.push(childrenChanged(state, parent, path));
}

function setData(state: TreeState, body: SetDataBody, events: TreeEvent[]): OpResult {
  const { path, data, finding } = body;
  const ref = holds(state, finding) ? finding.place : state.znodes.find(path);
  if (ref === NO_NODE) return result(body.type, Err.noNode);
  const lengthBefore = Math.max(0, state.table.dataLength(ref));
  state.setData(ref, data, body.version, finding?.contentCrc);
  const stat = state.statOf(ref);
  events.push({ type: EventType.nodeDataChanged, path, acl: state.aclOf(ref) });
  state.quotas.resized(path, stat.dataLength - lengthBefore);
  return result(body.type, Err.ok, undefined, stat);
}

function setAcl(state: TreeState, body: SetACLBody): OpResult {
  const ref = state.znodes.find(body.path);
  if (ref === NO_NODE) return result(body.type, Err.noNode);
  state.replaceAcl(ref, body.acl);
  state.setAversion(ref, body.version);
  return result(body.type, Err.ok, undefined, state.statOf(ref));
}

function childrenChanged(state: TreeState, parent: NodeRef, path: string): TreeEvent {
  return { type: EventType.nodeChildrenChanged, path: shownPath(parentOf(path)), acl: state.aclOf(parent) };
}

/** Whether what was found when the transaction was made still stands there: by its place and its czxid. */
function holds(state: TreeState, finding: Finding | undefined): finding is Finding {
  return finding !== undefined && state.table.isCreatedBy(finding.place, finding.czxidHigh, finding.czxidLow);
}

function result(type: number, err: number, path?: string, stat?: NodeStat): OpResult {
  return { type, err, path, stat };
}

import { NodeStat } from "../../tree/nodeStat.ts";
import { CONTAINER_OWNER, ttlOwner } from "../../tree/owners.ts";
import type { CreateTTLWrite, CreateWrite } from "../../wire/client/decode.ts";
import { CreateFlags, Err, Op, Perms } from "../../wire/client/numbers.ts";
import type { ACL } from "../../wire/client/shared.ts";
import { LIMITS_NAME, nameOf, parentOf, QUOTA_ROOT, sequenceSuffix, validatePath } from "../../wire/paths.ts";
import type { CreateBody, CreateContainerBody, CreateTTLBody, Finding } from "../../wire/txnValue.ts";
import type { ChangeRecord } from "../changeRecord.ts";
import { isOrdinaryEphemeral } from "../owner.ts";
import { nextVersion, type Preparation } from "../preparation.ts";
import { checkQuotaOfCreate } from "../quota.ts";
import { crashesWhenDeleted } from "./delete.ts";

/** create, create2, createContainer and createTTL: the checks of client-protocol 3.5 in its order. */
export function prepareCreate(
  on: Preparation,
  write: CreateWrite | CreateTTLWrite,
): CreateBody | CreateContainerBody | CreateTTLBody | number {
  const isEphemeral = write.flags === CreateFlags.ephemeral || write.flags === CreateFlags.ephemeralSequential;
  const upgradable = write.op === Op.create || write.op === Op.create2;
  const refused = checkFlags(on, write) || (isEphemeral ? on.checkGlobalSession(upgradable) : on.checkSession());
  if (refused !== Err.ok) return refused;
  if (write.path === null) return Err.marshallingError;
  const parentPath = parentOf(write.path);
  if (parentPath === undefined) return Err.badArguments;
  const acl = on.fixUpAcl(write.acl);
  if (typeof acl === "number") return acl;
  const parent = on.pending.find(parentPath);
  if (parent === undefined) return Err.noNode;
  if (!on.permits(parent, Perms.create)) return Err.noAuth;
  const path = isSequential(write.flags) ? write.path + sequenceSuffix(parent.sequence) : write.path;
  const error = checkPlace(on, path, parent) || checkQuotaOfCreate(on, path, write.data);
  if (error !== Err.ok) return error;
  if (crashesWhenCreated(path, parentPath) || (isEphemeral && crashesWhenDeleted(path))) return Err.badArguments;
  return change(on, write, path, parent, acl, isEphemeral);
}

/** Rows 1 to 3. */
function checkFlags(on: Preparation, write: CreateWrite | CreateTTLWrite): number {
  const { flags } = write;
  if (flags < CreateFlags.persistent || flags > CreateFlags.persistentSequentialWithTTL) return Err.badArguments;
  const wantsTTL = flags >= CreateFlags.persistentWithTTL;
  if (wantsTTL && !on.options.extendedTypesEnabled) return Err.unimplemented;
  if (write.op !== Op.createTTL) return wantsTTL ? Err.badArguments : Err.ok;
  // Java lets a negative TTL pass with the other flags and stops at apply (hazard H2).
  return wantsTTL && write.ttl >= 1n && write.ttl <= MOST_TTL_MS ? Err.ok : Err.badArguments;
}

/** Rows 9 to 11. */
function checkPlace(on: Preparation, path: string, parent: ChangeRecord): number {
  if (!validatePath(path)) return Err.badArguments;
  if (on.pending.find(path) !== undefined) return Err.nodeExists;
  const isEphemeral = isOrdinaryEphemeral(parent.stat.ephemeralOwner, on.options);
  return isEphemeral ? Err.noChildrenForEphemerals : Err.ok;
}

function change(
  on: Preparation,
  write: CreateWrite | CreateTTLWrite,
  path: string,
  parent: ChangeRecord,
  acl: readonly ACL[],
  isEphemeral: boolean,
): CreateBody | CreateContainerBody | CreateTTLBody {
  const { pending, zxid } = on;
  const parentCVersion = nextVersion(parent.sequence);
  const above = pending.edit(parent, zxid);
  above.stat.childCount++;
  above.sequence = parentCVersion;
  // The tree raises the counter only: past 2^31 - 1 it stays where it is (on-disk-formats 5.4).
  if (parentCVersion > above.stat.cversion) {
    above.stat.cversion = parentCVersion;
    above.stat.setPzxid(on.stamp);
  }
  pending.put(above);
  const stat = new NodeStat();
  stat.create(on.stamp);
  stat.ephemeralOwner = ownerOf(on, write, isEphemeral);
  const node = pending.create(path, zxid, stat);
  node.acl = acl;
  pending.setData(node, write.data);
  pending.put(node);
  return bodyOf(write, path, acl, isEphemeral, parentCVersion, pending.finding(node, above));
}

/** What the transaction's type will make of the node, whatever the flags say. */
function ownerOf(on: Preparation, write: CreateWrite | CreateTTLWrite, isEphemeral: boolean): bigint {
  if (write.op === Op.createContainer) return CONTAINER_OWNER;
  if (write.op === Op.createTTL) return ttlOwner(write.ttl);
  return isEphemeral ? on.request.sessionId : 0n;
}

function bodyOf(
  write: CreateWrite | CreateTTLWrite,
  path: string,
  acl: readonly ACL[],
  ephemeral: boolean,
  parentCVersion: number,
  finding: Finding | undefined,
): CreateBody | CreateContainerBody | CreateTTLBody {
  const { data } = write;
  if (write.op === Op.createContainer) return { type: write.op, path, data, acl, parentCVersion, finding };
  if (write.op === Op.createTTL) return { type: write.op, path, data, acl, parentCVersion, ttl: write.ttl, finding };
  return { type: write.op, path, data, acl, ephemeral, parentCVersion, finding };
}

function isSequential(flags: number): boolean {
  return (
    flags === CreateFlags.persistentSequential ||
    flags === CreateFlags.ephemeralSequential ||
    flags === CreateFlags.persistentSequentialWithTTL
  );
}

/** A quota on the root stops a Java server when it is applied (hazard H3). */
function crashesWhenCreated(path: string, parentPath: string): boolean {
  return parentPath === QUOTA_ROOT && nameOf(path) === LIMITS_NAME;
}

/** 2^40 - 1 */
const MOST_TTL_MS = 0xffffffffffn;

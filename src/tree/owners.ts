/**
 * What an ephemeral owner says about a node (client-protocol 3.3, on-disk-formats 4.2). TTL owners are known whether or not
 * `extendedTypesEnabled` is on: taken for a dead session's, their nodes would be deleted at start (on-disk-formats R6).
 * `emulates353`: ZooKeeper 3.5.3 marked TTL nodes by the sign alone (`zookeeper.emulate353TTLNodes`).
 */
export type NodeKind = "persistent" | "ephemeral" | "container" | "ttl";

export function kindOf(ownerHigh: number, ownerLow: number, emulates353: boolean): NodeKind {
  if (ownerHigh === 0 && ownerLow === 0) return "persistent";
  if (ownerHigh === MOST_NEGATIVE && ownerLow === 0) return "container";
  if (emulates353 && ownerHigh < 0) return "ttl";
  return (ownerHigh & 0xffffff00) === TTL_MARK ? "ttl" : "ephemeral";
}

/** The same of an owner as one number. */
export function kindOfOwner(owner: bigint, emulates353: boolean): NodeKind {
  return kindOf(Number(BigInt.asIntN(32, owner >> 32n)), Number(BigInt.asIntN(32, owner)), emulates353);
}

/** Milliseconds that a TTL owner gives its node. */
export function ttlOf(owner: bigint): number {
  return Number(BigInt.asUintN(40, owner));
}

export const CONTAINER_OWNER = -0x8000000000000000n;

/** Only 40 bits count: a TTL outside them is refused before it becomes a transaction (hazard H2 where it is not). */
export function ttlOwner(ttlMs: bigint): bigint {
  return BigInt.asIntN(64, 0xff00000000000000n | BigInt.asUintN(40, ttlMs));
}

const MOST_NEGATIVE = -0x80000000;
/** Top byte 0xff, the next two 0. */
const TTL_MARK = 0xff000000 | 0;

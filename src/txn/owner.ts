import { CONTAINER_OWNER } from "../tree/owners.ts";
import type { PrepareOptions } from "./request.ts";

/**
 * Whether an owner means an ephemeral node, which has no children and is not reaped. A TTL owner is one too while TTL nodes are
 * disabled (client-protocol 3.3).
 */
export function isOrdinaryEphemeral(
  owner: bigint,
  options: Pick<PrepareOptions, "extendedTypesEnabled" | "emulates353">,
): boolean {
  const { extendedTypesEnabled, emulates353 } = options;
  if (owner === 0n || owner === CONTAINER_OWNER) return false;
  if (emulates353 && owner < 0n) return false;
  return !(extendedTypesEnabled && owner >> 40n === TTL_MARK);
}

/** 0xff in the top byte, 0 in the next two, as a signed value. */
const TTL_MARK = -0x10000n;

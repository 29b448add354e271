import { highOf, lowOf } from "./long.ts";

/**
 * Transaction ids. A zxid is a signed 64-bit value: high 32 bits epoch, low 32 bits counter (peer-protocol 0.2).
 * All order is signed 64-bit order; the epoch is taken by an arithmetic shift.
 */
declare const zxidBrand: unique symbol;
export type Zxid = bigint & { readonly [zxidBrand]: true };

/** An epoch: the signed high half of a zxid. */
export type Epoch = number;

/** Brands a 64-bit value read from the wire or disk. */
export function toZxid(value: bigint): Zxid {
  return BigInt.asIntN(64, value) as Zxid;
}

/** `zxid(epoch, counter)`; the counter is taken modulo 2^32. */
export function zxidOf(epoch: Epoch, counter: number): Zxid {
  return toZxid((BigInt(epoch) << 32n) | BigInt(counter >>> 0));
}

export function epochOf(zxid: Zxid): Epoch {
  return highOf(zxid);
}

/** The low half, 0 .. 2^32 - 1. */
export function counterOf(zxid: Zxid): number {
  return lowOf(zxid) >>> 0;
}

export function nextZxid(zxid: Zxid): Zxid {
  return toZxid(zxid + 1n);
}

export const ZXID_ZERO: Zxid = toZxid(0n);

/** The last usable counter of an epoch is 0xfffffffe: at this value the leader steps down (peer-protocol 4.13). */
export const COUNTER_EXHAUSTED = 0xffffffff;

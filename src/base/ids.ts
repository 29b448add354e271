/** Session and server ids: signed 64-bit values, branded so that they cannot be mistaken for one another. */
declare const sessionBrand: unique symbol;
export type SessionId = bigint & { readonly [sessionBrand]: true };

export function toSessionId(value: bigint): SessionId {
  return BigInt.asIntN(64, value) as SessionId;
}

export const NO_SESSION: SessionId = toSessionId(0n);

declare const serverBrand: unique symbol;
/** `myid`, called sid in the peer protocol. */
export type ServerId = bigint & { readonly [serverBrand]: true };

export function toServerId(value: bigint): ServerId {
  return BigInt.asIntN(64, value) as ServerId;
}

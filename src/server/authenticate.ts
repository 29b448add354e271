import { DecodeError, type Reader } from "jute-ts";
import { AuthPacket } from "../wire/client/requests.ts";
import type { Id } from "../wire/client/shared.ts";

/** What a scheme needs of the world: SHA-1 is not a pure room's to compute. */
export interface AuthProviders {
  /** `user:Base64(SHA-1(user:password))` (client-protocol 7.3); undefined: digest is switched off. */
  readonly digestId: ((userPassword: Uint8Array) => string) | undefined;
  /** `zookeeper.DigestAuthenticationProvider.superDigest`. */
  readonly superDigest: string | undefined;
}

/**
 * The auth packet (client-protocol 7.2): the identities it brings, "refused" for a scheme without provider or data it cannot
 * take, undefined when it does not decode, which closes the connection.
 */
export function authenticate(
  body: Reader,
  remoteAddress: string,
  providers: AuthProviders,
): readonly Id[] | "refused" | undefined {
  const packet = decode(body);
  if (packet === undefined) return undefined;
  switch (packet.scheme) {
    case "ip":
      return [{ scheme: "ip", id: remoteAddress }];
    case "digest":
      return digestIdentities(packet.auth, providers);
    default:
      return "refused";
  }
}

function digestIdentities(auth: Uint8Array | null, providers: AuthProviders): readonly Id[] | "refused" {
  const { digestId, superDigest } = providers;
  if (auth === null || digestId === undefined) return "refused";
  const id = digestId(auth);
  const identity = { scheme: "digest", id };
  return id === superDigest ? [{ scheme: "super", id: "" }, identity] : [identity];
}

function decode(body: Reader): AuthPacket | undefined {
  try {
    return AuthPacket.read(body);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

import { DecodeError, Reader, Writer } from "jute-ts";
import type { EnsembleNames } from "../config/features.ts";
import { AuthPacket } from "../wire/client/requests.ts";
import type { Id } from "../wire/client/shared.ts";

/** What a scheme needs of the world: SHA-1 is not a pure room's to compute. */
export interface AuthProviders {
  /** `user:Base64(SHA-1(user:password))` (client-protocol 7.3); undefined: digest is switched off. */
  readonly digestId: ((userPassword: Uint8Array) => string) | undefined;
  /** `zookeeper.DigestAuthenticationProvider.superDigest`. */
  readonly superDigest: string | undefined;
  readonly ensembleNames?: EnsembleNames | undefined;
}

/** The client means another ensemble: it is to try its next server, so its connection is closed without a word. */
export interface WrongEnsemble {
  readonly wrongEnsemble: string;
}

/**
 * The auth packet (client-protocol 7.2): the identities it brings, "refused" for a scheme without provider or data it cannot
 * take, undefined when it does not decode, which closes the connection.
 */
export function authenticate(
  body: Reader,
  remoteAddress: string,
  providers: AuthProviders,
): readonly Id[] | "refused" | WrongEnsemble | undefined {
  const packet = decode(body);
  if (packet === undefined) return undefined;
  switch (packet.scheme) {
    case "ip":
      return [{ scheme: "ip", id: remoteAddress }];
    case "digest":
      return digestIdentities(packet.auth, providers);
    case "ensemble":
      return ensembleIdentities(packet.auth, providers);
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

/** Not a login: it only says which ensemble the client means. */
function ensembleIdentities(
  auth: Uint8Array | null,
  { ensembleNames }: AuthProviders,
): readonly Id[] | "refused" | WrongEnsemble {
  if (ensembleNames === undefined) return "refused";
  if (auth === null || auth.length === 0 || ensembleNames === "any") return [];
  const name = textOf(auth);
  return ensembleNames.includes(name) ? [] : { wrongEnsemble: name };
}

/** A jute buffer and a ustring look the same. */
function textOf(utf8: Uint8Array): string {
  const out = new Writer(4 + utf8.length);
  out.buffer(utf8);
  return new Reader(out.written()).ustring() ?? "";
}

function decode(body: Reader): AuthPacket | undefined {
  try {
    return AuthPacket.read(body);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

import { isIpPattern, matchesIp } from "./ipPattern.ts";

/** What a scheme brings to ACLs (client-protocol 3.4, 3.8, 7.3, 7.4). */
export interface AuthProvider {
  /** Whether its identities count as authenticated: an `auth` entry stands for them. */
  readonly isAuthenticated: boolean;
  /** Whether the id of an identity of this scheme is meant by the id of an entry. */
  matches(identity: string, entry: string): boolean;
  /** Whether an entry may hold this id. */
  isWellFormed(entry: string): boolean;
}

/** There are none for world, auth and super. */
export type AuthProviders = ReadonlyMap<string, AuthProvider>;

export const digestProvider: AuthProvider = {
  isAuthenticated: true,
  matches: (identity, entry) => identity === entry,
  isWellFormed: hasTwoParts,
};

export const ipProvider: AuthProvider = {
  isAuthenticated: false,
  matches: matchesIp,
  isWellFormed: isIpPattern,
};

/** Those of a server without further settings. */
export const BUILT_IN_PROVIDERS: AuthProviders = new Map([
  ["digest", digestProvider],
  ["ip", ipProvider],
]);

/** Split at colons, empty parts at the end dropped: `u:x`, `:x` and `a:b:` pass; `a`, `a:` and `a:b:c` do not. */
function hasTwoParts(entry: string): boolean {
  return entry.replace(/:+$/, "").split(":").length === 2;
}

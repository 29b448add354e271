import { Err } from "../wire/client/numbers.ts";
import type { ACL, Id } from "../wire/client/shared.ts";
import type { AuthProviders } from "./authProviders.ts";

/**
 * What a client's list becomes before it is stored (client-protocol 3.8): duplicates dropped, `auth` replaced by the
 * identities that count as authenticated, the rest checked. INVALIDACL, or MARSHALLINGERROR for a null id where Java fails
 * inside.
 */
export function fixUpAcl(
  acl: readonly ACL[] | null,
  identities: readonly Id[],
  providers: AuthProviders,
): readonly ACL[] | number {
  if (acl === null || acl.length === 0) return Err.invalidACL;
  const fixed: ACL[] = [];
  const unique = withoutDuplicates(acl);
  if (unique === undefined) return Err.marshallingError;
  for (const entry of unique) {
    if (entry.id.scheme === "auth") {
      const expanded = expandAuth(entry.perms, identities, providers);
      if (expanded.length === 0) return Err.invalidACL;
      fixed.push(...expanded);
      continue;
    }
    const err = errorOf(entry.id, providers);
    if (err !== Err.ok) return err;
    fixed.push(entry);
  }
  return fixed;
}

function errorOf({ scheme, id }: Id, providers: AuthProviders): number {
  if (scheme === null) return Err.invalidACL;
  const provider = providers.get(scheme);
  if (id === null) return scheme === "world" || provider !== undefined ? Err.marshallingError : Err.invalidACL;
  if (scheme === "world" && id === "anyone") return Err.ok;
  return provider?.isWellFormed(id) ? Err.ok : Err.invalidACL;
}

function expandAuth(perms: number, identities: readonly Id[], providers: AuthProviders): readonly ACL[] {
  return identities
    .filter((identity) => identity.scheme !== null && providers.get(identity.scheme)?.isAuthenticated)
    .map((id) => ({ perms, id }));
}

/** Undefined where Java fails while it compares: a null scheme or id met an entry that was alike up to there. */
function withoutDuplicates(acl: readonly ACL[]): readonly ACL[] | undefined {
  if (acl.length === 1) return acl;
  const seen = new Set<string>();
  const unique: ACL[] = [];
  for (const entry of acl) {
    const { perms, id } = entry;
    const alike = id.scheme === null ? `${perms}` : JSON.stringify([perms, id.scheme]);
    if ((id.scheme === null || id.id === null) && seen.has(alike)) return undefined;
    const text = JSON.stringify([perms, id.scheme, id.id]);
    if (!seen.has(text)) unique.push(entry);
    seen
      .add(text)
      .add(`${perms}`)
      .add(JSON.stringify([perms, id.scheme]));
  }
  return unique;
}

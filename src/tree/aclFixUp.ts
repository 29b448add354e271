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
  for (const entry of withoutDuplicates(acl)) {
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

function withoutDuplicates(acl: readonly ACL[]): readonly ACL[] {
  if (acl.length === 1) return acl;
  const seen = new Set<string>();
  return acl.filter(({ perms, id }) => {
    const text = JSON.stringify([perms, id.scheme, id.id]);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

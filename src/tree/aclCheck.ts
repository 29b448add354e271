import type { ACL, Id } from "../wire/client/shared.ts";
import { fixUpAcl } from "./aclFixUp.ts";
import { type AuthProviders, BUILT_IN_PROVIDERS } from "./authProviders.ts";

/** How this server judges ACLs: its providers, and whether it judges at all. */
export class AclRules {
  /** `zookeeper.skipACL=yes` */
  readonly skipAcl: boolean;
  readonly providers: AuthProviders;

  constructor(skipAcl = false, providers: AuthProviders = BUILT_IN_PROVIDERS) {
    this.skipAcl = skipAcl;
    this.providers = providers;
  }

  /** Whether the list grants any bit of `permissions` to one of the identities. */
  permits(acl: readonly ACL[] | null, permissions: number, identities: readonly Id[]): boolean {
    return checkAcl(acl, permissions, identities, this);
  }

  /** The list to be stored, or the error. */
  fixUp(acl: readonly ACL[] | null, identities: readonly Id[]): readonly ACL[] | number {
    return fixUpAcl(acl, identities, this.providers);
  }
}

/** The rule of client-protocol 3.4; any bit of `permissions` is enough. */
export function checkAcl(
  acl: readonly ACL[] | null,
  permissions: number,
  identities: readonly Id[],
  rules: AclRules = DEFAULT_RULES,
): boolean {
  if (rules.skipAcl || acl === null || acl.length === 0) return true;
  for (const { perms, id } of acl) {
    if ((perms & permissions) !== 0 && grants(id, identities, rules.providers)) return true;
  }
  return isSuper(identities);
}

/** The list as someone without ADMIN sees it: digests read `user:x` (client-protocol 3.8, getACL). */
export function withoutDigests(acl: readonly ACL[]): readonly ACL[] {
  return acl.map((entry) => {
    const { scheme, id } = entry.id;
    return scheme === "digest" && id !== null
      ? { perms: entry.perms, id: { scheme, id: id.replace(/:[\s\S]*$/, ":x") } }
      : entry;
  });
}

function grants(entry: Id, identities: readonly Id[], providers: AuthProviders): boolean {
  const { scheme, id } = entry;
  if (scheme === null || id === null) return false;
  if (scheme === "world" && id === "anyone") return true;
  const provider = providers.get(scheme);
  if (provider === undefined) return false;
  for (const identity of identities) {
    if (identity.scheme === scheme && identity.id !== null && provider.matches(identity.id, id)) return true;
  }
  return false;
}

function isSuper(identities: readonly Id[]): boolean {
  for (const identity of identities) if (identity.scheme === "super") return true;
  return false;
}

const DEFAULT_RULES = new AclRules();

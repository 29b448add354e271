import { type AuthProvider, type AuthProviders, digestProvider, ipProvider } from "./authProviders.ts";
import { isDistinguishedName } from "./distinguishedName.ts";

/** Schemes whose ids ACLs may hold, besides ip, which is always there. */
export type AclScheme = "digest" | "sasl" | "x509";

export interface AclProviderOptions {
  readonly schemes: readonly AclScheme[];
  /** `zookeeper.letAnySaslUserDoX`: the sasl id of entries that mean every sasl user. */
  readonly anySaslUser?: string | undefined;
  /** `zookeeper.X509AuthenticationProvider.superUser`: the name that every x509 entry means too. */
  readonly x509SuperUser?: string | undefined;
}

/** What each scheme brings to ACLs (client-protocol 3.8, 7.3-7.6). */
export function aclProviders(options: AclProviderOptions): AuthProviders {
  const known: Readonly<Record<AclScheme, AuthProvider>> = {
    digest: digestProvider,
    sasl: {
      isAuthenticated: true,
      matches: (identity, entry) =>
        identity === "super" || identity === entry || (entry === options.anySaslUser && entry !== undefined),
      isWellFormed: isKerberosName,
    },
    x509: {
      isAuthenticated: true,
      matches: (identity, entry) => identity === entry || identity === options.x509SuperUser,
      isWellFormed: isDistinguishedName,
    },
  };
  return new Map([["ip", ipProvider], ...options.schemes.map((scheme) => [scheme, known[scheme]] as const)]);
}

/** Without `@` anything is a name; with one, `name[/host]@realm`. */
function isKerberosName(id: string): boolean {
  return !id.includes("@") || KERBEROS_NAME.test(id);
}

const KERBEROS_NAME = /^[^/@]*(\/[^/@]*)?@[^/@]*$/;

import { checkAcl, AclRules as TreeRules } from "../tree/aclCheck.ts";
import { fixUpAcl } from "../tree/aclFixUp.ts";
import { BUILT_IN_PROVIDERS } from "../tree/authProviders.ts";
import type { AclRules } from "../txn/request.ts";

/** ACLs as this server judges them: for reads, for events and for writes alike (client-protocol 3.4, 3.8). */
export function aclRules(skipAcl: boolean): AclRules {
  const rules = new TreeRules(skipAcl, BUILT_IN_PROVIDERS);
  return {
    permits: (acl, permissions, identities) => checkAcl(acl, permissions, identities, rules),
    fixUp: (acl, identities) => fixUpAcl(acl, identities, BUILT_IN_PROVIDERS),
  };
}

import { type AclScheme, checkAcl } from "../tree/aclCheck.ts";
import { fixUpAcl } from "../tree/aclFixUp.ts";
import type { AclRules } from "../txn/request.ts";

import { bool, buffer, type Infer, int, long, record, ustring, vector } from "jute-ts";
import { AclVector } from "./client/shared.ts";

/** Transaction records: the bytes of a PROPOSAL and of a log record (peer-protocol 4.3, on-disk-formats 3.4). */

export const TxnHeader = record("TxnHeader", { clientId: long, cxid: int, zxid: long, time: long, type: int });
export type TxnHeader = Infer<typeof TxnHeader>;

/** Types 1 (create) and 15 (create2). */
export const CreateTxn = record("CreateTxn", {
  path: ustring,
  data: buffer,
  acl: AclVector,
  ephemeral: bool,
  parentCVersion: int,
});
export type CreateTxn = Infer<typeof CreateTxn>;

/** The ancient form of type 1, which ends before parentCVersion; -1 stands for "increment the parent's". */
export const CreateTxnV0 = record("CreateTxnV0", { path: ustring, data: buffer, acl: AclVector, ephemeral: bool });

/** Type 19. */
export const CreateContainerTxn = record("CreateContainerTxn", {
  path: ustring,
  data: buffer,
  acl: AclVector,
  parentCVersion: int,
});
export type CreateContainerTxn = Infer<typeof CreateContainerTxn>;

/** Type 21. */
export const CreateTTLTxn = record("CreateTTLTxn", {
  path: ustring,
  data: buffer,
  acl: AclVector,
  parentCVersion: int,
  ttl: long,
});
export type CreateTTLTxn = Infer<typeof CreateTTLTxn>;

/** Types 2 (delete) and 20 (deleteContainer). */
export const DeleteTxn = record("DeleteTxn", { path: ustring });

/** Types 5 (setData) and 16 (reconfig); `version` is the new one. */
export const SetDataTxn = record("SetDataTxn", { path: ustring, data: buffer, version: int });
export type SetDataTxn = Infer<typeof SetDataTxn>;

/** Type 7; `version` is the new aversion. */
export const SetACLTxn = record("SetACLTxn", { path: ustring, acl: AclVector, version: int });
export type SetACLTxn = Infer<typeof SetACLTxn>;

/** Type 13, inside multi only; `version` is the matched one plus one and is ignored on replay. */
export const CheckVersionTxn = record("CheckVersionTxn", { path: ustring, version: int });

/** Type -10. */
export const CreateSessionTxn = record("CreateSessionTxn", { timeOut: int });

/** Type -11. */
export const CloseSessionTxn = record("CloseSessionTxn", { paths2Delete: vector(ustring) });

/** Type -1. */
export const ErrorTxn = record("ErrorTxn", { err: int });

/** Type 14. */
export const SubTxn = record("Txn", { type: int, data: buffer });
export const MultiTxn = record("MultiTxn", { txns: vector(SubTxn) });

/** TxnDigest: what the tree's digest is after the transaction. */
export const TxnDigest = record("TxnDigest", { version: int, treeDigest: long });
export const TXN_HEADER_BYTES = 32;
export const TXN_DIGEST_BYTES = 12;
export const DIGEST_VERSION = 2;

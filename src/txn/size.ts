import { unreachable } from "../base/assert.ts";
import type { ACL } from "../wire/client/shared.ts";
import { TXN_DIGEST_BYTES, TXN_HEADER_BYTES } from "../wire/txn.ts";
import { encodeBody } from "../wire/txnCodec.ts";
import type { TxnBody } from "../wire/txnValue.ts";

/**
 * Whether a transaction's payload would be longer than a reader of the log takes (on-disk-formats W7). Counts the worst case
 * first, three bytes a character, and encodes only what that cannot clear.
 */
export function isOversized(body: TxnBody, maxTxnBytes: number): boolean {
  const most = maxTxnBytes - TXN_HEADER_BYTES - TXN_DIGEST_BYTES;
  return mostBytes(body) > most && encodeBody(body).length > most;
}

function mostBytes(body: TxnBody): number {
  switch (body.type) {
    case 1:
    case 15:
    case 19:
    case 21:
      return FIXED_BYTES + 3 * body.path.length + dataBytes(body.data) + aclBytes(body.acl);
    case 2:
    case 20:
    case 13:
      return FIXED_BYTES + 3 * body.path.length;
    case 5:
    case 16:
      return FIXED_BYTES + 3 * body.path.length + dataBytes(body.data);
    case 7:
      return FIXED_BYTES + 3 * body.path.length + aclBytes(body.acl);
    case 14:
      return body.txns.reduce((sum, txn) => sum + SUB_TXN_BYTES + mostBytes(txn), FIXED_BYTES);
    case -11:
      return (body.paths ?? []).reduce((sum, path) => sum + 4 + 3 * path.length, FIXED_BYTES);
    case -1:
    case -10:
      return FIXED_BYTES;
    default:
      return unreachable(body);
  }
}

function dataBytes(data: Uint8Array | null): number {
  return data === null ? 0 : data.length;
}

function aclBytes(acl: readonly ACL[] | null): number {
  let bytes = 0;
  for (const { id } of acl ?? []) bytes += ACL_BYTES + 3 * ((id.scheme?.length ?? 0) + (id.id?.length ?? 0));
  return bytes;
}

/** More than all fields of fixed size of any body, lengths and counts included. */
const FIXED_BYTES = 32;
/** Type and length of an entry. */
const SUB_TXN_BYTES = 8;
/** Permissions and two lengths. */
const ACL_BYTES = 12;

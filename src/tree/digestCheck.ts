import type { Zxid } from "../base/zxid.ts";
import { DIGEST_VERSION } from "../wire/txn.ts";
import type { TxnDigestValue } from "../wire/txnValue.ts";

/** The digest section of a snapshot: what the tree's digest is once `zxid` has been applied. Zxid 0: none was known. */
export interface SnapshotDigest extends TxnDigestValue {
  readonly zxid: Zxid;
}

/**
 * Compares digests and counts what differs; never stops anything (on-disk-formats 7.3). While the tree is ahead of the log
 * after a fuzzy snapshot, only the snapshot's own digest means something.
 */
export class DigestCheck {
  mismatches = 0;
  lastMismatch: Zxid | undefined = undefined;
  private pending: SnapshotDigest | undefined = undefined;

  /** A snapshot named `name` was loaded and the tree's signed digest is `actual`. */
  loaded(name: Zxid, digest: SnapshotDigest | undefined, actual: bigint): void {
    this.pending = undefined;
    if (digest === undefined || digest.zxid < name || digest.zxid === 0n) return;
    if (digest.zxid === name) this.compare(name, digest, actual);
    else this.pending = digest;
  }

  /** The transaction `zxid` was applied. */
  applied(zxid: Zxid, digest: TxnDigestValue | undefined, actual: bigint): void {
    const { pending } = this;
    if (pending === undefined) {
      if (digest !== undefined) this.compare(zxid, digest, actual);
      return;
    }
    if (zxid < pending.zxid) return;
    this.pending = undefined;
    if (zxid === pending.zxid) this.compare(zxid, pending, actual);
  }

  private compare(zxid: Zxid, expected: TxnDigestValue, actual: bigint): void {
    if (expected.version !== DIGEST_VERSION || expected.treeDigest === actual) return;
    this.mismatches++;
    this.lastMismatch = zxid;
  }
}

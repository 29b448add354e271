import { Fifo } from "../base/fifo.ts";
import type { Zxid } from "../base/zxid.ts";
import { DIGEST_VERSION } from "../wire/txn.ts";
import type { TxnRecord } from "../wire/txnRecord.ts";
import type { TxnDigestValue } from "../wire/txnValue.ts";
import type { TreeDigest } from "./digest.ts";

/** The digest section of a snapshot: what the tree's digest is once `zxid` has been applied. Zxid 0: none was known. */
export interface SnapshotDigest extends TxnDigestValue {
  readonly zxid: Zxid;
}

/** The tree's signed digest once `zxid` had been applied. */
export interface ZxidDigest {
  readonly zxid: Zxid;
  readonly digest: bigint;
}

/**
 * Compares digests and counts what differs; never stops anything (on-disk-formats 7.3). While the tree is ahead of the log
 * after a fuzzy snapshot, only the snapshot's own digest means something.
 */
export class DigestCheck {
  mismatches = 0;
  /** The tree's digest after every 128th zxid, the newest 1024 of them. */
  readonly log = new Fifo<ZxidDigest>();
  lastMismatch: Zxid | undefined = undefined;
  private pending: SnapshotDigest | undefined = undefined;

  /** A snapshot named `name` was loaded and the tree's signed digest is `actual`. */
  loaded(name: Zxid, digest: SnapshotDigest | undefined, actual: bigint): void {
    this.pending = undefined;
    this.log.clear();
    if (digest === undefined || digest.zxid < name || digest.zxid === 0n) return;
    if (digest.zxid === name) this.compare(name, digest, actual);
    else this.pending = digest;
  }

  /** The transaction `zxid` was applied. */
  applied(zxid: Zxid, digest: TxnDigestValue | undefined, actual: bigint): void {
    const { pending } = this;
    if (pending === undefined) {
      if (digest !== undefined) this.compare(zxid, digest, actual);
      if (BigInt.asUintN(LOGGED_ZXID_BITS, zxid) === 0n) this.note({ zxid, digest: actual });
      return;
    }
    if (zxid < pending.zxid) return;
    this.pending = undefined;
    if (zxid === pending.zxid) this.compare(zxid, pending, actual);
  }

  /** Whether `applied` would have nothing to note: the transaction's digest is the tree's. From halves, which cost nothing. */
  isExpected({ view, zxidAt, digestAt }: TxnRecord, actual: TreeDigest): boolean {
    if (this.pending !== undefined || (view.getInt32(zxidAt + 4) & LOGGED_ZXID_MASK) === 0) return false;
    const isKnown = view.getInt32(digestAt) === DIGEST_VERSION;
    return isKnown && actual.equals(view.getInt32(digestAt + 4), view.getInt32(digestAt + 8));
  }

  private note(entry: ZxidDigest): void {
    this.log.push(entry);
    if (this.log.length > LOGGED_DIGESTS) this.log.shift();
  }

  private compare(zxid: Zxid, expected: TxnDigestValue, actual: bigint): void {
    if (expected.version !== DIGEST_VERSION || expected.treeDigest === actual) return;
    this.mismatches++;
    this.lastMismatch = zxid;
  }
}

/** Zxids divisible by 128 are logged (operations 2.5). */
const LOGGED_ZXID_BITS = 7;
const LOGGED_ZXID_MASK = (1 << LOGGED_ZXID_BITS) - 1;
const LOGGED_DIGESTS = 1024;

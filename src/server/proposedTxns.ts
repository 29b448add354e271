import { DecodeError } from "jute-ts";
import { hex64 } from "../base/bytes.ts";
import { decodeTxn } from "../wire/txnCodec.ts";
import type { Txn, TxnBytes } from "../wire/txnValue.ts";

/**
 * The transactions of one leader's link, read as they arrive and kept until their commit, which comes in the same order.
 * Read at once because what cannot be read must not reach the log: there every later start would meet it.
 */
export class ProposedTxns {
  private txns: Txn[] = [];
  private head = 0;

  /** DecodeError: the bytes are no transaction, or one of another zxid than their packet's. */
  arrived(zxid: bigint, bytes: Uint8Array): void {
    const txn = decodeTxn(bytes);
    if (txn.zxid !== zxid)
      throw new DecodeError(`transaction 0x${hex64(txn.zxid)} came in a packet for 0x${hex64(zxid)}`);
    this.txns.push(txn);
  }

  /** The transaction of a committed entry. What lies before it was ignored, or its commit was. */
  take(entry: TxnBytes): Txn {
    for (let next = this.txns[this.head]; next !== undefined && next.zxid <= entry.zxid; next = this.txns[this.head]) {
      this.head++;
      if (this.head >= CUT_AT) this.cut();
      if (next.zxid === entry.zxid) return next;
    }
    return decodeTxn(entry.bytes);
  }

  private cut(): void {
    this.txns = this.txns.slice(this.head);
    this.head = 0;
  }
}

const CUT_AT = 256;

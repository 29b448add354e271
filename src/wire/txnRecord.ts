import { DecodeError, Reader } from "jute-ts";
import { isAscii, viewOf } from "../base/bytes.ts";
import { ACL } from "./client/shared.ts";
import { TXN_DIGEST_BYTES, TXN_HEADER_BYTES } from "./txn.ts";
import type { TxnDigestValue } from "./txnValue.ts";

/**
 * A create or setData of a log where it lies in the bytes that were read: the two that logs are full of, without a value for each
 * field (peer-protocol 4.3, on-disk-formats 3.4). One is used for a million of them, so it is good only until it is moved to the
 * next. What has any but the usual form is left to `decodeTxn`.
 */
export class TxnRecord {
  /** All of the memory that the transaction lies in, the same for those that were read together. */
  bytes: Uint8Array = NOTHING;
  view: DataView = viewOf(NOTHING);
  /** Where the header begins. */
  at = 0;
  isCreate = false;
  /** The path is bytes[pathAt, pathEnd), in ASCII, and begins with a slash. */
  pathAt = 0;
  pathEnd = 0;
  /** -1 for null. */
  dataLength = -1;
  /** Of a create; the same object for as long as the same bytes come. */
  acl: readonly ACL[] | null = null;
  /** What follows data and ACL: the parent's creation counter of a create, the version of a setData. */
  version = 0;
  /** Where the digest lies, which comes last: an int and a long. */
  digestAt = 0;
  private readonly reader = new Reader(NOTHING, 0, 0, 0x7fffffff);
  /** Of the ACL at hand. */
  private aclBytes: Uint8Array = NOTHING;

  /** Moves to the transaction in `bytes`; false when it is to be decoded instead. */
  move(bytes: Uint8Array): boolean {
    if (bytes.buffer !== this.bytes.buffer) {
      this.bytes = new Uint8Array(bytes.buffer);
      this.view = viewOf(this.bytes);
    }
    this.at = bytes.byteOffset;
    const end = this.at + bytes.length - TXN_DIGEST_BYTES;
    this.digestAt = end;
    if (end < this.at + TXN_HEADER_BYTES) return false;
    switch (this.view.getInt32(this.at + TYPE_AT)) {
      case CREATE:
      case CREATE2:
        this.isCreate = true;
        return this.pathAndData(end) && this.restOfCreate(end);
      case SET_DATA:
        this.isCreate = false;
        return this.pathAndData(end) && this.restOfSetData(end);
      default:
        return false;
    }
  }

  /** Sees memory as `other` does, with which it is about to move through it. */
  share(other: TxnRecord): void {
    this.bytes = other.bytes;
    this.view = other.view;
  }

  get zxidAt(): number {
    return this.at + ZXID_AT;
  }

  get timeAt(): number {
    return this.at + TIME_AT;
  }

  get data(): Uint8Array | null {
    return this.dataLength < 0 ? null : this.bytes.subarray(this.dataAt, this.dataEnd);
  }

  get dataAt(): number {
    return this.pathEnd + 4;
  }

  get digest(): TxnDigestValue {
    return { version: this.view.getInt32(this.digestAt), treeDigest: this.view.getBigInt64(this.digestAt + 4) };
  }

  private get dataEnd(): number {
    return this.dataAt + Math.max(0, this.dataLength);
  }

  private pathAndData(end: number): boolean {
    const { view, bytes } = this;
    this.pathAt = this.at + TXN_HEADER_BYTES + 4;
    const pathLength = this.pathAt <= end ? view.getInt32(this.pathAt - 4) : 0;
    this.pathEnd = this.pathAt + pathLength;
    if (pathLength <= 0 || this.pathEnd + 4 > end) return false;
    this.dataLength = view.getInt32(this.pathEnd);
    if (this.dataLength < -1 || this.dataEnd > end) return false;
    return bytes[this.pathAt] === SLASH && isAscii(bytes, this.pathAt, this.pathEnd);
  }

  private restOfCreate(end: number): boolean {
    const at = this.afterAcl(this.dataEnd, end);
    // An ephemeral's owner, or the form of 3.2 without a counter.
    if (at + 5 !== end || this.bytes[at] !== 0) return false;
    this.version = this.view.getInt32(at + 1);
    return true;
  }

  private restOfSetData(end: number): boolean {
    if (this.dataEnd + 4 !== end) return false;
    this.version = this.view.getInt32(this.dataEnd);
    return true;
  }

  /** Where the ACL that begins at `at` ends, which is `acl` from then on; beyond `end` when it is none. */
  private afterAcl(at: number, end: number): number {
    const { aclBytes, bytes, reader } = this;
    const usual = at + aclBytes.length;
    if (aclBytes.length > 0 && usual <= end && isSame(aclBytes, bytes, at)) return usual;
    try {
      reader.reset(bytes, at, end);
      this.acl = readAcl(reader);
      this.aclBytes = bytes.slice(at, reader.offset);
      return reader.offset;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return end + 1;
    }
  }
}

function readAcl(reader: Reader): readonly ACL[] | null {
  const count = reader.count(ACL.minimumSize);
  return count < 0 ? null : Array.from({ length: count }, () => ACL.read(reader));
}

function isSame(some: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < some.length; i++) if (some[i] !== bytes[at + i]) return false;
  return true;
}

const NOTHING = new Uint8Array(0);
const SLASH = 0x2f;
/** In the header. */
const ZXID_AT = 12;
const TIME_AT = 20;
const TYPE_AT = 28;
const CREATE = 1;
const CREATE2 = 15;
const SET_DATA = 5;

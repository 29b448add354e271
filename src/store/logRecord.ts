import { adler32 } from "../base/checksum.ts";
import { counterOf, epochOf, type Zxid } from "../base/zxid.ts";
import { FILE_VERSION, FileHeader, LOG_MAGIC } from "../wire/files.ts";

/** One log record: Adler-32 of the payload as a long, its length, the payload, 0x42 (on-disk-formats 3.2). */

export const LOG_HEADER_BYTES = FileHeader.size;
export const RECORD_HEAD_BYTES = 12;
/** Of the payload's length in the head. */
export const LENGTH_OFFSET = 8;
export const RECORD_OVERHEAD_BYTES = 13;
export const END_OF_RECORD = 0x42;
/** TxnHeader: the least a payload holds; its zxid is a long, its type an int. */
export const LEAST_PAYLOAD_BYTES = 32;
export const ZXID_OFFSET = 12;
export const TYPE_OFFSET = 28;

export function logHeader(): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_BYTES);
  FileHeader.write(bytes, 0, { magic: LOG_MAGIC, version: FILE_VERSION, dbid: 0n });
  return bytes;
}

/** Gives the record at `at`, which is complete but for it, its checksum. Where the record ends. */
export function sealRecord(records: Uint8Array, view: DataView, at: number): number {
  const start = at + RECORD_HEAD_BYTES;
  const end = start + view.getInt32(at + LENGTH_OFFSET);
  view.setInt32(at, 0);
  view.setUint32(at + 4, adler32(1, records, start, end));
  return end + 1;
}

/**
 * Whether `next` may follow `last` in a log: the same zxid again (Java logs what it cannot decode under the zxid
 * before), the next one, or the first of a later epoch (R4, W8). Anything else is a hole.
 */
export function continues(last: Zxid, next: Zxid): boolean {
  if (next === last || next === last + 1n) return true;
  return epochOf(next) > epochOf(last) && counterOf(next) === 1;
}

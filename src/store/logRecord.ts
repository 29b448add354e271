import type { Writer } from "jute-ts";
import { adler32 } from "../base/checksum.ts";
import { counterOf, epochOf, type Zxid } from "../base/zxid.ts";
import { FILE_VERSION, FileHeader, LOG_MAGIC } from "../wire/files.ts";

/** One log record: Adler-32 of the payload as a long, its length, the payload, 0x42 (on-disk-formats 3.2). */

export const LOG_HEADER_BYTES = FileHeader.size;
export const RECORD_HEAD_BYTES = 12;
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

export function writeRecord(writer: Writer, payload: Uint8Array): void {
  const at = writer.reserve(payload.length + RECORD_OVERHEAD_BYTES);
  writer.view.setUint32(at, 0);
  writer.view.setUint32(at + 4, adler32(1, payload));
  writer.view.setInt32(at + 8, payload.length);
  writer.bytes.set(payload, at + RECORD_HEAD_BYTES);
  writer.bytes[at + RECORD_HEAD_BYTES + payload.length] = END_OF_RECORD;
}

/**
 * Whether `next` may follow `last` in a log: the same zxid again (Java logs what it cannot decode under the zxid
 * before), the next one, or the first of a later epoch (R4, W8). Anything else is a hole.
 */
export function continues(last: Zxid, next: Zxid): boolean {
  if (next === last || next === last + 1n) return true;
  return epochOf(next) > epochOf(last) && counterOf(next) === 1;
}

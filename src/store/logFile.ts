import { hex64, viewOf } from "../base/bytes.ts";
import { adler32 } from "../base/checksum.ts";
import type { Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Directory } from "./directory.ts";
import {
  END_OF_RECORD,
  LEAST_PAYLOAD_BYTES,
  LOG_HEADER_BYTES,
  logHeader,
  RECORD_HEAD_BYTES,
  RECORD_OVERHEAD_BYTES,
  zxidOfPayload,
} from "./logRecord.ts";
import { StoreError } from "./storeError.ts";

export interface LogEntry extends TxnBytes {
  /** Where the record begins in its file. */
  readonly offset: number;
}

export interface LogFileOptions {
  /** `jute.maxbuffer` plus extrasize: no payload may be longer (on-disk-formats 3.11). */
  readonly maxRecordBytes: number;
  /** Take a last record whose checksum is wrong for a torn one, if nothing but zeros follows it. */
  readonly dropDamagedTail: boolean;
}

/**
 * One log read from the front, record by record. The end is what a crash can leave: zeros, or one record that was cut or whose end
 * is missing. Everything else is damage and a StoreError: Java takes some of it for the end of the file and
 * loses what follows (on-disk-formats 3.10, the last column of 13).
 */
export class LogFile {
  readonly name: string;
  readonly size: number;
  /** Where the next record begins; after the end, where the good records end. */
  offset = LOG_HEADER_BYTES;
  /** What is left of a record that a crash cut, once the end was reached. */
  torn: string | undefined;
  private readonly directory: Directory;
  private readonly options: LogFileOptions;
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;
  private ended = false;

  constructor(directory: Directory, name: string, options: LogFileOptions) {
    this.directory = directory;
    this.name = name;
    this.options = options;
    this.size = directory.size(name);
  }

  /** Whether the file ends before its header does, and is the beginning of one: what a crash at creation leaves. */
  isUnborn(): boolean {
    if (this.size >= LOG_HEADER_BYTES) return false;
    const whole = logHeader();
    return this.bytes(0, this.size).every((byte, i) => byte === whole[i]);
  }

  /** StoreError when the file is no log: only the magic counts (on-disk-formats 3.1). */
  checkHeader(): void {
    const found = this.bytes(0, LOG_HEADER_BYTES);
    if (found.length < LOG_HEADER_BYTES)
      throw this.refusal(0, `only ${found.length} bytes, a log has a header of ${LOG_HEADER_BYTES}`);
    if (logHeader().some((byte, i) => i < 4 && byte !== found[i]))
      throw this.refusal(0, "no log: it does not start with ZKLG");
  }

  /** The next record, its bytes a view that stays valid; undefined at the end of the log. */
  next(): LogEntry | undefined {
    if (this.ended) return undefined;
    const at = this.offset;
    const head = this.bytes(at, RECORD_HEAD_BYTES);
    if (head.length < RECORD_HEAD_BYTES) return this.end(at, head.length, isZero(head) ? undefined : "its head is cut");
    const view = viewOf(head);
    const length = view.getInt32(8);
    if (length === 0) return this.end(at, RECORD_HEAD_BYTES, isZero(head) ? undefined : "it has no length");
    if (length < LEAST_PAYLOAD_BYTES || length > this.options.maxRecordBytes) throw this.badLength(at, length);
    // The checksum stands in the low half of a long.
    const crc = view.getInt32(0) === 0 ? view.getUint32(4) : Number.NaN;
    const body = this.bytes(at + RECORD_HEAD_BYTES, length + 1);
    const payload = body.subarray(0, length);
    if (body[length] !== END_OF_RECORD) return this.partial(at, crc, body, length);
    if (adler32(1, payload) !== crc) return this.badChecksum(at, length);
    this.offset = at + length + RECORD_OVERHEAD_BYTES;
    return { zxid: zxidOfPayload(payload), bytes: payload, offset: at };
  }

  release(): void {
    this.directory.release(this.name);
  }

  /** A record without its end: torn when a crash can have left it so, damaged otherwise. */
  private partial(at: number, crc: number, body: Uint8Array, length: number): undefined {
    const last = body[length];
    if (last !== undefined && last !== 0)
      throw this.refusal(at, `the record of ${length} bytes does not end in 0x42 but in ${last}`);
    if (holdsWhole(crc, body)) throw this.refusal(at, "the record is whole but its length is wrong");
    return this.end(at, RECORD_HEAD_BYTES + body.length, last === undefined ? "it is cut" : "its end is missing");
  }

  private badChecksum(at: number, length: number): undefined {
    const after = at + length + RECORD_OVERHEAD_BYTES;
    const isLast = this.firstNonZero(after) === undefined;
    if (isLast && this.options.dropDamagedTail) return this.end(at, after - at, "its checksum is wrong");
    throw this.refusal(at, `the checksum of a ${isLast ? "last " : ""}record of ${length} bytes is wrong`);
  }

  private badLength(at: number, length: number): StoreError {
    const allowed = `${LEAST_PAYLOAD_BYTES} to ${this.options.maxRecordBytes}`;
    const remedy = length > 0 ? "; if the record is good, start once with a larger jute.maxbuffer" : "";
    return this.refusal(at, `a record claims ${length} bytes, allowed are ${allowed} (jute.maxbuffer)${remedy}`);
  }

  /** Ends the log at `at`: only zeros may follow the `partBytes` that were looked at. */
  private end(at: number, partBytes: number, torn: string | undefined): undefined {
    const stray = this.firstNonZero(at + partBytes);
    if (stray !== undefined) throw this.refusal(at, `no record, but more data at offset ${stray}`);
    this.ended = true;
    this.torn = torn;
    this.window = new Uint8Array(0);
    return undefined;
  }

  private refusal(at: number, what: string): StoreError {
    return new StoreError(`${this.directory.path}/${this.name}, offset ${at}: ${what}; ${REMEDY}`);
  }

  private firstNonZero(from: number): number | undefined {
    for (let at = from; at < this.size; at += WINDOW_BYTES) {
      const bytes = this.directory.read(this.name, at, Math.min(WINDOW_BYTES, this.size - at));
      if (bytes.length === 0) return undefined;
      if (!isZero(bytes)) return at + bytes.findIndex((byte) => byte !== 0);
    }
    return undefined;
  }

  /** Bytes [at, at + length), fewer only at the end of the file. */
  private bytes(at: number, length: number): Uint8Array {
    if (at < this.windowStart || at + length > this.windowStart + this.window.length) {
      this.window = this.directory.read(this.name, at, Math.max(length, WINDOW_BYTES));
      this.windowStart = at;
    }
    return this.window.subarray(at - this.windowStart, at - this.windowStart + length);
  }
}

/** How the operator reads a zxid. */
export function zxidText(zxid: Zxid): string {
  return `0x${hex64(zxid)}`;
}

/** Whether a payload shorter than announced, followed by 0x42, has the checksum: then the length is what is wrong. */
function holdsWhole(crc: number, body: Uint8Array): boolean {
  let adler = 1;
  let done = 0;
  for (let i = body.indexOf(END_OF_RECORD); i >= 0; i = body.indexOf(END_OF_RECORD, i + 1)) {
    adler = adler32(adler, body, done, i);
    done = i;
    if (adler === crc) return true;
  }
  return false;
}

function isZero(bytes: Uint8Array): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0;
  const words = aligned > 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, aligned) : NO_WORDS;
  for (let i = 0; i < aligned; i++) if (words[i] !== 0) return false;
  for (let i = aligned * 4; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

const NO_WORDS = new Int32Array(0);
const WINDOW_BYTES = 256 * 1024;
const REMEDY =
  "in an ensemble move this server's data aside and let the leader send it anew, alone restore the file from a backup";

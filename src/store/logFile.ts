import { hex64, viewOf } from "../base/bytes.ts";
import { adler32 } from "../base/checksum.ts";
import { nextZxid, toZxid, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Directory } from "./directory.ts";
import {
  END_OF_RECORD,
  LEAST_PAYLOAD_BYTES,
  LOG_HEADER_BYTES,
  logHeader,
  RECORD_HEAD_BYTES,
  RECORD_OVERHEAD_BYTES,
  TYPE_OFFSET,
  ZXID_OFFSET,
} from "./logRecord.ts";
import { StoreError } from "./storeError.ts";

export interface LogEntry extends TxnBytes {
  /** The type in its header. */
  readonly type: number;
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
  /** What was read last, from `windowStart` on; never written over. */
  private window: Uint8Array = NOTHING;
  private view: DataView = viewOf(NOTHING);
  private windowStart = 0;
  private ended = false;
  private last: Zxid | undefined;
  private readonly followedBy: Zxid | undefined;

  /** `followedBy`: the zxid that the next log is named after. */
  constructor(directory: Directory, name: string, options: LogFileOptions, followedBy?: Zxid) {
    this.directory = directory;
    this.name = name;
    this.options = options;
    this.followedBy = followedBy;
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
    if (!this.holds(at, RECORD_HEAD_BYTES)) return this.endInHead(at, "its head is cut");
    const headAt = at - this.windowStart;
    const length = this.view.getInt32(headAt + 8);
    if (length === 0) return this.endInHead(at, "it has no length");
    if (length < LEAST_PAYLOAD_BYTES || length > this.options.maxRecordBytes) throw this.badLength(at, length);
    // The checksum stands in the low half of a long.
    const crc = this.view.getInt32(headAt) === 0 ? this.view.getUint32(headAt + 4) : Number.NaN;
    const isWhole = this.holds(at, length + RECORD_OVERHEAD_BYTES);
    const start = at - this.windowStart + RECORD_HEAD_BYTES;
    const end = start + length;
    if (!isWhole || this.window[end] !== END_OF_RECORD)
      return this.partial(at, crc, this.bytes(at + RECORD_HEAD_BYTES, length + 1), length);
    if (adler32(1, this.window, start, end) !== crc) return this.badChecksum(at, length);
    this.offset = at + length + RECORD_OVERHEAD_BYTES;
    const zxid = toZxid(this.view.getBigInt64(start + ZXID_OFFSET));
    const type = this.view.getInt32(start + TYPE_OFFSET);
    this.last = zxid;
    return { zxid, type, bytes: this.window.subarray(start, end), offset: at };
  }

  release(): void {
    this.directory.release(this.name);
  }

  /** No record begins at `at`: what there is of its head is zeros, or it is torn. */
  private endInHead(at: number, torn: string): undefined {
    const head = this.bytes(at, RECORD_HEAD_BYTES);
    return this.end(at, head.length, isZero(head) ? undefined : torn);
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

  /**
   * Ends the log at `at`: only zeros may follow the `partBytes` that were looked at. They are megabytes; where the next log goes on
   * with the next transaction nothing can be missing between them.
   */
  private end(at: number, partBytes: number, torn: string | undefined): undefined {
    const goesOn = torn === undefined && this.last !== undefined && this.followedBy === nextZxid(this.last);
    const stray = goesOn ? undefined : this.firstNonZero(at + partBytes);
    if (stray !== undefined) throw this.refusal(at, `no record, but more data at offset ${stray}`);
    this.ended = true;
    this.torn = torn;
    this.window = NOTHING;
    return undefined;
  }

  private refusal(at: number, what: string): StoreError {
    return new StoreError(`${this.directory.path}/${this.name}, offset ${at}: ${what}; ${REMEDY}`);
  }

  private firstNonZero(from: number): number | undefined {
    for (let at = from; at < this.size; at += ZEROS_BYTES) {
      const bytes = this.directory.read(this.name, at, Math.min(ZEROS_BYTES, this.size - at));
      if (bytes.length === 0) return undefined;
      if (!isZero(bytes)) return at + bytes.findIndex((byte) => byte !== 0);
    }
    return undefined;
  }

  /** Bytes [at, at + length), fewer only at the end of the file. */
  private bytes(at: number, length: number): Uint8Array {
    this.holds(at, length);
    return this.window.subarray(at - this.windowStart, at - this.windowStart + length);
  }

  /** Moves the window to bytes [at, at + length) unless it holds them; false when the file ends before them. */
  private holds(at: number, length: number): boolean {
    const { windowStart, window } = this;
    if (at >= windowStart && at + length <= windowStart + window.length) return true;
    this.window = this.directory.read(this.name, at, Math.max(length, WINDOW_BYTES));
    this.view = viewOf(this.window);
    this.windowStart = at;
    return length <= this.window.length;
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
  const aligned = bytes.byteOffset % 4 === 0 ? bytes.length >>> 4 : 0;
  const words = aligned > 0 ? new Int32Array(bytes.buffer, bytes.byteOffset, 4 * aligned) : NO_WORDS;
  // A log is made with 64 MiB of zeros behind it, and each is looked at: four words a test.
  for (let i = 0; i < words.length; i += 4) {
    if (((words[i] as number) | (words[i + 1] as number) | (words[i + 2] as number) | (words[i + 3] as number)) !== 0)
      return false;
  }
  for (let i = aligned * 16; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

const NOTHING = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const WINDOW_BYTES = 256 * 1024;
/** Zeros are read in pieces that the allocator has at hand: larger ones it maps anew each time. */
const ZEROS_BYTES = 64 * 1024;
const REMEDY =
  "in an ensemble move this server's data aside and let the leader send it anew, alone restore the file from a backup";

import { InvariantError, present } from "../base/assert.ts";
import { viewOf } from "../base/bytes.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import type { Directory } from "./directory.ts";
import { LogFile, zxidText } from "./logFile.ts";
import { continues, LOG_HEADER_BYTES, logHeader, sealRecord } from "./logRecord.ts";
import { storedFiles, storedName, temporaryName } from "./names.ts";
import { StoreError } from "./storeError.ts";

export interface LogAppenderOptions {
  readonly preAllocSizeBytes: number;
  /** False only for `zookeeper.forceSync=no`: what is acknowledged may be lost with the machine. */
  readonly forceSync: boolean;
}

/** What went into the log in one group. */
export interface Appended {
  readonly count: number;
  readonly last: Zxid;
}

/**
 * The end of the transaction log. A file is created by the first append after a start or a roll, whole with its header and its name on
 * disk before it takes a record; a file of an earlier run is never appended to (on-disk-formats 3.8, 13). Errors
 * of the directory come through: they are fatal (D3).
 */
export class LogAppender {
  /** The last zxid appended, undefined while that is not known: after a start, and after a leader's snapshot. */
  last: Zxid | undefined;
  private readonly directory: Directory;
  private readonly options: LogAppenderOptions;
  private name: string | undefined;
  private position = 0;
  private padded = 0;
  /** From `position` to here the file holds zeros that were written, not a hole. */
  private zeroed = 0;

  constructor(directory: Directory, options: LogAppenderOptions) {
    this.directory = directory;
    this.options = options;
  }

  /** Bytes of the open file with its padding; 0 while none is open. */
  get size(): number {
    return this.name === undefined ? 0 : Math.max(this.padded, this.position);
  }

  /**
   * Writes the records of a `RecordGroup`, at least one, with one write and syncs them, after filling in their checksums. Zxids must
   * continue the log (W8).
   */
  append(records: Uint8Array): Appended {
    const view = viewOf(records);
    const name = this.name ?? this.create(toZxid(view.getBigInt64(0)));
    const start = this.position;
    const before = this.padded;
    let count = 0;
    for (let at = 0; at < records.length; count++) at = this.seal(records, view, at);
    if (this.padded > before) this.directory.resize(name, this.size);
    this.directory.write(name, start, records);
    if (this.position > this.zeroed) this.zeroAhead(name);
    if (this.options.forceSync) this.directory.sync(name);
    return { count, last: present(this.last, "what was appended has a zxid") };
  }

  /**
   * Fills the padding that comes next. A sync after a write into a hole must also bring to disk which block the file was given;
   * over zeros that were written it takes half the time.
   */
  private zeroAhead(name: string): void {
    this.zeroed = Math.min(this.padded, this.position + ZEROS.length);
    if (this.zeroed > this.position)
      this.directory.write(name, this.position, ZEROS.subarray(0, this.zeroed - this.position));
  }

  /** The next append begins a new file. */
  roll(): void {
    if (this.name !== undefined) this.directory.release(this.name);
    this.name = undefined;
  }

  /** As `roll`, without the padding: the next start would read all of it, and a file of an earlier run is never appended to. */
  close(): void {
    if (this.name !== undefined) this.directory.resize(this.name, this.position);
    this.roll();
  }

  /** The record at `at`, whose zxid makes way for its checksum; where the next one begins. */
  private seal(records: Uint8Array, view: DataView, at: number): number {
    const zxid = toZxid(view.getBigInt64(at));
    this.checkContinues(zxid);
    this.last = zxid;
    this.padded = paddedSize(this.position, this.padded, this.options.preAllocSizeBytes);
    const end = sealRecord(records, view, at);
    this.position += end - at;
    return end;
  }

  private checkContinues(zxid: Zxid): void {
    const { last } = this;
    if (last === undefined || continues(last, zxid)) return;
    throw new InvariantError(`the log goes on without a gap: ${zxidText(zxid)} after ${zxidText(last)}`);
  }

  private create(zxid: Zxid): string {
    const name = storedName("log", zxid);
    const others = storedFiles(this.directory, "log").filter((file) => file.zxid === zxid);
    for (const other of others) this.checkReplaceable(other.name);
    const temporary = temporaryName(name);
    this.directory.write(temporary, 0, logHeader());
    this.directory.resize(temporary, LOG_HEADER_BYTES);
    this.directory.sync(temporary);
    this.directory.release(temporary);
    this.directory.rename(temporary, name);
    for (const other of others) if (other.name !== name) this.directory.remove(other.name);
    this.directory.syncDirectory();
    this.name = name;
    this.position = LOG_HEADER_BYTES;
    this.padded = LOG_HEADER_BYTES;
    this.zeroed = LOG_HEADER_BYTES;
    return name;
  }

  /** A crash may have left a log of this name without a record; one with a record is not ours to overwrite. */
  private checkReplaceable(name: string): void {
    const file = new LogFile(this.directory, name, { maxRecordBytes: 0x7fffffff, dropDamagedTail: false });
    if (file.isUnborn()) return;
    file.checkHeader();
    const found = file.next();
    file.release();
    if (found !== undefined)
      throw new StoreError(`${this.directory.path}/${name}: already holds transaction ${zxidText(found.zxid)}`);
  }
}

/**
 * The size that Java pads a log to before it appends at `position` (on-disk-formats 3.7): it grows by whole blocks once
 * less than 4 KiB are left. `block` <= 0: no padding.
 */
export function paddedSize(position: number, size: number, block: number): number {
  if (block <= 0 || position + 4096 < size) return size;
  return position > size ? Math.floor((position + block) / block) * block : size + block;
}

const ZEROS = new Uint8Array(256 * 1024);

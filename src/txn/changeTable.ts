import { Crowd } from "../tree/crowd.ts";
import type { ChangeRecord } from "./changeRecord.ts";

/**
 * The last change of each path, found by the path's CRC-32, which the committed tree needs anyway. A Map would be rebuilt every few
 * dozen changes, since each change leaves it again soon, and its old tables keep one another alive in the collector.
 *
 * Clients choose the paths and thereby the CRCs: what finds LONGEST_CHAIN records before it, which chance does not bring about, goes
 * into a crowd.
 *
 * Invariants: one record a path; a record is chained in the bucket of its CRC or in the crowd; no chain is longer than LONGEST_CHAIN.
 */
export class ChangeTable {
  private buckets: (ChangeRecord | undefined)[] = emptyBuckets(FIRST_BUCKETS);
  private count = 0;
  private crowd = new Crowd<ChangeRecord>();

  find(path: string, crc: number): ChangeRecord | undefined {
    let record = this.buckets[crc & (this.buckets.length - 1)];
    while (record !== undefined && (record.pathCrc !== crc || record.path !== path)) record = record.chained;
    return record === undefined && this.crowd.size > 0 ? this.crowd.get(path) : record;
  }

  /** In place of what is known of its path, which is returned. */
  put(record: ChangeRecord): ChangeRecord | undefined {
    const before = this.find(record.path, record.pathCrc);
    if (before !== undefined) this.remove(before);
    if (this.count === this.buckets.length) this.grow();
    if (this.hasRoom(record)) this.chain(record);
    else this.crowd.add(record.path, record);
    this.count++;
    return before;
  }

  /** Only if the record is still the last of its path. */
  remove(record: ChangeRecord): void {
    const bucket = record.pathCrc & (this.buckets.length - 1);
    let above: ChangeRecord | undefined;
    let at = this.buckets[bucket];
    while (at !== undefined && at !== record) {
      above = at;
      at = at.chained;
    }
    if (at === undefined) {
      this.removeFromCrowd(record);
      return;
    }
    if (above === undefined) this.buckets[bucket] = record.chained;
    else above.chained = record.chained;
    record.chained = undefined;
    this.count--;
  }

  clear(): void {
    this.buckets = emptyBuckets(FIRST_BUCKETS);
    this.crowd = new Crowd();
    this.count = 0;
  }

  private removeFromCrowd(record: ChangeRecord): void {
    if (this.crowd.size === 0 || this.crowd.get(record.path) !== record) return;
    this.crowd.remove(record.path);
    this.count--;
  }

  private hasRoom(record: ChangeRecord): boolean {
    let at = this.buckets[record.pathCrc & (this.buckets.length - 1)];
    let length = 0;
    for (; at !== undefined && length < LONGEST_CHAIN; at = at.chained) length++;
    return length < LONGEST_CHAIN;
  }

  private chain(record: ChangeRecord): void {
    const bucket = record.pathCrc & (this.buckets.length - 1);
    record.chained = this.buckets[bucket];
    this.buckets[bucket] = record;
  }

  private grow(): void {
    const before = this.buckets;
    this.buckets = emptyBuckets(2 * before.length);
    for (const first of before) {
      for (let record = first; record !== undefined; ) {
        const next: ChangeRecord | undefined = record.chained;
        this.chain(record);
        record = next;
      }
    }
  }
}

function emptyBuckets(size: number): (ChangeRecord | undefined)[] {
  return new Array<ChangeRecord | undefined>(size).fill(undefined);
}

/** A power of two, as every size. */
const FIRST_BUCKETS = 1024;
const LONGEST_CHAIN = 16;

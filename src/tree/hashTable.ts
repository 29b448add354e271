import { assert } from "../base/assert.ts";
import { NO_RECORD } from "./records.ts";

/** What the table asks about records. */
export interface HashKeys {
  /** The hash of a record's key, as int32; the CRC-32 where the key is a path. */
  hash(index: number): number;
  /** Whether the record's key is the one that is sought. */
  isSought(index: number): boolean;
}

/**
 * From keys to records: open addressing over int32 slots, eight bytes a record and no objects. A slot holds a record's index and
 * five bits of its hash, so that a look-up seldom touches another record: each is a cache miss. The keys lie in the records.
 *
 * Growing moves a few slots with each change, so that no change of a large tree stands still; meanwhile both tables are asked.
 * A removal closes the gap in the new table and leaves a MOVED mark in the old one.
 */
export class HashTable {
  private readonly keys: HashKeys;
  private slots: Int32Array;
  private shift: number;
  private old: Int32Array;
  private oldShift: number;
  private moved: number;
  private count: number;

  constructor(keys: HashKeys) {
    this.keys = keys;
    this.slots = new Int32Array(1 << FIRST_BITS);
    this.shift = 32 - FIRST_BITS;
    this.old = NO_SLOTS;
    this.oldShift = 0;
    this.moved = 0;
    this.count = 0;
  }

  get bytes(): number {
    return this.slots.byteLength + this.old.byteLength;
  }

  /** The sought record, whose key has this hash; NO_RECORD when there is none. */
  find(hash: number): number {
    const index = this.probe(this.slots, this.shift, hash);
    return index === NO_RECORD && this.old.length > 0 ? this.probe(this.old, this.oldShift, hash) : index;
  }

  /** Adds a record whose key is not there. */
  add(index: number): void {
    assert(index < INDEX_MASK, "a hash table names at most 67 million records");
    if (this.count >= this.slots.length * FULLEST) this.grow();
    this.place(index);
    this.count++;
    if (this.old.length > 0) this.migrate();
  }

  /** Takes out a record that is there. */
  remove(index: number): void {
    this.count--;
    const at = slotHolding(this.slots, this.home(index), index);
    if (at >= 0) this.closeGap(at);
    else this.old[slotHolding(this.old, slotOf(this.keys.hash(index), this.oldShift), index)] = MOVED;
    if (this.old.length > 0) this.migrate();
  }

  private probe(slots: Int32Array, shift: number, hash: number): number {
    const mask = slots.length - 1;
    const tag = hash & TAG_MASK;
    for (let i = slotOf(hash, shift); ; i = (i + 1) & mask) {
      const slot = slots[i] as number;
      if (slot === EMPTY) return NO_RECORD;
      if (slot >>> INDEX_BITS !== tag) continue;
      const index = recordOf(slot);
      if (this.keys.hash(index) === hash && this.keys.isSought(index)) return index;
    }
  }

  private home(index: number): number {
    return slotOf(this.keys.hash(index), this.shift);
  }

  private place(index: number): void {
    const mask = this.slots.length - 1;
    const hash = this.keys.hash(index);
    let i = slotOf(hash, this.shift);
    while (this.slots[i] !== EMPTY) i = (i + 1) & mask;
    this.slots[i] = ((hash & TAG_MASK) << INDEX_BITS) | (index + 1);
  }

  /** Moves later members of the run into the gap unless that would put them before their home. */
  private closeGap(at: number): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let gap = at;
    for (let i = (at + 1) & mask; slots[i] !== EMPTY; i = (i + 1) & mask) {
      const slot = slots[i] as number;
      if (((i - this.home(recordOf(slot))) & mask) < ((i - gap) & mask)) continue;
      slots[gap] = slot;
      gap = i;
    }
    slots[gap] = EMPTY;
  }

  private grow(): void {
    while (this.old.length > 0) this.migrate();
    this.old = this.slots;
    this.oldShift = this.shift;
    this.moved = 0;
    this.slots = new Int32Array(this.old.length * 2);
    this.shift--;
  }

  private migrate(): void {
    const end = Math.min(this.moved + MOVES_A_CHANGE, this.old.length);
    for (; this.moved < end; this.moved++) {
      const slot = this.old[this.moved] as number;
      if (slot === EMPTY || slot === MOVED) continue;
      this.old[this.moved] = MOVED;
      this.place(recordOf(slot));
    }
    if (end === this.old.length) this.old = NO_SLOTS;
  }
}

/** CRCs of like paths differ in few bits: a multiplication spreads them, the high bits choose the slot. */
function slotOf(hash: number, shift: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> shift;
}

function recordOf(slot: number): number {
  return (slot & INDEX_MASK) - 1;
}

/** Where a record stands in a run, -1 when the run ends without it. */
function slotHolding(slots: Int32Array, from: number, index: number): number {
  const mask = slots.length - 1;
  for (let i = from; ; i = (i + 1) & mask) {
    const slot = slots[i] as number;
    if (slot === EMPTY) return -1;
    if (slot !== MOVED && recordOf(slot) === index) return i;
  }
}

const EMPTY = 0;
/** No record: its tag has the sign bit on top. */
const MOVED = -1;
/** Index plus one. */
const INDEX_BITS = 26;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const TAG_MASK = 31;
const FIRST_BITS = 6;
const FULLEST = 0.75;
const MOVES_A_CHANGE = 16;
const NO_SLOTS = new Int32Array(0);

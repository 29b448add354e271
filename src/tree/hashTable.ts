import { assert } from "../base/assert.ts";
import { Crowd } from "./crowd.ts";
import { NO_RECORD } from "./records.ts";

/** What the table asks about records. */
export interface HashKeys {
  /** The hash of a record's key, as int32; the CRC-32 where the key is a path. */
  hash(index: number): number;
  /** Whether the record's key is the one that is sought. */
  isSought(index: number): boolean;
  /** A record's key as text, different for different keys. */
  textOf(index: number): string;
  /** The sought key as such a text. */
  soughtText(): string;
}

/**
 * From keys to records: open addressing over int32 slots, eight bytes a record and no objects. A slot holds a record's index and
 * five bits of its hash, so that a look-up seldom touches another record: each is a cache miss. The keys lie in the records.
 *
 * Growing moves a few slots with each change, so that no change of a large tree stands still; meanwhile both tables are asked.
 * A removal closes the gap in the new table and leaves a MOVED mark in the old one.
 *
 * Clients choose the keys, and a CRC-32 can be chosen with them. What that can cost is bounded: from its home to a record there
 * are fewer than LONGEST slots, MOST_ALIKE records with its tag and MOST_EQUAL with its hash, or the record is in the crowd, which
 * is asked after a miss. Chance does not get there: of 6 million paths at 75 % the farthest was 222 slots away, behind 12 alike.
 * No change puts more records before another: only the end of a run is filled, and of a gap's later members the first may move.
 */
export class HashTable {
  /** How many records there will be, as far as is known: growing makes room for them. */
  expected = 0;
  private readonly keys: HashKeys;
  private slots: Int32Array;
  private shift: number;
  private old: Int32Array;
  private oldShift: number;
  private moved: number;
  private count: number;
  private readonly crowd: Crowd<number>;

  constructor(keys: HashKeys) {
    this.keys = keys;
    this.slots = new Int32Array(1 << FIRST_BITS);
    this.shift = 32 - FIRST_BITS;
    this.old = NO_SLOTS;
    this.oldShift = 0;
    this.moved = 0;
    this.count = 0;
    this.crowd = new Crowd();
  }

  /** What the slots take; the crowd is not counted. */
  get bytes(): number {
    return this.slots.byteLength + this.old.byteLength;
  }

  /** How many records found no good slot: 0 unless somebody chose their hashes. */
  get crowded(): number {
    return this.crowd.size;
  }

  /** The sought record, whose key has this hash; NO_RECORD when there is none. */
  find(hash: number): number {
    let index = this.probe(this.slots, this.shift, hash);
    if (index === NO_RECORD && this.old.length > 0) index = this.probe(this.old, this.oldShift, hash);
    return index === NO_RECORD && this.crowd.size > 0 ? this.findInCrowd() : index;
  }

  /**
   * Reads the slots where the look for the first `count` hashes begins, four at a time: nothing to know, but then they are in the
   * cache. What is still in the table that is being left is not looked for.
   */
  readAhead(hashes: Int32Array, count: number): number {
    const { slots, shift } = this;
    let sum = 0;
    for (let i = 0; i < count; i += 4) {
      const a = slots[slotOf(hashes[i] as number, shift)] as number;
      const b = slots[slotOf(hashes[i + 1] as number, shift)] as number;
      const c = slots[slotOf(hashes[i + 2] as number, shift)] as number;
      const d = slots[slotOf(hashes[i + 3] as number, shift)] as number;
      sum ^= a ^ b ^ c ^ d;
    }
    return sum;
  }

  /** The first record with the tag of this hash, if there is one near its home. */
  guess(hash: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    const tag = hash & TAG_MASK;
    const home = slotOf(hash, this.shift);
    for (let i = home; i < home + NEAR; i++) {
      const slot = slots[i & mask] as number;
      if (slot === EMPTY) return NO_RECORD;
      if (slot >>> INDEX_BITS === tag) return recordOf(slot);
    }
    return NO_RECORD;
  }

  /** Goes on with growing as a change would, so that a table that was filled and is then only read does not stay in two. */
  settle(): void {
    if (this.old.length > 0) this.migrate();
  }

  /** Adds a record whose key is not there. */
  add(index: number): void {
    assert(index < INDEX_MASK, "a hash table names at most 67 million records");
    if (this.count >= this.slots.length * FULLEST) this.grow();
    this.place(index);
    this.count++;
    this.settle();
  }

  /** Takes out a record that is there. */
  remove(index: number): void {
    this.count--;
    const at = slotHolding(this.slots, this.home(index), index);
    if (at >= 0) this.closeGap(at);
    else this.removeElsewhere(index);
    this.settle();
  }

  private removeElsewhere(index: number): void {
    const { old } = this;
    const at = old.length === 0 ? -1 : slotHolding(old, slotOf(this.keys.hash(index), this.oldShift), index);
    if (at >= 0) old[at] = MOVED;
    else this.crowd.remove(this.keys.textOf(index));
  }

  /** Bytes that are no valid text can read as some key's text, hence the question. */
  private findInCrowd(): number {
    const index = this.crowd.get(this.keys.soughtText());
    return index !== undefined && this.keys.isSought(index) ? index : NO_RECORD;
  }

  private probe(slots: Int32Array, shift: number, hash: number): number {
    const mask = slots.length - 1;
    const tag = hash & TAG_MASK;
    const home = slotOf(hash, shift);
    let alike = 0;
    for (let i = home; i < home + LONGEST && alike < MOST_ALIKE; i++) {
      const slot = slots[i & mask] as number;
      if (slot === EMPTY) return NO_RECORD;
      if (slot >>> INDEX_BITS !== tag) continue;
      const index = recordOf(slot);
      if (this.keys.hash(index) === hash && this.keys.isSought(index)) return index;
      alike++;
    }
    return NO_RECORD;
  }

  private home(index: number): number {
    return slotOf(this.keys.hash(index), this.shift);
  }

  private place(index: number): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    const hash = this.keys.hash(index);
    const tag = hash & TAG_MASK;
    const home = slotOf(hash, this.shift);
    let alike = 0;
    for (let i = home; i < home + LONGEST && alike < MOST_ALIKE; i++) {
      const slot = slots[i & mask] as number;
      if (slot === EMPTY) {
        // The others are looked at only when they are many.
        if (alike >= MOST_EQUAL && this.countEqual(hash, home, i) >= MOST_EQUAL) break;
        slots[i & mask] = (tag << INDEX_BITS) | (index + 1);
        return;
      }
      if (slot >>> INDEX_BITS === tag) alike++;
    }
    this.crowd.add(this.keys.textOf(index), index);
  }

  /** How many records with this hash stand between its home and `end`. */
  private countEqual(hash: number, home: number, end: number): number {
    const tag = hash & TAG_MASK;
    let equal = 0;
    for (let i = home; i < end; i++) {
      const slot = this.slots[i & (this.slots.length - 1)] as number;
      if (slot >>> INDEX_BITS === tag && this.keys.hash(recordOf(slot)) === hash) equal++;
    }
    return equal;
  }

  /**
   * Moves later members of the run into the gap unless that would put them before their home. In a run that was made long, a
   * MOVED mark ends the work; it goes with the gap behind it, or when the table grows.
   */
  private closeGap(at: number): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let gap = at;
    for (let i = at + 1; slots[i & mask] !== EMPTY; i++) {
      if (i === at + LONGEST) {
        slots[gap & mask] = MOVED;
        return;
      }
      const slot = slots[i & mask] as number;
      if (slot === MOVED || ((i - this.home(recordOf(slot))) & mask) < i - gap) continue;
      slots[gap & mask] = slot;
      gap = i;
    }
    slots[gap & mask] = EMPTY;
    for (let i = gap - 1; slots[i & mask] === MOVED; i--) slots[i & mask] = EMPTY;
  }

  private grow(): void {
    while (this.old.length > 0) this.migrate();
    this.old = this.slots;
    this.oldShift = this.shift;
    this.moved = 0;
    let doublings = 1;
    while (doublings < MOST_DOUBLINGS && (this.old.length << doublings) * FULLEST < this.expected) doublings++;
    this.slots = new Int32Array(this.old.length << doublings);
    this.shift -= doublings;
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

/** Where a record stands behind its home, -1 when it is not there. */
function slotHolding(slots: Int32Array, home: number, index: number): number {
  const mask = slots.length - 1;
  for (let i = home; i < home + LONGEST; i++) {
    const slot = slots[i & mask] as number;
    if (slot === EMPTY) return -1;
    if (slot !== MOVED && recordOf(slot) === index) return i & mask;
  }
  return -1;
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
/** Of one growth: what is expected was guessed from the records there are. */
const MOST_DOUBLINGS = 12;

const MOVES_A_CHANGE = 16;
/** Nearly all records are; a cache line has 16 slots. */
const NEAR = 8;
const LONGEST = 1024;
const MOST_ALIKE = 32;
/** Each has its whole path compared with the sought one. */
const MOST_EQUAL = 8;
const NO_SLOTS = new Int32Array(0);

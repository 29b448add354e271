import { assert } from "../base/assert.ts";
import { NO_NODE, type NodeRef } from "./nodeTable.ts";

/** What the table asks about nodes. */
export interface PathKeys {
  /** The CRC-32 of a node's path. */
  pathCrc(ref: NodeRef): number;
  /** Whether the node's path is the one that is sought. */
  isSought(ref: NodeRef): boolean;
}

/**
 * From paths to nodes: open addressing over int32 slots, eight bytes a node and no objects. A slot holds a node and five bits of
 * its CRC, so that a look-up seldom touches the row of another node: each row is a cache miss.
 *
 * Growing moves a few slots with each change, so that no change of a large tree stands still; meanwhile both tables are asked.
 * A removal closes the gap in the new table and leaves a MOVED mark in the old one.
 */
export class PathTable {
  private readonly keys: PathKeys;
  private slots: Int32Array;
  private shift: number;
  private old: Int32Array;
  private oldShift: number;
  private moved: number;
  private count: number;

  constructor(keys: PathKeys) {
    this.keys = keys;
    this.slots = new Int32Array(1 << FIRST_BITS);
    this.shift = 32 - FIRST_BITS;
    this.old = NO_SLOTS;
    this.oldShift = 0;
    this.moved = 0;
    this.count = 0;
  }

  /** The sought node, whose path has this CRC; NO_NODE when there is none. */
  find(crc: number): NodeRef {
    const ref = this.probe(this.slots, this.shift, crc);
    return ref === NO_NODE && this.old.length > 0 ? this.probe(this.old, this.oldShift, crc) : ref;
  }

  /** Adds a node that is not there. */
  add(ref: NodeRef): void {
    assert(ref < REF_MASK, "the path table names at most 67 million nodes");
    if (this.count >= this.slots.length * FULLEST) this.grow();
    this.place(ref);
    this.count++;
    if (this.old.length > 0) this.migrate();
  }

  /** Takes out a node that is there. */
  remove(ref: NodeRef): void {
    this.count--;
    const at = indexOf(this.slots, this.home(ref), ref);
    if (at >= 0) this.closeGap(at);
    else this.old[indexOf(this.old, slotOf(this.keys.pathCrc(ref), this.oldShift), ref)] = MOVED;
    if (this.old.length > 0) this.migrate();
  }

  private probe(slots: Int32Array, shift: number, crc: number): NodeRef {
    const mask = slots.length - 1;
    const tag = crc & TAG_MASK;
    for (let i = slotOf(crc, shift); ; i = (i + 1) & mask) {
      const slot = slots[i] as number;
      if (slot === EMPTY) return NO_NODE;
      if (slot >>> REF_BITS !== tag) continue;
      const ref = refOf(slot);
      if (this.keys.pathCrc(ref) === crc && this.keys.isSought(ref)) return ref;
    }
  }

  private home(ref: NodeRef): number {
    return slotOf(this.keys.pathCrc(ref), this.shift);
  }

  private place(ref: NodeRef): void {
    const mask = this.slots.length - 1;
    const crc = this.keys.pathCrc(ref);
    let i = slotOf(crc, this.shift);
    while (this.slots[i] !== EMPTY) i = (i + 1) & mask;
    this.slots[i] = ((crc & TAG_MASK) << REF_BITS) | (ref + 1);
  }

  /** Moves later members of the run into the gap unless that would put them before their home. */
  private closeGap(at: number): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let gap = at;
    for (let i = (at + 1) & mask; slots[i] !== EMPTY; i = (i + 1) & mask) {
      const slot = slots[i] as number;
      if (((i - this.home(refOf(slot))) & mask) < ((i - gap) & mask)) continue;
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
      this.place(refOf(slot));
    }
    if (end === this.old.length) this.old = NO_SLOTS;
  }
}

/** CRCs of like paths differ in few bits: a multiplication spreads them, the high bits choose the slot. */
function slotOf(crc: number, shift: number): number {
  return Math.imul(crc, 0x9e3779b1) >>> shift;
}

function refOf(slot: number): NodeRef {
  return (slot & REF_MASK) - 1;
}

/** Where a node stands in a run, -1 when the run ends without it. */
function indexOf(slots: Int32Array, from: number, ref: NodeRef): number {
  const mask = slots.length - 1;
  for (let i = from; ; i = (i + 1) & mask) {
    const slot = slots[i] as number;
    if (slot === EMPTY) return -1;
    if (slot !== MOVED && refOf(slot) === ref) return i;
  }
}

const EMPTY = 0;
/** No node: its tag has the sign bit on top. */
const MOVED = -1;
/** Node plus one. */
const REF_BITS = 26;
const REF_MASK = (1 << REF_BITS) - 1;
const TAG_MASK = 31;
const FIRST_BITS = 6;
const FULLEST = 0.75;
const MOVES_A_CHANGE = 16;
const NO_SLOTS = new Int32Array(0);

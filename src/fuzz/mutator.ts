import type { Random } from "../sim/random.ts";
import type { Field, Seed } from "./grammar.ts";

/**
 * Makes inputs of seeds: mostly one or two changes, at fields where it can. An input ends where its memory does, so that a decoder
 * that reads on finds nothing. It is good until the next one.
 */
export class Mutator {
  private readonly seeds: Seed[];
  private readonly random: Random;
  /** The first half is worked in, the end of the second is handed out. */
  private readonly bytes = new Uint8Array(2 * ROOM);
  private readonly view = new DataView(this.bytes.buffer);
  private length = 0;

  /** `seeds` is not empty. */
  constructor(seeds: readonly Seed[], random: Random) {
    this.seeds = seeds.filter(({ bytes }) => bytes.length <= ROOM / 2);
    this.random = random;
  }

  next(): Uint8Array {
    const { random } = this;
    const seed = random.pick(this.seeds);
    this.bytes.set(seed.bytes);
    this.length = seed.bytes.length;
    // Some stay as they are: what is valid must be taken.
    for (let changes = random.below(4); changes > 0; changes--) this.change(seed);
    const at = 2 * ROOM - this.length;
    this.bytes.copyWithin(at, 0, this.length);
    return this.bytes.subarray(at);
  }

  /** Goes on from an input that did something new. */
  keep(seed: Seed): void {
    if (seed.bytes.length <= ROOM / 2) this.seeds.push(seed);
  }

  private change(seed: Seed): void {
    const { random } = this;
    const field = seed.fields.length === 0 ? NO_FIELD : random.pick(seed.fields);
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.number(field);
      case 4:
        return this.cut(random.chance(0.7) ? field.at + field.length : random.below(this.length + 1));
      case 5:
        return this.flip();
      case 6:
        return this.rubbish(field);
      case 7:
        return this.splice(field);
      case 8:
        return this.remove(field.at, field.length);
      case 9:
        return this.insert(field.at, this.bytes.slice(field.at, field.at + field.length));
      case 10:
        return this.insert(random.below(this.length + 1), random.pick(RUBBISH));
      default:
        return this.nudge(field);
    }
  }

  /** An integer at the edge of something: of its type, or of the bytes that are left. */
  private number({ at, length }: Field): void {
    if (at + length > this.length) return;
    const left = this.length - at - length;
    const value = this.random.chance(0.4) ? left + this.random.below(5) - 2 : this.random.pick(EDGES);
    this.write(at, length, value);
  }

  private nudge({ at, length }: Field): void {
    if (length !== 4 || at + 4 > this.length) return this.flip();
    this.write(at, length, this.view.getInt32(at) + this.random.below(7) - 3);
  }

  private write(at: number, length: number, value: number): void {
    if (length === 4) this.view.setInt32(at, value);
    else if (length === 8) this.view.setBigInt64(at, this.random.chance(0.5) ? BigInt(value) : BigInt(value) << 32n);
    else if (length > 0) this.bytes[at] = value;
  }

  private flip(): void {
    if (this.length === 0) return;
    const at = this.random.below(this.length);
    this.bytes[at] = (this.bytes[at] as number) ^ (1 << this.random.below(8));
  }

  /** Bytes that are no UTF-8, over what is there. */
  private rubbish({ at, length }: Field): void {
    const bytes = this.random.pick(RUBBISH);
    const run = Math.min(bytes.length, length, this.length - at);
    for (let i = 0; i < run; i++) this.bytes[at + i] = bytes[i] as number;
  }

  /** Up to a field of this seed, then from a field of another one. */
  private splice({ at }: Field): void {
    const other = this.random.pick(this.seeds);
    const from = other.fields.length === 0 ? 0 : this.random.pick(other.fields).at;
    this.cut(at);
    this.insert(this.length, other.bytes.subarray(from));
  }

  private cut(length: number): void {
    this.length = Math.min(this.length, length);
  }

  private remove(at: number, length: number): void {
    if (at + length > this.length) return;
    this.bytes.copyWithin(at, at + length, this.length);
    this.length -= length;
  }

  private insert(at: number, bytes: Uint8Array): void {
    if (at > this.length || this.length + bytes.length > ROOM) return;
    this.bytes.copyWithin(at + bytes.length, at, this.length);
    this.bytes.set(bytes, at);
    this.length += bytes.length;
  }
}

const ROOM = 16 * 1024;
const NO_FIELD: Field = { at: 0, length: 0, kind: "bytes" };
const EDGES = [
  -0x80000000, -0x7fffffff, -65536, -12, -11, -10, -2, -1, 0, 1, 2, 3, 4, 5, 7, 9, 13, 14, 15, 16, 19, 20, 21, 127, 128,
  255, 256, 1024, 1025, 2048, 2049, 65535, 65536, 524_288, 524_289, 0xfffff, 0x100000, 2097150, 2097151, 0x1000000,
  0x7ffffffb, 0x7fffffff,
];
/** Overlong, a surrogate encoded, a beginning without an end, an end without a beginning, a BOM, NUL, a run that grows. */
const RUBBISH: readonly Uint8Array[] = [
  Uint8Array.of(0xc0, 0xaf),
  Uint8Array.of(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
  Uint8Array.of(0xf0, 0x9f, 0x98),
  Uint8Array.of(0xf0, 0x9f, 0x98, 0x80),
  Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
  Uint8Array.of(0xe2, 0x82),
  Uint8Array.of(0x80, 0xbf, 0x80),
  Uint8Array.of(0xef, 0xbb, 0xbf),
  Uint8Array.of(0),
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0),
  new Uint8Array(40).fill(0xff),
  new Uint8Array(40).fill(0xc3),
  Uint8Array.of(0x2f),
  Uint8Array.of(0x0a),
];

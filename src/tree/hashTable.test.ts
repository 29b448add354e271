import { assert } from "../base/assert.ts";
import { crc32 } from "../base/checksum.ts";
import { type HashKeys, HashTable } from "./hashTable.ts";
import { NO_RECORD } from "./records.ts";
import { Chance } from "./testTxns.ts";

const RECORDS = 1_000_000;
/** So many records make a table of 2^14 slots. */
const GROWN = 12_000;

/** Records are numbers whose key is the number. */
class FakeKeys implements HashKeys {
  sought = NO_RECORD;
  /** How often the table looked at a record, which may be a cache miss each time. */
  looks = 0;
  private readonly hashOf: (index: number) => number;

  constructor(hashOf: (index: number) => number) {
    this.hashOf = hashOf;
  }

  hash(index: number): number {
    assert(index < RECORDS, "a record that was added");
    this.looks++;
    return this.hashOf(index);
  }

  isSought(index: number): boolean {
    this.looks++;
    return index === this.sought;
  }

  textOf(index: number): string {
    this.looks++;
    return String(index);
  }

  soughtText(): string {
    return String(this.sought);
  }
}

/** The number that the table's multiplication turns into 1: with it a key chooses its home. */
const UNSPREAD = 0x0e8b2f51;

const HASHES = {
  "all different": (index: number) => Math.imul(index, 0x01000193),
  "seven hashes": (index: number) => Math.imul(index % 7, 0x01000193),
  "eight small hashes": (index: number) => index & 7,
  "one hash": () => 0x1234567,
  "one home": (index: number) => Math.imul(index, UNSPREAD),
  "homes side by side, one tag": (index: number) => Math.imul(index << 12, UNSPREAD),
  // All of the run's second half stand one slot behind their homes when the table has 2^17.
  "a long run": (index: number) => Math.imul(((index === 0 ? 60_000 : index) << 15) | (index % 61), UNSPREAD),
} as const;

type HashesName = keyof typeof HASHES;

/** How many look-ups went wrong. */
function mistakes(hashes: HashesName, most: number, steps: number, seed: number): number {
  const chance = new Chance(seed);
  const keys = new FakeKeys(HASHES[hashes]);
  const table = new HashTable(keys);
  const present = new Set<number>();
  let wrong = 0;
  for (let step = 0; step < steps; step++) {
    const index = chance.below(most);
    if (present.has(index)) table.remove(index);
    else table.add(index);
    if (!present.delete(index)) present.add(index);
    for (const sought of [index, chance.below(most)]) {
      keys.sought = sought;
      if (table.find(keys.hash(sought)) !== (present.has(sought) ? sought : NO_RECORD)) wrong++;
    }
  }
  return wrong;
}

test.each<[HashesName, number, number]>([
  ["all different", 300, 5_000],
  ["all different", 20_000, 40_000],
  ["seven hashes", 300, 5_000],
  ["eight small hashes", 20, 2_000],
  ["eight small hashes", 3_000, 20_000],
  ["one hash", 60, 2_000],
  ["one home", 300, 5_000],
  ["one home", 6_000, 20_000],
  ["homes side by side, one tag", 20_000, 40_000],
])("finds what is there and nothing else: %s, %i records", (hashes, most, steps) => {
  for (const seed of [1, 2]) expect(mistakes(hashes, most, steps, seed)).toBe(0);
});

test("while it grows, all are found after every addition", () => {
  const keys = new FakeKeys(HASHES["all different"]);
  const table = new HashTable(keys);
  let wrong = 0;
  for (let index = 0; index < 3_000; index++) {
    table.add(index);
    for (let back = 0; back < 300 && back <= index; back++) {
      keys.sought = index - back;
      if (table.find(keys.hash(index - back)) !== index - back) wrong++;
    }
  }
  expect(wrong).toBe(0);
});

test.each([
  ["grows at once to what is expected", GROWN, [64, 64 + (1 << 14), 1 << 14]],
  ["at least to twice its size", 1, [64, 64 + 128, 128]],
  ["and four thousandfold at most", 1_000_000_000, [64, 64 + (1 << 18), 1 << 18]],
  ["and not for what is no number", Number.NaN, [64, 64 + 128, 128]],
])("%s (%d)", (_, expected, sizes) => {
  const keys = new FakeKeys(HASHES["all different"]);
  const table = new HashTable(keys);
  table.expected = expected;
  const seen = new Set<number>();
  for (let index = 0; index < 90; index++) {
    table.add(index);
    seen.add(table.bytes / 4);
  }
  expect([...seen]).toEqual(sizes);
});

test.each([GROWN, 100_000])("a table that was told of %i records finds all and no other", (expected) => {
  const keys = new FakeKeys(HASHES["all different"]);
  const table = new HashTable(keys);
  table.expected = expected;
  let wrong = 0;
  for (let index = 0; index < GROWN; index++) {
    table.add(index);
    for (const sought of [index, index >> 1, index + 1]) {
      keys.sought = sought;
      if (table.find(keys.hash(sought)) !== (sought > index ? NO_RECORD : sought)) wrong++;
    }
  }
  expect([wrong, table.crowded]).toEqual([0, 0]);
});

interface Course {
  /** Look-ups that went wrong. */
  wrong: number;
  /** The most looks that one find, addition and removal took. */
  find: number;
  add: number;
  remove: number;
}

/** Records come, go in another order, and come again, each sought before and behind. */
function courseOf(hashes: HashesName, count: number): Course {
  const keys = new FakeKeys(HASHES[hashes]);
  const table = new HashTable(keys);
  const course: Course = { wrong: 0, find: 0, add: 0, remove: 0 };
  const seek = (index: number, expected: number): void => {
    keys.sought = index;
    const hash = HASHES[hashes](index);
    keys.looks = 0;
    if (table.find(hash) !== expected) course.wrong++;
    course.find = Math.max(course.find, keys.looks);
  };
  const change = (what: "add" | "remove", index: number): void => {
    seek(index, what === "add" ? NO_RECORD : index);
    keys.looks = 0;
    table[what](index);
    course[what] = Math.max(course[what], keys.looks);
    seek(index, what === "add" ? index : NO_RECORD);
  };
  for (let index = 0; index < count; index++) change("add", index);
  for (let k = 0; k < count; k++) change("remove", (k * 7919) % count);
  for (let index = 0; index < count; index++) change("add", index);
  return course;
}

// A find asks two tables, a change moves 16 records besides.
test.each(Object.keys(HASHES) as HashesName[])("no choice of hashes makes an action long: %s", (hashes) => {
  const { wrong, find, add, remove } = courseOf(hashes, 90_000);
  expect(wrong).toBe(0);
  expect(find).toBeLessThanOrEqual(70);
  expect(add).toBeLessThanOrEqual(600);
  expect(remove).toBeLessThanOrEqual(1_600);
});

/** A table of 2^14 slots whose first `run` records, which are all in it, came when it had them already. */
function fullTable(keys: FakeKeys, run: number): HashTable {
  const table = new HashTable(keys);
  for (let index = run; index < run + GROWN; index++) table.add(index);
  for (let index = run; index < run + GROWN; index++) table.remove(index);
  for (let index = 0; index < run; index++) table.add(index);
  return table;
}

/** In a table of 2^14 slots; the low five of the 18 bits decide the tag. */
function hashOfHome(home: number, bits: number): number {
  return Math.imul((home << 18) | bits, UNSPREAD);
}

test("marks in a long run hide nobody", () => {
  // All stand 63 slots behind their homes and behind some 31 of their tag: a removal would move thousands.
  const run = 11_000;
  const keys = new FakeKeys((index) =>
    index < run
      ? hashOfHome(Math.max(0, index - 63), (index & 1) | ((index & 63) << 5))
      : HASHES["all different"](index),
  );
  const table = fullTable(keys, run);
  expect(table.crowded).toBe(0);
  for (const index of [1_000, 5_000]) {
    // The mark lies 1,024 slots behind: the second one's place is near.
    table.remove(index);
    table.remove(index + 1_050);
    table.add(index + 1_050);
    table.add(index);
  }
  const hidden: number[] = [];
  for (let index = 0; index < run; index++) {
    keys.sought = index;
    if (table.find(keys.hash(index)) !== index) hidden.push(index);
  }
  expect(hidden).toEqual([]);
});

test("nothing remains of a long run that is gone", () => {
  const run = 4_000;
  const keys = new FakeKeys((index) => (index < run ? hashOfHome(index, 0) : HASHES["all different"](index)));
  const table = fullTable(keys, run);
  for (let index = 0; index < run; index++) table.remove(index);
  for (let index = 0; index < run; index++) table.add(index);
  expect(table.crowded).toBe(0);
});

test("the end of a long run is not searched for: who comes to its beginning is crowded", () => {
  const run = 2_000;
  const stranger = run + GROWN;
  const keys = new FakeKeys((index) => {
    if (index === stranger) return hashOfHome(0, 1);
    return index < run ? hashOfHome(index, 0) : HASHES["all different"](index);
  });
  const table = fullTable(keys, run);
  expect(table.crowded).toBe(0);
  table.add(stranger);
  expect(table.crowded).toBe(1);
  keys.sought = stranger;
  expect(table.find(keys.hash(stranger))).toBe(stranger);
  table.remove(stranger);
  expect(table.find(keys.hash(stranger))).toBe(NO_RECORD);
  expect(table.crowded).toBe(0);
});

test.each<[string, (i: number) => string]>([
  ["one parent", (i) => `/app/lock-${String(i).padStart(10, "0")}`],
  ["a thousand parents", (i) => `/services/${i % 1000}/${Math.floor(i / 1000)}`],
  ["numbers", (i) => `/${i}`],
])("chance crowds nobody: 1,000,000 paths, %s", (_, pathOf) => {
  const hashes = new Int32Array(RECORDS);
  const table = new HashTable(new FakeKeys((index) => hashes[index] as number));
  for (let i = 0; i < hashes.length; i++) {
    hashes[i] = crc32(0, Buffer.from(pathOf(i)));
    table.add(i);
  }
  expect(table.crowded).toBe(0);
});

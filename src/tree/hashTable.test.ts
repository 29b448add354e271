import { type HashKeys, HashTable } from "./hashTable.ts";
import { NO_RECORD } from "./records.ts";
import { Chance } from "./testTxns.ts";

/** Records are numbers whose key is the number; `spread` says how many hashes there are. */
class FakeKeys implements HashKeys {
  sought = NO_RECORD;
  private readonly spread: number;

  constructor(spread: number) {
    this.spread = spread;
  }

  hash(index: number): number {
    return Math.imul(index % this.spread, 0x01000193);
  }

  isSought(index: number): boolean {
    return index === this.sought;
  }
}

/** How many look-ups went wrong. */
function mistakes(spread: number, most: number, steps: number, seed: number): number {
  const chance = new Chance(seed);
  const keys = new FakeKeys(spread);
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

test.each([
  [1_000_000, 300, 5_000],
  [1_000_000, 20_000, 40_000],
  [7, 300, 5_000],
  [1, 60, 2_000],
])("finds what is there and nothing else: %i hashes, %i records", (spread, most, steps) => {
  for (const seed of [1, 2]) expect(mistakes(spread, most, steps, seed)).toBe(0);
});

test("while it grows, all are found after every addition", () => {
  const keys = new FakeKeys(1_000_000);
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

import { NO_NODE } from "./nodeTable.ts";
import { type PathKeys, PathTable } from "./pathTable.ts";
import { Chance } from "./testTxns.ts";

/** Nodes are numbers whose path is the number; `crcs` says what it hashes to. */
class FakeKeys implements PathKeys {
  sought = NO_NODE;
  private readonly spread: number;

  constructor(spread: number) {
    this.spread = spread;
  }

  pathCrc(ref: number): number {
    return Math.imul(ref % this.spread, 0x01000193);
  }

  isSought(ref: number): boolean {
    return ref === this.sought;
  }
}

/** How many look-ups went wrong. */
function mistakes(spread: number, most: number, steps: number, seed: number): number {
  const chance = new Chance(seed);
  const keys = new FakeKeys(spread);
  const table = new PathTable(keys);
  const present = new Set<number>();
  let wrong = 0;
  for (let step = 0; step < steps; step++) {
    const ref = chance.below(most);
    if (present.has(ref)) table.remove(ref);
    else table.add(ref);
    if (!present.delete(ref)) present.add(ref);
    for (const sought of [ref, chance.below(most)]) {
      keys.sought = sought;
      if (table.find(keys.pathCrc(sought)) !== (present.has(sought) ? sought : NO_NODE)) wrong++;
    }
  }
  return wrong;
}

test.each([
  [1_000_000, 300, 5_000],
  [1_000_000, 20_000, 40_000],
  [7, 300, 5_000],
  [1, 60, 2_000],
])("finds what is there and nothing else: %i hashes, %i nodes", (spread, most, steps) => {
  for (const seed of [1, 2]) expect(mistakes(spread, most, steps, seed)).toBe(0);
});

test("while it grows, all are found after every addition", () => {
  const keys = new FakeKeys(1_000_000);
  const table = new PathTable(keys);
  let wrong = 0;
  for (let ref = 0; ref < 3_000; ref++) {
    table.add(ref);
    for (let back = 0; back < 300 && back <= ref; back++) {
      keys.sought = ref - back;
      if (table.find(keys.pathCrc(ref - back)) !== ref - back) wrong++;
    }
  }
  expect(wrong).toBe(0);
});

import { LARGEST_BLOCK, offsetOf, Slab } from "./slab.ts";
import { Chance } from "./testTxns.ts";

interface Held {
  readonly block: number;
  readonly size: number;
  readonly mark: number;
}

function fill(slab: Slab, held: Held): void {
  const at = offsetOf(held.block);
  slab.page(held.block).bytes.fill(held.mark, at, at + held.size);
}

function isIntact(slab: Slab, held: Held): boolean {
  const { bytes } = slab.page(held.block);
  const at = offsetOf(held.block);
  for (let i = at; i < at + held.size; i++) if (bytes[i] !== held.mark) return false;
  return true;
}

test.each([1, 2, 3])("blocks never overlap, whatever comes and goes (seed %i)", (seed) => {
  const chance = new Chance(seed);
  const slab = new Slab();
  const held: Held[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (held.length < 500 ? chance.below(3) > 0 : chance.below(3) === 0) {
      const size = 1 + chance.below(chance.pick([8, 200, 5000, LARGEST_BLOCK + 5000]));
      const taken = { block: slab.allocate(size), size, mark: chance.below(256) };
      fill(slab, taken);
      held.push(taken);
    } else if (held.length > 0) {
      const at = chance.below(held.length);
      const gone = held[at] as Held;
      if (!isIntact(slab, gone)) throw new Error(`block ${gone.block} of ${gone.size} bytes was overwritten`);
      slab.release(gone.block, gone.size);
      held[at] = held[held.length - 1] as Held;
      held.pop();
    }
  }
  for (const last of held) expect(isIntact(slab, last)).toBe(true);
});

test("blocks of every size are large enough, and the largest lie alone", () => {
  const slab = new Slab();
  const sizes = [...Array.from({ length: 700 }, (_, i) => i + 1), 4095, 4096, 4097, LARGEST_BLOCK, LARGEST_BLOCK + 1];
  const held = sizes.map((size, i) => ({ block: slab.allocate(size), size, mark: i & 0xff }));
  for (const one of held) fill(slab, one);
  for (const one of held) expect(isIntact(slab, one)).toBe(true);
  expect(held.filter((one) => one.block < 0).map((one) => one.size)).toEqual([LARGEST_BLOCK + 1]);
});

test("memory goes back when sizes change: a page that is empty serves no class for ever", () => {
  const slab = new Slab();
  const small = Array.from({ length: 100_000 }, () => slab.allocate(100));
  const full = slab.capacity;
  for (const block of small) slab.release(block, 100);
  expect(slab.capacity).toBeLessThan(full / 5);
  for (let i = 0; i < 50_000; i++) slab.allocate(200);
  expect(slab.capacity).toBeLessThan(full * 1.2);
});

test("a freed block is used again before fresh memory", () => {
  const slab = new Slab();
  const first = slab.allocate(40);
  slab.allocate(40);
  slab.release(first, 40);
  expect(slab.allocate(38)).toBe(first);
});

test.each([
  [1, 4, true],
  [4, 5, false],
  [129, 144, true],
  [144, 145, false],
  [LARGEST_BLOCK, LARGEST_BLOCK + 1, false],
  [LARGEST_BLOCK + 1, LARGEST_BLOCK + 2, false],
])("a block of %i bytes serves for %i: %s", (a, b, same) => expect(Slab.isSameSize(a, b)).toBe(same));

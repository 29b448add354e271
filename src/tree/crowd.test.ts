import { Crowd } from "./crowd.ts";
import { Chance } from "./testTxns.ts";

/** Texts that end in the middle of a piece, at its end and just behind it, and that differ in the first or last piece only. */
const TEXTS = ["", "/", "7", "42"];
for (const length of [15_999, 16_000, 16_001, 32_000, 40_000]) {
  TEXTS.push("x".repeat(length), `y${"x".repeat(length - 1)}`, `${"x".repeat(length - 1)}y`);
}

test("holds what a Map would, whatever comes and goes", () => {
  const chance = new Chance(1);
  const crowd = new Crowd<number>();
  const map = new Map<string, number>();
  for (let step = 0; step < 2_000; step++) {
    const text = TEXTS[chance.below(TEXTS.length)] as string;
    if (map.has(text)) crowd.remove(text);
    else crowd.add(text, step);
    if (!map.delete(text)) map.set(text, step);
    expect(crowd.size).toBe(map.size);
    const sought = TEXTS[chance.below(TEXTS.length)] as string;
    expect(crowd.get(sought)).toBe(map.get(sought));
  }
});

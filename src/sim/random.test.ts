import { Random } from "./random.ts";

test("one seed is one sequence, another is another", () => {
  const draw = (random: Random): readonly number[] => Array.from({ length: 20 }, () => random.below(1_000_000));
  expect(draw(new Random(42))).toEqual(draw(new Random(42)));
  expect(draw(new Random(42))).not.toEqual(draw(new Random(43)));
  expect(draw(new Random(42).fork("a"))).not.toEqual(draw(new Random(42).fork("b")));
});

test("draws are spread over their range", () => {
  const random = new Random(1);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const drawn = random.below(10);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test("a weight of zero is never drawn", () => {
  const random = new Random(1);
  const drawn = new Set(Array.from({ length: 500 }, () => random.weighted({ a: 1, b: 0, c: 2 })));
  expect([...drawn].sort()).toEqual(["a", "c"]);
});

import { SendBuffers } from "./sendBuffers.ts";

const KIB = 1024;

test.each([
  [1, 8 * KIB],
  [8 * KIB, 8 * KIB],
  [8 * KIB + 1, 16 * KIB],
  [16 * KIB, 16 * KIB],
  [32 * KIB + 1, 64 * KIB],
  [64 * KIB, 64 * KIB],
  [64 * KIB + 1, 64 * KIB + 1],
  [9_000_001, 9_000_001],
])("for %i bytes there is room for %i, and what was given back serves again if it has a usual size", (wanted, size) => {
  const buffers = new SendBuffers();
  const [first, second] = [buffers.take(wanted), buffers.take(wanted)];
  expect([first.length, second.length, first.buffer === second.buffer]).toEqual([size, size, false]);
  buffers.give(first);
  buffers.give(second);
  const isUsual = size <= 64 * KIB;
  expect([buffers.take(wanted) === second, buffers.take(wanted) === first]).toEqual([isUsual, isUsual]);
});

test("of the many that come back, a few dozen of a size are kept", () => {
  const buffers = new SendBuffers();
  const many = Array.from({ length: 100 }, () => buffers.take(100));
  for (const buffer of many) buffers.give(buffer);
  const again = Array.from({ length: 100 }, () => buffers.take(100));
  expect(again.filter((buffer) => many.includes(buffer)).length).toBe(32);
});

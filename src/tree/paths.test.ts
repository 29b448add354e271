import { PathKey, textOfUnits } from "./paths.ts";
import { Chance } from "./testTxns.ts";

const PATHS = [
  "",
  "/",
  "/a",
  "/a/b",
  "/é",
  "/\ud83d",
  "/\ud83d\ude00",
  `/${"long".repeat(500)}`,
  `/${"lone".repeat(500)}`,
  `/${"\ud83d\ude00".repeat(2000)}`,
];

test("a key says what it was last given", () => {
  const chance = new Chance(1);
  const keys = Array.from({ length: 3 }, () => ({ key: new PathKey(), says: "" }));
  const crcs = new Map<string, number>();
  for (let step = 0; step < 5_000; step++) {
    const one = chance.pick(keys);
    one.says = chance.pick(PATHS);
    one.key.set(one.says);
    if (one.says.length > 1 && chance.below(4) === 0) {
      one.key.setBytes(one.key.bytes, one.key.start, one.key.start + 1);
      one.says = "/";
    }
    for (const { key, says } of keys) {
      if (key.end === 0) continue;
      expect(textOfUnits(key.bytes, key.start, key.end)).toBe(says);
      expect(key.crc).toBe(crcs.get(says) ?? key.crc);
      crcs.set(says, key.crc);
    }
  }
  expect(new Set(crcs.values()).size).toBe(PATHS.length);
});

import type { ConnectionThrottleSettings } from "../config/features.ts";
import { ConnectionThrottle } from "./connectionThrottle.ts";

const SETTINGS: ConnectionThrottleSettings = {
  tokens: 3,
  fillTimeMs: 10,
  fillCount: 1,
  freezeTimeMs: -1,
  dropIncrease: 0.5,
  dropDecrease: 0.25,
  decreaseRatio: 0,
  weights: undefined,
};

/** How many of `tries` are let in at each of these moments. */
function admitted(
  settings: Partial<ConnectionThrottleSettings>,
  moments: readonly number[],
  random = () => 0,
): number[] {
  const throttle = new ConnectionThrottle({ ...SETTINGS, ...settings }, random, 0);
  return moments.map((ms) => [1, 2, 3, 4].filter(() => throttle.admits("globalSession", ms)).length);
}

test.each([
  ["a full bucket lets in what it holds", {}, [0, 0], [3, 0]],
  ["off", { tokens: 0 }, [0, 0], [4, 4]],
  ["filled after more than the fill time", {}, [0, 10, 11, 40], [3, 0, 1, 2]],
  ["never above its size, however long nobody came", {}, [0, 2 ** 53], [3, 3]],
  ["several at a time", { fillCount: 2 }, [0, 20], [3, 3]],
  ["what a session costs", { weights: { globalSession: 2, renewal: 1, localSession: 1 } }, [0], [1]],
])("%s", (_, settings, moments, expected) => expect(admitted(settings, moments)).toEqual(expected));

test("kinds have their price", () => {
  const weights = { globalSession: 3, renewal: 2, localSession: 1 };
  const throttle = new ConnectionThrottle({ ...SETTINGS, tokens: 6, weights }, () => 0, 0);
  const kinds = ["globalSession", "renewal", "renewal", "localSession", "localSession"] as const;
  expect(kinds.map((kind) => throttle.admits(kind, 0))).toEqual([true, true, false, true, false]);
});

test("an empty bucket makes unlucky, a full one lucky again", () => {
  const throttle = new ConnectionThrottle({ ...SETTINGS, freezeTimeMs: 100 }, () => 0.4, 0);
  const tries = (ms: number): number => [1, 2, 3, 4].filter(() => throttle.admits("renewal", ms)).length;
  expect(tries(0)).toBe(3);
  // Within the same tick of filling: empty, and 0.4 < 0.5.
  const empty = new ConnectionThrottle({ ...SETTINGS, freezeTimeMs: 5, fillTimeMs: 1000 }, () => 0.4, 0);
  expect([0, 1, 2, 3].map((ms) => empty.admits("renewal", ms))).toEqual([true, true, true, false]);
  expect([6, 1200, 1201].map((ms) => empty.admits("renewal", ms))).toEqual([false, false, false]);
  expect(empty.admits("renewal", 4300)).toBe(true);
});

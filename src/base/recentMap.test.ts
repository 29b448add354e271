import { RecentMap } from "./recentMap.ts";

test("a look-up right after a change sees the change", () => {
  const map = new RecentMap<bigint, string>();
  expect([map.get(1n), map.get(1n), map.has(1n), map.size]).toEqual([undefined, undefined, false, 0]);
  map.set(1n, "one");
  expect([map.get(1n), map.get(1n), map.has(1n), map.size]).toEqual(["one", "one", true, 1]);
  map.set(1n, "uno");
  expect([map.get(1n), map.get(2n), map.get(1n)]).toEqual(["uno", undefined, "uno"]);
  map.delete(1n);
  expect([map.get(1n), map.size]).toEqual([undefined, 0]);
});

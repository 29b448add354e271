import { NO_NODE } from "./nodeTable.ts";
import { collidingNames } from "./testCollisions.ts";
import { WatchMode, WatchTable } from "./watchTable.ts";
import { Znodes } from "./znodes.ts";

const STAMP = { zxidHigh: 0, zxidLow: 1, timeHigh: 0, timeLow: 0 };
const COUNT = 2_000;
/** The parent's name is not ASCII, for the test with bytes. */
const PATHS = collidingNames(COUNT + 100).map((name) => `/é/${name}`);
const PRESENT = PATHS.slice(0, COUNT);
const ABSENT = PATHS.slice(COUNT);

function colliding(): Znodes {
  const znodes = new Znodes();
  for (const path of ["/é", ...PRESENT]) znodes.insert(znodes.seekParent(path), null, STAMP);
  return znodes;
}

test("nodes of one CRC are found and removed, and few are compared with a path", () => {
  const znodes = colliding();
  const isSought = znodes.isSought.bind(znodes);
  let asked = 0;
  let most = 0;
  znodes.isSought = (ref) => {
    asked++;
    return isSought(ref);
  };
  const find = (path: string): number => {
    asked = 0;
    const ref = znodes.find(path);
    most = Math.max(most, asked);
    return ref;
  };
  expect(new Set(PATHS.map((path) => znodes.seek(path))).size).toBe(1);
  expect(PRESENT.map((path) => znodes.path(find(path)))).toEqual(PRESENT);
  expect(ABSENT.map(find)).toEqual(ABSENT.map(() => NO_NODE));
  for (const path of PRESENT.slice(0, COUNT / 2)) znodes.remove(znodes.find(path));
  expect(PRESENT.filter((path) => find(path) !== NO_NODE)).toEqual(PRESENT.slice(COUNT / 2));
  // Eight in each of two tables, and the one from the crowd.
  expect(most).toBeLessThanOrEqual(17);
});

test("bytes that are no text name no node that they read like", () => {
  const znodes = colliding();
  for (const path of PRESENT) {
    const bytes = Buffer.from(path);
    expect(znodes.findBytes(bytes, 0, bytes.length)).toBe(znodes.find(path));
    // The second byte of é without the bit that says so.
    bytes[2] = 0x29;
    expect(znodes.findBytes(bytes, 0, bytes.length)).toBe(NO_NODE);
  }
});

test("paths of one CRC are watched", () => {
  const watches = new WatchTable();
  for (const path of PRESENT) watches.add(path, 1, WatchMode.standard);
  for (const path of PRESENT.slice(0, COUNT / 2)) watches.add(path, 2, WatchMode.recursive);
  for (const path of ABSENT) expect(watches.modes(path, 1)).toBe(0);
  const heard = PRESENT.map((path) => {
    const watchers = new Set<number>();
    watches.collect(path, watchers);
    return watchers.size;
  });
  expect(heard).toEqual(PRESENT.map((_, i) => (i < COUNT / 2 ? 2 : 1)));
  expect(watches.pathCount).toBe(COUNT / 2);
  watches.removeWatcher(2);
  expect(watches.pathCount).toBe(0);
});

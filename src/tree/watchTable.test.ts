import { Chance } from "./testTxns.ts";
import { WatchMode, WatchTable } from "./watchTable.ts";

/** The same rules in a Map a path, which keeps the order in which its watchers came. */
class Model {
  readonly paths = new Map<string, Map<number, number>>();

  modes(path: string, watcher: number): number {
    return this.paths.get(path)?.get(watcher) ?? 0;
  }

  set(path: string, watcher: number, modes: number): void {
    const watchers = this.paths.get(path) ?? new Map<number, number>();
    if (modes === 0) watchers.delete(watcher);
    else watchers.set(watcher, modes);
    if (watchers.size === 0) this.paths.delete(path);
    else this.paths.set(path, watchers);
  }

  collect(path: string, heard: Set<number>): void {
    for (const [watcher, modes] of [...(this.paths.get(path) ?? [])]) {
      heard.add(watcher);
      this.set(path, watcher, modes & ~WatchMode.standard);
    }
    for (let at = path; at !== "/" && at !== ""; ) {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/"))) || "/";
      for (const [watcher, modes] of this.paths.get(at) ?? [])
        if ((modes & WatchMode.recursive) !== 0) heard.add(watcher);
    }
  }

  removeWatcher(watcher: number): void {
    for (const path of [...this.paths.keys()]) this.set(path, watcher, 0);
  }
}

/** Nested, the root by both names, no absolute path, empty names, and text that only jute's encoding tells apart. */
const PATHS = [
  "/",
  "",
  "/a",
  "/a/b",
  "/a/b/c",
  "/a//b",
  "/a/",
  "a",
  "a/b",
  "/é",
  "/é/\ud83d\ude00",
  "/\ud83d",
  "/\ude00",
  "/?",
];
const WATCHERS = [1, 2, 3, 2 ** 31, 2 ** 40 + 1];

function counts(table: WatchTable): readonly number[] {
  return [table.pathCount, table.watcherCount, table.watchCount];
}

function modelCounts({ paths }: Model): readonly number[] {
  const pairs = [...paths.values()].flatMap((watchers) => [...watchers.keys()]);
  return [paths.size, new Set(pairs).size, pairs.length];
}

function step(chance: Chance, table: WatchTable, model: Model, paths: readonly string[]): void {
  const path = chance.pick(paths);
  const watcher = chance.pick(WATCHERS);
  const modes = chance.pick([1, 1, 1, 2, 4, 7]);
  const act = chance.below(20);
  if (act < 11) {
    table.add(path, watcher, modes);
    model.set(path, watcher, model.modes(path, watcher) | modes);
  } else if (act < 14) {
    table.remove(path, watcher, modes);
    model.set(path, watcher, model.modes(path, watcher) & ~modes);
  } else if (act < 19) {
    const [heard, expected] = [new Set<number>(), new Set<number>()];
    table.collect(path, heard);
    model.collect(path, expected);
    expect([path, ...heard]).toEqual([path, ...expected]);
  } else {
    table.removeWatcher(watcher);
    model.removeWatcher(watcher);
  }
}

test.each([
  [1, PATHS],
  [2, PATHS],
  [3, ["/a"]],
  [4, ["/", "/a", "/a/b"]],
])("whatever comes and goes, it holds what a Map of Maps holds, in its order (seed %i)", (seed, paths) => {
  const chance = new Chance(seed);
  const [table, model] = [new WatchTable(), new Model()];
  for (let at = 0; at < 3_000; at++) {
    step(chance, table, model, paths);
    const [path, watcher] = [chance.pick(paths), chance.pick(WATCHERS)];
    expect(table.modes(path, watcher)).toBe(model.modes(path, watcher));
    expect(counts(table)).toEqual(modelCounts(model));
    if (at % 10 > 0) continue;
    expect(new Map(table.entries())).toEqual(new Map([...model.paths].map(([name, of]) => [name, [...of.keys()]])));
  }
});

/** `paths` paths, each watched by `each` of `watchers` connections. */
function filled(table: WatchTable, paths: number, watchers: number, each: number): WatchTable {
  for (let i = 0; i < paths * each; i++)
    table.add(`/w${i % paths}`, 1 + (((i % paths) + Math.floor(i / paths)) % watchers), 1);
  return table;
}

test.each([
  ["distinct paths", 90_000, 10_000, 1, 70],
  ["many watchers of a few paths", 20, 4_500, 4_500, 40],
  ["some watchers of many paths", 1_800, 50, 50, 40],
])(
  "%s: a watch takes few bytes, and the place of one that is gone is taken again",
  (_, paths, watchers, each, most) => {
    const table = filled(new WatchTable(), paths, watchers, each);
    const full = table.bytes;
    expect(table.watchCount).toBe(paths * each);
    // The first chunk of each kind is there for the first watch already.
    expect((full - filled(new WatchTable(), 1, 1, 1).bytes) / table.watchCount).toBeLessThan(most);
    for (let round = 0; round < 3; round++) {
      for (let watcher = 1; watcher <= watchers; watcher++) table.removeWatcher(watcher);
      expect(counts(table)).toEqual([0, 0, 0]);
      expect(table.bytes).toBeLessThanOrEqual(full);
      filled(table, paths, watchers, each);
      expect(table.bytes).toBe(full);
    }
  },
);

test("the bytes of long paths go back when nobody watches them", () => {
  const table = new WatchTable();
  for (let i = 0; i < 10_000; i++) table.add(`/${"long".repeat(100)}${i}`, 1, 1);
  const full = table.bytes;
  table.removeWatcher(1);
  expect(table.bytes).toBeLessThan(full / 2);
});

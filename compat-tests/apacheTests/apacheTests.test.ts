import { type Entry, entries, type Result, runClass } from "./apacheTests.ts";

// Apache's own test classes, on servers of ours: those that pass in a short time, two at a time.

const QUICK = entries().filter(({ verdict }) => verdict === "quick");

describe("Apache's own tests", () => {
  const results = new Map<string, Result>();

  beforeAll(async () => {
    const left = [...QUICK];
    await Promise.all([takeTurns(1, left, results), takeTurns(2, left, results)]);
  }, 300_000);

  test.each(QUICK.map(({ name }) => name))("%s", (name) => {
    const { passed = [], failed = [] } = results.get(name) ?? {};
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(0);
  });
});

async function takeTurns(turn: number, left: Entry[], results: Map<string, Result>): Promise<void> {
  for (let entry = left.shift(); entry !== undefined; entry = left.shift()) {
    results.set(entry.name, await runClass(entry.name, { turn, leftOut: entry.leftOut.keys() }));
  }
}

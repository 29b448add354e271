import { runSeed, type SeedResult } from "./run.ts";

/** More of them: `SIM_SEEDS=1000 SIM_FIRST=5000 npx jest src/sim/seeds/seeds.test.ts`, or `npm run sim -- --seed 5000 --to 5999`. */
const first = Number(process.env.SIM_FIRST ?? 1);
const count = Number(process.env.SIM_SEEDS ?? 60);
const seeds = Array.from({ length: count }, (_, i) => first + i);
const results: SeedResult[] = [];

test.each(seeds)("seed %i", (seed) => {
  const result = runSeed(seed);
  results.push(result);
  if (result.failure !== undefined) throw new Error(`${result.failure}\n${result.newest.join("\n")}`);
});

test("two runs of one seed are one", () => {
  const [known] = results;
  if (known === undefined) throw new Error("no seed was run");
  expect(runSeed(known.seed).hash).toBe(known.hash);
});

/** A run that never meets these has not tested much. */
const SOMETIMES = [
  "synced by diff",
  "synced by snap",
  "synced by trunc",
  "peer.left",
  "clients.ahead",
  "leader.close",
  "fault kill",
  "fault power",
  "fault blackout",
  "fault killAtEffect",
  "fault killInRecovery",
  "fault partition",
  "fault isolate",
  "fault unheardLeader",
  "fault holdDisk",
  "fault failSync",
  "fault pause",
  "fault wallClock",
];

test.each(SOMETIMES)("sometimes: %s", (mark) => {
  expect(results.some(({ seen }) => seen.has(mark))).toBe(true);
});

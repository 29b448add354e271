import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seedFrom } from "../differential/chance.ts";
import { cutAt, lastRecordOf } from "../directory/logCuts.ts";
import { Lives } from "./lives.ts";

// kill -9 at random moments under load, 200 times: every acknowledged write is there afterwards, and nothing is half applied.

const SEED = seedFrom("TYPEKEEPER_CRASHES_SEED");
const DIRECTORIES = Array.from({ length: 10 }, (_, i) => SEED + i);
const LIVES = 20;
/** So few writes that many of the kills fall into a snapshot or a change of logs. */
const CONFIG = { snapCount: 150, preAllocSize: 64 };
/** On a life's average: 700 where it was written, 300 with all cores busy elsewhere; a life without load has none. */
const LEAST_WRITES = 50;
/** Some 150, however fast the machine is. */
const MOST_WRITES_A_SNAPSHOT = 600;

test.each(DIRECTORIES)(
  `TYPEKEEPER_CRASHES_SEED=%s: ${LIVES} lives on one directory`,
  async (seed) => {
    const lives = new Lives(seed, CONFIG);
    try {
      expect(await lives.begin()).toEqual([]);
      for (let life = 1; life <= LIVES; life++) {
        await lives.writeUntilKilled();
        expect([life, await lives.begin()]).toEqual([life, []]);
      }
      expect(lives.acknowledged).toBeGreaterThan(LEAST_WRITES * LIVES);
      const snapshots = readdirSync(join(lives.dataDir, "version-2")).filter((name) => name.startsWith("snapshot."));
      expect(snapshots.length).toBeGreaterThan(lives.acknowledged / MOST_WRITES_A_SNAPSHOT);
    } finally {
      await lives.dispose();
    }
  },
  120_000,
);

test("the last acknowledged write, cut out of the log, is noticed", async () => {
  const lives = new Lives(SEED, {});
  try {
    expect(await lives.begin()).toEqual([]);
    await lives.writeInPeace(500);
    for (let changed = false; !changed; ) changed = cutLast(lives.dataDir);
    const missed = await lives.begin();
    expect(missed[0]).toMatch(/^zxid 0x[0-9a-f]+ is below 0x[0-9a-f]+$/);
    expect(missed[1]).toMatch(/^\/(one|two|three|four)\/\S+ is /);
  } finally {
    await lives.dispose();
  }
});

/** Gives whether the last record, cut now, was one that surely changed the tree: sessions, errors and multis may not have. */
function cutLast(dataDir: string): boolean {
  const { file, start } = lastRecordOf(dataDir);
  // Checksum 8, length 4; client id 8, cxid 4, zxid 8, time 8 (on-disk-formats 3.2, 4).
  const type = readFileSync(file).readInt32BE(start + 40);
  cutAt(file, start);
  return CHANGES.has(type);
}

/** create, delete, setData, create2 */
const CHANGES: ReadonlySet<number> = new Set([1, 2, 5, 15]);

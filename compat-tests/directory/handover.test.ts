import { readdirSync } from "node:fs";
import { join } from "node:path";
import { seedFrom } from "../differential/chance.ts";
import { Lockstep } from "../differential/lockstep.ts";
import { mntr } from "../peers/fourLetter.ts";
import type { Kind, PeerServer } from "../peers/server.ts";
import { Household } from "./handover.ts";
import { readTree, type Tree } from "./tree.ts";

// "The same directory": programs take turns on one data directory while a Java server that is never stopped is told the same. What
// clients see must not tell them apart: the tree, its numbers and times, sequences, sessions that are resumed, their ephemerals.

const seed = seedFrom("TYPEKEEPER_DIFFERENTIAL_SEED");

type Turn = readonly [kind: Kind, end: NodeJS.Signals];

test(
  "the suite itself: Java after Java",
  () =>
    takeTurns([
      ["java", "SIGKILL"],
      ["java", "SIGTERM"],
    ]),
  120_000,
);

test(
  `Java, ours, Java and so on, stopped and killed (seed ${seed})`,
  () =>
    takeTurns([
      ["java", "SIGTERM"],
      ["ts", "SIGKILL"],
      ["java", "SIGKILL"],
      ["ts", "SIGTERM"],
      ["ts", "SIGTERM"],
      ["java", "SIGTERM"],
    ]),
  240_000,
);

async function takeTurns(turns: readonly Turn[]): Promise<void> {
  const [oracle, house] = await Promise.all([Household.found(), Household.found({ snapCount: 150 })]);
  try {
    const reference = await oracle.enter("java");
    let before: Tree | undefined;
    let writer: Kind = "java";
    let lockstep: Lockstep | undefined;
    for (const [index, [kind, end]] of turns.entries()) {
      const server = await house.enter(kind);
      if (before !== undefined)
        expectSame(`seed ${seed}, turn ${index}, ${kind} after ${writer}`, before, await treeOfBoth(oracle, house));
      const mismatches = await digestMismatches(server);
      // What lies in the log behind the newest snapshot is the last writer's. Java's own digests are not always right (README.md).
      if (writer === "ts") expect(mismatches).toBe("0");
      // A start counts anew what quotas count, in Java and in ours: the one that never stops would not agree.
      lockstep ??= new Lockstep(reference, server, seed, "none");
      await lockstep.run(REQUESTS_A_TURN);
      await lockstep.hangUp();
      if (kind === "ts") expect(await digestMismatches(server)).toBe(mismatches);
      before = await treeOfBoth(oracle, house);
      writer = kind;
      await house.leave(end);
    }
    expect(snapshotsIn(house.dataDir).length).toBeGreaterThan(turns.length);
  } finally {
    await Promise.all([oracle.dispose(), house.dispose()]);
  }
}

/** Both say the same of every path; what differs is told, not the whole tree. */
function expectSame(where: string, expected: Tree, found: Tree): void {
  const paths = [...new Set([...expected.keys(), ...found.keys()])];
  const differing = paths.filter((path) => expected.get(path) !== found.get(path));
  expect([where, ...differing.map((path) => [path, found.get(path)])]).toEqual([
    where,
    ...differing.map((path) => [path, expected.get(path)]),
  ]);
}

/** The house's tree, with the oracle's read as well, so that both have spent the same zxids. */
async function treeOfBoth(oracle: Household, house: Household): Promise<Tree> {
  const [expected, found] = await Promise.all([readTree(oracle.clientPort), readTree(house.clientPort)]);
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  return found;
}

async function digestMismatches({ clientPort }: PeerServer): Promise<string | undefined> {
  return (await mntr(clientPort)).get("zk_digest_mismatches_count");
}

function snapshotsIn(dataDir: string): readonly string[] {
  return readdirSync(join(dataDir, "version-2")).filter((name) => name.startsWith("snapshot."));
}

const REQUESTS_A_TURN = 600;

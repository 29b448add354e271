import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Ensemble, type Member, startEnsemble } from "../peers/ensemble.ts";
import type { Kind } from "../peers/server.ts";
import { waitFor } from "../peers/waiting.ts";
import { Client, withClient } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { leadBy, logHolds, logMark, QUIET, standStill, untilEqualZxid } from "./members.ts";
import { type Sync, syncsSent, syncsTaken } from "./syncs.ts";

// A member comes back by each way there is, provoked and then seen in the logs of both sides, whichever program leads.

const PAIRS: readonly { readonly leader: Kind; readonly learner: Kind }[] = [
  { leader: "ts", learner: "java" },
  { leader: "java", learner: "ts" },
  { leader: "ts", learner: "ts" },
];

describe.each(PAIRS)("leader $leader, learner $learner", ({ leader: leads, learner: learns }) => {
  let ensemble: Ensemble;
  let learner: Member;

  beforeAll(async () => {
    ensemble = await startEnsemble(
      [
        { kind: leads, id: 1 },
        { kind: leads, id: 2 },
        { kind: learns, id: 3 },
      ],
      { config: { ...QUIET, syncLimit: 20, preAllocSize: 1024 }, jvmFlags: [TALKATIVE] },
    );
    learner = ensemble.member(3);
  }, 120_000);

  afterAll(() => ensemble.dispose());

  test("DIFF of what the leader has in memory", async () => {
    const leader = await leadBy(ensemble, (member) => member !== learner);
    await learner.stop();
    await writeMany(leader, "/few", 20);
    await rejoins(ensemble, leader, learner, { by: "diff", from: "memory" });
  }, 120_000);

  test("DIFF of more than that, from the leader's log on disk", async () => {
    const leader = await leadBy(ensemble, (member) => member !== learner);
    await learner.stop();
    await writeMany(leader, "/many", 620);
    await rejoins(ensemble, leader, learner, { by: "diff", from: "disk" });
  }, 120_000);

  test("TRUNC of a tail that no quorum had", async () => {
    const leader = await leaveTail(ensemble, learner, "/truncated");
    await rejoins(ensemble, leader, learner, { by: "trunc" });
    expect((await expectEqualTrees(ensemble)).has("/truncated")).toBe(false);
  }, 120_000);

  test("SNAP over a tail that no quorum had, once the next epoch has gone on", async () => {
    const leader = await leaveTail(ensemble, learner, "/overwritten");
    await writeMany(leader, "/next-epoch", 3);
    await rejoins(ensemble, leader, learner, { by: "snap" });
    expect((await expectEqualTrees(ensemble)).has("/overwritten")).toBe(false);
  }, 120_000);

  test("SNAP to a server that has lost its data", async () => {
    const leader = await leadBy(ensemble, (member) => member !== learner);
    await learner.stop();
    rmSync(join(learner.dataDir, "version-2"), { recursive: true });
    await rejoins(ensemble, leader, learner, { by: "snap" });
  }, 120_000);
});

/** Starts the learner and expects both sides to tell of this way, and equal trees; and a write through it to be seen by the leader. */
async function rejoins(ensemble: Ensemble, leader: Member, learner: Member, sync: Sync): Promise<void> {
  const told = logMark(leader);
  const heard = logMark(learner);
  await learner.start();
  await learner.waitServing(60_000);
  const sent = await waitFor(
    "the leader's word of the sync",
    10_000,
    () => syncsSent(leader.kind(), told(), learner.id)[0],
  );
  expect(sent).toEqual(sync);
  expect(syncsTaken(learner.kind(), heard())[0]).toBe(sync.by);
  const tree = await expectEqualTrees(ensemble);
  const path = `/back-${tree.size}`;
  await withClient(learner.clientPort, (client) => client.create(path));
  await withClient(leader.clientPort, async (client) => expect(await client.exists(path)).toBeDefined());
}

/**
 * The learner leads, and logs a write that nobody else gets: the others stand still and die with it in their sockets. They come
 * back without the learner; gives the one of them that leads.
 */
async function leaveTail(ensemble: Ensemble, learner: Member, path: string): Promise<Member> {
  await leadBy(ensemble, (member) => member === learner);
  const others = ensemble.members.filter((member) => member !== learner);
  const client = await Client.open(learner.clientPort);
  await untilEqualZxid(ensemble);
  for (const member of others) await standStill(member);
  const lost = client.create(path).catch(() => "");
  await waitFor("the tail in the log", 20_000, () => (logHolds(learner, path) ? true : undefined));
  for (const member of ensemble.members) await member.kill("SIGKILL");
  await lost;
  for (const member of others) await member.start();
  return ensemble.waitServing();
}

/** Children of a node, all sent before the first answer is awaited. */
async function writeMany({ clientPort }: Member, path: string, count: number): Promise<void> {
  await withClient(clientPort, async (client) => {
    await client.create(path);
    await client.createMany(Array.from({ length: count }, (_, i) => `${path}/${i}`));
  });
}

// Java's leader tells of one of its TRUNCs at this level alone.
const TALKATIVE = "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.LearnerHandler=debug";

import { type Ensemble, startEnsemble } from "../peers/ensemble.ts";
import { fourLetter } from "../peers/fourLetter.ts";
import type { Kind } from "../peers/server.ts";
import { waitFor } from "../peers/waiting.ts";
import { Client } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { type Load, startLoad } from "./load.ts";
import { expectNoMismatch, logHolds, QUIET, standStill } from "./members.ts";
import { MIXES } from "./mixes.ts";

// kill -9, 20 times over the mixes, while clients write through all members: no acknowledged write is lost and none is half applied.

const CYCLES = ["leader", "follower", "leader", "all", "follower"] as const;
/** Snapshots and new logs all the time. */
const CONFIG = { ...QUIET, syncLimit: 20, snapCount: 300, preAllocSize: 1024 };

for (const { name, specs } of MIXES) {
  test(`${name}: ${CYCLES.length} times kill -9 under load`, async () => {
    const ensemble = await startEnsemble(specs, { config: CONFIG });
    let load: Load | undefined;
    try {
      load = await startLoad(ensemble);
      await load.progress();
      let last: Kind | undefined;
      let promised: readonly string[] = [];
      for (const cycle of CYCLES) {
        await expectNoMismatch(ensemble);
        if (cycle === "all") promised = await killAll(ensemble, load);
        else last = await killOne(ensemble, load, cycle, last);
        await ensemble.waitServing();
        await load.progress();
      }
      await load.stop();
      const tree = await expectEqualTrees(ensemble);
      expect(load.violations(tree)).toEqual([]);
      expect(promised.filter((path) => !tree.has(path))).toEqual([]);
    } finally {
      const stopped = load?.stop();
      await ensemble.dispose();
      await stopped;
    }
  }, 300_000);
}

/** The leader, or one that is not; of another kind than the last one where there is a choice. */
async function killOne(
  ensemble: Ensemble,
  load: Load,
  role: "leader" | "follower",
  last: Kind | undefined,
): Promise<Kind> {
  const leader = await ensemble.waitServing();
  const others = ensemble.members.filter((member) => member !== leader);
  const victim = role === "leader" ? leader : (others.find((member) => member.kind() !== last) ?? others[0] ?? leader);
  await victim.kill();
  await load.progress();
  await victim.start();
  return victim.kind();
}

/**
 * The others stand still, first those whose sids would win; the leader and the last of them share a write, and then the leader logs one
 * that it alone has. All are killed, with what lay in their sockets, and the others go on before the leader is back. Gives the writes
 * that were acknowledged: the second must not have been.
 */
async function killAll(ensemble: Ensemble, load: Load): Promise<readonly string[]> {
  const leader = await ensemble.waitServing();
  const others = ensemble.members.filter((member) => member !== leader).sort((a, b) => b.id - a.id);
  const last = others.at(-1) ?? leader;
  const client = await Client.open(leader.clientPort);
  for (const member of others.slice(0, -1)) await standStill(member);
  const promised = [await client.create(`/of-two-${leader.id}`)];
  await standStill(last);
  const path = `/alone-${leader.id}`;
  let answer = "";
  const answered = client.create(path).then(
    () => {
      answer = "acknowledged";
      promised.push(path);
    },
    () => {
      answer = "refused";
    },
  );
  await waitFor("the write in the leader's log", 20_000, () => logHolds(leader, path) || answer !== "" || undefined);
  await fourLetter(leader.clientPort, "srvr");
  await Promise.all(ensemble.members.map((member) => member.kill()));
  await answered;
  await Promise.all(others.map((member) => member.start()));
  await ensemble.waitServing();
  await load.progress();
  await leader.start();
  return promised;
}

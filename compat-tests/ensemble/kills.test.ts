import { type Ensemble, type Member, startEnsemble } from "../peers/ensemble.ts";
import type { Kind } from "../peers/server.ts";
import { expectEqualTrees } from "./dump.ts";
import { type Load, startLoad } from "./load.ts";
import { expectNoMismatch, QUIET } from "./members.ts";
import { MIXES } from "./mixes.ts";

// kill -9, 20 times over the mixes, while clients write through all members: no acknowledged write is lost and none is half applied.

const CYCLES = ["leader", "follower", "leader", "all", "follower"] as const;

for (const { name, specs } of MIXES) {
  test(`${name}: ${CYCLES.length} times kill -9 under load`, async () => {
    const ensemble = await startEnsemble(specs, { config: { ...QUIET, snapCount: 300 } });
    let load: Load | undefined;
    try {
      load = await startLoad(ensemble);
      await load.progress();
      let last: Kind | undefined;
      for (const cycle of CYCLES) {
        const victims = cycle === "all" ? ensemble.members : [await victim(ensemble, cycle, last)];
        await expectNoMismatch(ensemble);
        last = victims[0]?.kind();
        await Promise.all(victims.map((member) => member.kill()));
        if (cycle !== "all") await load.progress();
        await Promise.all(victims.map((member) => member.start()));
        await ensemble.waitServing();
        await load.progress();
      }
      await load.stop();
      expect(load.violations(await expectEqualTrees(ensemble))).toEqual([]);
    } finally {
      const stopped = load?.stop();
      await ensemble.dispose();
      await stopped;
    }
  }, 300_000);
}

/** The leader, or one that is not; of another kind than the last one where there is a choice. */
async function victim(ensemble: Ensemble, role: "leader" | "follower", last: Kind | undefined): Promise<Member> {
  const leader = await ensemble.waitServing();
  if (role === "leader") return leader;
  const others = ensemble.members.filter((member) => member !== leader);
  const found = others.find((member) => member.kind() !== last) ?? others[0];
  if (found === undefined) throw new Error("a leader has followers");
  return found;
}

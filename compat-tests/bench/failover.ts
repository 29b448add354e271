import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import type { Ensemble } from "../peers/ensemble.ts";
import { RawClient } from "../peers/rawClient.ts";
import { withBothEnsembles } from "./programs.ts";
import { inTurn, lessIsBetter, median, type Row } from "./row.ts";

const WORK = "kill -9 of the leader to the first acknowledged write";

export const FAILOVER: Row = {
  works: [WORK],
  measure: ({ rounds }) =>
    withBothEnsembles(async (ensembles) => {
      let attempt = 0;
      const all = await inTurn(rounds, (kind) => killLeader(ensembles[kind], ++attempt));
      const medians = { java: median(all.java), ts: median(all.ts) };
      return [lessIsBetter(WORK, "ms", medians, 1, "not slower")];
    }),
};

/** Milliseconds from the kill -9 of the leader of three to the first write that a survivor acknowledged. */
async function killLeader(ensemble: Ensemble, round: number): Promise<number> {
  const leader = await ensemble.waitServing();
  await firstWrite([leader.clientPort], `/before-${round}`);
  const survivors = ensemble.members.filter((member) => member !== leader).map((member) => member.clientPort);
  const start = performance.now();
  await leader.kill("SIGKILL");
  await firstWrite(survivors, `/after-${round}`);
  const tookMs = performance.now() - start;
  await leader.start();
  return tookMs;
}

/** Tries all ports over and over until one acknowledges a create. */
async function firstWrite(ports: readonly number[], path: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    for (const port of ports) if (await tryWrite(port, `${path}-${port}-${attempt}`)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function tryWrite(port: number, path: string): Promise<boolean> {
  try {
    const client = await RawClient.open(port);
    const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
    await client.ask(Op.create, CreateRequest, { path, data: null, acl, flags: 0 }, CreateResponse);
    client.connection.close();
    return true;
  } catch {
    return false;
  }
}

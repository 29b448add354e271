import { type InProcessServer, startEnsemble, startServer } from "typekeeper";
import { runClientTour } from "../clients/javaClient.ts";
import { runJava } from "../peers/javaServer.ts";
import { waitFor } from "../peers/waiting.ts";

// The official client in a JVM of its own, against servers that live in this process.

const TICKS = { tickTime: 500, syncLimit: 8, maxSessionTimeout: 10_000 };

describe("a server", () => {
  test("the official client goes round its tour", async () => {
    const server = await startServer({ config: TICKS });
    try {
      expect((await runClientTour(server.connectString, "/tour")).length).toBeGreaterThan(15);
    } finally {
      await server.close();
    }
  }, 180_000);

  test("a session that the test lets expire is Expired for its client", async () => {
    const server = await startServer();
    try {
      await expireUnder(server.connectString, () => server);
    } finally {
      await server.close();
    }
  }, 120_000);
});

describe("an ensemble", () => {
  test("the official client goes round its tour with all members, and the one without a leader's role", async () => {
    const ensemble = await startEnsemble({ config: TICKS });
    try {
      const follower = ensemble.members.find((member) => member !== ensemble.leader());
      const strings = [ensemble.connectString, follower?.connectString ?? ""];
      const tours = await Promise.all(strings.map((string, at) => runClientTour(string, `/tour-${at}`)));
      for (const stops of tours) expect(stops.length).toBeGreaterThan(15);
    } finally {
      await ensemble.close();
    }
  }, 180_000);

  test("a session that the test lets expire is Expired for its client, whoever it is connected to", async () => {
    const ensemble = await startEnsemble(3);
    try {
      for (const member of ensemble.members) await expireUnder(member.connectString, () => ensemble.leader());
    } finally {
      await ensemble.close();
    }
  }, 180_000);
});

/** Runs the driver and lets its session expire as soon as its ephemeral node is there. */
async function expireUnder(connectString: string, leaderNow: () => InProcessServer | undefined): Promise<void> {
  const driver = runJava("Expired", [connectString, "/mine"]);
  const expired = waitFor("the driver's node", 30_000, () => {
    const leader = leaderNow();
    return leader?.status().tree.ephemeralsCount === 1 ? leader : undefined;
  }).then(async (leader) => {
    const [session] = leader.sessions();
    if (session === undefined) throw new Error("an ephemeral node without a session");
    await leader.expireSession(session.id);
  });
  const [printed] = await Promise.all([driver, expired]);
  expect(printed).toBe("expired\n");
}

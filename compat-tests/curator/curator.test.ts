import { type Member, startEnsemble } from "../peers/ensemble.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { CHECKS } from "./checks.ts";
import { curatorTour, type Outcomes, outage } from "./drivers.ts";

// Curator's recipes, as applications use them: with one server of ours; with an ensemble of both programs that has lost a member; while a
// server goes down and comes up.

describe("Curator with ours", () => {
  let server: PeerServer;
  let outcomes: Outcomes;

  beforeAll(async () => {
    server = await startTypekeeperServer();
    await server.waitServing();
    outcomes = await curatorTour(`127.0.0.1:${server.clientPort}`, "/tour");
  }, 240_000);
  afterAll(() => server?.stop());

  test.each(CHECKS)("%s", (check) => {
    expect(outcomes.get(check)).toBe("ok");
  });
  test("does what is listed and no more", () => expect([...outcomes.keys()]).toEqual(CHECKS));
});

test("Curator with two members of three, one of them Java's", async () => {
  const ensemble = await startEnsemble(MIXED);
  try {
    await ensemble.waitServing();
    await ensemble.member(3).kill();
    await ensemble.waitServing();
    const outcomes = await curatorTour(ensemble.connectString(), "/tour");
    expect([...outcomes].filter(([, outcome]) => outcome !== "ok")).toEqual([]);
    expect([...outcomes.keys()]).toEqual(CHECKS);
  } finally {
    await ensemble.dispose();
  }
}, 300_000);

test("TTL nodes and containers of Curator, where the server has them", async () => {
  const server = await startTypekeeperServer({
    jvmFlags: ["-Dzookeeper.extendedTypesEnabled=true", "-Dznode.container.checkIntervalMs=200"],
  });
  try {
    await server.waitServing();
    const checks = ["persistentTtlNode", "containerParents"];
    const outcomes = await curatorTour(`127.0.0.1:${server.clientPort}`, "/tour", checks);
    expect([...outcomes]).toEqual(checks.map((check) => [check, "ok"]));
  } finally {
    await server.stop();
  }
}, 60_000);

test("recipes outlive the restart of our server, and a session that was lost meanwhile", async () => {
  const ensemble = await startEnsemble([{ kind: "ts", id: 1 }]);
  try {
    const [server] = ensemble.members;
    await server?.waitServing();
    expect(await outage(ensemble.connectString(), "/outage", () => server)).toBe("ok");
  } finally {
    await ensemble.dispose();
  }
}, 120_000);

test("recipes outlive the death of the member they are connected to", async () => {
  const ensemble = await startEnsemble(MIXED);
  try {
    await ensemble.waitServing();
    const byPort = (port: number): Member | undefined => ensemble.members.find(({ clientPort }) => clientPort === port);
    expect(await outage(ensemble.connectString(), "/outage", byPort)).toBe("ok");
  } finally {
    await ensemble.dispose();
  }
}, 120_000);

const MIXED = [
  { kind: "ts", id: 1 },
  { kind: "java", id: 2 },
  { kind: "ts", id: 3 },
] as const;

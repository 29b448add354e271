import { Network, type StartedNetwork } from "testcontainers";
import { waitFor } from "../peers/waiting.ts";
import { startContainerServer, startShell, zkCli } from "./containers.ts";
import { type Engine, startEngine } from "./engine.ts";

// The containers themselves, with Java alone: an ensemble in a network, the official shell beside it, a member cut off and back.

test("three Java servers in containers go on without an unplugged leader and take it back", async () => {
  const engine = startEngine();
  try {
    await cutOffAndBack(engine, await new Network().start());
  } finally {
    engine.stop();
  }
}, 300_000);

async function cutOffAndBack(engine: Engine, network: StartedNetwork): Promise<void> {
  const members = [1, 2, 3];
  const servers = await Promise.all(
    members.map((id) => startContainerServer(engine, network, { kind: "java", id, members })),
  );
  const leader = async (among: typeof servers) => {
    const modes = await Promise.all(among.map(async (server) => ({ server, mode: await server.mode() })));
    return modes.find(({ mode }) => mode === "leader")?.server;
  };
  await Promise.all(servers.map((server) => server.waitServing()));
  const first = await waitFor("a leader", 20_000, () => leader(servers));
  const others = servers.filter((server) => server !== first);
  const shell = await startShell(engine, network);
  expect(await zkCli(shell, first, "create", "/a", "one")).toMatchObject({ exitCode: 0 });
  expect(await zkCli(shell, first, "create", "/a", "two")).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("Node already exists: /a"),
  });

  await first.unplug();
  const second = await waitFor("another leader", 20_000, () => leader(others));
  expect(await zkCli(shell, second, "set", "/a", "three")).toMatchObject({ exitCode: 0 });
  await first.plug();
  await first.waitServing();
  expect((await zkCli(shell, first, "get", "/a")).output).toContain("three");
}

import { Network, type StartedNetwork, type StartedTestContainer } from "testcontainers";
import { waitFor } from "../peers/waiting.ts";
import { type ContainerServer, startContainerServer, startShell, zkCli } from "./containers.ts";
import { type Engine, startEngine } from "./engine.ts";

// Both programs in one network, the official shell beside them: a member of either kind is cut off, the others serve, and it catches up.

test("two Java servers and one of ours in containers: each kind is unplugged and comes back", async () => {
  const engine = startEngine();
  try {
    await cutOffEach(engine, await new Network().start());
  } finally {
    engine.stop();
  }
}, 300_000);

async function cutOffEach(engine: Engine, network: StartedNetwork): Promise<void> {
  const members = [1, 2, 3];
  const kindOf = (id: number) => (id === 2 ? "ts" : "java");
  // Unplugged sockets end by silence alone.
  const config = { syncLimit: 6 };
  const [shell, ...servers] = await Promise.all([
    startShell(engine, network),
    ...members.map((id) => startContainerServer(engine, network, { kind: kindOf(id), id, members, config })),
  ]);
  await Promise.all(servers.map((server) => server.waitServing()));
  const leader = await leaderOf(servers);
  await expectWrite(shell, leader, servers, "/from-all");
  // The leader first, whichever it is, and then one of the other kind.
  const next = servers.find((server) => server.kind !== leader.kind);
  if (next === undefined) throw new Error("there are two kinds");
  for (const victim of [leader, next]) {
    const others = servers.filter((server) => server !== victim);
    await victim.unplug();
    const successor = await leaderOf(others);
    await expectWrite(shell, successor, others, `/without-${victim.id}`);
    await victim.plug();
    // Until it has noticed its silence it serves on, of what it had: it is back when it shows what it has missed.
    await expectSeen(shell, victim, `/without-${victim.id}`, successor);
    await expectWrite(shell, victim, servers, `/with-${victim.id}`);
  }
}

async function leaderOf(servers: readonly ContainerServer[]): Promise<ContainerServer> {
  return waitFor("a leader", 60_000, async () => {
    const modes = await Promise.all(servers.map(async (server) => ({ server, mode: await server.mode() })));
    return modes.find(({ mode }) => mode === "leader")?.server;
  });
}

/** A write through one, seen through each: the official shell does both. */
async function expectWrite(
  shell: StartedTestContainer,
  writer: ContainerServer,
  readers: readonly ContainerServer[],
  path: string,
): Promise<void> {
  expect(await zkCli(shell, writer, "create", path, `by ${writer.alias}`)).toMatchObject({ exitCode: 0 });
  for (const reader of readers) await expectSeen(shell, reader, path, writer);
}

async function expectSeen(
  shell: StartedTestContainer,
  reader: ContainerServer,
  path: string,
  writer: ContainerServer,
): Promise<void> {
  await reader.waitServing();
  await waitFor(`${path} through ${reader.alias}`, 60_000, async () => {
    const { output } = await zkCli(shell, reader, "get", path);
    return output.includes(`by ${writer.alias}`) ? true : undefined;
  });
}

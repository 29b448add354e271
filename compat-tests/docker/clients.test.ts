import { Network, type StartedNetwork } from "testcontainers";
import { runClientTour, runShell } from "../clients/javaClient.ts";
import { COMMANDS, expectSameAnswers } from "../clients/shellCommands.ts";
import { javaIn, startContainerServer, startShell, startShellBeside } from "./containers.ts";
import { type Engine, startEngine } from "./engine.ts";

// The official client and shell in containers of their own, the shell across the network, the tour on the server's loopback: what they
// do and print with our image is what Java's makes of them.

test("the official client's tour and the shell's commands, from other containers, with ours as with Java", async () => {
  const engine = startEngine();
  try {
    await visitBoth(engine, await new Network().start());
  } finally {
    engine.stop();
  }
}, 300_000);

async function visitBoth(engine: Engine, network: StartedNetwork): Promise<void> {
  // The shell's commands run in one JVM, whose connections stay.
  const config = { maxClientCnxns: 0 };
  const [shell, java, ours] = await Promise.all([
    startShell(engine, network),
    startContainerServer(engine, network, { kind: "java", id: 1, config }),
    startContainerServer(engine, network, { kind: "ts", id: 2, config }),
  ]);
  const servers = [java, ours];
  await Promise.all(servers.map((server) => server.waitServing()));
  const run = javaIn(shell);
  // First the shell, whose words tell of the whole tree.
  const told = servers.map(({ connectString }) => runShell(connectString, COMMANDS, run));
  const [javaAnswers = [], ourAnswers = []] = await Promise.all(told);
  expectSameAnswers(javaAnswers, ourAnswers);
  expect(ourAnswers.length).toBe(COMMANDS.length);
  const tours = servers.map(async (server) =>
    runClientTour("127.0.0.1:2181", "/tour", [], javaIn(await startShellBeside(engine, server))),
  );
  const [javaTour = [], ourTour = []] = await Promise.all(tours);
  expect(ourTour).toEqual(javaTour);
  expect(ourTour.length).toBeGreaterThan(15);
}

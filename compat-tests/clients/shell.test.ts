import { runJava, startJavaServer } from "../peers/javaServer.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { runShell, runShellSession, type ShellAnswer, type ShellCommand, withoutTimes } from "./javaClient.ts";
import { COMMANDS, expectSameAnswers, QUOTA_COMMANDS } from "./shellCommands.ts";

// zkCli, one command a run, against a fresh server of each kind: the same words on the screen, the same exit codes.

test("the official shell prints the same for ours as for Java", async () => {
  const java = await sameWords({}, COMMANDS);
  expect(java.find(({ command }) => command === "get /a")).toMatchObject({ output: "some data", exitCode: "0" });
}, 120_000);

test("with quotas that are enforced and TTL nodes too", async () => {
  const java = await sameWords({ enforceQuota: "true", extendedTypesEnabled: "true" }, QUOTA_COMMANDS);
  expect(java.filter(({ output }) => output.includes("Quota has exceeded"))).toHaveLength(3);
}, 120_000);

/** Runs the commands on both servers, expects no difference, and gives what Java's said. */
async function sameWords(
  config: Readonly<Record<string, string>>,
  commands: readonly ShellCommand[],
): Promise<readonly ShellAnswer[]> {
  // All commands run in one JVM, whose connections stay.
  const many = { config: { maxClientCnxns: 0, ...config } };
  const servers = await Promise.all([startJavaServer(many), startTypekeeperServer(many)]);
  try {
    const [java = [], ours = []] = await Promise.all(servers.map((server) => commandsOn(server, commands)));
    expectSameAnswers(java, ours);
    expect(ours.length).toBe(commands.length);
    return java;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

test("a session of the official shell prints the same for ours as for Java", async () => {
  const servers = await Promise.all([startJavaServer(), startTypekeeperServer()]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const told = servers.map(({ clientPort }) => runShellSession(`127.0.0.1:${clientPort}`, SESSION));
    const [java = "", ours = ""] = await Promise.all(told);
    expect(sorted(ours)).toEqual(sorted(java));
    expect(java.match(/^WatchedEvent state:SyncConnected type:Node/gm)?.length).toBe(8);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 60_000);

test("the official shell as a process of its own", async () => {
  const server = await startTypekeeperServer();
  try {
    await server.waitServing();
    const run = (...command: ShellCommand): Promise<string> =>
      runJava("org.apache.zookeeper.ZooKeeperMain", ["-server", `127.0.0.1:${server.clientPort}`, ...command]);
    await run("create", "/a", "some data");
    expect(await run("get", "-s", "/a")).toContain("some data\ncZxid = 0x2\n");
    await expect(run("get", "/b")).rejects.toThrow("Node does not exist: /b");
  } finally {
    await server.stop();
  }
}, 60_000);

/** Lines in no order: a watch's event is printed by another thread than a command's answer, amid it or with empty lines around. */
function sorted(output: string): readonly string[] {
  return withoutTimes(output)
    .replaceAll(/127\.0\.0\.1:\d+/g, "server")
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

async function commandsOn(server: PeerServer, commands: readonly ShellCommand[]): Promise<readonly ShellAnswer[]> {
  await server.waitServing();
  return runShell(`127.0.0.1:${server.clientPort}`, commands);
}

/** In one session, where watches set by one command are told of by the next. */
const SESSION: readonly string[] = [
  "create /s data",
  "get -w /s",
  "set /s changed",
  "ls -w /s",
  "create /s/a x",
  "stat -w /s",
  "set /s again",
  "addWatch -m PERSISTENT /s",
  "addWatch -m PERSISTENT_RECURSIVE /s",
  "create /s/b x",
  "create /s/b/c x",
  "set /s/b/c y",
  "delete /s/b/c",
  "removewatches /s -a",
  "set /s unseen",
  "create -e /s/e x",
  "create -e -s /s/e- x",
  "getEphemerals",
  "getEphemerals /s",
  "getAllChildrenNumber /s",
  "addauth digest bob:secret",
  "create /s/mine x auth::cdrwa",
  "getAcl /s/mine",
  "setAcl /s/mine auth::r",
  "set /s/mine y",
  "whoami",
  "config",
  "sync /s",
  "deleteall /s",
];

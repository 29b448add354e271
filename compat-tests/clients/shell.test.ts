import { runJava, startJavaServer } from "../peers/javaServer.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { runShell, runShellSession, type ShellAnswer, type ShellCommand, withoutTimes } from "./javaClient.ts";

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
    for (const [index, { command, exitCode }] of java.entries()) {
      const found = ours[index];
      expect({ ...found, output: words(found) }).toEqual({ command, output: words(java[index]), exitCode });
    }
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

/** What a command said that is the same for all servers; the order of children is nobody's promise. */
function words(answer: ShellAnswer | undefined): string {
  const output = withoutTimes(answer?.output ?? "nothing");
  if (!/^(ls|listquota|whoami)/.test(answer?.command ?? "")) return output;
  return output
    .replaceAll(/^\[(.*)\]$/gm, (_line, names: string) => `[${names.split(", ").sort().join(", ")}]`)
    .split("\n")
    .sort()
    .join("\n");
}

/** Each on a node that is not there. */
const ON_ABSENCE: readonly ShellCommand[] = [
  ["getEphemerals"],
  ["getEphemerals", "/none"],
  ["getAllChildrenNumber"],
  ["getAllChildrenNumber", "/none"],
  ["sync", "/none"],
  ["setAcl", "/none", "world:anyone:r"],
  ["getAcl", "/none"],
  ["setquota", "-n", "3", "/none"],
  ["delquota", "-n", "/none"],
  ["listquota", "/none"],
  ["create", "-s", "/none/s-", "x"],
  ["create", "-e", "/none/e", "x"],
  ["create", "-c", "/none/c", "x"],
];

const WATCHING: readonly ShellCommand[] = [
  ["get", "-w", "/open"],
  ["ls", "-w", "/open"],
  ["stat", "-w", "/open"],
  ["stat", "-w", "/none"],
  ["addWatch", "/open"],
  ["addWatch", "-m", "PERSISTENT", "/none"],
  ["addWatch", "-m", "PERSISTENT_RECURSIVE", "/open"],
  ["addWatch", "-m", "NONE", "/open"],
  ["addWatch"],
  ["removewatches", "/open", "-c"],
  ["removewatches", "/open", "-d"],
  ["removewatches", "/open", "-a"],
  ["removewatches", "/none", "-a"],
];

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

const COMMANDS: readonly ShellCommand[] = [
  ["create", "/a", "some data"],
  ["create", "/a", "again"],
  ["create", "/a/b"],
  ["create", "/a/c", ""],
  ["create", "-s", "/a/s-", "x"],
  ["create", "-s", "/a/s-", "x"],
  ["create", "-e", "/e", "short"],
  ["create", "-e", "-s", "/e-", "short"],
  ["create", "-c", "/box"],
  ["create", "-t", "1000", "/ttl", "x"],
  ["create", "/no/parent", "x"],
  ["create", "bad", "x"],
  ["create", "/open", "x", "world:anyone:cdrwa"],
  ["create", "/badacl", "x", "nobody:x:r"],
  ["get", "/a"],
  ["get", "-s", "/a"],
  ["get", "-s", "/a/b"],
  ["get", "/x"],
  ["set", "/a", "changed"],
  ["set", "-s", "/a", "again"],
  ["set", "-v", "9", "/a", "no"],
  ["set", "-v", "2", "/a", "yes"],
  ["set", "/x", "no"],
  ["ls", "/"],
  ["ls", "-R", "/"],
  ["ls", "-s", "/a"],
  ["ls", "/x"],
  ["stat", "/a"],
  ["stat", "/"],
  ["stat", "/zookeeper"],
  ["stat", "/x"],
  ["getAcl", "/a"],
  ["getAcl", "-s", "/a"],
  ["getAcl", "/zookeeper/config"],
  ["setAcl", "/a/b", "world:anyone:r"],
  ["setAcl", "-s", "-v", "1", "/a/b", "world:anyone:cdrwa"],
  ["setAcl", "-v", "7", "/a/b", "world:anyone:r"],
  ["setAcl", "-R", "/a", "world:anyone:cdrw,digest:bob:ikIaKsbtGweaHnb/jKn7OHqbunM=:cdrwa"],
  ["getAcl", "/a/b"],
  ["setAcl", "/a", "world:anyone:r"],
  ["setAcl", "/a", "auth::r"],
  ["addauth", "digest", "bob:pw"],
  ["addauth", "nobody", "x"],
  ["whoami"],
  ["getAllChildrenNumber", "/a"],
  ["getEphemerals", "/"],
  ["sync", "/a"],
  ["config"],
  ["config", "-s"],
  ["version"],
  ["setquota", "-n", "3", "/a"],
  ["listquota", "/a"],
  ["setquota", "-N", "10", "/open"],
  ["setquota", "-b", "1000", "/open"],
  ["listquota", "/open"],
  ["get", "-s", "/zookeeper/quota/a/zookeeper_limits"],
  ["get", "-s", "/zookeeper/quota/a/zookeeper_stats"],
  ["delquota", "-n", "/a"],
  ["delquota", "/open"],
  ["listquota", "/open"],
  ["reconfig", "-add", "server.2=localhost:2:3;4"],
  ["delete", "/a"],
  ["delete", "-v", "5", "/a/c"],
  ["delete", "/a/c"],
  ["delete", "/x"],
  ["delete", "/zookeeper"],
  ["deleteall", "/a"],
  ["deleteall", "/x"],
  ["removewatches", "/a"],
  ["ls", "-R", "/"],
  ...ON_ABSENCE,
  ...WATCHING,
  ["create", "-e", "-c", "/both", "x"],
  ["create", "-e", "-t", "10", "/both", "x"],
  ["create", "-s", "-t", "10", "/ttl-", "x"],
  ["create", "/many", "x"],
  ["create", "/many/a", "x"],
  ["create", "/many/b", "x"],
  ["getAllChildrenNumber", "/"],
  ["deleteall", "/many", "-b", "2"],
  ["setquota", "-B", "100", "/open"],
  ["setquota", "-n", "5", "/open"],
  ["delquota", "-N", "/open"],
  ["delquota", "-b", "/open"],
  ["listquota", "/open"],
  ["setquota", "-n", "2", "/zookeeper/config"],
  ["reconfig", "-remove", "1"],
  ["reconfig", "-members", "server.1=localhost:2:3;4"],
  ["reconfig", "-add", "server.2=localhost:2:3;4", "-v", "5"],
  ["config", "-c"],
  ["config", "-w"],
  ["addauth", "digest"],
  ["quit"],
  ["nonsense"],
];

const QUOTA_COMMANDS: readonly ShellCommand[] = [
  ["create", "/q", "12345"],
  ["create", "/q/a", "x"],
  ["listquota", "/q"],
  ["setquota", "-N", "3", "/q"],
  ["listquota", "/q"],
  ["setquota", "-B", "10", "/q"],
  ["listquota", "/q"],
  ["setquota", "-n", "1", "/q"],
  ["setquota", "-b", "1", "/q"],
  ["listquota", "/q"],
  ["create", "/q/b"],
  ["create", "/q/c"],
  ["set", "/q/a", "1234567"],
  ["set", "/q/a", "12345"],
  ["setquota", "-N", "9", "/q/a"],
  ["setquota", "-N", "9", "/"],
  ["setquota", "-N", "9", "/none"],
  ["setquota", "-N", "9", "/zookeeper/quota"],
  ["setquota", "-N", "0", "/q"],
  ["setquota", "-N", "x", "/q"],
  ["create", "-s", "/q/a/s-", "x"],
  ["listquota", "/q"],
  ["delquota", "-N", "/q"],
  ["create", "/q/c"],
  ["listquota", "/q"],
  ["delquota", "-B", "/q"],
  ["listquota", "/q"],
  ["delquota", "/q"],
  ["listquota", "/q"],
  ["ls", "-R", "/zookeeper"],
  ["create", "-t", "600000", "/ttl", "x"],
  ["create", "-s", "-t", "600000", "/ttl-", "x"],
  ["create", "-e", "-t", "600000", "/ttl-e", "x"],
  ["create", "-t", "0", "/ttl-0", "x"],
  ["create", "-t", "1099511627776", "/ttl-long", "x"],
  ["create", "-t", "1099511627775", "/ttl-longest", "x"],
  ["stat", "/ttl"],
  ["get", "-s", "/ttl"],
];

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, ExistsRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse, ExistsResponse } from "../../src/wire/client/responses.ts";
import { fourLetter, modeOf } from "../peers/fourLetter.ts";
import { freePort } from "../peers/ports.ts";
import { RawClient, RawConnection } from "../peers/rawClient.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { Installation, serves } from "./installation.ts";

let installation: Installation;

beforeEach(() => {
  installation = new Installation();
});

afterEach(() => installation.remove());

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

async function create(client: RawClient, path: string, flags = 0): Promise<void> {
  const request = { path, data: new Uint8Array(3), acl: OPEN, flags };
  expect(await client.ask(Op.create, CreateRequest, request, CreateResponse)).toEqual({ path });
}

async function ownerOf(client: RawClient, path: string): Promise<bigint> {
  const { stat } = await client.ask(Op.exists, ExistsRequest, { path, watch: false }, ExistsResponse);
  return stat.ephemeralOwner;
}

describe("start-foreground", () => {
  test("without any configuration: a server on its own, on the sample", async () => {
    const port = await installation.moveSample();
    const { process, ended } = installation.foreground();
    expect(await serves(port)).toBe("standalone");
    expect(await fourLetter(port, "ruok")).toBe("ruok is not executed because it is not in the whitelist.\n");
    const client = await RawClient.open(port);
    await create(client, "/first");
    process.kill("SIGTERM");
    const { rc, stderr } = await ended;
    expect([rc, stderr]).toEqual([0, `Using config: ${join(installation.home, "conf/zoo_sample.cfg")}\n`]);
    expect(existsSync(join(installation.dataDir, "version-2/log.1"))).toBe(true);
  });

  test("SIGTERM: 0, what was acknowledged is there again, and sessions go on; so they do after SIGKILL", async () => {
    const port = await freePort();
    installation.config([`dataDir=${installation.dataDir}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"]);
    const first = installation.foreground();
    await serves(port);
    const client = await RawClient.open(port);
    await create(client, "/e", 1);
    for (let i = 0; i < 50; i++)
      client.send(Op.create, CreateRequest.encode({ path: `/n${i}`, data: null, acl: OPEN, flags: 0 }));
    for (let i = 0; i < 20; i++) await client.reply();
    first.process.kill("SIGTERM");
    await client.connection.untilClosed();
    expect((await first.ended).rc).toBe(0);
    await expect(RawConnection.open(port)).rejects.toThrow("ECONNREFUSED");

    const second = installation.foreground();
    await serves(port);
    const { sessionId, passwd } = client.session;
    const again = await RawClient.open(port, { sessionId, passwd });
    expect(again.session.sessionId).toBe(sessionId);
    expect(await ownerOf(again, "/e")).toBe(sessionId);
    expect(await ownerOf(again, "/n19")).toBe(0n);
    second.process.kill("SIGKILL");
    expect((await second.ended).rc).toBe("SIGKILL");

    installation.foreground();
    await serves(port);
    const third = await RawClient.open(port, { sessionId, passwd });
    expect(await ownerOf(third, "/e")).toBe(sessionId);
  });
});

test("autopurge: the first round of a start leaves the newest snapshots, and everything that was written", async () => {
  const port = await freePort();
  const place = [`dataDir=${installation.dataDir}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"];
  const files = (prefix: string): readonly string[] =>
    readdirSync(join(installation.dataDir, "version-2"))
      .filter((name) => name.startsWith(prefix))
      .sort((a, b) => zxidIn(a) - zxidIn(b));
  installation.config([...place, "snapCount=10"]);
  const first = installation.foreground();
  await serves(port);
  const client = await RawClient.open(port);
  for (let i = 0; i < 100; i++) await create(client, `/n${i}`);
  await waitFor("several snapshots", 10_000, () => (files("snapshot.").length > 5 ? true : undefined));
  first.process.kill("SIGTERM");
  await first.ended;
  const before = files("snapshot.");
  const logs = files("log.").length;

  installation.config([...place, "autopurge.snapRetainCount=3", "autopurge.purgeInterval=1"]);
  installation.foreground();
  await serves(port);
  await waitFor("old snapshots to go", 10_000, () => (files("snapshot.").length === 3 ? true : undefined));
  expect(files("snapshot.")).toEqual(before.slice(-3));
  await waitFor("old logs to go", 10_000, () => (files("log.").length < logs ? true : undefined));
  const again = await RawClient.open(port);
  for (const path of ["/n0", "/n99"]) expect(await ownerOf(again, path)).toBe(0n);
});

function zxidIn(name: string): number {
  return Number.parseInt(name.split(".")[1] ?? "", 16);
}

test("SIGINT ends it as well", async () => {
  const port = await installation.moveSample();
  const { process, ended } = installation.foreground();
  await serves(port);
  process.kill("SIGINT");
  expect((await ended).rc).toBe(0);
});

test("a connection that says nothing is dropped, although nothing else happens", async () => {
  const port = await installation.moveSample();
  installation.foreground([], { SERVER_JVMFLAGS: "-Dzookeeper.nio.sessionlessCnxnTimeout=200" });
  await serves(port);
  // Until the server has nothing to wait for any more.
  await pause(1500);
  const silent = await RawConnection.open(port);
  expect(await silent.untilClosed(5_000)).toEqual([]);
});

describe("start, status, restart, stop", () => {
  test("a life", async () => {
    const port = await freePort();
    installation.config([`dataDir=${installation.dataDir}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"]);
    const pidFile = join(installation.dataDir, "zookeeper_server.pid");
    const found = `Client port found: ${port}. Client address: 127.0.0.1. Client SSL: false.\n`;
    const down = { rc: 1, stdout: `${found}Error contacting service. It is probably not running.\n` };
    expect(await installation.script(["status"])).toMatchObject(down);
    expect(await installation.script(["start"])).toMatchObject({ rc: 0, stdout: "Starting zookeeper ... STARTED\n" });
    const pid = Number(readFileSync(pidFile, "latin1"));
    try {
      await serves(port);
      expect(await installation.script(["status"])).toMatchObject({ rc: 0, stdout: `${found}Mode: standalone\n` });
      expect(await installation.script(["start"])).toMatchObject({
        rc: 1,
        stdout: `Starting zookeeper ... already running as process ${pid}.\n`,
      });
      const client = await RawClient.open(port);
      await create(client, "/kept");
      expect(await installation.script(["restart"])).toMatchObject({
        rc: 0,
        stdout: "Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n",
      });
      await serves(port);
      expect(await ownerOf(await RawClient.open(port), "/kept")).toBe(0n);
    } finally {
      expect(await installation.script(["stop"])).toMatchObject({ rc: 0, stdout: "Stopping zookeeper ... STOPPED\n" });
    }
    await waitFor("the end", 10_000, async () => ((await modeOf(port)) === undefined ? true : undefined));
    expect(await installation.script(["status"])).toMatchObject(down);
    expect(await installation.script(["stop"])).toMatchObject({
      rc: 0,
      stdout: expect.stringContaining("no zookeeper to stop"),
    });
  });

  test("a server that refuses its configuration has not started, and its output says why", async () => {
    installation.config([`dataDir=${installation.dataDir}`, "clientPort=99999"]);
    expect(await installation.script(["start"])).toMatchObject({
      rc: 1,
      stdout: "Starting zookeeper ... FAILED TO START\n",
    });
    const output = readFileSync(join(installation.home, "logs/zookeeper-u-server-h.out"), "latin1");
    expect(output).toMatch(/clientPort=99999/);
  });
});

import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, GetDataRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse, GetDataResponse } from "../../src/wire/client/responses.ts";
import { startEnsemble } from "./ensemble.ts";
import { fourLetter, mntr, modeOf } from "./fourLetter.ts";
import { runJava, startJavaServer } from "./javaServer.ts";
import { RawClient } from "./rawClient.ts";

// The peers themselves: what the suites rely on is there before they judge anything of ours.

const ANYONE = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

test("a lone Java server: four-letter words, a raw client, the official shell", async () => {
  const server = await startJavaServer();
  try {
    await server.waitServing();
    expect(await fourLetter(server.clientPort, "ruok")).toBe("imok");
    expect(await modeOf(server.clientPort)).toBe("standalone");
    expect((await mntr(server.clientPort)).get("zk_version")).toMatch(/^3\.9\.5-/);
    await createAndRead(server.clientPort, "/raw");
    const shell = ["-server", `127.0.0.1:${server.clientPort}`, "get", "/raw"];
    expect(await runJava("org.apache.zookeeper.ZooKeeperMain", shell)).toContain("bytes of /raw");
  } finally {
    await server.stop();
  }
});

test("three Java servers elect, lose their leader, and take it back on its data", async () => {
  const ensemble = await startEnsemble([
    { kind: "java", id: 1 },
    { kind: "java", id: 2 },
    { kind: "java", id: 3 },
  ]);
  try {
    const first = await ensemble.waitServing();
    await createAndRead(first.clientPort, "/before");
    await first.kill();
    const second = await ensemble.waitServing();
    expect(second.id).not.toBe(first.id);
    await createAndRead(second.clientPort, "/after");
    await first.start();
    await first.waitServing();
    expect(await modeOf(first.clientPort)).toBe("follower");
    expect(await read(first.clientPort, "/after")).toBe("bytes of /after");
    await first.stop();
    expect(first.running()).toBe(false);
  } finally {
    await ensemble.dispose();
  }
});

async function createAndRead(port: number, path: string): Promise<void> {
  const client = await RawClient.open(port);
  const request = { path, data: Buffer.from(`bytes of ${path}`), acl: ANYONE, flags: 0 };
  expect(await client.ask(Op.create, CreateRequest, request, CreateResponse)).toEqual({ path });
  client.connection.close();
  expect(await read(port, path)).toBe(`bytes of ${path}`);
}

async function read(port: number, path: string): Promise<string> {
  const client = await RawClient.open(port);
  const { data } = await client.ask(Op.getData, GetDataRequest, { path, watch: false }, GetDataResponse);
  client.connection.close();
  return Buffer.from(data ?? []).toString("utf8");
}

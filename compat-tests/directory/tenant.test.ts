import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, GetDataRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse, GetDataResponse } from "../../src/wire/client/responses.ts";
import { runJava } from "../peers/javaServer.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { Kind } from "../peers/server.ts";
import { waitFor } from "../peers/waiting.ts";
import { Household } from "./handover.ts";
import { readTree } from "./tree.ts";

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

test("an official client stays in its session while Java and ours take turns on the directory", async () => {
  const house = await Household.found({ snapCount: 20 });
  try {
    await house.enter("java");
    const turns: readonly (readonly [Kind, NodeJS.Signals])[] = [
      ["ts", "SIGTERM"],
      ["java", "SIGKILL"],
      ["ts", "SIGKILL"],
      ["java", "SIGTERM"],
    ];
    const tenant = runJava("Tenant", [`127.0.0.1:${house.clientPort}`, `${turns.length}`]);
    let failure: unknown;
    tenant.catch((error: unknown) => {
      failure = error;
    });
    for (const [move, [kind, end]] of turns.entries()) {
      await waitFor(`the tenant after move ${move}`, 30_000, async () => {
        if (failure !== undefined) throw failure;
        return (await movesSeen(house.clientPort)) === `${move}` ? true : undefined;
      });
      await house.leave(end);
      await house.enter(kind);
    }
    expect(await tenant).toBe(`stayed for ${turns.length}\n`);
    expect([...(await readTree(house.clientPort)).keys()]).not.toContain("/tenant/here");
  } finally {
    await house.dispose();
  }
}, 120_000);

test("quotas are counted on after the change of program, both ways", async () => {
  const house = await Household.found();
  try {
    await house.enter("java");
    await create(house.clientPort, "/q", "0123456789");
    await create(house.clientPort, "/zookeeper/quota/q", "");
    await create(house.clientPort, "/zookeeper/quota/q/zookeeper_limits", "count=5,bytes=100");
    await create(house.clientPort, "/zookeeper/quota/q/zookeeper_stats", "count=0,bytes=0");
    for (const [index, kind] of (["ts", "java", "ts", "java"] as const).entries()) {
      await create(house.clientPort, `/q/${index}`, "abc");
      const expected = `count=${index + 2},bytes=${10 + 3 * (index + 1)}`;
      expect(await read(house.clientPort, "/zookeeper/quota/q/zookeeper_stats")).toBe(expected);
      await house.leave(index % 2 === 0 ? "SIGKILL" : "SIGTERM");
      await house.enter(kind);
      expect(await read(house.clientPort, "/zookeeper/quota/q/zookeeper_stats")).toBe(expected);
    }
  } finally {
    await house.dispose();
  }
}, 120_000);

/** How many moves the tenant has told of; undefined before its first word. */
async function movesSeen(port: number): Promise<string | undefined> {
  return read(port, "/tenant/moves").catch(() => undefined);
}

async function create(port: number, path: string, data: string): Promise<void> {
  const client = await RawClient.open(port);
  await client.ask(Op.create, CreateRequest, { path, data: Buffer.from(data), acl: OPEN, flags: 0 }, CreateResponse);
  client.connection.close();
}

async function read(port: number, path: string): Promise<string> {
  const client = await RawClient.open(port);
  try {
    const { data } = await client.ask(Op.getData, GetDataRequest, { path, watch: false }, GetDataResponse);
    return Buffer.from(data ?? []).toString("utf8");
  } finally {
    client.connection.close();
  }
}

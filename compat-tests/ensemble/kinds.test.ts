import { Writer } from "jute-ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, CreateTTLRequest } from "../../src/wire/client/requests.ts";
import { MultiHeader } from "../../src/wire/client/shared.ts";
import { type Ensemble, startEnsemble } from "../peers/ensemble.ts";
import { waitFor } from "../peers/waiting.ts";
import { Client, refusal } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { leadBy, ofKind, QUIET } from "./members.ts";
import { MIXES } from "./mixes.ts";

// Containers, nodes with a time to live and quotas: made through every member, judged and reaped by whoever leads, the same
// nodes by both programs.

const MIXED = MIXES.filter(({ leaders }) => leaders.length === 2).slice(1);
const JVM_FLAGS = ["-Dznode.container.checkIntervalMs=500"];
const CONFIG = { ...QUIET, extendedTypesEnabled: "true", enforceQuota: "true" };

for (const { name, specs, leaders } of MIXED) {
  test(`${name}: what is over goes, what is full stays as it is, whoever leads`, async () => {
    const ensemble = await startEnsemble(specs, { config: CONFIG, jvmFlags: JVM_FLAGS });
    try {
      for (const kind of leaders) {
        const leader = await leadBy(ensemble, ofKind(kind));
        const clients = await Promise.all(ensemble.members.map(({ clientPort }) => Client.open(clientPort)));
        await clients[0]?.create(`/led-by-${leader.id}`);
        for (const [i, client] of clients.entries()) {
          const root = `/led-by-${leader.id}/by-${i}`;
          await client.create(root);
          await reaped(client, root);
          await limited(client, await Client.open(leader.clientPort), `${root}/quota`);
        }
        await sameEverywhere(ensemble, clients, leader.id);
        for (const client of clients) await client.close();
        expect((await ensemble.leader())?.id).toBe(leader.id);
      }
    } finally {
      await ensemble.dispose();
    }
  }, 240_000);
}

/** Of each kind one that is to go and one that is to stay. */
async function reaped(client: Client, root: string): Promise<void> {
  await container(client, `${root}/used`);
  await container(client, `${root}/unused`);
  await container(client, `${root}/full`);
  await client.create(`${root}/full/x`);
  await client.create(`${root}/used/x`);
  await client.delete(`${root}/used/x`);
  await withTTL(client, `${root}/short`, 300);
  await withTTL(client, `${root}/long`, 600_000);
  await parentWithTTL(client, `${root}/parent`, 1);
  await waitFor(`what is over below ${root} to go`, 20_000, async () => {
    const names = await client.children(root);
    return names.includes("used") || names.includes("short") ? undefined : true;
  });
  expect(await client.children(root)).toEqual(["full", "long", "parent", "unused"]);
  expect((await client.get(`${root}/long`)).stat.ephemeralOwner).toBe(0n);
}

/**
 * At most three nodes, the root counted, and ten bytes; the numbers are the servers' own. A leader of Java's judges by what it has
 * applied, and another member may answer before that.
 */
async function limited(client: Client, leader: Client, root: string): Promise<void> {
  const quota = `/zookeeper/quota${root}`;
  const applied = (stats: string): Promise<true> =>
    waitFor(`the leader to count ${stats}`, 10_000, async () =>
      (await leader.get(`${quota}/zookeeper_stats`)).data === stats ? true : undefined,
    );
  await client.create(root, "12345");
  const parts = quota.split("/").slice(3);
  for (const [i] of parts.entries()) {
    const path = `/zookeeper/quota/${parts.slice(0, i + 1).join("/")}`;
    if ((await client.exists(path)) === undefined) await client.create(path);
  }
  await client.create(`${quota}/zookeeper_limits`, "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
  await client.create(`${quota}/zookeeper_stats`, "count=0,bytes=0");
  expect((await client.get(`${quota}/zookeeper_stats`)).data).toBe("count=1,bytes=5");
  await client.create(`${root}/a`, "12345");
  await applied("count=2,bytes=10");
  expect(await refusal(() => client.create(`${root}/b`, "1"))).toBe(QUOTA_EXCEEDED);
  await client.create(`${root}/b`);
  await applied("count=3,bytes=10");
  expect(await refusal(() => client.create(`${root}/c`))).toBe(QUOTA_EXCEEDED);
  expect(await refusal(() => client.set(`${root}/b`, "1"))).toBe(QUOTA_EXCEEDED);
  await client.set(`${root}/a`, "1");
  await client.delete(`${root}/b`);
  expect((await client.get(`${quota}/zookeeper_stats`)).data).toBe("count=2,bytes=6");
  await leader.close();
}

async function sameEverywhere(ensemble: Ensemble, clients: readonly Client[], leader: number): Promise<void> {
  for (const client of clients) {
    await client.sync();
    expect((await client.children(`/led-by-${leader}`)).length).toBe(clients.length);
  }
  await expectEqualTrees(ensemble);
}

async function container(client: Client, path: string): Promise<void> {
  const body = CreateRequest.encode({ path, data: null, acl: OPEN, flags: 4 });
  expect((await client.raw.call(Op.createContainer, body)).err).toBe(0);
}

async function withTTL(client: Client, path: string, ttlMs: number): Promise<void> {
  const body = CreateTTLRequest.encode({ path, data: null, acl: OPEN, flags: 5, ttl: BigInt(ttlMs) });
  expect((await client.raw.call(Op.createTTL, body)).err).toBe(0);
}

/** With its child in one transaction: between two it might be reaped. */
async function parentWithTTL(client: Client, path: string, ttlMs: number): Promise<void> {
  const body = new Writer();
  MultiHeader.write(body, { type: Op.createTTL, done: false, err: -1 });
  CreateTTLRequest.write(body, { path, data: null, acl: OPEN, flags: 5, ttl: BigInt(ttlMs) });
  MultiHeader.write(body, { type: Op.create, done: false, err: -1 });
  CreateRequest.write(body, { path: `${path}/x`, data: null, acl: OPEN, flags: 0 });
  MultiHeader.write(body, { type: -1, done: true, err: -1 });
  expect((await client.raw.call(Op.multi, body.toBytes())).err).toBe(0);
}

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const QUOTA_EXCEEDED = -125;

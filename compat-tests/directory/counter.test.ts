import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writer } from "jute-ts";
import { toZxid } from "../../src/base/zxid.ts";
import { SnapshotEncoder } from "../../src/store/snapshotEncoder.ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, ExistsRequest, SetDataRequest } from "../../src/wire/client/requests.ts";
import { MultiHeader, StatPersisted } from "../../src/wire/client/shared.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { Kind } from "../peers/server.ts";
import { Household } from "./handover.ts";

// Counters that nobody lives to see: a snapshot in which they stand just below and above 2^31 - 1, taken up by both programs.

test("names, versions and counters past 2147483647 are the same in both programs, and after a restart", async () => {
  const [java, ours] = await Promise.all([lived("java"), lived("ts")]);
  expect(ours).toEqual(java);
  expect(java.join("\n")).toContain("/p/s-2147483647");
}, 120_000);

/** What each request came to, the server stopped and started again in the middle. */
async function lived(kind: Kind): Promise<readonly string[]> {
  const house = await Household.found();
  try {
    const folder = join(house.dataDir, "version-2");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "snapshot.10"), snapshot());
    const said: string[] = [];
    for (let round = 0; round < 2; round++) {
      const server = await house.enter(kind);
      said.push(...(await asked(server.clientPort)));
      await house.leave();
    }
    return said;
  } finally {
    await house.dispose();
  }
}

async function asked(port: number): Promise<readonly string[]> {
  const client = await RawClient.open(port);
  const said: string[] = [];
  const ask = async (type: number, body: Uint8Array): Promise<void> => {
    const reply = await client.call(type, body);
    // Times are the servers' own: a Stat is told without ctime and mtime.
    const text = Buffer.from(withoutTimes(type, reply.body)).toString("latin1");
    said.push(`${type} ${reply.zxid} ${reply.err} ${text}`);
  };
  for (const parent of ["/p", "/n", ""]) {
    for (const flags of [2, 0, 2, 2, 2]) {
      const path = flags === 0 ? `${parent}/x` : `${parent}/s-`;
      await ask(Op.create, CreateRequest.encode({ path, data: null, acl: OPEN, flags }));
    }
    await ask(Op.exists, ExistsRequest.encode({ path: parent || "/", watch: false }));
    await ask(Op.multi, twoSequential(`${parent}/m-`));
  }
  for (const path of ["/p", "/n"]) {
    for (const version of [-1, -1, -1, -2_147_483_648]) {
      await ask(Op.setData, SetDataRequest.encode({ path, data: null, version }));
    }
  }
  client.connection.close();
  return said;
}

function twoSequential(path: string): Uint8Array {
  const body = new Writer();
  for (let i = 0; i < 2; i++) {
    MultiHeader.write(body, { type: Op.create, done: false, err: -1 });
    CreateRequest.write(body, { path, data: null, acl: OPEN, flags: 2 });
  }
  MultiHeader.write(body, { type: -1, done: true, err: -1 });
  return body.toBytes();
}

function withoutTimes(type: number, body: Uint8Array): Uint8Array {
  if (type !== Op.exists && type !== Op.setData) return body;
  const stat = Buffer.from(body);
  return stat.length < 68 ? stat : stat.fill(0, 16, 32);
}

/** /p stands at 2^31 - 3 children made, the root a few below it, /n at -2; all at version 2^31 - 2. */
function snapshot(): Uint8Array {
  const encoder = new SnapshotEncoder("file");
  const nodes = new Writer();
  node(nodes, "", 2_147_483_640);
  node(nodes, "/n", -2);
  node(nodes, "/p", 2_147_483_645);
  for (const path of ["/zookeeper", "/zookeeper/config", "/zookeeper/quota"]) node(nodes, path, 0);
  return Buffer.concat([
    encoder.begin([], [{ key: 1n, acl: OPEN }]),
    encoder.nodes(nodes.toBytes()),
    encoder.end({ zxid: toZxid(0n), version: 2, digest: 0n }, toZxid(0x10n)),
  ]);
}

function node(nodes: Writer, path: string, cversion: number): void {
  nodes.ustring(path);
  nodes.buffer(new Uint8Array(0));
  nodes.long(1n);
  const zxid = toZxid(1n);
  const times = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: 1n, mtime: 1n };
  StatPersisted.write(nodes, { ...times, version: 2_147_483_646, cversion, aversion: 0, ephemeralOwner: 0n });
}

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

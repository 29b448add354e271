import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, SetDataRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import { residentMiB } from "../peers/memory.ts";
import { freePort } from "../peers/ports.ts";
import { RawClient } from "../peers/rawClient.ts";
import { Installation, serves } from "./installation.ts";

const OUTSTANDING = 60;
const WRITES = 100_000;

/** The young generation of the disk's thread alone was 38 MiB once. */
test(`after ${WRITES} writes a server with a single znode of 100 bytes is still small`, async () => {
  const installation = new Installation();
  try {
    const port = await freePort();
    installation.config([`dataDir=${installation.dataDir}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"]);
    const server = installation.foreground();
    await serves(port);
    const client = await RawClient.open(port);
    const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
    const znode = { path: "/ours", data: new Uint8Array(100), acl, flags: 0 };
    await client.ask(Op.create, CreateRequest, znode, CreateResponse);
    const write = SetDataRequest.encode({ path: "/ours", data: new Uint8Array(100), version: -1 });
    for (let sent = 0, answered = 0; answered < WRITES; answered++) {
      for (; sent < WRITES && sent - answered < OUTSTANDING; sent++) client.send(Op.setData, write);
      expect((await client.reply()).err).toBe(0);
    }
    expect(residentMiB(server.process.pid ?? Number.NaN)).toBeLessThan(118);
  } finally {
    await installation.remove();
  }
}, 60_000);

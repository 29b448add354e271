import { Op } from "../../src/wire/client/numbers.ts";
import {
  AuthPacket,
  CreateRequest,
  ExistsRequest,
  GetACLRequest,
  SyncRequest,
} from "../../src/wire/client/requests.ts";
import { GetACLResponse } from "../../src/wire/client/responses.ts";
import type { ACL } from "../../src/wire/client/shared.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { waitFor } from "../peers/waiting.ts";
import { clientsFate, connectRequest, fateUntilClosed, request, strangersFate } from "./badInput.ts";
import { framed } from "./script.ts";

// Limits and demands that are off by default, switched on for a Java server and for ours: both say the same.

/** What each server came to; expects no difference and gives it. */
async function same(
  config: Readonly<Record<string, string | number>>,
  talk: (server: PeerServer) => Promise<readonly unknown[]>,
): Promise<readonly unknown[]> {
  const servers = await Promise.all([startJavaServer({ config }), startTypekeeperServer({ config })]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const [java, ours] = await Promise.all(servers.map(talk));
    expect(ours).toEqual(java);
    return java ?? [];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

test("enforced authentication: -124 and the end for all but a login; ids by another hash", async () => {
  const config = {
    "enforce.auth.enabled": "true",
    "enforce.auth.schemes": "digest",
    "DigestAuthenticationProvider.digestAlg": "SHA-256",
  };
  const seen = await same(config, async ({ clientPort }) => {
    const fates: unknown[] = [];
    for (const bytes of [PING, EXISTS, SYNC, request(Op.closeSession, NOTHING), request(99, NOTHING)]) {
      const { connection } = await RawClient.open(clientPort);
      fates.push(await fateUntilClosed(connection, bytes));
    }
    const client = await RawClient.open(clientPort);
    fates.push((await client.call(Op.auth, login("bob:pw"))).err);
    fates.push(await clientsFate(client, request(Op.create, create("/a", [{ perms: 31, id: AUTH }]), 2)));
    const { err, body } = await client.call(Op.getACL, GetACLRequest.encode({ path: "/a" }));
    fates.push(err, GetACLResponse.decode(body).acl);
    client.connection.close();
    return fates;
  });
  expect(seen.slice(0, 3)).toEqual(["-2 -124, closed", "1 -124, closed", "1 -124, closed"]);
}, 60_000);

test("without digest it is no login and no ACL", async () => {
  const seen = await same({ "DigestAuthenticationProvider.enabled": "false" }, async ({ clientPort }) => {
    const client = await RawClient.open(clientPort);
    const acl = [{ perms: 31, id: { scheme: "digest", id: "bob:x" } }];
    const { err } = await client.call(Op.create, create("/a", acl));
    return [err, await fateUntilClosed(client.connection, request(Op.auth, login("bob:pw")))];
  });
  expect(seen).toEqual([-114, "1 -115, closed"]);
}, 60_000);

test.each([undefined, " woo, foo "])(
  "the ensemble's name as a login, with names %j",
  async (names) => {
    const provider = { "authProvider.1": "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider" };
    const config = names === undefined ? provider : { ...provider, ensembleAuthName: names };
    const seen = await same(config, async ({ clientPort }) => {
      const fates: string[] = [];
      for (const name of ["woo", "foo", "", "goo", " woo"]) {
        const client = await RawClient.open(clientPort);
        fates.push(await clientsFate(client, request(Op.auth, login(name, "ensemble"))));
        client.connection.close();
      }
      return fates;
    });
    const other = names === undefined ? "1 0, open" : "closed";
    expect(seen).toEqual(["1 0, open", "1 0, open", "1 0, open", other, other]);
  },
  60_000,
);

test("a full request throttle that does not drop stale requests: all that a client sent before it went is done", async () => {
  const config = { request_throttle_max_requests: 1, request_throttle_drop_stale: "false" };
  const seen = await same(config, async ({ clientPort }) => {
    const client = await RawClient.open(clientPort);
    const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
    const requests = Array.from({ length: 300 }, (_, i) => request(Op.create, create(`/n${i}`, acl), i + 1));
    client.connection.socket.end(Buffer.concat(requests));
    const looker = await RawClient.open(clientPort);
    const body = ExistsRequest.encode({ path: "/n299", watch: false });
    const last = await waitFor("the last node", 20_000, async () => {
      const { err } = await looker.call(Op.exists, body);
      return err === 0 ? "there" : undefined;
    });
    looker.connection.close();
    return [last];
  });
  expect(seen).toEqual(["there"]);
}, 60_000);

test("large requests share their budget: what is beyond it costs its connection", async () => {
  const seen = await same({ largeRequestThreshold: 1_000, largeRequestMaxBytes: 5_000 }, async ({ clientPort }) => {
    const fates: unknown[] = [];
    for (const length of [900, 4_000, 4_000, 6_000, 4_000]) {
      const client = await RawClient.open(clientPort);
      const path = `/${"x".repeat(length)}`;
      const bytes = request(Op.exists, ExistsRequest.encode({ path, watch: false }));
      fates.push(await (length > 5_000 ? fateUntilClosed(client.connection, bytes) : clientsFate(client, bytes)));
      client.connection.close();
    }
    return fates;
  });
  expect(seen).toEqual(["1 -101, open", "1 -101, open", "1 -101, open", "closed", "1 -101, open"]);
}, 60_000);

test("connection tokens: a ConnectRequest beyond them is not answered", async () => {
  const config = { connection_throttle_tokens: 3, connection_throttle_fill_time: 3_600_000 };
  const seen = await same(config, async ({ clientPort }) => {
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.open(clientPort)));
    const fates = [await strangersFate(clientPort, framed(connectRequest()))];
    for (const client of clients) fates.push(await clientsFate(client, EXISTS));
    for (const client of clients) client.connection.close();
    return fates.map((fate) => fate.replace(/ [0-9a-f]{136}/, ""));
  });
  expect(seen).toEqual(["closed", "1 0, open", "1 0, open", "1 0, open"]);
}, 60_000);

function login(auth: string, scheme = "digest"): Uint8Array {
  return AuthPacket.encode({ type: 0, scheme, auth: Buffer.from(auth) });
}

function create(path: string, acl: readonly ACL[]): Uint8Array {
  return CreateRequest.encode({ path, data: null, acl: [...acl], flags: 0 });
}

const AUTH = { scheme: "auth", id: "" };
const NOTHING = new Uint8Array(0);
const PING = request(Op.ping, NOTHING, -2);
const EXISTS = request(Op.exists, ExistsRequest.encode({ path: "/", watch: false }));
const SYNC = request(Op.sync, SyncRequest.encode({ path: "/" }));

import { Writer } from "jute-ts";
import { Op } from "../../src/wire/client/numbers.ts";
import * as requests from "../../src/wire/client/requests.ts";
import { MultiHeader } from "../../src/wire/client/shared.ts";
import { fourLetter } from "../peers/fourLetter.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import { residentMiB } from "../peers/memory.ts";
import { RawClient, RawConnection } from "../peers/rawClient.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import {
  clientsFate,
  connectRequest,
  type Fate,
  fateUntilClosed,
  inPieces,
  length,
  request,
  strangersFate,
} from "./badInput.ts";
import { framed } from "./script.ts";

// Bytes that no client sends, on the client port (client-protocol 1.4, 4.10; reliability 7): what becomes of them, with Java beside
// wherever Java survives. After each the process lives and another connection has noticed nothing.

const OPTIONS = { config: { maxClientCnxns: 0 } };
const UNSERVED = "1 -6, closed";
/** Nothing but zeros in a ConnectResponse of 36 bytes, the length of the password excepted. */
const REFUSED = `0 0 00000010${"00".repeat(16)}, closed`;
const NOTHING = new Uint8Array(0);
const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const LIMIT = 1_048_575;

let java: PeerServer;
let ours: PeerServer;
let witness: RawClient;
/** Says nothing from the beginning on. */
let silent: RawConnection;

beforeAll(async () => {
  [java, ours] = await Promise.all([startJavaServer(OPTIONS), startTypekeeperServer(OPTIONS)]);
  await Promise.all([java.waitServing(), ours.waitServing()]);
  witness = await RawClient.open(ours.clientPort);
  silent = await RawConnection.open(ours.clientPort);
}, 60_000);

afterAll(async () => {
  witness?.connection.close();
  await Promise.all([java?.stop(), ours?.stop()]);
});

afterEach(async () => {
  expect(ours.running()).toBe(true);
  expect(
    await clientsFate(witness, request(Op.exists, requests.ExistsRequest.encode({ path: "/", watch: false }))),
  ).toMatch(/^1 0 .*, open$/);
});

describe("before the handshake", () => {
  test.each<[string, Uint8Array]>([
    ["length -1", length(-1)],
    ["length -2^31", length(-0x80000000)],
    ["length 0", length(0)],
    ["length 2^31-1", length(0x7fffffff)],
    ["one over the limit", length(LIMIT + 1)],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
    ["a TLS ClientHello", Buffer.from("16030100c8010000c40303", "hex")],
    ["an unknown four-letter word", Buffer.from("abcd")],
    ["garbage", Buffer.from("f7a1903c5d0000ff1234", "hex")],
    ["a ping", request(Op.ping, NOTHING)],
    ["a getData", request(Op.getData, requests.GetDataRequest.encode({ path: "/", watch: false }))],
    ["a password of length -2", framed(withPasswordLength(-2))],
    ["a password of length 2^31-1", framed(withPasswordLength(0x7fffffff))],
    ["a zxid that nobody has", framed(connectRequest({ lastZxidSeen: 1n << 62n }))],
  ])("%s: closed without a byte", async (_name, bytes) => {
    expect(await strangersFate(java.clientPort, bytes)).toBe("closed");
    expect(await strangersFate(ours.clientPort, bytes)).toBe("closed");
  });

  test("a ConnectRequest cut at every byte: closed without a byte", async () => {
    const whole = connectRequest({ readOnly: undefined });
    for (let end = 0; end < whole.length; end++) {
      const bytes = framed(whole.subarray(0, end));
      expect([end, await strangersFate(java.clientPort, bytes)]).toEqual([end, "closed"]);
      expect([end, await strangersFate(ours.clientPort, bytes)]).toEqual([end, "closed"]);
    }
  });

  test("a ConnectRequest that arrives in two pieces, or byte by byte, is one", async () => {
    const bytes = framed(connectRequest());
    for (let cut = 1; cut < bytes.length; cut++) expect(await inPieces(ours.clientPort, bytes, [cut])).toBe(37);
    const everywhere = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    expect(await inPieces(ours.clientPort, bytes, everywhere)).toBe(37);
  });

  test("requests in one write with the handshake are answered behind it, a thousand of them", async () => {
    const connection = await RawConnection.open(ours.clientPort);
    const many = Array.from({ length: 1_000 }, (_, xid) =>
      request(Op.sync, requests.SyncRequest.encode({ path: "/" }), xid),
    );
    connection.socket.write(Buffer.concat([framed(connectRequest()), ...many]));
    expect((await connection.next())?.length).toBe(37);
    for (let xid = 0; xid < many.length; xid++) {
      expect(Buffer.from((await connection.next()) ?? NOTHING).readInt32BE(0)).toBe(xid);
    }
    connection.close();
  });

  test("announced frames cost nothing until they come", async () => {
    const before = residentMiB(ours.pid);
    const connections = await Promise.all(Array.from({ length: 500 }, () => RawConnection.open(ours.clientPort)));
    for (const { socket } of connections) socket.write(Buffer.concat([length(LIMIT), Buffer.alloc(100)]));
    expect(await clientsFate(witness, NOTHING)).toBe("open");
    expect(residentMiB(ours.pid) - before).toBeLessThan(150);
    for (const connection of connections) connection.close();
  });
});

describe("on a session's connection", () => {
  test.each<[string, Uint8Array, Fate]>([
    ["length -1", length(-1), "closed"],
    ["length 2^31-1", length(0x7fffffff), "closed"],
    ["one over the limit", length(LIMIT + 1), "closed"],
    ["an empty frame", length(0), "closed"],
    ["a header of one byte", framed(Buffer.alloc(1)), "closed"],
    ["a header of seven bytes", framed(Buffer.alloc(7)), "closed"],
    ["a four-letter word", Buffer.from("ruok"), "closed"],
    ["a second ConnectRequest", framed(connectRequest()), "0 -6, closed"],
    ["garbage with a header", framed(Buffer.from("f7a1903c5d0000ff1234", "hex")), "-140406724 -6, closed"],
    ["auth that does not decode", request(Op.auth, Buffer.alloc(7)), "closed"],
    ["auth of an unknown scheme", request(Op.auth, auth("nobody", "x")), "1 -115, closed"],
    ["auth of no scheme", request(Op.auth, auth(null, "x")), "1 -115, closed"],
    ["digest without data", request(Op.auth, auth("digest", null)), "1 -115, closed"],
    ["sasl that does not decode", request(Op.sasl, Buffer.alloc(3)), "closed"],
    ["sasl without a token", request(Op.sasl, length(-1)), "closed"],
    ["a path longer than the frame", request(Op.getData, length(0x7fffffff)), "1 -5, open"],
    ["a path of length -2", request(Op.getData, Buffer.concat([length(-2), Buffer.alloc(1)])), "1 -5, open"],
    ["2^31-1 watches in ten bytes", request(Op.setWatches, watches(0x7fffffff)), "1 -5, open"],
    ["2^31-1 ACLs in ten bytes", request(Op.setACL, acls(0x7fffffff)), "1 -5, open"],
    ["-2 ACLs are none", request(Op.setACL, acls(-2)), "1 -114, open"],
    ["a multi in a multi", request(Op.multi, multi(false, [Op.multi, multi(true)])), "1 -5, open"],
    ["a multi with a read", request(Op.multi, multi(true, [Op.getData, path("/")])), "1 -5, open"],
    ["a multi of an unknown type", request(Op.multi, multi(true, [99, NOTHING])), "1 -5, open"],
    ["a multi without an end", request(Op.multi, multi(false, [Op.check, check("/")])), "1 -5, open"],
    ["an empty multi", request(Op.multi, multi(true)), "1 0 ffffffff01ffffffff, open"],
    ["a create of flags 2^31-1", request(Op.create, create("/x", 0x7fffffff)), "1 -8, open"],
    ["a path of a MiB", request(Op.exists, path(`/${"x".repeat(LIMIT - 30)}`)), "1 -101, open"],
    ["a path 100,000 deep", request(Op.getData, path("/x".repeat(100_000))), "1 -101, open"],
    ["a create 100,000 deep", request(Op.create, create("/x".repeat(100_000), 0)), "1 -101, open"],
    ["an unknown addWatch mode", request(Op.addWatch, Buffer.concat([text("/"), length(7)])), "1 -5, open"],
    ["bytes behind the record", request(Op.exists, Buffer.concat([path("/absent"), Buffer.alloc(50)])), "1 -101, open"],
  ])("%s: as the chapter says and as Java does", async (_name, bytes, fate) => {
    expect(await onOneSession(java, bytes, fate)).toBe(fate);
    expect(await onOneSession(ours, bytes, fate)).toBe(fate);
  });

  test("a type that is not served: -6 and closed", async () => {
    const served = new Set<number>(Object.values(Op));
    const notServed = [Op.notification, Op.check, Op.error, 1000, -1000, 0x7fffffff, -0x80000000];
    const types = Array.from({ length: 255 }, (_, index) => index - 127).filter((type) => !served.has(type));
    for (const type of [...types, ...notServed]) {
      expect([type, await onOneSession(ours, request(type, NOTHING), UNSERVED)]).toEqual([type, UNSERVED]);
    }
    for (const type of [99, ...notServed]) {
      expect([type, await onOneSession(java, request(type, NOTHING), UNSERVED)]).toEqual([type, UNSERVED]);
    }
  });

  test.each([
    ["createSession", Op.createSession, length(1_000)],
    ["deleteContainer", Op.deleteContainer, text("/x")],
  ])("%s is for servers to send: -6 and closed", async (_name, type, body) => {
    expect(await onOneSession(ours, request(type, body), UNSERVED)).toBe(UNSERVED);
  });

  test("every record cut at every byte is -5, and the next request is served", async () => {
    const [javaClient, ourClient] = await Promise.all([
      RawClient.open(java.clientPort),
      RawClient.open(ours.clientPort),
    ]);
    for (const [name, type, body] of RECORDS) {
      for (let end = 0; end < body.length; end++) {
        const bytes = request(type, body.subarray(0, end));
        const where = `${name} cut at ${end}`;
        expect([where, await clientsFate(javaClient, bytes)]).toEqual([where, "1 -5, open"]);
        expect([where, await clientsFate(ourClient, bytes)]).toEqual([where, "1 -5, open"]);
      }
    }
    for (const client of [javaClient, ourClient]) client.connection.close();
  }, 60_000);

  test("the largest frame is served, and a multi as large", async () => {
    const client = await RawClient.open(ours.clientPort);
    const room = LIMIT - 8 - requests.SetDataRequest.encode({ path: "/large", data: NOTHING, version: -1 }).length;
    await client.ask(
      Op.create,
      requests.CreateRequest,
      { path: "/large", data: null, acl: OPEN, flags: 0 },
      requests.SyncRequest,
    );
    const largest = requests.SetDataRequest.encode({ path: "/large", data: new Uint8Array(room), version: -1 });
    expect(await clientsFate(client, request(Op.setData, largest))).toMatch(/^1 0 [0-9a-f]{136}, open$/);
    const checks = Array.from({ length: 40_000 }, (): Part => [Op.check, check("/")]);
    const { err, body } = await client.call(Op.multi, multi(true, ...checks));
    expect([err, body.length]).toEqual([0, 9 * 40_001]);
    client.connection.close();
  });

  test("a stranger with the wrong password does not disturb the session's connection", async () => {
    const client = await RawClient.open(ours.clientPort);
    const { sessionId } = client.session;
    const bytes = framed(connectRequest({ sessionId, passwd: new Uint8Array(16).fill(1), readOnly: undefined }));
    expect(await strangersFate(ours.clientPort, bytes)).toBe(REFUSED);
    expect(await clientsFate(client, NOTHING)).toBe("open");
    client.connection.close();
  });
});

describe("who does not play along", () => {
  test("a client that never reads: what waits for it is bounded, others are served", async () => {
    const client = await RawClient.open(ours.clientPort);
    const data = new Uint8Array(100_000);
    await client.ask(
      Op.create,
      requests.CreateRequest,
      { path: "/wide", data, acl: OPEN, flags: 0 },
      requests.SyncRequest,
    );
    const before = residentMiB(ours.pid);
    client.connection.socket.pause();
    const ask = request(Op.getData, requests.GetDataRequest.encode({ path: "/wide", watch: false }));
    client.connection.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => ask)));
    for (let round = 0; round < 200; round++) expect(await clientsFate(witness, NOTHING)).toBe("open");
    expect(residentMiB(ours.pid) - before).toBeLessThan(200);
    client.connection.close();
  });

  test("connections that end in the middle of a frame, or right away, leave nothing", async () => {
    const bytes = Buffer.concat([framed(connectRequest()), length(100), Buffer.alloc(50)]);
    for (let i = 0; i < 300; i++) {
      const connection = await RawConnection.open(ours.clientPort);
      connection.socket.write(bytes.subarray(0, i % bytes.length));
      connection.close();
    }
    const [, connections] = /^Connections: (\d+)$/m.exec(await settledStat()) ?? [];
    expect(Number(connections)).toBeLessThan(10);
  });

  test("a connection that never opens a session is closed after 10 to 20 s", async () => {
    expect(await silent.untilClosed(25_000)).toEqual([]);
  }, 30_000);

  test("above maxClientCnxns connections are closed at once, those before go on", async () => {
    const server = await startTypekeeperServer({ config: { maxClientCnxns: 5 } });
    try {
      await server.waitServing();
      const first = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(server.clientPort)));
      expect(await strangersFate(server.clientPort, NOTHING)).toBe("closed");
      for (const client of first) expect(await clientsFate(client, NOTHING)).toBe("open");
      first[0]?.connection.close();
    } finally {
      await server.stop();
    }
  });
});

/** srvr, once the connections that were closed before are gone from its count. */
async function settledStat(): Promise<string> {
  for (let left = 50; ; left--) {
    const stat = await fourLetter(ours.clientPort, "srvr");
    if (left === 0 || /^Connections: \d$/m.test(stat)) return stat;
  }
}

/** The fate of bytes on a session of their own; `awaited` says whether to look for a close or for a reply to what follows. */
async function onOneSession(server: PeerServer, bytes: Uint8Array, awaited: Fate): Promise<Fate> {
  const client = await RawClient.open(server.clientPort);
  try {
    return await (awaited.endsWith("closed") ? fateUntilClosed(client.connection, bytes) : clientsFate(client, bytes));
  } finally {
    client.connection.close();
  }
}

function withPasswordLength(value: number): Uint8Array {
  const bytes = Buffer.from(connectRequest());
  bytes.writeInt32BE(value, 24);
  return bytes;
}

function text(value: string): Uint8Array {
  return Buffer.concat([length(value.length), Buffer.from(value)]);
}

function path(value: string): Uint8Array {
  return requests.GetDataRequest.encode({ path: value, watch: false });
}

function check(value: string): Uint8Array {
  return requests.CheckVersionRequest.encode({ path: value, version: -1 });
}

function create(value: string, flags: number): Uint8Array {
  return requests.CreateRequest.encode({ path: value, data: null, acl: OPEN, flags });
}

function auth(scheme: string | null, data: string | null): Uint8Array {
  return requests.AuthPacket.encode({ type: 0, scheme, auth: data === null ? null : Buffer.from(data) });
}

/** A SetWatches whose first list promises `count` paths. */
function watches(count: number): Uint8Array {
  return Buffer.concat([Buffer.alloc(8), length(count), Buffer.alloc(10)]);
}

/** A SetACLRequest that promises `count` entries. */
function acls(count: number): Uint8Array {
  return Buffer.concat([text("/"), length(count), Buffer.alloc(10)]);
}

type Part = readonly [type: number, body: Uint8Array];

function multi(ends: boolean, ...parts: readonly Part[]): Uint8Array {
  const writer = new Writer();
  for (const [type, body] of parts) {
    MultiHeader.write(writer, { type, done: false, err: -1 });
    writer.raw(body);
  }
  if (ends) MultiHeader.write(writer, { type: -1, done: true, err: -1 });
  return writer.toBytes();
}

const LISTS = { relativeZxid: 0n, dataWatches: ["/a"], existWatches: ["/b"], childWatches: [] };
const RECORDS: readonly (readonly [name: string, type: number, body: Uint8Array])[] = [
  ["create", Op.create, create("/x", 0)],
  ["create2", Op.create2, create("/x", 0)],
  ["createContainer", Op.createContainer, create("/x", 4)],
  [
    "createTTL",
    Op.createTTL,
    requests.CreateTTLRequest.encode({ path: "/x", data: null, acl: OPEN, flags: 5, ttl: 5n }),
  ],
  ["delete", Op.delete, requests.DeleteRequest.encode({ path: "/x", version: -1 })],
  ["exists", Op.exists, path("/x")],
  ["getData", Op.getData, path("/x")],
  ["setData", Op.setData, requests.SetDataRequest.encode({ path: "/x", data: text("x"), version: -1 })],
  ["getACL", Op.getACL, text("/x")],
  ["setACL", Op.setACL, requests.SetACLRequest.encode({ path: "/x", acl: OPEN, version: -1 })],
  ["getChildren", Op.getChildren, path("/x")],
  ["getChildren2", Op.getChildren2, path("/x")],
  ["sync", Op.sync, text("/x")],
  ["multi", Op.multi, multi(true, [Op.check, check("/")], [Op.create, create("/x", 1)])],
  ["multiRead", Op.multiRead, multi(true, [Op.getData, path("/")])],
  ["checkWatches", Op.checkWatches, requests.CheckWatchesRequest.encode({ path: "/x", type: 1 })],
  ["removeWatches", Op.removeWatches, requests.RemoveWatchesRequest.encode({ path: "/x", type: 1 })],
  ["setWatches", Op.setWatches, requests.SetWatches.encode(LISTS)],
  [
    "setWatches2",
    Op.setWatches2,
    requests.SetWatches2.encode({ ...LISTS, persistentWatches: [], persistentRecursiveWatches: ["/c"] }),
  ],
  ["getEphemerals", Op.getEphemerals, text("/x")],
  ["getAllChildrenNumber", Op.getAllChildrenNumber, text("/x")],
  ["addWatch", Op.addWatch, requests.AddWatchRequest.encode({ path: "/x", mode: 0 })],
];

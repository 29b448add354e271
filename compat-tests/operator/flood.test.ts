import { connect, type Socket } from "node:net";
import { JavaRandom } from "../../src/base/javaRandom.ts";
import { ConnectRequest } from "../../src/wire/client/connect.ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { AddWatchRequest, CreateRequest, GetDataRequest, SetDataRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse, SetDataResponse } from "../../src/wire/client/responses.ts";
import { fourLetter } from "../peers/fourLetter.ts";
import { peakMiB, residentMiB } from "../peers/memory.ts";
import { freePort } from "../peers/ports.ts";
import { RawClient } from "../peers/rawClient.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { type Foreground, Installation, serves } from "./installation.ts";

let installation: Installation;
let server: Foreground;
let port: number;
let pid: number;

beforeEach(async () => {
  installation = new Installation();
  port = await freePort();
  installation.config([
    `dataDir=${installation.dataDir}`,
    `clientPort=${port}`,
    "clientPortAddress=127.0.0.1",
    "maxClientCnxns=200",
  ]);
  server = installation.foreground([], { SERVER_JVMFLAGS: "-Dzookeeper.nio.sessionlessCnxnTimeout=500" });
  await serves(port);
  pid = server.process.pid ?? Number.NaN;
});

afterEach(() => installation.remove());

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

async function node(client: RawClient, path: string, bytes: number): Promise<void> {
  const request = { path, data: new Uint8Array(bytes), acl: OPEN, flags: 0 };
  await client.ask(Op.create, CreateRequest, request, CreateResponse);
}

/** Writes as fast as the server lets it, and asks that each is answered. */
async function works(client: RawClient, until: () => boolean): Promise<number> {
  let done = 0;
  while (!until()) {
    const request = { path: "/ours", data: new Uint8Array(10), version: done };
    const { stat } = await client.ask(Op.setData, SetDataRequest, request, SetDataResponse);
    done++;
    expect(stat.version).toBe(done);
  }
  return done;
}

function open(): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  return socket;
}

function framed(length: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(length);
  return Buffer.concat([head, payload]);
}

/** What strangers send: noise, announced frames that never come, right frames broken somewhere, words of other protocols. */
function nonsense(random: JavaRandom): Buffer {
  const noise = random.nextBytes(200);
  const kind = (noise[0] ?? 0) % 7;
  if (kind === 0) return Buffer.from(random.nextBytes(30_000));
  if (kind === 1) return framed(1_048_575, random.nextBytes(50_000));
  if (kind === 2) return framed([-1, 0, 3, 0x7fffffff, 1_048_576][(noise[1] ?? 0) % 5] ?? 0, noise);
  if (kind === 3) return Buffer.from("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  if (kind === 4) return Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, ...noise]);
  const session = ConnectRequest.encode({
    protocolVersion: 0,
    lastZxidSeen: 0n,
    timeOut: 4000,
    sessionId: kind === 5 ? 0n : 77n,
    passwd: new Uint8Array(16),
    readOnly: false,
  });
  const requests = Array.from({ length: 50 }, () => framed(60, random.nextBytes(60)));
  return Buffer.concat([framed(session.length, session), ...requests]);
}

test("a flood of garbage: others do not notice, memory stays, connections end", async () => {
  const client = await RawClient.open(port);
  await node(client, "/ours", 10);
  const before = residentMiB(pid);
  let over = false;
  const work = works(client, () => over);
  const random = new JavaRandom(7n);
  for (let round = 0; round < 25; round++) {
    const sockets = Array.from({ length: 60 }, open);
    for (const socket of sockets) socket.write(nonsense(random));
    await pause(40);
    for (const socket of sockets) if (random.nextInt() > 0) socket.destroy();
  }
  // The others are let go by the server itself.
  await waitFor("the end of strangers' connections", 20_000, async () => {
    // The one that works, and the one that asks.
    return (await fourLetter(port, "srvr")).includes("Connections: 2\n") ? true : undefined;
  });
  over = true;
  expect(await work).toBeGreaterThan(20);
  expect(peakMiB(pid) - before).toBeLessThan(150);
  expect(server.process.exitCode).toBe(null);
  server.process.kill("SIGTERM");
  const { rc, stdout } = await server.ended;
  expect(rc).toBe(0);
  // A line a second at most tells of bad frames, not one a frame.
  expect(stdout.split("\n").filter((line) => line.includes("clients.badFrame")).length).toBeLessThan(20);
});

test("readers who never read: their memory is bounded, and others are served", async () => {
  const client = await RawClient.open(port);
  await node(client, "/ours", 10);
  await node(client, "/big", 900_000);
  const before = residentMiB(pid);
  const readers: Socket[] = [];
  for (let i = 0; i < 10; i++) {
    const reader = await RawClient.open(port);
    reader.connection.socket.pause();
    for (let n = 0; n < 200; n++) reader.send(Op.getData, GetDataRequest.encode({ path: "/big", watch: false }));
    reader.send(Op.addWatch, AddWatchRequest.encode({ path: "/", mode: 1 }));
    readers.push(reader.connection.socket);
  }
  let rounds = 0;
  await works(client, () => ++rounds > 200);
  // 1.8 GB were asked for.
  expect(peakMiB(pid) - before).toBeLessThan(200);
  for (const reader of readers) reader.destroy();
  expect((await fourLetter(port, "srvr")).includes("Mode: standalone")).toBe(true);
}, 60_000);

import { connect, createServer, type Server, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { ByteLink } from "../server/ports.ts";
import { type LinkEvents, ListenError, Network } from "./network.ts";

const LOOPBACK = "127.0.0.1";
const network = { now: new Network() };
const closing: (() => void)[] = [];

beforeEach(() => {
  network.now = new Network();
});

afterEach(() => {
  network.now.close();
  for (const close of closing.splice(0)) close();
});

/** What is heard of links, one line each; `links` are those that were handed over. */
class Ears {
  readonly heard: string[] = [];
  readonly links: ByteLink[] = [];

  readonly opened = (link: ByteLink): LinkEvents => {
    this.links.push(link);
    this.heard.push("opened");
    return {
      bytes: (chunk) => this.heard.push(`bytes ${Buffer.from(chunk)}`),
      drained: () => this.heard.push("drained"),
      closed: () => this.heard.push("closed"),
    };
  };

  readonly failed = (reason: string): void => {
    this.heard.push(`failed ${reason}`);
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A port of somebody else; every connection to it is kept. */
async function foreign(): Promise<{ readonly port: number; readonly sockets: Socket[]; readonly server: Server }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
    closing.push(() => socket.destroy());
  });
  closing.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return { port: portOf(server), sockets, server };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

/** A port that nobody listens on. */
async function nobodys(): Promise<number> {
  const { port, server } = await foreign();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function client(port: number): Socket {
  const socket = connect(port, LOOPBACK);
  socket.on("error", () => {});
  closing.push(() => socket.destroy());
  return socket;
}

describe("listen", () => {
  test("tells the port it got, and of every link its bytes and its end", async () => {
    const ears = new Ears();
    const { port } = await network.now.listen(LOOPBACK, 0, 0, ears.opened);
    const socket = client(port);
    socket.write("hello");
    await until(() => ears.heard.length === 2);
    socket.destroy();
    await until(() => ears.heard.length === 3);
    expect(ears.heard).toEqual(["opened", "bytes hello", "closed"]);
  });

  test("numbers are never used twice, and a link that is refused tells nothing", async () => {
    const numbers: number[] = [];
    const { port } = await network.now.listen(LOOPBACK, 0, 0, (link) => {
      numbers.push(link.number);
      link.destroy();
      return undefined;
    });
    client(port);
    client(port);
    await until(() => numbers.length === 2);
    expect(new Set(numbers).size).toBe(2);
  });

  test("the end is told too when the server itself closes or drops the link", async () => {
    const ears = new Ears();
    const { port } = await network.now.listen(LOOPBACK, 0, 0, ears.opened);
    client(port).resume();
    client(port).resume();
    await until(() => ears.links.length === 2);
    ears.links[0]?.close();
    ears.links[1]?.destroy();
    await until(() => ears.heard.length === 4);
    expect(ears.heard).toEqual(["opened", "opened", "closed", "closed"]);
  });

  test("a port that somebody else has, in words", async () => {
    const { port } = await foreign();
    const listening = network.now.listen(LOOPBACK, port, 0, new Ears().opened);
    await expect(listening).rejects.toThrow(
      new ListenError(LOOPBACK, port, Object.assign(new Error(""), { code: "EADDRINUSE" })),
    );
    await expect(listening).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: another process uses the port`);
  });

  test("an address that this machine does not have", async () => {
    const listening = network.now.listen("192.0.2.1", 0, 0, new Ears().opened);
    await expect(listening).rejects.toThrow("cannot listen on 192.0.2.1:0: this machine does not have the address");
  });

  test("close of one: its port is free at once, its links stay", async () => {
    const ears = new Ears();
    const one = await network.now.listen(LOOPBACK, 0, 0, ears.opened);
    const socket = client(one.port);
    await until(() => ears.links.length === 1);
    one.close();
    const again = await network.now.listen(LOOPBACK, one.port, 0, ears.opened);
    expect(again.port).toBe(one.port);
    socket.write("still there");
    await until(() => ears.heard.length === 2);
    expect(ears.heard).toEqual(["opened", "bytes still there"]);
  });

  test("close of all: links end, and what was being bound or let in comes to nothing", async () => {
    const ears = new Ears();
    const { port } = await network.now.listen(LOOPBACK, 0, 0, ears.opened);
    const socket = client(port);
    await until(() => ears.links.length === 1);
    const late = network.now.listen(LOOPBACK, 0, 0, ears.opened);
    const ended = new Promise((resolve) => socket.once("close", resolve));
    network.now.close();
    await ended;
    const refused = new Promise((resolve) => {
      late.then(({ port: latePort }) => client(latePort).once("error", resolve));
    });
    expect(await refused).toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("dial", () => {
  test("one address", async () => {
    const ears = new Ears();
    const { port, sockets } = await foreign();
    network.now.dial([{ host: LOOPBACK, port }], 1000, ears.opened, ears.failed);
    await until(() => ears.links.length === 1 && sockets.length === 1);
    sockets[0]?.write("hello");
    await until(() => ears.heard.length === 2);
    expect(ears.heard).toEqual(["opened", "bytes hello"]);
  });

  test("several: the first that answers is handed over, the others are let go", async () => {
    const ears = new Ears();
    const here = await foreign();
    const there = await foreign();
    const addresses = [await nobodys(), here.port, there.port].map((port) => ({ host: LOOPBACK, port }));
    network.now.dial(addresses, 1000, ears.opened, ears.failed);
    await until(() => here.sockets.length === 1 && there.sockets.length === 1);
    const ends = [here, there].map(
      ({ sockets }) => new Promise<number>((resolve) => sockets[0]?.resume().once("close", () => resolve(1))),
    );
    await Promise.race(ends);
    expect(ears.heard).toEqual(["opened"]);
    const open = [here, there].filter(({ sockets }) => sockets[0]?.destroyed === false);
    expect(open.map(({ port }) => port)).toEqual([ears.links[0]?.remotePort]);
  });

  test("nobody answers: told once, when the last has failed", async () => {
    const ears = new Ears();
    const ports = [await nobodys(), await nobodys()];
    const addresses = ports.map((port) => ({ host: LOOPBACK, port }));
    network.now.dial(addresses, 1000, ears.opened, ears.failed);
    await until(() => ears.heard.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ears.heard).toHaveLength(1);
    expect(ears.heard[0]).toMatch(/^failed 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  });

  test("no address", () => {
    const ears = new Ears();
    network.now.dial([], 1000, ears.opened, ears.failed);
    expect(ears.heard).toEqual(["failed no address"]);
  });

  test("one that keeps silent is given up after the time", async () => {
    const ears = new Ears();
    const port = await deaf();
    network.now.dial([{ host: LOOPBACK, port }], 30, ears.opened, ears.failed);
    await until(() => ears.heard.length > 0);
    expect(ears.heard).toEqual([`failed 127.0.0.1:${port}: connection timed out`]);
  });

  test("close while dialling: nothing is handed over and no timer stays", async () => {
    const ears = new Ears();
    const { port, sockets } = await foreign();
    network.now.dial([{ host: LOOPBACK, port }], 600_000, ears.opened, ears.failed);
    await network.now.close();
    expect(ears.heard).toEqual([]);
    expect(sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(1);
  });
});

describe("close", () => {
  test("resolves once every link has told its end and every port is free again, the one being bound included", async () => {
    const ears = new Ears();
    const { port } = await network.now.listen(LOOPBACK, 0, 0, ears.opened);
    client(port).resume();
    await until(() => ears.heard.length === 1);
    const late = network.now.listen(LOOPBACK, 0, 0, ears.opened);
    await network.now.close();
    expect(ears.heard).toEqual(["opened", "closed"]);
    const again = createServer();
    closing.push(() => again.close());
    for (const freed of [port, (await late).port]) {
      await new Promise<void>((resolve) => again.listen(freed, LOOPBACK, resolve));
      await new Promise((resolve) => again.close(resolve));
    }
  });

  test("a port that could not be bound holds nothing up", async () => {
    const { port } = await foreign();
    await expect(network.now.listen(LOOPBACK, port, 0, () => undefined)).rejects.toThrow(ListenError);
    await network.now.close();
  });
});

/** A port whose system completes no further connection: its queue is full and the thread that listens never takes one. */
async function deaf(): Promise<number> {
  const worker = new Worker(DEAF, { eval: true });
  closing.push(() => worker.terminate());
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  let connected = 0;
  for (let i = 0; i < 4; i++) client(port).once("connect", () => connected++);
  await until(() => connected === 2);
  return port;
}

/** A queue of one holds two. */
const DEAF = `
const { parentPort } = require("node:worker_threads");
const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { spawnFromSource } from "../disk/testThread.ts";
import { openServer, type ServerOptions } from "./inProcess.ts";
import type { InProcessServer, ServerFailed } from "./server.ts";
import { TcpClient, until } from "./testTalk.ts";

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  jest.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});

async function started(options: ServerOptions = {}): Promise<InProcessServer> {
  const server = await openServer(options, spawnFromSource);
  closing.push(() => server.close());
  return server;
}

async function client(server: InProcessServer, words?: string): Promise<TcpClient> {
  const opened = await TcpClient.open(server.port, words);
  closing.push(() => opened.close());
  return opened;
}

function ids(server: InProcessServer): readonly bigint[] {
  return server.sessions().map(({ id }) => id);
}

describe("its life", () => {
  test("serves clients over TCP once started", async () => {
    const server = await started();
    expect(server.connectString).toBe(`127.0.0.1:${server.port}`);
    expect([server.id, server.state, server.isServing, server.status().mode]).toEqual([
      1,
      "running",
      true,
      "standalone",
    ]);
    const one = await client(server);
    expect(await one.ask("create /a first")).toBe("#1 /a");
    expect(await one.ask("getData /a")).toBe('#2 "first" v0');
    expect(server.sessions()).toEqual([{ id: one.sessionId, timeoutMs: 30_000, isConnected: true }]);
  });

  test("after close no handle, timer, thread, file or port of it is left", async () => {
    const before = resources();
    const server = await openServer({}, spawnFromSource);
    const one = await TcpClient.open(server.port);
    await one.ask("create /a");
    server.stallFsync();
    one.say("create /b");
    await server.close();
    expect(await one.hear()).toBe("closed");
    one.close();
    await until(() => resources().join() === before.join());
    expect(existsSync(server.dataDir)).toBe(false);
    expect(await portIsFree(server.port)).toBe(true);
    expect(server.state).toBe("closed");
    await server.close();
    await expect(server.start()).rejects.toThrow("server 1 is closed: it cannot start");
  });

  test("the directory of the caller is made, kept, and read again", async () => {
    const parent = mkdtempSync(join(tmpdir(), "inprocess-"));
    closing.push(() => rmSync(parent, { recursive: true }));
    const dataDir = join(parent, "deep", "data");
    const first = await started({ dataDir });
    await (await client(first)).ask("create /kept x");
    await first.close();
    const second = await started({ dataDir });
    expect(await (await client(second)).ask("getData /kept")).toBe('#1 "x" v0');
  });

  test("a restart keeps port, data and sessions", async () => {
    const server = await started();
    const one = await client(server);
    await one.ask("create /e x flags=1");
    await server.restart();
    expect(await one.hear()).toBe("closed");
    const again = await client(server, `session=${one.sessionId} timeout=30000`);
    expect(again.sessionId).toBe(one.sessionId);
    expect(await again.ask("getData /e")).toBe('#1 "x" v0');
  });

  test("a kill loses nothing that was answered", async () => {
    const server = await started();
    const one = await client(server);
    for (let i = 0; i < 50; i++) one.say(`create /n${i}`);
    for (let i = 0; i < 20; i++) await one.hear();
    await server.kill();
    const answered = 20 + one.heard.filter((line) => line.startsWith("#")).length;
    expect(server.state).toBe("stopped");
    await server.start();
    const two = await client(server);
    expect(await two.ask(`getData /n${answered - 1}`)).toMatch(/^#1 "" v0$/);
  });

  test("stopped: what needs it running says so; stop once more is nothing", async () => {
    const server = await started();
    await server.stop();
    await server.stop();
    expect([server.state, server.isServing]).toEqual(["stopped", false]);
    expect(() => server.status()).toThrow("server 1 is stopped");
    expect(() => server.stallFsync()).toThrow("server 1 is stopped");
    await server.start();
    await expect(server.start()).rejects.toThrow("server 1 is running: it cannot start");
  });

  test("stopped while it starts: it does not run, and closes", async () => {
    const server = await started();
    await server.stop();
    const outcome = server.start().catch((error: Error) => error.message);
    await server.stop();
    expect(await outcome).toBe("server 1 was stopped while it started");
    expect(server.state).toBe("stopped");
  });

  test("who waits for a server that is closed is told", async () => {
    const server = await started();
    await server.stop();
    const waiting = server.waitServing();
    const told = expect(waiting).rejects.toThrow("server 1 was closed");
    await server.close();
    await told;
  });

  test("a test's fake timers and clock do not reach it", async () => {
    jest.useFakeTimers({ now: 0 });
    const server = await started();
    const [one, silent] = [await client(server), await client(server, "timeout=400")];
    expect(await one.ask("create /a first")).toBe("#1 /a");
    expect(await silent.hear()).toBe("closed");
    expect(ids(server)).toEqual([one.sessionId]);
  });
});

describe("what it refuses", () => {
  const REFUSED: readonly (readonly [ServerOptions, string])[] = [
    [
      { config: { tickTime: "soon" } },
      `Error processing startServer's config: tickTime=soon: For input string: "soon"`,
    ],
    [
      { config: { dataDir: "/tmp/x" } },
      "dataDir=/tmp/x: startServer sets this key itself (allowed: every other key of zoo.cfg)",
    ],
    [{ config: { "server.1": "a:1:2" } }, "server.1=a:1:2: startServer sets this key itself"],
  ];

  test.each(REFUSED)("%j", async (options, message) => {
    const before = temporary();
    await expect(openServer(options, spawnFromSource)).rejects.toThrow(message);
    expect(temporary()).toEqual(before);
  });

  test("a port that is taken", async () => {
    const other = createServer();
    closing.push(() => void other.close());
    const clientPort = await new Promise<number>((resolve) => {
      other.listen(0, "127.0.0.1", () => {
        const address = other.address();
        if (address !== null && typeof address === "object") resolve(address.port);
      });
    });
    const before = temporary();
    await expect(openServer({ config: { clientPort } }, spawnFromSource)).rejects.toThrow(
      "another process uses the port",
    );
    expect(temporary()).toEqual(before);
  });

  test("a directory that another server uses; that one goes on", async () => {
    const first = await started();
    await expect(openServer({ dataDir: first.dataDir }, spawnFromSource)).rejects.toThrow(
      "another server uses this directory",
    );
    expect(await (await client(first)).ask("create /a")).toBe("#1 /a");
  });
});

describe("what a test does to it", () => {
  test("expireSession: ephemerals go, watches fire, the client is expired", async () => {
    const server = await started();
    const [one, two] = [await client(server), await client(server)];
    await one.ask("create /e x flags=1");
    await two.ask("getData /e watch");
    await server.expireSession(one.sessionId);
    expect(ids(server)).toEqual([two.sessionId]);
    expect(await one.hear()).toBe("closed");
    expect(await two.hear()).toBe("event nodeDeleted /e");
    const back = await client(server, `session=${one.sessionId}`);
    expect(await back.hear()).toMatch(/^refused, timeout=0/);
    await expect(server.expireSession(one.sessionId)).rejects.toThrow(
      `no session 0x${BigInt.asUintN(64, one.sessionId).toString(16)} (alive: 0x${two.sessionId.toString(16)})`,
    );
  });

  test("expireSession while the disk stalls: only once that goes on", async () => {
    const server = await started();
    const one = await client(server);
    const release = server.stallFsync();
    const expired = server.expireSession(one.sessionId);
    await expect(server.expireSession(one.sessionId)).rejects.toThrow("no session");
    expect(ids(server)).toEqual([one.sessionId]);
    release();
    await expired;
    expect(ids(server)).toEqual([]);
  });

  test("expireSession of a server that is stopped meanwhile rejects", async () => {
    const server = await started();
    const one = await client(server);
    server.stallFsync();
    const told = expect(server.expireSession(one.sessionId)).rejects.toThrow("ended, or lost the lead");
    await server.stop();
    await told;
  });

  test("cutConnection: the client hears of it, the session lives on", async () => {
    const server = await started();
    const one = await client(server);
    server.cutConnection(one.sessionId);
    expect(await one.hear()).toBe("closed");
    await until(() => server.sessions()[0]?.isConnected === false);
    expect(() => server.cutConnection(one.sessionId)).toThrow("is not connected to server 1");
    const again = await client(server, `session=${one.sessionId}`);
    expect(again.sessionId).toBe(one.sessionId);
  });

  test("stallConnection: nothing passes until it goes on, and then everything; others are served", async () => {
    const server = await started();
    const [one, two] = [await client(server), await client(server)];
    const goOn = server.stallConnection(one.sessionId);
    one.say("create /late x");
    expect(await two.ask("exists /late watch")).toBe("#1 noNode");
    expect(one.heard).toEqual([]);
    goOn();
    goOn();
    expect(await one.hear()).toBe("#1 /late");
    expect(await two.hear()).toBe("event nodeCreated /late");
  });

  test("stallConnection: what the server sends or closes meanwhile stays unheard", async () => {
    const server = await started();
    const [one, two] = [await client(server), await client(server)];
    await two.ask("exists /seen watch");
    const goOn = server.stallConnection(two.sessionId);
    await one.ask("create /seen");
    await server.expireSession(two.sessionId);
    expect(two.heard).toEqual([]);
    goOn();
    expect(await two.hear()).toBe("closed");
  });

  test("stallFsync: reads are answered, writes when it is over", async () => {
    const server = await started();
    const [one, two] = [await client(server), await client(server)];
    const [first, second] = [server.stallFsync(), server.stallFsync()];
    one.say("create /slow");
    expect(await two.ask("exists /slow")).toBe("#1 noNode");
    first();
    first();
    expect(await two.ask("exists /slow")).toBe("#2 noNode");
    expect(one.heard).toEqual([]);
    second();
    expect(await one.hear()).toBe("#1 /slow");
  });

  test("a stall ends with the server's life", async () => {
    const server = await started();
    const release = server.stallFsync();
    await server.kill();
    await server.start();
    release();
    expect(await (await client(server)).ask("create /a")).toBe("#1 /a");
  });

  test("jumpClock: sessions of silent clients expire, on this server alone, and nodes are that much younger", async () => {
    const [server, other] = [await started(), await started()];
    const one = await client(server, "timeout=30000");
    const two = await client(other, "timeout=30000");
    server.jumpClock(20_000);
    expect(await one.ask("ping")).toMatch(/^#-2/);
    server.jumpClock(20_000);
    expect(ids(server)).toEqual([one.sessionId]);
    server.jumpClock(20_000);
    expect(await one.hear()).toBe("closed");
    expect(ids(server)).toEqual([]);
    expect(await two.ask("create /a")).toBe("#1 /a");
  });

  test("jumpClock goes on only", async () => {
    const server = await started();
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => server.jumpClock(ms)).toThrow(`jumpClock(${ms}): a server's clock only goes on`);
    }
  });
});

describe("failures", () => {
  test("the disk's: told, clients are cut off, the process and other servers go on, it can start again", async () => {
    const threads: Worker[] = [];
    const server = await openServer({}, () => {
      const thread = spawnFromSource();
      threads.push(thread);
      return thread;
    });
    closing.push(() => server.close());
    const one = await client(server);
    await one.ask("create /a");
    const failures: ServerFailed[] = [];
    server.onFailed((failure) => failures.push(failure));
    const waiting = expect(server.expireSession(await stalledSession(server))).rejects.toThrow(
      "the disk's thread ended",
    );
    await threads[0]?.terminate();
    expect(await one.hear()).toBe("closed");
    await waiting;
    expect(failures.map(({ message, exitCode }) => [message, exitCode])).toEqual([
      ["the disk's thread ended with code 1", 1],
    ]);
    expect([server.state, server.failure]).toEqual(["failed", failures[0]]);
    expect(() => server.sessions()).toThrow("the disk's thread ended with code 1");
    await expect(server.waitServing()).rejects.toThrow("the disk's thread ended with code 1");
    await server.start();
    expect(server.failure).toBeUndefined();
    expect(await (await client(server)).ask("getData /a")).toBe('#1 "" v0');
  });

  test("what a turn throws", async () => {
    let isBroken = false;
    const log = (): void => {
      if (isBroken) throw new Error("impossible");
    };
    const server = await started({ log, config: { maxClientCnxns: 1 } });
    const failed = new Promise<ServerFailed>((resolve) => server.onFailed(resolve));
    const one = await client(server);
    isBroken = true;
    // One too many: worth a line in the log.
    const two = connect(server.port, "127.0.0.1").on("error", () => {});
    closing.push(() => void two.destroy());
    const failure = await failed;
    expect([failure.name, failure.message, failure.exitCode]).toEqual(["ServerFailed", "impossible", 1]);
    expect(await one.hear()).toBe("closed");
    await server.close();
    expect(existsSync(server.dataDir)).toBe(false);
  });
});

/** A session that cannot be closed, for the disk does not answer any more. */
async function stalledSession(server: InProcessServer): Promise<bigint> {
  const { sessionId } = await client(server);
  server.stallFsync();
  return sessionId;
}

/** What keeps a process alive, and its open files. */
function resources(): readonly string[] {
  const handles = process.getActiveResourcesInfo().filter((name) => !name.startsWith("FS") && name !== "Immediate");
  return [...handles.sort(), `${readdirSync("/proc/self/fd").length} files`];
}

/** Directories of this process: other tests run beside it. */
function temporary(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`typekeeper-${process.pid}-`));
}

function portIsFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

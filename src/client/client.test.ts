import { spawnFromSource } from "../disk/testThread.ts";
import { openServer } from "../inProcess/inProcess.ts";
import type { InProcessServer } from "../inProcess/server.ts";
import {
  CREATOR_ALL_ACL,
  connect,
  type ErrorCode,
  OPEN_ACL,
  READ_ACL,
  type ZooKeeper,
  ZooKeeperError,
} from "./index.ts";
import { Relay } from "./testRelay.ts";

/** The library against a server in this process: each operation once, and what happens when a connection is lost. */
let host: InProcessServer;
let zk: ZooKeeper;
let place = 0;

beforeAll(async () => {
  host = await openServer({}, spawnFromSource);
});
afterAll(() => host.close());

beforeEach(async () => {
  const root = await connect(`127.0.0.1:${host.port}`);
  await root.create(`/test-${++place}`);
  await root.close();
  zk = await connect(`127.0.0.1:${host.port}/test-${place}`, { sessionTimeoutMs: 4000 });
});
afterEach(() => zk.close());

describe("nodes", () => {
  test("create, read, change, delete", async () => {
    const { path, stat } = await zk.create("/a", "one");
    expect([path, stat.version, stat.dataLength, stat.ephemeralOwner]).toEqual(["/a", 0, 3, 0n]);
    expect((await zk.setData("/a", new Uint8Array([1, 2]), { version: 0 })).version).toBe(1);
    expect((await zk.getData("/a")).data).toEqual(Buffer.from([1, 2]));
    expect((await zk.exists("/a"))?.version).toBe(1);
    await zk.delete("/a", { version: 1 });
    expect(await zk.exists("/a")).toBeUndefined();
  });

  test("null and empty data are different", async () => {
    await zk.create("/null");
    await zk.create("/empty", "");
    expect([(await zk.getData("/null")).data, (await zk.getData("/empty")).data]).toEqual([null, Buffer.alloc(0)]);
  });

  test("all modes that the server has", async () => {
    expect((await zk.create("/s-", null, { mode: "persistentSequential" })).path).toBe("/s-0000000000");
    const ephemeral = await zk.create("/e", null, { mode: "ephemeral" });
    expect(ephemeral.stat.ephemeralOwner).toBe(zk.sessionId);
    expect((await zk.create("/es-", null, { mode: "ephemeralSequential" })).path).toBe("/es-0000000002");
    expect((await zk.create("/c", "x", { mode: "container" })).stat.dataLength).toBe(1);
    expect((await zk.getEphemerals()).sort()).toEqual(["/e", "/es-0000000002"]);
    expect(await zk.getEphemerals("/es")).toEqual(["/es-0000000002"]);
    expect(await zk.getAllChildrenNumber("/")).toBe(4);
    expect((await zk.getChildren("/")).children.sort()).toEqual(["c", "e", "es-0000000002", "s-0000000000"]);
    expect((await zk.getChildren("/")).stat.numChildren).toBe(4);
  });

  test("sync and the configuration", async () => {
    expect(await zk.sync()).toBeUndefined();
    expect((await zk.getConfig()).data).toEqual(Buffer.alloc(0));
    const { changed, data } = await zk.getConfig({ watch: true });
    expect([data, changed]).toEqual([Buffer.alloc(0), expect.any(Promise)]);
  });

  test("requests are executed in the order they were made", async () => {
    await zk.create("/n", "");
    const writes = Array.from({ length: 200 }, (_, i) => zk.setData("/n", `${i}`));
    const read = zk.getData("/n");
    expect((await Promise.all(writes)).map(({ version }) => version)).toEqual(writes.map((_, i) => i + 1));
    expect(`${(await read).data}`).toBe("199");
  });
});

describe("ACLs", () => {
  test("are set and read, and their version is compared", async () => {
    await zk.addAuth("digest", "bob:pw");
    expect((await zk.whoAmI()).map(({ authScheme, user }) => `${authScheme}:${user}`).sort()).toEqual([
      "digest:bob",
      "ip:127.0.0.1",
    ]);
    await zk.create("/mine", "x", { acl: CREATOR_ALL_ACL });
    const id = { scheme: "digest", id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=" };
    expect((await zk.getAcl("/mine")).acl).toEqual([{ perms: 31, id }]);
    const other = await connect(`127.0.0.1:${host.port}/test-${place}`);
    try {
      await refused(other.getData("/mine"), "NoAuth", "/mine");
      expect((await zk.setAcl("/mine", READ_ACL, { version: 0 })).aversion).toBe(1);
      expect(`${(await other.getData("/mine")).data}`).toBe("x");
      await refused(zk.setAcl("/mine", OPEN_ACL, { version: 0 }), "NoAuth", "/mine");
    } finally {
      await other.close();
    }
  });

  test("a refused credential ends the session", async () => {
    const doomed = await connect(`127.0.0.1:${host.port}`);
    const states = statesOf(doomed);
    await refused(doomed.addAuth("nosuch", "x"), "AuthFailed");
    await refused(doomed.getData("/"), "AuthFailed", "/");
    expect(await states).toEqual(["connected", "authFailed"]);
    await refused(connect(`127.0.0.1:${host.port}`, { auth: [{ scheme: "nosuch", auth: "x" }] }), "AuthFailed");
  });
});

describe("lists", () => {
  test("all of a multi happens, with a result each", async () => {
    const [created, changed, checked, child, deleted] = await zk
      .multi()
      .create("/m", "1")
      .setData("/m", "2", { version: 0 })
      .check("/m", { version: 1 })
      .create("/m/c-", null, { mode: "ephemeralSequential" })
      .delete("/m/c-0000000000")
      .commit();
    expect([created.path, changed.version, checked, child.path, deleted]).toEqual([
      "/m",
      1,
      undefined,
      "/m/c-0000000000",
      undefined,
    ]);
    expect(await zk.multi().commit()).toEqual([]);
  });

  test("or nothing, with the error of the one that failed", async () => {
    const failed = zk.multi().create("/m").check("/none", { version: 3 }).delete("/m").commit();
    await expect(failed).rejects.toMatchObject({ code: "NoNode", path: "/none", index: 1, errno: -101 });
    expect(await zk.exists("/m")).toBeUndefined();
    expect(() => zk.multi().delete("m")).toThrow(ZooKeeperError);
  });

  test("a multiRead answers each by itself", async () => {
    await zk.create("/r", "x");
    const [data, none, names] = await zk.multiRead().getData("/r").getData("/none").getChildren("/").read();
    expect(data).toMatchObject({ data: Buffer.from("x"), stat: { version: 0 } });
    expect(none).toMatchObject({ code: "NoNode", path: "/none", index: 1 });
    expect(names).toEqual(["r"]);
    expect(await zk.multiRead().read()).toEqual([]);
  });
});

describe("watches", () => {
  test("one-shot ones on data, existence and children", async () => {
    await zk.create("/w", "");
    const data = await zk.getData("/w", { watch: true });
    const there = await zk.exists("/w", { watch: true });
    const absent = await zk.exists("/w/new", { watch: true });
    const list = await zk.getChildren("/w", { watch: true });
    expect([there.stat?.version, absent.stat, list.children]).toEqual([0, undefined, []]);
    const { mzxid } = await zk.setData("/w", "x");
    const { stat } = await zk.create("/w/new");
    expect(await Promise.all([data, there, absent, list].map(({ changed }) => changed))).toEqual([
      { type: "nodeDataChanged", path: "/w", zxid: mzxid },
      { type: "nodeDataChanged", path: "/w", zxid: mzxid },
      { type: "nodeCreated", path: "/w/new", zxid: stat.czxid },
      { type: "nodeChildrenChanged", path: "/w", zxid: stat.czxid },
    ]);
  });

  test("standing ones, until the loop is left", async () => {
    const deep = zk.watch("/w", { recursive: true });
    const flat = zk.watch("/w");
    await Promise.all([deep.ready, flat.ready]);
    await zk.multi().create("/w").create("/w/x").setData("/w/x", "1").delete("/w/x").delete("/w").commit();
    const heard: string[] = [];
    for await (const { type, path } of deep) {
      heard.push(`${type} ${path}`);
      if (type === "nodeDeleted" && path === "/w") break;
    }
    expect(heard).toEqual([
      "nodeCreated /w",
      "nodeCreated /w/x",
      "nodeDataChanged /w/x",
      "nodeDeleted /w/x",
      "nodeDeleted /w",
    ]);
    expect(await zk.checkWatches("/w", "persistentRecursive")).toBe(false);
    expect(await zk.checkWatches("/w", "persistent")).toBe(true);
    const types = [];
    for (let i = 0; i < 4; i++) types.push((await flat.next()).value?.type);
    expect(types).toEqual(["nodeCreated", "nodeChildrenChanged", "nodeChildrenChanged", "nodeDeleted"]);
  });

  test("of two on one place the server's watch goes with the second", async () => {
    const [one, two] = [zk.watch("/"), zk.watch("/")];
    await Promise.all([one.ready, two.ready]);
    await one.return?.();
    expect(await zk.checkWatches("/", "persistent")).toBe(true);
    await zk.create("/x");
    expect((await two.next()).value?.type).toBe("nodeChildrenChanged");
    await two.return?.();
    expect(await zk.checkWatches("/", "persistent")).toBe(false);
    expect(await one.next()).toEqual({ done: true, value: undefined });
  });

  test("removeWatches tells those who wait", async () => {
    const { changed } = await zk.getChildren("/", { watch: true });
    const stream = zk.watch("/");
    await stream.ready;
    expect(await zk.removeWatches("/", "data")).toBe(false);
    expect(await zk.removeWatches("/", "children")).toBe(true);
    expect(await changed).toEqual({ type: "watchRemoved", path: "/" });
    expect(await zk.removeWatches("/", "any")).toBe(true);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await zk.removeWatches("/", "any")).toBe(false);
  });

  test("a signal ends a stream", async () => {
    const control = new AbortController();
    const stream = zk.watch("/", { signal: control.signal });
    await stream.ready;
    const next = stream.next();
    control.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    expect(await zk.checkWatches("/", "persistent")).toBe(false);
  });

  test("end with their session", async () => {
    const other = await connect(`127.0.0.1:${host.port}`);
    const stream = other.watch("/");
    await stream.ready;
    const { changed } = await other.exists("/", { watch: true });
    await other.close();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await refused(changed, "Closed", "/");
    await refused(other.getData("/"), "Closed", "/");
  });
});

describe("what is not sent", () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ["no slash", () => zk.getData("a"), 'getData a: "a" does not start with "/" (allowed: /name/name)'],
    ["empty", () => zk.delete(""), 'delete : "" is empty'],
    ["empty name", () => zk.exists("/a//b"), 'exists /a//b: "/a//b" has an empty name'],
    ["slash at the end", () => zk.setData("/a/", ""), 'setData /a/: "/a/" ends with "/"'],
    ["dots", () => zk.getChildren("/a/.."), 'getChildren2 /a/..: "/a/.." has a name "." or ".."'],
    ["control character", () => zk.sync("/\u0001"), "holds a character that ZooKeeper does not allow"],
    ["no text", () => zk.getAcl(undefined as unknown as string), "a path must be a string, not undefined"],
    ["mode", () => zk.create("/a", "", { mode: "x" as "ephemeral" }), "no create mode x (allowed: persistent, "],
    [
      "ttl",
      () => zk.create("/a", "", { mode: "persistentWithTTL" }),
      "ttlMs is undefined (allowed: 1 to 1099511627775)",
    ],
    ["ttl", () => zk.create("/a", "", { mode: "persistentWithTTL", ttlMs: 0 }), "ttlMs is 0"],
    ["ttl mode", () => zk.create("/a", "", { ttlMs: 5 }), "ttlMs needs a mode with TTL"],
    ["acl", () => zk.create("/a", "", { acl: [] }), "the ACL has no entries"],
    ["version", () => zk.setData("/a", "", { version: 2 ** 31 }), "version is 2147483648 (allowed: a 32-bit integer"],
    [
      "data",
      () => zk.setData("/a", 5 as unknown as string),
      "data is a number (allowed: a string, a Uint8Array, null)",
    ],
    ["kind", () => zk.checkWatches("/a", "x" as "any"), "no kind of watch x (allowed: children, data, any, "],
    ["timeout", () => connect("a", { sessionTimeoutMs: 0 }), "sessionTimeoutMs is 0 (allowed: 1 to 2147483647)"],
    ["connect string", () => connect("a:b"), 'connect string "a:b": "a:b" is no server'],
  ])("%s", async (_, call, message) => {
    const failed = await call().catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "BadArguments", errno: -8, message: expect.stringContaining(message) });
  });

  test("a sequential name may end with a slash", async () => {
    await zk.create("/q");
    expect((await zk.create("/q/", null, { mode: "persistentSequential" })).path).toBe("/q/0000000000");
  });
});

describe("connections", () => {
  test("a session goes on through a lost one: ephemeral nodes, credentials and watches stay", async () => {
    const relay = await Relay.before(host.port);
    const far = await connect(`127.0.0.1:${relay.port}/test-${place}`, {
      sessionTimeoutMs: 4000,
      auth: [{ scheme: "digest", auth: "bob:pw" }],
    });
    try {
      const states = far.sessionEvents();
      expect(await next(states)).toMatchObject({ state: "connected", server: { port: relay.port } });
      await far.create("/e", "", { mode: "ephemeral" });
      await far.create("/d", "");
      const data = await far.getData("/d", { watch: true });
      const child = await far.getChildren("/d", { watch: true });
      const stream = far.watch("/", { recursive: true });
      await stream.ready;
      const { sessionId } = far;
      relay.cut();
      expect(await next(states)).toMatchObject({ state: "connecting", reason: expect.any(String) });
      const waiting = far.whoAmI();
      await zk.setData("/d", "changed meanwhile");
      relay.mend();
      expect(await next(states)).toMatchObject({ state: "connected" });
      expect((await waiting).map(({ user }) => user).sort()).toEqual(["127.0.0.1", "bob"]);
      expect([far.sessionId, (await zk.exists("/e"))?.ephemeralOwner]).toEqual([sessionId, sessionId]);
      expect(await data.changed).toEqual({ type: "nodeDataChanged", path: "/d", zxid: -1n });
      expect((await stream.next()).value).toEqual({ type: "nodeDataChanged", path: "/d", zxid: -1n });
      expect((await stream.next()).value).toEqual({ type: "reconnected", path: "/" });
      const { stat } = await zk.create("/d/x");
      expect(await child.changed).toEqual({ type: "nodeChildrenChanged", path: "/d", zxid: stat.czxid });
      expect((await stream.next()).value).toEqual({ type: "nodeCreated", path: "/d/x", zxid: stat.czxid });
    } finally {
      await far.close();
      relay.close();
    }
  });

  test("the next server of the list is taken", async () => {
    const [one, two] = [await Relay.before(host.port), await Relay.before(host.port)];
    const far = await connect(`127.0.0.1:${one.port},127.0.0.1:${two.port}`);
    try {
      const first = far.server?.port === one.port ? one : two;
      first.cut();
      await expect(far.exists("/")).rejects.toMatchObject({ code: "ConnectionLoss" });
      expect((await far.exists("/"))?.numChildren).toBeGreaterThan(0);
      expect(far.server?.port).toBe(first === one ? two.port : one.port);
    } finally {
      await far.close();
      one.close();
      two.close();
    }
  });

  test("an expired session ends all that waits", async () => {
    const relay = await Relay.before(host.port);
    const far = await connect(`127.0.0.1:${relay.port}`, { sessionTimeoutMs: 400 });
    try {
      const stream = far.watch("/");
      await stream.ready;
      const states = statesOf(far);
      relay.cut();
      const waiting = far.exists("/").catch(() => far.exists("/"));
      await refused(waiting, "SessionExpired", "/");
      await expect(stream.next()).rejects.toMatchObject({ code: "SessionExpired" });
      expect((await states).filter((state) => state !== "connecting" && state !== "connected")).toEqual(["expired"]);
    } finally {
      await far.close();
      relay.close();
    }
  });

  test("nobody there", async () => {
    const relay = await Relay.before(host.port);
    const { port } = relay;
    relay.close();
    const failed = connect(`127.0.0.1:${port}`, { sessionTimeoutMs: 90 });
    await expect(failed).rejects.toMatchObject({
      code: "ConnectionLoss",
      message: expect.stringMatching(/^no server answered within 120 ms; the last: 127\.0\.0\.1:\d+: .*ECONNREFUSED/),
    });
  });

  test("a signal ends connecting", async () => {
    const relay = await Relay.before(host.port);
    relay.cut();
    const control = new AbortController();
    const failed = connect(`127.0.0.1:${relay.port}`, { signal: control.signal });
    control.abort(new Error("enough"));
    await expect(failed).rejects.toThrow("enough");
    await expect(connect("a", { signal: control.signal })).rejects.toThrow("enough");
    relay.close();
  });

  test("a signal ends the wait for an answer", async () => {
    const control = new AbortController();
    const asked = zk.getData("/", { signal: control.signal });
    control.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await expect(zk.getData("/", { signal: control.signal })).rejects.toThrow("enough");
    expect((await zk.getData("/", { signal: new AbortController().signal })).data).toBeNull();
  });

  test("session events tell where it stands first, and end", async () => {
    const other = await connect(`127.0.0.1:${host.port}`);
    const told = statesOf(other);
    const left = other.sessionEvents();
    expect((await left.next()).value?.state).toBe("connected");
    await left.return?.();
    await other.close();
    await other.close();
    expect(await told).toEqual(["connected", "closed"]);
    expect(await statesOf(other)).toEqual(["closed"]);
    expect([other.state, other.server]).toEqual(["closed", undefined]);
  });
});

async function refused(call: Promise<unknown>, code: ErrorCode, path?: string): Promise<void> {
  const error = await call.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ZooKeeperError);
  expect(error).toMatchObject({ code, path });
}

async function next<T>(events: AsyncIterator<T>): Promise<T> {
  return (await events.next()).value;
}

/** All states to the end. */
async function statesOf(client: ZooKeeper): Promise<string[]> {
  const states: string[] = [];
  for await (const { state } of client.sessionEvents()) states.push(state);
  return states;
}

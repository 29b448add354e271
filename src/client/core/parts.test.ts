import type { Writer } from "jute-ts";
import { type Call, CallQueue } from "./call.ts";
import { addressText, parseConnectString } from "./connectString.ts";
import { errorOf, ZooKeeperError } from "./errors.ts";
import { Output } from "./output.ts";
import { Servers } from "./servers.ts";
import { Watches, type WatchListener } from "./watches.ts";

describe("connect strings", () => {
  test.each([
    ["a", "a:2181", ""],
    ["a:1,b:65535/app", "a:1 b:65535", "/app"],
    [" a:1 , b:2 /", "a:1 b:2", ""],
    ["[::1]:5,[fe80::1%eth0]/a/b", "[::1]:5 [fe80::1%eth0]:2181", "/a/b"],
    ["10.0.0.1:1", "10.0.0.1:1", ""],
  ])("%j", (text, servers, chroot) => {
    const parsed = parseConnectString(text);
    expect([parsed.servers.map(addressText).join(" "), parsed.chroot]).toEqual([servers, chroot]);
  });

  test.each([
    ["", '"" is no server'],
    ["a:0", '"a:0" is no server'],
    ["a:65536", '"a:65536" is no server'],
    ["a,,b", '"" is no server'],
    ["::1", '"::1" is no server'],
    ["a:b", '"a:b" is no server'],
    ["a b", '"a b" is no server'],
    ["a/x/", '"/x/" is no path'],
    ["a//x", '"//x" is no path'],
  ])("%j is refused", (text, what) => {
    const message = `connect string ${JSON.stringify(text)}: ${what} (allowed: host:port,host:port/chroot)`;
    expect(() => parseConnectString(text)).toThrow(`${message} (BadArguments, -8)`);
  });
});

describe("errors", () => {
  test.each([
    [-101, { op: 4, path: "/a" }, "getData /a: the node does not exist (NoNode, -101)"],
    [
      -103,
      { op: 5, path: "/a", index: 2 },
      "setData /a (operation 2 of the list): the version does not match (BadVersion, -103)",
    ],
    [-6, {}, "the server does not know this request, or has it switched off (Unimplemented, -6)"],
    [-999, { op: 99 }, "request 99: the server answered with error -999 (Unknown, -999)"],
    [0, { op: 1 }, "create: the server answered with error 0 (Unknown, 0)"],
  ])("%i", (errno, subject, message) => {
    const error = errorOf(errno, subject);
    expect(error).toBeInstanceOf(ZooKeeperError);
    expect({ message: error.message, errno: error.errno, name: error.name }).toEqual({
      message,
      errno,
      name: "ZooKeeperError",
    });
  });
});

test("a queue gives back what came in, in order, whatever is taken out of its middle", () => {
  const queue = new CallQueue();
  const made: Call[] = [];
  let next = 0;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5000; i++) {
      made.push(callOf());
      queue.push(made.at(-1) as Call);
    }
    const taken = Array.from({ length: 4500 }, () => queue.shift());
    expect(taken.every((call) => call === made[next++])).toBe(true);
  }
  expect(queue.length).toBe(made.length - next);
  const middle = made[next + 7] as Call;
  expect([queue.remove(middle), queue.remove(middle), queue.remove(made[0] as Call)]).toEqual([true, false, false]);
  expect(queue.drain()).toEqual(made.slice(next).filter((call) => call !== middle));
  expect([queue.shift(), queue.length]).toEqual([undefined, 0]);
});

test("xids go from 1 to the largest int and begin again", () => {
  const output = new Output(0x7ffffffd);
  expect([output.nextXid(), output.nextXid(), output.nextXid()]).toEqual([0x7ffffffe, 0x7fffffff, 1]);
  expect(new Output().nextXid()).toBe(1);
});

test("what was taken from the output stays as it was, large or small", () => {
  const output = new Output();
  for (const size of [3, 300_000]) {
    output.request(1, 2, { write: (out: Writer) => out.raw(new Uint8Array(size).fill(7)) });
    const taken = output.take();
    output.request(1, 2, { write: (out: Writer) => out.raw(new Uint8Array(size).fill(9)) });
    expect([taken.length, taken.at(-1), taken[12]]).toEqual([12 + size, 7, 7]);
    output.clear();
    expect(output.take()).toEqual(new Uint8Array(0));
  }
});

test("servers are shuffled by the chance that is injected, and none is lost", () => {
  const servers = ["a", "b", "c", "d"].map((host) => ({ host, port: 1 }));
  const order = (random: () => number): string => {
    const list = new Servers(servers, random);
    return servers.map(() => list.next().host).join("");
  };
  expect(order(() => 0.999999)).toBe("abcd");
  expect(order(() => 0)).toBe("bcda");
  expect([...order(() => 0.5)].sort().join("")).toBe("abcd");
});

test("a pause has between half and all of its length, and is never above a second", () => {
  const list = (random: () => number): number[] => {
    const servers = new Servers([{ host: "a", port: 1 }], random);
    return Array.from({ length: 7 }, () => {
      const pauseMs = servers.pauseMs();
      servers.next();
      return pauseMs;
    });
  };
  expect(list(() => 0)).toEqual([0, 50, 100, 200, 400, 500, 500]);
  expect(list(() => 1)).toEqual([0, 100, 200, 400, 800, 1000, 1000]);
});

describe("watches", () => {
  test("one that is removed is told of it, and only the last listener of a place frees it", () => {
    const watches = new Watches();
    const told: string[] = [];
    const [a, b] = [listenerOf("a", told), listenerOf("b", told)] as const;
    watches.add("persistent", "/p", a);
    watches.add("persistent", "/p", b);
    watches.add("child", "/p", a);
    expect(watches.remove("persistent", "/p", a)).toBe(false);
    expect(watches.remove("persistent", "/p", a)).toBe(false);
    expect(watches.remove("persistent", "/p", b)).toBe(true);
    watches.removeAll(["child", "data"], "/p");
    expect(told).toEqual(["a removed child"]);
    expect([...watches.lists(100)]).toEqual([]);
  });

  test("an event is told once to a listener, however many of its watches it concerns", () => {
    const watches = new Watches();
    const told: string[] = [];
    const a = listenerOf("a", told);
    for (const kind of ["data", "exist", "child", "persistent", "recursive"] as const) watches.add(kind, "/p", a);
    watches.fired(2, "/p", 5n);
    watches.fired(99, "/p", 6n);
    expect(told).toEqual(["a nodeDeleted /p 5"]);
    expect([...watches.lists(100)]).toMatchObject([{ dataWatches: [], persistentWatches: ["/p"] }]);
  });
});

function callOf(): Call {
  return { type: 1, watch: undefined, xid: 0, write: () => {}, answered: () => {}, failed: () => {} };
}

function listenerOf(name: string, told: string[]): WatchListener {
  return {
    fired: ({ type, path, zxid }) => told.push(`${name} ${type} ${path} ${zxid}`),
    removed: (kind) => told.push(`${name} removed ${kind}`),
    resumed: () => {},
    ended: () => {},
  };
}

import { asciiBytes, bytesOfHex, concatBytes, hexBytes, viewOf } from "../base/bytes.ts";
import { toServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import { type ElectionAddress, encodeInitialMessage } from "../wire/election/initialMessage.ts";
import { ElectionConnections, type ElectionLink } from "./connections.ts";

const HIGHEST = 2n ** 63n - 1n;

/** One server among members 1 to 5; all it does is a line. */
class Bench {
  readonly lines: string[] = [];
  readonly connections: ElectionConnections;
  private links = 0;

  constructor(sid: bigint, members: readonly bigint[] = [1n, 2n, 3n, 4n, 5n]) {
    this.connections = new ElectionConnections(
      {
        sid: toServerId(sid),
        address: addressOf(sid),
        members: new Map(members.map((member) => [toServerId(member), [addressOf(member)]])),
        initialMessageTimeoutMs: 10_000,
      },
      {
        dial: (to, addresses) => {
          this.lines.push(`dial ${to} at ${addresses.map(({ host, port }) => `${host}:${port}`).join(" ")}`);
        },
        received: (from, payload) => this.lines.push(`${from} says ${textOf(payload)}`),
      },
    );
  }

  link(): FakeLink {
    return new FakeLink(`link ${++this.links}`, this.lines);
  }

  /** Accepts a connection on which `bytes` arrive. */
  accept(bytes: Uint8Array, nowMs = 0): FakeLink {
    const link = this.link();
    this.connections.onAccepted(link, nowMs);
    this.connections.onBytes(link, bytes);
    return link;
  }

  send(to: bigint, text: string): void {
    this.connections.send(toServerId(to), asciiBytes(text));
  }

  dialled(to: bigint): FakeLink {
    const link = this.link();
    this.connections.onDialled(toServerId(to), link);
    return link;
  }

  /** What happened since the last call. */
  check(...expected: string[]): void {
    expect(this.lines.splice(0)).toEqual(expected);
  }
}

class FakeLink implements ElectionLink {
  queuedBytes = 0;
  readonly name: string;
  private readonly lines: string[];

  constructor(name: string, lines: string[]) {
    this.name = name;
    this.lines = lines;
  }

  write(bytes: Uint8Array): void {
    const isFrame = viewOf(bytes).getInt32(0) === bytes.length - 4;
    this.lines.push(`${this.name}: ${isFrame ? textOf(bytes.subarray(4)) : "initial message"}`);
  }

  close(): void {
    this.lines.push(`${this.name} closed`);
  }
}

function addressOf(sid: bigint): ElectionAddress {
  return { host: `zk${sid}`, port: 3888 };
}

function initial(sid: bigint, address = addressOf(sid)): Uint8Array {
  return encodeInitialMessage(toServerId(sid), address);
}

function bareSid(sid: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigInt64(0, sid);
  return bytes;
}

function frame(text: string, length = text.length): Uint8Array {
  const bytes = new Uint8Array(4 + text.length);
  viewOf(bytes).setInt32(0, length);
  bytes.set(asciiBytes(text), 4);
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

describe("who keeps the connection", () => {
  test("dialling a smaller sid: kept, what waits goes out after the initial message", () => {
    const bench = new Bench(3n);
    bench.send(1n, "a");
    bench.check("dial 1 at zk1:3888");
    bench.send(1n, "b");
    bench.check();
    bench.dialled(1n);
    bench.check("link 1: initial message", "link 1: b");
    bench.send(1n, "c");
    bench.check("link 1: c");
    expect(bench.connections.connected).toEqual([1n]);
  });

  test("dialling a larger sid: announced and closed; it dials back", () => {
    const bench = new Bench(3n);
    bench.send(5n, "a");
    bench.dialled(5n);
    bench.check("dial 5 at zk5:3888", "link 1: initial message", "link 1 closed");
    bench.accept(initial(5n));
    bench.check("link 2: a");
  });

  test("a larger sid that came first is not disturbed by a dial that succeeds late", () => {
    const bench = new Bench(3n);
    bench.send(5n, "a");
    bench.accept(initial(5n));
    bench.dialled(5n);
    bench.check("dial 5 at zk5:3888", "link 1: a", "link 2 closed");
  });

  test("a larger sid dials in: kept, and it replaces the connection there was", () => {
    const bench = new Bench(3n);
    const first = bench.accept(initial(5n));
    bench.send(5n, "a");
    bench.accept(initial(5n));
    bench.check("link 1: a", "link 1 closed", "link 2: a");
    // The end of the old one, heard late, takes nothing away from the new one.
    bench.connections.onClosed(first);
    bench.connections.onBytes(first, frame("late"));
    bench.send(5n, "b");
    bench.check("link 2: b");
  });

  test("a smaller sid dials in: both connections end and it is dialled back", () => {
    const bench = new Bench(3n);
    bench.send(1n, "a");
    bench.dialled(1n);
    bench.lines.length = 0;
    bench.accept(initial(1n, { host: "elsewhere", port: 1 }));
    bench.check("link 2 closed", "link 1 closed", "dial 1 at elsewhere:1");
    bench.accept(initial(1n));
    bench.check("link 3 closed");
    bench.dialled(1n);
    bench.check("link 4: initial message", "link 4: a");
  });

  test.each([
    ["a wildcard", initial(1n, { host: "0.0.0.0", port: 1 })],
    ["the bare sid of 3.4", bareSid(1n)],
  ])("%s announces no address: the configured one counts", (_, bytes) => {
    const bench = new Bench(3n);
    bench.accept(bytes);
    bench.check("link 1 closed", "dial 1 at zk1:3888");
  });

  test("observers without a sid get private ones", () => {
    const bench = new Bench(3n);
    bench.accept(initial(HIGHEST, { host: "a", port: 1 }));
    bench.accept(initial(HIGHEST, { host: "b", port: 2 }));
    bench.check("link 1 closed", "dial -1 at a:1", "link 2 closed", "dial -2 at b:2");
    bench.dialled(-2n);
    bench.send(-2n, "hello");
    bench.check("link 3: initial message", "link 3: hello");
  });

  test("a larger sid that nobody knows is served, and forgotten with its connection", () => {
    const bench = new Bench(3n);
    const link = bench.accept(initial(77n));
    bench.send(77n, "a");
    bench.check("link 1: a");
    bench.connections.onClosed(link);
    bench.send(77n, "b");
    bench.check();
    expect(bench.connections.someDelivered).toBe(false);
    bench.accept(initial(77n));
    bench.check();
  });
});

describe("the queue of one message", () => {
  test("a new connection repeats the last message unless a newer one waits", () => {
    const bench = new Bench(3n);
    const first = bench.accept(initial(5n));
    bench.send(5n, "a");
    bench.connections.onClosed(first);
    bench.check("link 1: a");
    const second = bench.accept(initial(5n));
    bench.check("link 2: a");
    bench.connections.onClosed(second);
    bench.send(5n, "b");
    bench.send(5n, "c");
    bench.accept(initial(5n));
    bench.check("dial 5 at zk5:3888", "link 3: c");
  });

  test("dials happen for a message or a time-out, one at a time, and a failed one is forgotten", () => {
    const bench = new Bench(3n);
    bench.send(1n, "a");
    bench.send(2n, "a");
    bench.check("dial 1 at zk1:3888", "dial 2 at zk2:3888");
    bench.connections.dialUndelivered();
    bench.check();
    bench.connections.onDialFailed(toServerId(1n));
    bench.check();
    bench.connections.dialUndelivered();
    bench.check("dial 1 at zk1:3888");
    bench.connections.onClosed(bench.dialled(2n));
    bench.check("link 1: initial message", "link 1: a");
    bench.connections.dialUndelivered();
    bench.check("dial 2 at zk2:3888");
  });

  test("delivered is what no longer waits; without any queue nothing is", () => {
    const bench = new Bench(3n);
    expect(bench.connections.someDelivered).toBe(false);
    bench.send(1n, "a");
    bench.send(2n, "a");
    expect(bench.connections.someDelivered).toBe(false);
    const link = bench.dialled(1n);
    expect(bench.connections.someDelivered).toBe(true);
    bench.connections.onClosed(link);
    expect(bench.connections.someDelivered).toBe(true);
    bench.send(1n, "b");
    expect(bench.connections.someDelivered).toBe(false);
  });

  test("a peer that does not read gets the newest message once it does, and no more", () => {
    const bench = new Bench(3n);
    const link = bench.accept(initial(5n));
    link.queuedBytes = 100_000;
    for (let i = 0; i < 1000; i++) bench.send(5n, `${i}`);
    bench.check();
    expect(bench.connections.someDelivered).toBe(false);
    link.queuedBytes = 0;
    bench.connections.dialUndelivered();
    bench.connections.dialUndelivered();
    bench.check("link 1: 999");
  });

  test("a message to itself goes nowhere", () => {
    const bench = new Bench(3n);
    bench.send(3n, "a");
    bench.check();
    expect(bench.connections.someDelivered).toBe(false);
  });

  test("a member that no address is known of is not dialled", () => {
    const bench = new Bench(3n, [1n, 2n, 3n]);
    bench.send(4n, "a");
    bench.check();
  });
});

describe("bad input costs the connection alone", () => {
  test("initial message and frames in chunks of any size", () => {
    const stream = concatBytes([initial(5n), frame("one"), frame("x"), frame("three")]);
    for (let cut = 1; cut <= stream.length; cut++) {
      const bench = new Bench(3n);
      const link = bench.accept(new Uint8Array(0));
      for (let at = 0; at < stream.length; at += cut) bench.connections.onBytes(link, stream.subarray(at, at + cut));
      bench.check("5 says one", "5 says x", "5 says three");
    }
  });

  test("a dialler that stops at any byte of its initial message is closed when its time is over", () => {
    const message = initial(5n);
    for (let length = 0; length < message.length; length++) {
      const bench = new Bench(3n);
      bench.accept(message.subarray(0, length), 1000);
      expect(bench.connections.deadline).toBe(11_000);
      bench.connections.onDeadline(10_999);
      bench.check();
      bench.connections.onDeadline(11_000);
      bench.check("link 1 closed");
      expect(bench.connections.deadline).toBe(NEVER);
    }
  });

  test("whoever has said who it is may be silent for ever", () => {
    const bench = new Bench(3n);
    bench.accept(initial(5n));
    expect(bench.connections.deadline).toBe(NEVER);
    bench.connections.onDeadline(1_000_000);
    bench.check();
  });

  test.each([
    ["its own sid", initial(3n)],
    ["its own bare sid", bareSid(3n)],
    ["an unknown version", bytesOfHex("fffffffffffe0000")],
    ["an address length of 0", bytesOfHex("ffffffffffff0000 0000000000000005 00000000")],
    ["an address length of 2^31 - 1", bytesOfHex("ffffffffffff0000 0000000000000005 7fffffff")],
    ["an address without a port", bytesOfHex("ffffffffffff0000 0000000000000005 00000001 61")],
    ["HTTP", asciiBytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
    ["a TLS hello", bytesOfHex("160301020001 0001fc0303 0102030405060708")],
    ["a frame of 0 bytes", concatBytes([initial(5n), frame("", 0)])],
    ["a frame of -1 bytes", concatBytes([initial(5n), frame("", -1)])],
    ["a frame of 524289 bytes", concatBytes([initial(5n), frame("", 524_289)])],
    ["a frame of 2^31 - 1 bytes", concatBytes([initial(5n), frame("", 2 ** 31 - 1)])],
  ])("%s", (_, bytes) => {
    const bench = new Bench(3n);
    bench.accept(initial(4n));
    bench.accept(bytes);
    bench.check("link 2 closed");
    bench.send(4n, "undisturbed");
    bench.check("link 1: undisturbed");
    expect(bench.connections.connected).toEqual([4n]);
    expect(bench.connections.deadline).toBe(NEVER);
  });

  test("what came before a bad frame counts, what comes after does not", () => {
    const bench = new Bench(3n);
    const link = bench.accept(concatBytes([initial(5n), frame("good"), frame("", 0), frame("lost")]));
    bench.connections.onBytes(link, frame("lost too"));
    bench.check("5 says good", "link 1 closed");
  });

  test("a frame of 524288 bytes is taken", () => {
    const bench = new Bench(3n);
    const payload = "n".repeat(524_288);
    let longest = 0;
    bench.lines.push = (line) => {
      longest = Math.max(longest, line.length);
      return 0;
    };
    const bytes = concatBytes([initial(5n), frame("", payload.length), asciiBytes(payload)]);
    const link = bench.accept(new Uint8Array(0));
    for (let at = 0; at < bytes.length; at += 65_536) bench.connections.onBytes(link, bytes.subarray(at, at + 65_536));
    expect(longest).toBe("5 says ".length + payload.length);
  });

  test("silent diallers are closed once there are too many of them", () => {
    const bench = new Bench(3n);
    for (let i = 0; i < 1000; i++) bench.connections.onAccepted(bench.link(), 0);
    expect(bench.lines).toHaveLength(1000 - 256);
    bench.connections.onDeadline(10_000);
    expect(bench.lines).toHaveLength(1000);
    bench.lines.length = 0;
    bench.accept(initial(5n));
    bench.send(5n, "served");
    bench.check("link 1001: served");
  });

  test("strangers are closed once there are too many, members come in all the same", () => {
    const bench = new Bench(3n);
    for (let sid = 100n; sid < 300n; sid++) bench.accept(initial(sid));
    expect(bench.lines).toHaveLength(200 - 64);
    bench.lines.length = 0;
    bench.accept(initial(5n));
    expect(bench.connections.connected).toHaveLength(65);
    bench.check();
  });

  test("strangers with smaller sids are dialled back at most so many at a time", () => {
    const bench = new Bench(3n);
    for (let sid = -100n; sid < 0n; sid++) bench.accept(initial(sid));
    expect(bench.lines.filter((line) => line.startsWith("dial"))).toHaveLength(64);
    for (let sid = -100n; sid < 0n; sid++) bench.connections.onDialFailed(toServerId(sid));
    bench.lines.length = 0;
    bench.accept(initial(-5n));
    bench.check("link 101 closed", "dial -5 at zk-5:3888");
  });
});

test("closed, it closes all there is and whatever is still under way", () => {
  const bench = new Bench(3n);
  bench.accept(initial(5n));
  bench.accept(new Uint8Array(0));
  bench.send(1n, "a");
  bench.lines.length = 0;
  bench.connections.close();
  bench.check("link 2 closed", "link 1 closed");
  bench.dialled(1n);
  bench.accept(initial(4n));
  bench.send(2n, "a");
  bench.check("link 3 closed", "link 4 closed");
  expect(bench.connections.deadline).toBe(NEVER);
});

test("the initial message leaves in one write", () => {
  const bench = new Bench(3n);
  bench.send(1n, "a");
  const written: Uint8Array[] = [];
  bench.connections.onDialled(toServerId(1n), {
    queuedBytes: 0,
    write: (bytes) => written.push(bytes),
    close: () => {},
  });
  expect(written.map(hexBytes)).toEqual([hexBytes(initial(3n)), hexBytes(frame("a"))]);
});

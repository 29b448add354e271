import { concatBytes } from "../base/bytes.ts";
import { TestClient } from "./testClient.ts";
import { TestServer } from "./testServer.ts";

/** A server with a client whose node `/big` has so many bytes. */
class Bench {
  readonly server: TestServer;
  readonly client: TestClient;

  constructor(bytes = 0, properties: Record<string, string> = {}) {
    this.server = new TestServer([], properties);
    this.client = this.join();
    this.server.arrive(this.client.link, this.client.encode(`create /big ${"x".repeat(bytes)}`, noSession));
    this.server.flush();
    this.client.link.writes = [];
  }

  join(): TestClient {
    const client = new TestClient(this.server.accept());
    this.server.arrive(client.link, client.encode("connect", noSession));
    this.server.flush();
    client.link.writes = [];
    return client;
  }

  /** The requests in one chunk. */
  ask(client: TestClient, ...requests: readonly string[]): void {
    this.server.arrive(client.link, concatBytes(requests.map((words) => client.encode(words, noSession))));
  }

  /** Bytes of each write since the last call. */
  writes(client = this.client): number[] {
    const { link } = client;
    const sizes = link.writes.map((bytes) => bytes.length);
    link.writes = [];
    return sizes;
  }
}

const noSession = (): bigint => 0n;
const MB = 1024 * 1024;

describe("a reader who is slower than the server (reliability 7)", () => {
  test("is not read while a megabyte of replies waits, and gets everything once it is taken", () => {
    const bench = new Bench(600_000);
    const { client, server } = bench;
    client.link.isSlow = true;
    bench.ask(client, ...Array.from({ length: 7 }, () => "getData /big"));
    const reply = 600_000 + 88 + 4;
    expect([bench.writes(), client.link.isPaused]).toEqual([[2 * reply], true]);
    // Time passes, others are served: nothing changes.
    bench.ask(bench.join(), "create /a");
    server.flush();
    expect(bench.writes()).toEqual([]);
    server.drain(client.link);
    expect([bench.writes(), client.link.isPaused]).toEqual([[2 * reply], true]);
    server.drain(client.link);
    server.drain(client.link);
    expect([bench.writes(), client.link.isPaused]).toEqual([[2 * reply, reply], false]);
  });

  test("a chunk of requests for large nodes never makes one large write, also when the system takes all", () => {
    const bench = new Bench(900_000);
    bench.ask(bench.client, ...Array.from({ length: 40 }, () => "getData /big"));
    const sizes = bench.writes();
    while (bench.client.link.isPaused) {
      bench.server.drain(bench.client.link);
      sizes.push(...bench.writes());
    }
    expect(Math.max(...sizes)).toBeLessThan(3 * MB);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40 * (900_000 + 92));
  });

  test("is dropped when events pile up beyond what is held for anybody", () => {
    const bench = new Bench();
    const { server } = bench;
    const watcher = bench.join();
    bench.ask(watcher, "addWatch / 1");
    watcher.link.isSlow = true;
    // Two events of 34 bytes, and then no room for a third.
    watcher.link.queuedBytes = 64 * MB - 2 * 34;
    for (const path of ["/a", "/b"]) {
      bench.ask(bench.client, `create ${path}`);
      server.flush();
      expect(watcher.link.state).toBe("open");
    }
    bench.ask(bench.client, "create /c");
    server.flush();
    expect([watcher.link.state, bench.client.link.state]).toEqual(["destroyed", "open"]);
    expect(server.server.home.clients.watches.watchCount).toBe(0);
  });

  test("is dropped when reads that waited behind one write come to more than is held for anybody", () => {
    const bench = new Bench(1_000_000);
    bench.ask(bench.client, "setData /big x", "getData /big", "create /o");
    bench.server.flush();
    expect(bench.client.link.state).toBe("open");
    bench.ask(
      bench.client,
      `setData /big ${"y".repeat(1_000_000)}`,
      ...Array.from({ length: 70 }, () => "getData /big"),
    );
    bench.server.flush();
    expect(bench.client.link.state).toBe("destroyed");
    expect(bench.server.server.home.clients.outstanding).toBe(0);
    expect(bench.client.link.connection?.outBytes).toBe(0);
  });

  test("a multiRead ends with the results that may be held, and so does the connection of who does not take them", () => {
    const bench = new Bench(1_000_000);
    bench.client.link.isSlow = true;
    bench.ask(bench.client, `multiRead ${Array.from({ length: 100 }, () => "getData /big").join(" + ")}`);
    expect(bench.client.link.state).toBe("destroyed");
    expect(bench.writes().map((size) => size / MB)).toEqual([expect.closeTo(65, 0)]);
  });
});

describe("zookeeper.globalOutstandingLimit (client-protocol 5.3)", () => {
  const FULL = { "zookeeper.globalOutstandingLimit": "3" };

  test("above it a connection with a request outstanding is not read until there is room", () => {
    const bench = new Bench(0, FULL);
    const { client, server } = bench;
    bench.ask(client, ...Array.from({ length: 10 }, (_, i) => `create /n${i}`));
    expect([client.link.isPaused, server.unflushed]).toEqual([true, 4]);
    server.flush();
    expect([client.link.isPaused, bench.writes().length]).toEqual([false, 10]);
  });

  test("a connection without one may always have one", () => {
    const bench = new Bench(0, FULL);
    const { server } = bench;
    bench.ask(bench.client, ...Array.from({ length: 6 }, (_, i) => `create /n${i}`));
    const second = new TestClient(server.accept());
    server.arrive(second.link, second.encode("connect", noSession));
    server.flush();
    bench.ask(bench.client, ...Array.from({ length: 6 }, (_, i) => `create /m${i}`));
    expect(bench.client.link.isPaused).toBe(true);
    bench.ask(second, "getData /", "create /one", "getData /one", "create /two");
    expect([second.link.isPaused, server.unflushed]).toEqual([true, 5]);
    server.flush();
    expect([second.link.isPaused, bench.client.link.isPaused, server.server.home.clients.outstanding]).toEqual([
      false,
      false,
      0,
    ]);
  });

  test("reads alone are never held back by it", () => {
    const bench = new Bench(0, FULL);
    bench.ask(bench.client, ...Array.from({ length: 50 }, () => "getData /"));
    expect([bench.client.link.isPaused, bench.writes()]).toEqual([false, [50 * 92]]);
  });

  test("who hangs up takes his share along", () => {
    const bench = new Bench(0, FULL);
    const { server } = bench;
    const other = bench.join();
    bench.ask(other, ...Array.from({ length: 5 }, (_, i) => `create /n${i}`));
    bench.ask(bench.client, "create /a", "create /b", "create /c");
    expect(bench.client.link.isPaused).toBe(true);
    server.hangUp(other.link);
    expect([bench.client.link.isPaused, server.unflushed]).toEqual([false, 7]);
  });
});

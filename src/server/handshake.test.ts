import { bytesOfHex, hexBytes } from "../base/bytes.ts";
import { framed, TestClient } from "./testClient.ts";
import { TestServer } from "./testServer.ts";
import { happens, linesOf } from "./testTranscript.ts";

/** The transcript is what happens. */
function check(transcript: string, server?: TestServer): void {
  expect(happens(transcript, server)).toBe(linesOf(transcript).join("\n"));
}

const noSession = (): bigint => 0n;

describe("the table of client-protocol 4.1", () => {
  test.each([
    ["with the readOnly byte", "", 37],
    ["without it", "old", 36],
  ])("a new session %s, answered when it is committed", (_, words, bytes) =>
    check(`
      1: connect ${words}
      flush
      1< joined, timeout=10000, ${bytes} bytes
      1: ping
      1< #-2 zxid=1
    `),
  );

  test("the bytes of a new session, request and response (1.9)", () => {
    const server = new TestServer();
    const link = server.accept();
    server.arrive(
      link,
      bytesOfHex(`0000002d 00000000 0000000000000000 00002710 0000000000000000 00000010 ${"00".repeat(16)} 00`),
    );
    server.flush();
    const id = hexBytes(link.writes[0]?.slice(12, 20) ?? new Uint8Array(0));
    // Server 1, and the wall clock's milliseconds.
    expect(id).toBe(`01${(1_000_000).toString(16).padStart(10, "0")}0000`);
    expect(link.writes.map(hexBytes)).toEqual([
      expect.stringMatching(new RegExp(`^0000002500000000${"00002710"}${id}00000010[0-9a-f]{32}00$`)),
    ]);
  });

  test.each([
    [1, 4000],
    [-5, 4000],
    [4000, 4000],
    [4001, 4001],
    [40_000, 40_000],
    [3_600_000, 40_000],
  ])("a time-out of %d becomes %d", (asked, given) =>
    check(`
      1: connect timeout=${asked}
      flush
      1< joined, timeout=${given}, 37 bytes
    `),
  );

  test("a session comes again: at once, with its new time-out, from anywhere", () =>
    check(`
      clients 1
      1 hangs up
      2 opens 10.0.0.9
      2: connect session=1 timeout=6000 old
      2< joined, timeout=6000, 36 bytes
    `));

  test("the same session again: the connection it had is closed without a byte", () =>
    check(`
      clients 1
      1: create /a x
      2: connect session=1
      1< cut
      2< joined, timeout=10000, 37 bytes
      flush
      2: getData /a
      2< #1 zxid=2 "x" v0
    `));

  test.each([
    ["a wrong password", "session=1 password=wrong"],
    ["a password of another length", "session=1 password=short"],
    ["a null password", "session=1 password=null"],
  ])("%s: the failure response, the end, and the session's own connection stays", (_, words) =>
    check(`
      clients 1
      2: connect ${words}
      2< refused, timeout=0, 37 bytes
      2< closed
      1: ping
      1< #-2 zxid=1
    `),
  );

  test("an unknown session", () =>
    check(`
      1: connect session=12345 old
      1< refused, timeout=0, 36 bytes
      1< closed
    `));

  test("a session that has been closed, or is being closed", () =>
    check(`
      clients 1 2
      1: closeSession
      2: closeSession
      1 hangs up
      2 hangs up
      3: connect session=1
      3< refused, timeout=0, 37 bytes
      3< closed
      flush
      4: connect session=2
      4< refused, timeout=0, 37 bytes
      4< closed
    `));

  test("a client that has seen more than this server: no byte", () =>
    check(`
      clients 1
      2: connect zxid=1
      3: connect zxid=2
      3< cut
      flush
      2< joined, timeout=10000, 37 bytes
    `));

  test("a server that does not serve: no byte", () => {
    const server = new TestServer();
    server.stop();
    check(
      `
      1: connect
      1< cut
    `,
      server,
    );
  });

  test.each([
    ["an empty one", "00000000"],
    ["one that ends in the time-out", "0000000e 00000000 0000000000000000 0000"],
    ["one that lacks a byte of the password", `0000002b ${"00".repeat(24)} 00000010 ${"00".repeat(15)}`],
  ])("a first frame that is no ConnectRequest, %s: no byte", (_, hex) =>
    check(`
      1: bytes ${hex}
      1< cut
    `),
  );

  test("bytes behind the readOnly byte do not matter", () => {
    const server = new TestServer();
    const link = server.accept();
    const zeros = "00".repeat(16);
    server.arrive(
      link,
      framed(bytesOfHex(`00000000 0000000000000000 00002710 0000000000000000 00000010 ${zeros} 01 ffff`)),
    );
    server.flush();
    expect(link.writes.map((bytes) => bytes.length)).toEqual([41]);
  });
});

describe("while a session is being made", () => {
  test("what the client sends behind its ConnectRequest waits and is then served", () =>
    check(`
      1: connect; getData /; create /a x; getData /a
      flush
      1< joined, timeout=10000, 37 bytes
      1< #1 zxid=1 "" v0
      1< #2 zxid=2 /a
      1< #3 zxid=2 "x" v0
    `));

  test("of what comes later no more is read than 64 KiB", () => {
    const server = new TestServer();
    const client = new TestClient(server.accept());
    server.arrive(client.link, client.encode("connect", noSession));
    const ping = client.encode("ping", noSession);
    const most = Math.floor((64 * 1024) / ping.length);
    for (let i = 0; i < most; i++) server.arrive(client.link, ping);
    expect([client.link.incoming.length, client.news()]).toEqual([0, []]);
    for (let i = 0; i < 2; i++) server.arrive(client.link, ping);
    expect([client.link.incoming.length, client.news()]).toEqual([1, ["paused"]]);
    server.flush();
    const pings = new Array<string>(most + 2).fill("#-2 zxid=1");
    expect(client.news()).toEqual(["joined, timeout=10000, 37 bytes", ...pings, "resumed"]);
  });

  test("the client gives up: nobody is answered, the session ends by itself", () =>
    check(`
      1: connect
      1 hangs up
      flush
      2: connect
      flush
      2< joined, timeout=10000, 37 bytes
      at 14000
      flush
      2< cut
    `));

  test("a disk that takes longer than a connection without a session may live", () =>
    check(`
      1: connect
      at 9999
      at 11000
      1< cut
      flush
    `));
});

describe("connections without a session (4.6, 4.7)", () => {
  test("one that says nothing, or half a word, is dropped after 10 s, at the next look around", () =>
    check(`
      1 opens
      2: bytes 0000002d0000
      clients 3
      at 9999
      at 10999
      1< cut
      2< cut
      3: ping
      3< #-2 zxid=1
    `));

  test("maxClientCnxns counts an address's open connections", () => {
    const server = new TestServer(["maxClientCnxns=2"]);
    check(
      `
      1 opens 10.0.0.1
      2 opens 10.0.0.1
      3 opens 10.0.0.1
      3< cut
      4 opens 10.0.0.2
      1 hangs up
      5 opens 10.0.0.1
      6 opens 10.0.0.1
      6< cut
    `,
      server,
    );
    const told = server.events.filter(({ name }) => name === "clients.tooMany").map(({ message }) => message);
    // One line a second, however many there are.
    expect(told).toEqual(["Too many connections from 10.0.0.1 - max is 2"]);
  });

  test("maxCnxns counts all", () =>
    check(
      `
      1 opens 10.0.0.1
      2 opens 10.0.0.2
      3 opens 10.0.0.3
      3< cut
    `,
      new TestServer([], { "zookeeper.maxCnxns": "2" }),
    ));

  test("a session's connection that has to end and whose client does not read is dropped as soon", () => {
    const server = new TestServer();
    const client = new TestClient(server.accept());
    const { link } = client;
    server.arrive(link, client.encode("connect", noSession));
    server.flush();
    link.isSlow = true;
    server.arrive(link, client.encode("op 99", noSession));
    server.at(9_999);
    expect([link.state, server.server.home.clients.connections.size]).toEqual(["closed", 1]);
    server.at(11_000);
    expect([link.state, server.server.home.clients.connections.size]).toEqual(["destroyed", 0]);
  });

  test("a connection whose last bytes the client does not take counts until it is dropped", () => {
    const server = new TestServer(["maxClientCnxns=1"]);
    const connections = (): number => server.server.home.clients.connections.size;
    const link = server.accept();
    link.isSlow = true;
    server.arrive(
      link,
      new TestClient(link).encode("connect session=x", () => 77n),
    );
    expect([link.state, connections()]).toEqual(["closed", 1]);
    expect(server.accept().state).toBe("destroyed");
    server.at(11_000);
    expect([link.state, connections()]).toEqual(["destroyed", 0]);
    expect(server.accept().state).toBe("open");
  });
});

describe("four-letter words (operations 2.2)", () => {
  const WORD = /text of 6 bytes/;
  test.each(["72756f6b", "72756f6b0a", "72756f6b 0d0a 20"])("are known by the first four bytes (%s)", (hex) => {
    const talk = happens(`1: bytes ${hex}`);
    expect(talk).toMatch(WORD);
    expect(talk).toMatch(/closed$/);
  });

  test("may come in pieces, and only there", () => {
    expect(happens("1: bytes 72\n1: bytes 75 6f\n1: bytes 6b")).toMatch(WORD);
    check(`
      clients 1
      1: bytes 72756f6b
      1< closed
    `);
  });

  test.each(["6b696c6c", "52554f4b", "47455420"])("another word is a length (%s)", (hex) =>
    check(`
      1: bytes ${hex}
      1< closed
    `),
  );

  test("are answered also when the server does not serve", () => {
    const server = new TestServer();
    server.stop();
    expect(happens("1: bytes 72756f6b", server)).toMatch(WORD);
  });
});

test("hundreds of sessions that end in one tick are closed in pieces, each a turn, in their order", () => {
  const server = new TestServer();
  const clients = Array.from({ length: 450 }, (_, i) => new TestClient(server.accept(`10.0.0.${i % 250}`)));
  for (const client of clients) server.arrive(client.link, client.encode("connect timeout=4000", noSession));
  server.flush();
  server.at(5999);
  server.nowMs = 6000;
  for (const closed of [200, 400, 450]) {
    expect(server.server.deadline).toBeLessThanOrEqual(6000);
    server.server.onDeadline(server.instant);
    server.flush();
    expect(clients.map(({ link }) => link.state)).toEqual(clients.map((_, i) => (i < closed ? "destroyed" : "open")));
  }
  expect(server.server.deadline).toBeGreaterThan(6000);
});

describe("a restart on the same files", () => {
  test("sessions go on, with a full time-out, and so do their ephemerals", () => {
    const first = new TestServer();
    const talk = happens(
      `
      1: connect timeout=4000
      flush
      1: create /e x flags=1; create /a y
      flush
    `,
      first,
    );
    expect(talk).toMatch(/\/a$/m);
    const session = first.server.home.clients.connections.get(1)?.sessionId;
    first.stop();
    first.files.crash(() => "lost");
    const second = new TestServer([], {}, first.files);
    const client = new TestClient(second.accept());
    second.at(5999);
    second.arrive(
      client.link,
      client.encode("connect session=x", () => session ?? 0n),
    );
    second.arrive(client.link, client.encode("getData /e", noSession));
    expect(client.news()).toEqual(["joined, timeout=10000, 37 bytes", '#1 zxid=3 "x" v0']);
  });
});

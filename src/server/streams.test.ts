import { concatBytes, hexBytes } from "../base/bytes.ts";
import { JavaRandom } from "../base/javaRandom.ts";
import { framed, TestClient } from "./testClient.ts";
import { FakeLink, TestServer } from "./testServer.ts";

const noSession = (): bigint => 0n;

const TALK = [
  "connect timeout=6000",
  "create /a x",
  "getData /a watch",
  "setData /a yy",
  "multi create /a/b + check /a 1 + delete /a/b",
  "openMulti create /q",
  "ping",
  "op 4 00",
  "auth digest bob:pw",
  "setWatches2 data=/a exist=/a child=/none zxid=1",
  "whoAmI",
  "closeSession",
  "ping",
];

describe("how the bytes are cut makes no difference (client-protocol 1.4)", () => {
  const bytes = spoken(TALK);
  const whole = answers([bytes]);

  test("the talk says what it should", () => {
    expect(whole).toMatch(/^0000002500000000/);
    // The reply to closeSession and nothing behind it.
    expect(whole).toMatch(/0000000b[0-9a-f]{16}00000000 closed$/);
  });

  test("cut in two, anywhere", () => {
    const few = spoken(TALK.slice(0, 3));
    const right = answers([few]);
    const different = Array.from({ length: few.length - 1 }, (_, i) => i + 1).filter(
      (at) => answers([few.subarray(0, at), few.subarray(at)]) !== right,
    );
    expect(different).toEqual([]);
  });

  test("byte by byte", () => expect(answers(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe(whole));

  test("in pieces of any length", () => {
    const chance = new Chance(1);
    const different = Array.from({ length: 25 }, () => chance.pieces(bytes)).filter((cut) => answers(cut) !== whole);
    expect(different).toEqual([]);
  });

  test("a thousand frames in one chunk", () => {
    const server = new TestServer();
    const client = new TestClient(server.accept());
    server.arrive(client.link, client.encode("connect", noSession));
    server.flush();
    client.link.writes = [];
    server.arrive(
      client.link,
      concatBytes(Array.from({ length: 1000 }, () => client.encode("exists /none", noSession))),
    );
    expect(client.link.writes.map((bytes) => bytes.length)).toEqual([20_000]);
  });
});

describe("bytes that mean nothing", () => {
  test.each(Array.from({ length: 10 }, (_, seed) => seed))("seed %d: nobody else notices", (seed) => {
    const chance = new Chance(seed);
    const server = new TestServer();
    const good = joined(server);
    for (let round = 0; round < 60; round++) {
      const client = chance.below(4) === 0 ? new TestClient(server.accept()) : joined(server);
      for (let i = chance.below(8); i >= 0; i--) server.arrive(client.link, chance.frame(client));
      if (chance.below(2) === 0) server.flush();
      if (chance.below(3) === 0) server.hangUp(client.link);
      server.at(server.nowMs + chance.below(50));
    }
    server.flush();
    const { clients } = server.server.home;
    expect([clients.outstanding, server.ended]).toEqual([0, []]);
    good.link.writes = [];
    server.arrive(good.link, good.encode("create /fine", noSession));
    server.flush();
    server.arrive(good.link, good.encode("exists /fine", noSession));
    expect(good.link.writes.map((bytes) => bytes.length)).toEqual([20 + 9, 20 + 68]);
    for (const link of server.links) if (link !== good.link) server.hangUp(link);
    expect([clients.connections.size, clients.watches.watchCount]).toEqual([1, 0]);
  });
});

/** Random frames: right ones, right ones with a byte changed or cut short, and noise behind any header. */
class Chance {
  private readonly random: JavaRandom;

  constructor(seed: number) {
    this.random = new JavaRandom(BigInt(seed));
  }

  below(limit: number): number {
    return (this.random.nextInt() >>> 8) % limit;
  }

  bytes(length: number): Uint8Array {
    return this.random.nextBytes(length);
  }

  pieces(bytes: Uint8Array): Uint8Array[] {
    const cut: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + this.below(40);
      cut.push(bytes.subarray(at, end));
      at = end;
    }
    return cut;
  }

  frame(client: TestClient): Uint8Array {
    const right = client.encode(TALK[1 + this.below(TALK.length - 1)] ?? "ping", noSession).slice();
    switch (this.below(5)) {
      case 0:
        right[4 + this.below(right.length - 4)] = this.bytes(1)[0] ?? 0;
        return right;
      case 1:
        return framed(right.subarray(4, 4 + this.below(right.length - 4)));
      case 2: {
        const op = OPS[this.below(OPS.length)] ?? 0;
        return framed(
          concatBytes([this.bytes(4), Uint8Array.of(op < 0 ? 255 : 0, 0, 0, op & 255), this.bytes(this.below(60))]),
        );
      }
      case 3:
        return this.below(4) === 0 ? this.bytes(1 + this.below(40)) : right;
      default:
        return right;
    }
  }
}

const OPS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 100, 101, 102, 103, 104, 105, 106, 107,
  -11,
];

function joined(server: TestServer): TestClient {
  const client = new TestClient(server.accept());
  server.arrive(client.link, client.encode("connect", noSession));
  server.flush();
  return client;
}

/** The bytes of a talk. */
function spoken(talk: readonly string[]): Uint8Array {
  const client = new TestClient(new FakeLink(1, ""));
  return concatBytes(talk.map((words) => client.encode(words, noSession)));
}

/** What a fresh server answers to the chunks, the disk working only when nothing else can be done. */
function answers(chunks: readonly Uint8Array[]): string {
  const server = new TestServer();
  const link = server.accept();
  for (const chunk of chunks) server.arrive(link, chunk);
  server.flush();
  return `${hexBytes(concatBytes(link.writes))} ${link.state}`;
}

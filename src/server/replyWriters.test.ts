import type { Writer } from "jute-ts";
import { ClientConnection } from "./clientConnection.ts";
import { ReplyWriters } from "./replyWriters.ts";
import { FakeLink } from "./testServer.ts";

test("connections share a writer turn by turn, and have none at rest", () => {
  const writers = new ReplyWriters();
  const [one, other] = [1, 2].map((number) => connectionWith(writers, number)) as [Tested, Tested];
  one.connection.out.int(0x01020304);
  const writer = one.connection.out;
  expect([one.connection.outBytes, other.connection.outBytes]).toEqual([4, 0]);
  one.connection.flush();
  expect([one.connection.outBytes, other.connection.out]).toEqual([0, writer]);
  other.connection.out.byte(9);
  expect([one.connection.outBytes, other.connection.outBytes]).toEqual([0, 1]);
  other.connection.discard();
  expect(one.connection.out).toBe(writer);
  one.connection.flush();
  expect([one.link.writes, other.link.writes]).toEqual([[Uint8Array.from([1, 2, 3, 4])], []]);
});

test("two that write in the same turn have one each, and the last given is taken first", () => {
  const writers = new ReplyWriters();
  const [one, other] = [writers.take(), writers.take()];
  expect(one.bytes.buffer === other.bytes.buffer).toBe(false);
  writers.give(one);
  writers.give(other);
  expect([writers.take() === other, writers.take() === one]).toEqual([true, true]);
});

test.each([
  ["an event each of ten thousand", 10_000, 60, 10_000],
  ["a usual reply each of ten thousand", 10_000, 3000, 2048],
  ["a reply as large as is kept", 1, 65_536, 1],
  ["a larger one", 1, 65_537, 0],
])("of those that had %s, as many are kept as come to eight megabytes", (_, count, bytes, kept) => {
  const writers = new ReplyWriters();
  const used = new Set<Writer>();
  for (let i = 0; i < count; i++) {
    const writer = writers.take();
    // Grows as replies grow: to the next power of two.
    while (writer.length < bytes) writer.byte(1);
    used.add(writer);
  }
  for (const writer of used) writers.give(writer);
  const again = Array.from({ length: count }, () => writers.take());
  expect(again.filter((writer) => used.has(writer)).length).toBe(kept);
  expect(again.every(({ length }) => length === 0)).toBe(true);
});

test("however often one is used, it is kept", () => {
  const writers = new ReplyWriters();
  const first = writers.take();
  writers.give(first);
  for (let turn = 0; turn < 100_000; turn++) writers.give(writers.take());
  expect(writers.take() === first).toBe(true);
});

interface Tested {
  readonly connection: ClientConnection;
  readonly link: FakeLink;
}

function connectionWith(writers: ReplyWriters, number: number): Tested {
  const link = new FakeLink(number, "127.0.0.1");
  return { link, connection: new ClientConnection(number, link, writers, 1 << 20, 0) };
}

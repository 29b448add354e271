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
  other.connection.discard();
  expect(one.connection.out).toBe(writer);
  one.connection.flush();
  expect([one.link.writes, other.link.writes]).toEqual([[Uint8Array.from([1, 2, 3, 4])], []]);
});

test("two that write in the same turn have one each", () => {
  const writers = new ReplyWriters();
  const [one, other] = [writers.take(), writers.take()];
  expect(one.bytes.buffer).not.toBe(other.bytes.buffer);
  writers.give(one);
  writers.give(other);
  expect([writers.take(), writers.take()]).toEqual([other, one]);
});

test("four megabytes are kept for the next turn", () => {
  const writers = new ReplyWriters();
  const many = Array.from({ length: 7 }, () => {
    const writer = writers.take();
    writer.reserve(1_000_000);
    return writer;
  });
  for (const writer of many) writers.give(writer);
  const again = many.map(() => writers.take());
  expect(again.filter((writer) => many.includes(writer)).length).toBe(4);
  expect(again.map(({ length }) => length)).toEqual(again.map(() => 0));
});

interface Tested {
  readonly connection: ClientConnection;
  readonly link: FakeLink;
}

function connectionWith(writers: ReplyWriters, number: number): Tested {
  const link = new FakeLink(number, "127.0.0.1");
  return { link, connection: new ClientConnection(number, link, writers, 1 << 20, 0) };
}

import { LookAhead } from "../tree/lookAhead.ts";
import { TestServer } from "./testServer.ts";
import { happens } from "./testTranscript.ts";

// Requests that arrive together are looked at ahead of their turn once the tree is large; it may not show in any reply.

const NODES = 9000;
/** Nodes that are there, were, never were, have other letters; reads and writes mixed, a path twice. */
const REQUESTS = [
  "getData /n1",
  "exists /n8999",
  "getData /gone",
  "getChildren /n1",
  "setData /n2 y",
  "getData /n2",
  "ping",
  "getACL /n3",
  "exists /none",
  "getData /é",
  "create /n1/new z",
  "getData /n1/new",
  "getData /n1",
].map((words, i) => `xid=${i + 1} ${words}`);

afterEach(() => jest.restoreAllMocks());

test("replies of a large tree are the same whether their requests come together or one by one", () => {
  const fetch = jest.spyOn(LookAhead.prototype, "fetch");
  const together = repliesTo([REQUESTS.join("; ")]);
  const looks = fetch.mock.calls.length;
  const apart = repliesTo(REQUESTS);
  expect(together).toEqual(apart);
  expect(together).toContain('1< #1 zxid=9004 "x" v0');
  // None for what came alone.
  expect([looks > 0, fetch.mock.calls.length]).toEqual([true, looks]);
});

test("a small tree is not looked at", () => {
  const fetch = jest.spyOn(LookAhead.prototype, "fetch");
  happens(`clients 1\n1: ${REQUESTS.join("; ")}\nflush`, new TestServer());
  expect(fetch).not.toHaveBeenCalled();
});

/** What the client sees, the chunks sent one after the other. */
function repliesTo(chunks: readonly string[]): readonly string[] {
  const server = new TestServer();
  const paths = ["/gone", "/é", ...Array.from({ length: NODES }, (_, i) => `/n${i}`)];
  const creates = paths.map((path, i) => `1: xid=${100 + i} create ${path} x\nflush`).join("\n");
  const reads = chunks.map((chunk) => `1: ${chunk}\nflush`).join("\n");
  const seen = happens(`clients 1\n${creates}\n1: xid=99 delete /gone\nflush\n${reads}`, server).split("\n");
  return seen.slice(seen.findIndex((line) => line.startsWith("1< #99 ")) + 1).filter((line) => line.startsWith("1< "));
}

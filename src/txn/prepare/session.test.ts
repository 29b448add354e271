import { Err } from "../../wire/client/numbers.ts";
import { encodeTxn } from "../../wire/txnCodec.ts";
import {
  ALICE,
  BOB,
  create,
  createTTL,
  ephemeral,
  errOf,
  multi,
  OPEN,
  remove,
  STRANGER,
  setACL,
  setData,
  TestWorld,
} from "../testWorld.ts";

const CLOSE = { op: -11 } as const;

test("createSession begins the session's time and leaves the digest as it is", () => {
  const world = new TestWorld();
  const before = world.do(create("/n"));
  const txn = world.prepare({ op: -10, timeOut: 30000 }, { sessionId: STRANGER, cxid: 0, owner: "server 2" });
  expect(txn).toMatchObject({
    clientId: STRANGER,
    cxid: 0,
    body: { type: -10, timeOut: 30000 },
    digest: before.digest,
  });
  expect(world.sessions.tracked).toEqual([[STRANGER, 30000, "server 2"]]);
});

test("a session exists for its own writes before its createSession is applied", () => {
  const world = new TestWorld();
  world.prepare({ op: -10, timeOut: 30000 }, { sessionId: STRANGER });
  expect(errOf(world.prepare(ephemeral("/n"), { sessionId: STRANGER }))).toBe(Err.ok);
});

test("createSession of a session that is there is proposed again", () => {
  expect(new TestWorld().do({ op: -10, timeOut: 5 }).body).toEqual({ type: -10, timeOut: 5 });
});

test("closeSession lists ephemerals, applied and outstanding, of this session only, sorted", () => {
  const world = new TestWorld({ extendedTypesEnabled: true });
  for (const path of ["/z", "/p", "/p/gone", "/p/again"]) world.do(path === "/p" ? create(path) : ephemeral(path));
  world.do(create("/plain"));
  world.do(create("/box", {}, 19));
  world.do(createTTL("/ttl", 1000n));
  world.do(ephemeral("/bob"), { sessionId: BOB });
  world.prepare(remove("/p/gone"));
  world.prepare(remove("/p/again"));
  world.prepare(ephemeral("/p/again"));
  world.prepare(ephemeral("/new"));
  world.prepare(ephemeral("/brief"));
  world.prepare(remove("/brief"));
  world.prepare(setData("/z"));
  world.prepare(setACL("/new", OPEN));
  world.prepare(multi(ephemeral("/m"), create("/seq", { flags: 3 })));
  world.prepare(multi(ephemeral("/failed"), remove("/absent")));
  world.prepare(ephemeral("/bob2"), { sessionId: BOB });
  const txn = world.prepare(CLOSE);
  expect(txn.body).toEqual({ type: -11, paths: ["/m", "/new", "/p/again", "/seq0000000009", "/z"] });
  world.apply();
  expect(txn.digest?.treeDigest).toBe(world.tree.digest);
  expect(world.tree.ephemeralsOf(ALICE)).toEqual([]);
  expect([...world.tree.ephemeralsOf(BOB)].sort()).toEqual(["/bob", "/bob2"]);
});

test("an ephemeral that another session's node has replaced meanwhile is not listed", () => {
  const world = new TestWorld();
  world.do(ephemeral("/e"));
  world.prepare(remove("/e"));
  world.prepare(ephemeral("/e"), { sessionId: BOB });
  expect(world.prepare(CLOSE).body).toEqual({ type: -11, paths: [] });
  expect(world.prepare(CLOSE, { sessionId: BOB }).body).toEqual({ type: -11, paths: ["/e"] });
});

test("behind it everything fails, before it is applied and after", () => {
  const world = new TestWorld();
  world.do(create("/p"));
  world.do(ephemeral("/p/e"));
  const txn = world.prepare(CLOSE);
  expect(errOf(world.prepare(create("/n")))).toBe(Err.sessionExpired);
  expect(world.prepare(multi(create("/n"))).body).toEqual({ type: 14, txns: [{ type: -1, err: -112 }] });
  expect(errOf(world.prepare(setData("/p/e"), { sessionId: BOB }))).toBe(Err.noNode);
  expect(errOf(world.prepare(remove("/p"), { sessionId: BOB }))).toBe(Err.ok);
  world.apply(1);
  expect(txn.digest?.treeDigest).toBe(world.tree.digest);
  world.apply();
  expect(errOf(world.prepare(create("/n")))).toBe(Err.sessionExpired);
});

test("no owner and no session is asked: an unknown session is closed once more", () => {
  const world = new TestWorld();
  world.sessions.moved = ALICE;
  expect(world.do(CLOSE).body).toEqual({ type: -11, paths: [] });
  expect(world.do(CLOSE).body).toEqual({ type: -11, paths: [] });
  expect(world.do(CLOSE, { sessionId: STRANGER }).body).toEqual({ type: -11, paths: [] });
});

test.each([0, 1])("ephemerals %i bytes too long for the log: the header alone (W6, W7, ZOOKEEPER-4306)", (excess) => {
  const paths = ["/a", "/b", "/c"];
  const made = paths.map((path) => new TestWorld().prepare(ephemeral(path)));
  const world = new TestWorld({ maxTxnBytes: 32 + 4 + 3 * (4 + 2) + 12 - excess });
  for (const txn of made) world.tree.apply(txn);
  const txn = world.prepare(CLOSE);
  expect(txn.body).toEqual({ type: -11, paths: excess === 0 ? paths : undefined });
  expect(encodeTxn(txn).length).toBe(excess === 0 ? 66 : 32);
  expect(txn.digest === undefined).toBe(excess === 1);
  const behind = world.prepare(multi());
  world.apply();
  expect(world.tree.ephemeralsOf(ALICE)).toEqual([]);
  expect(behind.digest?.treeDigest).toBe(world.tree.digest);
});

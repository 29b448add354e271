import { toZxid } from "../base/zxid.ts";
import { decodeWrite, type Undecodable } from "../wire/client/decode.ts";
import { create, ephemeral, errOf, multi, OPEN, remove, setData, TestWorld } from "./testWorld.ts";

test("a record goes when its transaction is applied, a later one of the same path stays", () => {
  const world = new TestWorld();
  world.prepare(create("/n"));
  world.prepare(setData("/n"));
  world.prepare(setData("/n"));
  const { pending } = world.preparer;
  expect(pending.size).toBe(4);
  world.apply(2);
  expect(pending.size).toBe(1);
  expect(world.prepare(setData("/n", null, 2)).body).toMatchObject({ version: 3 });
  world.apply();
  expect(pending.size).toBe(0);
});

test("a transaction without changes is applied like any other", () => {
  const world = new TestWorld();
  world.prepare(remove("/absent"));
  world.prepare(create("/n"));
  world.prepare({ op: -10, timeOut: 1 });
  world.apply(1);
  expect(world.preparer.pending.size).toBe(2);
  world.apply(2);
  expect(world.preparer.pending.size).toBe(0);
});

test("applied may be told of many at once, and of one twice", () => {
  const world = new TestWorld();
  const made = ["/a", "/b", "/c"].map((path) => world.prepare(create(path)));
  for (const txn of made) world.tree.apply(txn);
  world.preparer.applied(toZxid(0x500000002n));
  world.preparer.applied(toZxid(0x500000002n));
  expect(world.preparer.pending.size).toBe(2);
  world.preparer.applied(toZxid(0x5ffffffffn));
  expect(world.preparer.pending.size).toBe(0);
});

test("the queue stays short however long it runs behind", () => {
  const world = new TestWorld();
  world.do(create("/n"));
  for (let i = 0; i < 10; i++) world.prepare(setData("/n"));
  for (let i = 0; i < 5000; i++) {
    world.prepare(setData("/n"));
    world.apply(1);
    expect(world.preparer.pending.size).toBe(10);
  }
  world.apply();
  expect(world.prepare(setData("/n")).body).toMatchObject({ version: 5011 });
});

test("clear forgets what was never applied, and the next digest begins at the tree's", () => {
  const world = new TestWorld();
  world.do(create("/kept"));
  world.prepare(create("/lost"));
  world.prepare(ephemeral("/lost too"));
  world.preparer.clear();
  world.outstanding.length = 0;
  expect(world.preparer.pending.size).toBe(0);
  expect(world.prepare({ op: -11 }).body).toEqual({ type: -11, paths: [] });
  world.sessions.states.clear();
  const txn = world.prepare(multi());
  expect(txn.digest?.treeDigest).toBe(BigInt.asIntN(64, world.tree.digest));
});

test("without digests no transaction has one", () => {
  const world = new TestWorld({ digestEnabled: false });
  expect(world.do(create("/n")).digest).toBeUndefined();
  expect(world.do(setData("/n", null, 0)).digest).toBeUndefined();
  expect(world.do({ op: -11 }).digest).toBeUndefined();
});

describe("what never reaches an op", () => {
  test("an undecodable request, which a learner waits for, becomes an error transaction under its own zxid", () => {
    const world = new TestWorld();
    world.prepare(create("/n"));
    const txn = world.prepare(refused(1));
    expect(txn).toMatchObject({ zxid: 0x500000002n, body: { type: -1, err: -5 }, digest: undefined });
  });

  test.each([13, 20])("type %i from a learner", (op) => {
    expect(errOf(new TestWorld().prepare(refused(op)))).toBe(-6);
  });
});

function refused(op: number): Undecodable {
  const write = decodeWrite(op, new Uint8Array(3));
  if (write.op !== "undecodable") throw new Error("decoded");
  return write;
}

describe("a transaction that no log reader would take", () => {
  const identities = Array.from({ length: 40 }, (_, i) => ({ scheme: "digest", id: `user${i}:hash` }));
  const acl = Array.from({ length: 20 }, (_, perms) => ({ perms, id: { scheme: "auth", id: "" } }));

  test.each([
    ["create", create("/n", { acl })],
    ["multi", multi(create("/a"), create("/n", { acl }))],
    ["setACL", { op: 7 as const, path: "/", acl, version: -1 }],
  ])("%s whose ACL grows in the fix-up is refused and leaves nothing behind", (_name, write) => {
    const world = new TestWorld({ maxTxnBytes: 20_000 });
    expect(world.prepare(write, { identities }).body).toEqual({ type: -1, err: -8 });
    expect(world.preparer.pending.size).toBe(0);
    expect(new TestWorld().prepare(write, { identities }).body.type).not.toBe(-1);
  });

  test("characters are counted as the bytes they take", () => {
    const size = 32 + 4 + 101 + 4 + 27 + 1 + 4 + 12;
    const write = create(`/${"x".repeat(100)}`, { acl: OPEN, data: new Uint8Array(0) });
    expect(errOf(new TestWorld({ maxTxnBytes: size }).prepare(write))).toBe(0);
    expect(errOf(new TestWorld({ maxTxnBytes: size - 1 }).prepare(write))).toBe(-8);
  });
});

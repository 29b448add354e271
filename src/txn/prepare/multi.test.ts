import { asciiBytes } from "../../base/bytes.ts";
import type { SubWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import {
  ALICE,
  BOB,
  CLOSING,
  check,
  create,
  createTTL,
  ephemeral,
  errOf,
  type Fault,
  LOCAL,
  multi,
  OPEN,
  only,
  orderOfChecks,
  remove,
  setData,
  TestWorld,
  told,
} from "../testWorld.ts";

const DATA = asciiBytes("x");

describe("check: order of checks", () => {
  interface Scenario {
    session: typeof ALICE;
    path: string | null;
    node: "open" | "closed" | "absent";
    version: number;
  }
  const good: Scenario = { session: ALICE, path: "/n", node: "open", version: 0 };
  const run = (scenario: Scenario): number => {
    const world = new TestWorld();
    const perms = scenario.node === "open" ? Perms.read : Perms.all & ~Perms.read;
    if (scenario.node !== "absent") world.do(create("/n", { acl: only(perms) }));
    const write = multi(check(scenario.path, scenario.version));
    return firstErr(world.prepare(write, { sessionId: scenario.session }).body);
  };

  const faults: readonly Fault<Scenario>[] = [
    { name: "session", err: -112, change: () => ({ session: CLOSING }) },
    { name: "null path", err: -8, change: () => ({ path: null }) },
    { name: "bad path", err: -8, change: () => ({ path: "" }) },
    { name: "no node", err: -101, change: () => ({ node: "absent" }) },
    { name: "no READ", err: -102, change: () => ({ node: "closed" }) },
    { name: "version", err: -103, change: () => ({ version: 1 }) },
  ];

  test.each(orderOfChecks(good, faults))("%s", (_name, scenario, err) => expect(run(scenario)).toBe(err));
});

/** The error of the only entry. */
function firstErr(body: { type: number }): number {
  if (!("txns" in body) || !Array.isArray(body.txns)) throw new Error("not a multi");
  const [entry] = body.txns;
  return entry.type === -1 ? entry.err : 0;
}

test("an op sees what the ones before it did", () => {
  const world = new TestWorld();
  const txn = world.do(
    multi(
      create("/x"),
      remove("/x"),
      create("/x", { data: DATA }),
      setData("/x", DATA, 0),
      check("/x", 1),
      create("/x/y"),
    ),
  );
  expect(told(txn)).toEqual({
    type: 14,
    txns: [
      { type: 1, path: "/x", data: null, acl: OPEN, ephemeral: false, parentCVersion: 1 },
      { type: 2, path: "/x" },
      { type: 1, path: "/x", data: DATA, acl: OPEN, ephemeral: false, parentCVersion: 2 },
      { type: 5, path: "/x", data: DATA, version: 1 },
      { type: 13, path: "/x", version: 2 },
      { type: 1, path: "/x/y", data: null, acl: OPEN, ephemeral: false, parentCVersion: 1 },
    ],
  });
  expect(txn.digest?.treeDigest).toBe(world.tree.digest);
});

test("sequential creates in one multi get consecutive numbers", () => {
  const txn = new TestWorld().do(
    multi(create("/s", { flags: 2 }), create("/s", { flags: 3 }, 15), create("/c", {}, 19)),
  );
  expect(txn.body).toMatchObject({
    txns: [
      { type: 1, path: "/s0000000000", parentCVersion: 1 },
      { type: 15, path: "/s0000000001", ephemeral: true, parentCVersion: 2 },
      { type: 19, path: "/c", parentCVersion: 3 },
    ],
  });
});

test("the first refusal undoes the rest: what stood before is kept for the record, what follows is -2", () => {
  const world = new TestWorld();
  const before = world.do(create("/a", { flags: 2 }));
  const txn = world.prepare(
    multi(
      create("/s", { flags: 2 }),
      setData("/a0000000000", DATA),
      setData("/a0000000000", DATA, 9),
      remove("/no"),
      create("/y"),
    ),
  );
  expect(txn.body).toMatchObject({
    type: 14,
    txns: [
      { type: 1, path: "/s0000000001" },
      { type: 5, version: 1 },
      { type: -1, err: -103 },
      { type: -1, err: -2 },
      { type: -1, err: -2 },
    ],
  });
  expect(txn.digest).toEqual(before.digest);
  expect(world.preparer.pending.size).toBe(0);
  expect(world.prepare(create("/s", { flags: 2 })).body).toMatchObject({ path: "/s0000000001" });
  expect(world.prepare(setData("/a0000000000", DATA, 0)).body).toMatchObject({ version: 1 });
});

test("a failed multi leaves earlier outstanding changes as they were", () => {
  const world = new TestWorld();
  world.prepare(create("/p"));
  const second = world.prepare(create("/p/e", { flags: 1 }));
  const txn = world.prepare(multi(setData("/p", DATA), remove("/p/e"), create("/p/n"), check("/no")));
  expect(txn.digest).toEqual(second.digest);
  expect(world.prepare(setData("/p", DATA, 0)).body).toMatchObject({ version: 1 });
  expect(errOf(world.prepare(remove("/p")))).toBe(Err.notEmpty);
  expect(world.prepare({ op: -11 }).body).toEqual({ type: -11, paths: ["/p/e"] });
  const last = world.prepare(remove("/p"), { sessionId: BOB });
  expect(errOf(last)).toBe(Err.ok);
  world.apply();
  expect(last.digest?.treeDigest).toBe(world.tree.digest);
});

test("an empty one is a transaction; no session is asked", () => {
  const world = new TestWorld();
  const txn = world.do(multi(), { sessionId: CLOSING });
  expect(txn.body).toEqual({ type: 14, txns: [] });
  expect(txn.digest?.treeDigest).toBe(world.tree.digest);
});

test.each<[string, SubWrite, number, Partial<{ moved: typeof ALICE }>]>([
  ["session moved", create("/n"), -118, { moved: ALICE }],
  ["bad flags of a former createTTL", create("/n", { flags: 7 }), -8, {}],
  ["null ACL of a former createTTL", create("/n", { acl: null }), -114, {}],
  ["TTL nodes disabled", createTTL("/n", 5n), -6, {}],
  ["null path in setData", setData(null), -8, {}],
  ["null path in check", check(null), -8, {}],
])("%s fails its op", (_name, op, err, { moved }) => {
  const world = new TestWorld();
  if (moved !== undefined) world.sessions.moved = moved;
  expect(world.do(multi(op, create("/after"))).body).toEqual({
    type: 14,
    txns: [
      { type: -1, err },
      { type: -1, err: -2 },
    ],
  });
});

test.each([
  ["TTL value", createTTL("/n", 0n), -8],
  ["a good TTL", createTTL("/n", 1n), 0],
])("TTL nodes enabled: %s", (_name, op, err) => {
  expect(firstErr(new TestWorld({ extendedTypesEnabled: true }).do(multi(op)).body)).toBe(err);
});

test("an ephemeral create needs a global session here too", () => {
  const txn = new TestWorld().do(multi(ephemeral("/n")), { sessionId: LOCAL });
  expect(txn.body).toEqual({ type: 14, txns: [{ type: -1, err: -112 }] });
});

test.each<[string, SubWrite]>([
  ["a null path in create", create(null)],
  ["a null path in delete", remove(null)],
  ["a null id in an ACL", create("/n", { acl: [{ perms: 1, id: { scheme: "world", id: null } }] })],
])("%s is -5 for all of it, and nothing of it stays", (_name, op) => {
  const world = new TestWorld();
  const before = world.do(create("/first"));
  expect(world.prepare(multi(create("/a"), op)).body).toEqual({ type: -1, err: -5 });
  expect(world.preparer.pending.size).toBe(0);
  expect(world.prepare(multi()).digest).toEqual(before.digest);
});

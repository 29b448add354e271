import { asciiBytes } from "../../base/bytes.ts";
import { AclRules } from "../../tree/aclCheck.ts";
import { CreateFlags, Err, Op, Perms } from "../../wire/client/numbers.ts";
import type { ACL } from "../../wire/client/shared.ts";
import {
  ALICE,
  BOB,
  CLOSING,
  create,
  createTTL,
  ephemeral,
  errOf,
  type Fault,
  LOCAL,
  NOBODY,
  OPEN,
  only,
  orderOfChecks,
  remove,
  STRANGER,
  SUPER,
  TestWorld,
  told,
} from "../testWorld.ts";

const DATA = asciiBytes("x");
const NOT_CREATE = Perms.all & ~Perms.create;
const MOST_TTL = 2n ** 40n - 1n;

describe.each<1 | 15 | 19 | 21>([1, 15, 19, 21])("order of checks, type %i", (op) => {
  interface Scenario {
    flags: number;
    ttl: bigint;
    ttlEnabled: boolean;
    session: typeof ALICE;
    path: string | null;
    acl: readonly ACL[] | null;
    parent: "open" | "closed" | "ephemeral" | "ephemeral and closed" | "absent";
    isThere: boolean;
  }
  const good: Scenario = {
    flags: op === 21 ? CreateFlags.persistentWithTTL : op === 19 ? CreateFlags.container : 0,
    ttl: 1000n,
    ttlEnabled: true,
    session: ALICE,
    path: "/p/n",
    acl: OPEN,
    parent: "open",
    isThere: false,
  };
  const run = (scenario: Scenario): number => {
    const world = new TestWorld({ extendedTypesEnabled: scenario.ttlEnabled });
    const parentAcl = scenario.parent.endsWith("closed") ? only(NOT_CREATE) : OPEN;
    if (scenario.parent.startsWith("ephemeral")) world.do(ephemeral("/p", parentAcl));
    else if (scenario.parent !== "absent") world.do(create("/p", { acl: parentAcl }));
    if (scenario.isThere) world.do(create("/p/n"), { identities: SUPER });
    const { flags, acl, path, ttl } = scenario;
    const write = op === 21 ? createTTL(path, ttl, { flags, acl }) : create(path, { flags, acl }, op);
    return errOf(world.prepare(write, { sessionId: scenario.session }));
  };
  const isClosed = (scenario: Scenario): boolean => scenario.parent.endsWith("closed");

  const faults: readonly Fault<Scenario>[] = [
    { name: "flags -1", err: -8, change: () => ({ flags: -1 }) },
    { name: "flags 7", err: -8, change: () => ({ flags: 7 }) },
    {
      name: "TTL flags while disabled",
      err: -6,
      change: () => ({ flags: CreateFlags.persistentSequentialWithTTL, ttlEnabled: false }),
    },
    {
      name: "TTL value",
      err: -8,
      change: () => ({ flags: CreateFlags.persistentWithTTL, ttl: 0n, ttlEnabled: true }),
    },
    { name: "session", err: -112, change: () => ({ session: CLOSING }) },
    { name: "null path", err: -5, change: () => ({ path: null }) },
    { name: "no slash", err: -8, change: () => ({ path: "pn" }) },
    { name: "U+0000", err: -8, change: () => ({ path: "/p/\0n" }) },
    { name: "ACL", err: -114, change: () => ({ acl: [] }) },
    { name: "null ACL", err: -114, change: () => ({ acl: null }) },
    { name: "no parent", err: -101, change: () => ({ parent: "absent" }) },
    {
      name: "no CREATE on the parent",
      err: -102,
      change: (s) => ({ parent: s.parent === "ephemeral" ? "ephemeral and closed" : "closed" }),
    },
    { name: "path", err: -8, change: () => ({ path: "/p/." }) },
    { name: "node exists", err: -110, change: () => ({ isThere: true }) },
    {
      name: "ephemeral parent",
      err: -108,
      change: (s) => ({ parent: isClosed(s) ? "ephemeral and closed" : "ephemeral" }),
    },
  ];

  // Nothing can be below an ephemeral node.
  const impossible = ["node exists before ephemeral parent"];
  test.each(orderOfChecks(good, faults, impossible))("%s", (_name, scenario, err) => expect(run(scenario)).toBe(err));
});

test.each([
  [1, 0, { type: 1, ephemeral: false }, 0n],
  [1, 1, { type: 1, ephemeral: true }, ALICE],
  [1, 2, { type: 1, ephemeral: false }, 0n],
  [1, 3, { type: 1, ephemeral: true }, ALICE],
  [15, 0, { type: 15, ephemeral: false }, 0n],
  [15, 3, { type: 15, ephemeral: true }, ALICE],
  [1, 4, { type: 1, ephemeral: false }, 0n],
  [15, 4, { type: 15, ephemeral: false }, 0n],
  [19, 4, { type: 19 }, -(2n ** 63n)],
  [19, 0, { type: 19 }, -(2n ** 63n)],
  [19, 3, { type: 19 }, -(2n ** 63n)],
] as const)("type %i, flags %i: the op decides what the node is", (op, flags, body, owner) => {
  const world = new TestWorld();
  const txn = world.do(create("/n", { flags, data: DATA }, op));
  const path = flags === 2 || flags === 3 ? "/n0000000000" : "/n";
  expect(told(txn)).toEqual({ path, data: DATA, acl: OPEN, parentCVersion: 1, ...body });
  expect(world.tree.ephemeralOwner(world.tree.find(path))).toBe(owner);
  expect(world.tree.digest).toBe(txn.digest?.treeDigest);
});

test.each([1n, 60000n, MOST_TTL])("a TTL of %d ms", (ttl) => {
  const world = new TestWorld({ extendedTypesEnabled: true });
  const txn = world.do(createTTL("/t-", ttl, { flags: 6, data: DATA }));
  expect(told(txn)).toEqual({ type: 21, path: "/t-0000000000", data: DATA, acl: OPEN, parentCVersion: 1, ttl });
});

test.each([0n, -1n, MOST_TTL + 1n, -(2n ** 63n)])("a TTL of %d ms is refused", (ttl) => {
  const world = new TestWorld({ extendedTypesEnabled: true });
  expect(errOf(world.do(createTTL("/t", ttl)))).toBe(Err.badArguments);
});

test.each([0, 1, 2, 3, 4])(
  "createTTL with flags %i, which stops a Java server when its TTL is negative (H2)",
  (flags) => {
    for (const extendedTypesEnabled of [true, false]) {
      for (const ttl of [-1n, -(2n ** 63n), 0n, 5n]) {
        const world = new TestWorld({ extendedTypesEnabled });
        expect(errOf(world.do(createTTL("/t", ttl, { flags })))).toBe(Err.badArguments);
      }
    }
  },
);

describe("session", () => {
  test.each([
    ["closing", CLOSING, 0, -112],
    ["unknown", STRANGER, 0, -112],
    ["local", LOCAL, 0, 0],
    ["local, ephemeral", LOCAL, 1, -112],
    ["local, ephemeral sequential", LOCAL, 3, -112],
    ["unknown, ephemeral", STRANGER, 1, -112],
    ["closing, ephemeral", CLOSING, 1, -112],
  ] as const)("%s", (_name, sessionId, flags, err) => {
    expect(errOf(new TestWorld().do(create("/n", { flags }), { sessionId }))).toBe(err);
  });

  test.each([
    [1, 1, -120],
    [15, 3, -120],
    [19, 1, -112],
    [1, 0, 0],
  ] as const)("type %i, flags %i of a local session of this server's own: %i", (op, flags, err) => {
    const world = new TestWorld();
    world.sessions.localHere = LOCAL;
    expect(errOf(world.do(create("/n", { flags }, op), { sessionId: LOCAL }))).toBe(err);
  });

  test("a local session cannot make a container with ephemeral flags either", () => {
    expect(errOf(new TestWorld().do(create("/n", { flags: 1 }, 19), { sessionId: LOCAL }))).toBe(-112);
  });

  test.each([0, 1])("owned by another server, flags %i", (flags) => {
    const world = new TestWorld();
    world.sessions.moved = ALICE;
    expect(errOf(world.do(create("/n", { flags })))).toBe(-118);
  });
});

test.each([true, false])("below a node that 3.5.3 marked as a TTL node, emulated: %s", (emulates353) => {
  const world = new TestWorld({ extendedTypesEnabled: true, emulates353 });
  expect(errOf(world.do(create("/n", { flags: 1 }), { sessionId: BOB }))).toBe(0);
  expect(errOf(world.do(create("/n/x")))).toBe(emulates353 ? 0 : Err.noChildrenForEphemerals);
});

describe("sequential names", () => {
  test("count every child ever made and never go back", () => {
    const world = new TestWorld();
    world.do(create("/p"));
    for (const name of ["a", "b", "c"]) world.do(create(`/p/${name}`));
    world.do(remove("/p/b"));
    expect(world.do(create("/p/s", { flags: 2 })).body).toMatchObject({ path: "/p/s0000000003", parentCVersion: 4 });
    expect(errOf(world.do(create("/p/a")))).toBe(-110);
    expect(world.do(create("/p/s", { flags: 2 })).body).toMatchObject({ path: "/p/s0000000004", parentCVersion: 5 });
  });

  test("go on while nothing is applied", () => {
    const world = new TestWorld();
    const names = [0, 1, 2].map(() => world.prepare(create("/s", { flags: 2 })).body);
    expect(names).toMatchObject([0, 1, 2].map((n) => ({ path: `/s000000000${n}`, parentCVersion: n + 1 })));
  });

  test("go on past 2^31 - 1 while nothing is applied, as in Java; the counter itself stays there", () => {
    const world = new TestWorld();
    const made = world.do(create("/p"));
    const body = {
      type: 1,
      path: "/p/x",
      data: null,
      acl: OPEN,
      ephemeral: false,
      parentCVersion: 2 ** 31 - 1,
    } as const;
    world.tree.apply({ ...made, body });
    const names = [0, 1].map(() => world.prepare(create("/p/s", { flags: 2 })).body);
    expect(names).toMatchObject([
      { path: "/p/s2147483647", parentCVersion: -(2 ** 31) },
      { path: "/p/s-2147483648", parentCVersion: 1 - 2 ** 31 },
    ]);
    world.apply();
    expect(world.tree.cversion(world.tree.find("/p"))).toBe(2 ** 31 - 1);
    expect(errOf(world.do(create("/p/s", { flags: 2 })))).toBe(Err.nodeExists);
  });

  test.each(["/", "/.", "/..", "/a."])("the prefix %j is legal, for the path is checked with the suffix", (prefix) => {
    expect(new TestWorld().do(create(prefix, { flags: 2 })).body).toMatchObject({ path: `${prefix}0000000000` });
  });

  test("a prefix below an absent parent", () => {
    expect(errOf(new TestWorld().do(create("/a/", { flags: 2 })))).toBe(-101);
  });
});

test.each(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])("%s is there already", (path) => {
  expect(errOf(new TestWorld().do(create(path), { identities: SUPER }))).toBe(Err.nodeExists);
});

test("an absent parent wins over a bad path, a bad ACL over both", () => {
  const world = new TestWorld();
  expect(errOf(world.do(create("/a//b")))).toBe(Err.noNode);
  expect(errOf(world.do(create("/a//b", { acl: [] })))).toBe(Err.invalidACL);
});

test("an ACL that Java cannot look at", () => {
  const acl = [{ perms: 1, id: { scheme: "world", id: null } }];
  expect(errOf(new TestWorld().do(create("/n", { acl })))).toBe(Err.marshallingError);
});

test.each([
  ["skipAcl", new AclRules(true), NOBODY],
  ["super", new AclRules(), SUPER],
])("%s passes every ACL", (_name, rules, identities) => {
  const world = new TestWorld({}, rules);
  world.do(create("/p", { acl: only(0) }));
  expect(errOf(world.do(create("/p/n"), { identities }))).toBe(Err.ok);
});

test("the list that is stored is the one after the fix-up", () => {
  const identities = [...NOBODY, { scheme: "digest", id: "u:x" }];
  const acl = [{ perms: 3, id: { scheme: "auth", id: "" } }, ...OPEN, ...OPEN];
  const txn = new TestWorld().do(create("/n", { acl }), { identities });
  expect(txn.body).toMatchObject({ acl: [{ perms: 3, id: { scheme: "digest", id: "u:x" } }, ...OPEN] });
});

test.each([
  ["TTL nodes enabled", true, 0],
  ["TTL nodes disabled: its owner counts as a session", false, -108],
])("a child of a TTL node, %s", (_name, extendedTypesEnabled, err) => {
  const before = new TestWorld({ extendedTypesEnabled: true });
  const made = before.do(createTTL("/t", 1000n));
  const world = new TestWorld({ extendedTypesEnabled });
  world.tree.apply(made);
  expect(errOf(world.do(create("/t/c")))).toBe(err);
});

test("a child of a container", () => {
  const world = new TestWorld();
  world.do(create("/c", {}, 19));
  expect(errOf(world.do(create("/c/n")))).toBe(Err.ok);
});

describe("what would stop a Java server", () => {
  test.each([
    ["/zookeeper/quota/zookeeper_limits", 0, -8],
    ["/zookeeper/quota/zookeeper_stats", 0, 0],
    ["/zookeeper/zookeeper_limits", 0, 0],
    ["/zookeeper/zookeeper_limits", 1, -8],
    ["/zookeeper/quota/x", 1, 0],
    ["/zookeeper_limits", 1, 0],
  ])("create of %s with flags %i (H3; the end of an ephemeral is a delete, H4)", (path, flags, err) => {
    expect(errOf(new TestWorld().do(create(path, { flags })))).toBe(err);
  });

  test("an error that comes earlier is told first", () => {
    const world = new TestWorld();
    expect(errOf(world.do(create("/zookeeper/quota/zookeeper_limits", { acl: [] })))).toBe(Err.invalidACL);
  });
});

test("the header", () => {
  const txn = new TestWorld().prepare(create("/n"), { cxid: 77 });
  expect(txn).toMatchObject({ clientId: ALICE, cxid: 77, zxid: 0x500000001n, timeMs: 1_700_000_000_001n });
  expect(txn.body.type).toBe(Op.create);
});

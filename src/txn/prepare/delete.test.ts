import { deleteContainerWrite } from "../../wire/client/decode.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import {
  ALICE,
  CLOSING,
  create,
  createTTL,
  ephemeral,
  errOf,
  type Fault,
  only,
  orderOfChecks,
  remove,
  STRANGER,
  SUPER,
  setData,
  TestWorld,
  told,
} from "../testWorld.ts";

const NOT_DELETE = Perms.all & ~Perms.delete;

describe("delete: order of checks", () => {
  interface Scenario {
    session: typeof ALICE;
    path: string | null;
    parent: "open" | "closed" | "absent";
    node: "there" | "absent" | "with a child";
    version: number;
  }
  const good: Scenario = { session: ALICE, path: "/p/n", parent: "open", node: "there", version: 0 };
  const run = (scenario: Scenario): number => {
    const world = new TestWorld();
    const from = { identities: SUPER };
    if (scenario.parent !== "absent") {
      world.do(create("/p", { acl: only(scenario.parent === "closed" ? NOT_DELETE : Perms.all) }));
      if (scenario.node !== "absent") world.do(create("/p/n", { acl: only(0) }), from);
      if (scenario.node === "with a child") world.do(create("/p/n/c"), from);
    }
    return errOf(world.prepare(remove(scenario.path, scenario.version), { sessionId: scenario.session }));
  };

  const faults: readonly Fault<Scenario>[] = [
    { name: "session", err: -112, change: () => ({ session: CLOSING }) },
    { name: "null path", err: -5, change: () => ({ path: null }) },
    { name: "no slash", err: -8, change: () => ({ path: "p" }) },
    { name: "U+0000", err: -8, change: () => ({ path: "/p/n\0" }) },
    { name: "protected", err: -8, change: () => ({ path: "/zookeeper/quota" }) },
    { name: "no parent", err: -101, change: () => ({ parent: "absent" }) },
    { name: "no DELETE on the parent", err: -102, change: () => ({ parent: "closed" }) },
    { name: "no node", err: -101, change: () => ({ node: "absent" }) },
    { name: "version", err: -103, change: () => ({ version: 1 }) },
    { name: "children", err: -111, change: () => ({ node: "with a child" }) },
  ];

  test.each(orderOfChecks(good, faults))("%s", (_name, scenario, err) => expect(run(scenario)).toBe(err));
});

test.each(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])("%s stays, for super too", (path) => {
  expect(errOf(new TestWorld().do(remove(path), { identities: SUPER }))).toBe(Err.badArguments);
});

test.each([
  ["/a/", -101],
  ["/a/.", -101],
  ["//", -101],
  ["a/b", -101],
  ["/\u0001", -101],
  ["", -8],
])("there is no full path check: %j", (path, err) => {
  const world = new TestWorld();
  world.do(create("/a"));
  expect(errOf(world.do(remove(path)))).toBe(err);
});

test.each([
  [-1, 0],
  [2, 0],
  [0, -103],
  [-2, -103],
])("version %i against 2", (version, err) => {
  const world = new TestWorld();
  world.do(create("/n"));
  world.do(setData("/n"));
  world.do(setData("/n"));
  expect(errOf(world.do(remove("/n", version)))).toBe(err);
});

test("the transaction and what it does to the digest", () => {
  const world = new TestWorld();
  world.do(create("/p"));
  world.do(create("/p/n"));
  const txn = world.do(remove("/p/n"));
  expect(told(txn)).toEqual({ type: 2, path: "/p/n" });
  expect(txn.digest?.treeDigest).toBe(world.tree.digest);
});

test("a session owned by another server", () => {
  const world = new TestWorld();
  world.do(create("/n"));
  world.sessions.moved = ALICE;
  expect(errOf(world.do(remove("/n")))).toBe(Err.sessionMoved);
});

test.each([
  ["/zookeeper/zookeeper_limits", -8],
  ["/zookeeper/quota/zookeeper_limits", -101],
  ["/zookeeperx/zookeeper_limits", -8],
  ["/zookeeper_123456/zookeeper_limits", 0],
  ["/zookeeper/quota/a/zookeeper_limits", 0],
  ["/zookeeper/quota/zookeeper_stats", 0],
  ["/zoo/zookeeper_limits", 0],
  ["/zookeeper_limits", 0],
])("delete of %s, which may stop a Java server (H4)", (path, err) => {
  const world = new TestWorld();
  for (const above of ["/zookeeperx", "/zookeeper_123456", "/zoo", "/zookeeper/quota/a"]) world.do(create(above));
  world.do(create(path));
  expect(errOf(world.do(remove(path)))).toBe(err);
});

describe("deleteContainer", () => {
  const from = { sessionId: STRANGER, cxid: 0 };

  test("asks neither session nor ACL", () => {
    const world = new TestWorld();
    world.do(create("/p", { acl: only(0) }));
    world.do(create("/p/c", {}, 19), { identities: SUPER });
    const txn = world.do(deleteContainerWrite("/p/c"), from);
    expect(txn.body).toEqual({ type: 20, path: "/p/c" });
    expect(txn.digest?.treeDigest).toBe(world.tree.digest);
    expect(world.tree.find("/p/c")).toBe(-1);
  });

  test.each([
    ["/", -8],
    ["/zookeeper/config", -8],
    ["c", -8],
    ["/c\0", -8],
    ["/absent", -101],
    ["/full", -111],
    ["/ephemeral", -103],
    ["/plain", 0],
    ["/ttl", 0],
    ["/zookeeper/zookeeper_limits", -8],
  ])("of %j", (path, err) => {
    const world = new TestWorld({ extendedTypesEnabled: true });
    for (const each of ["/full", "/full/c", "/plain", "/zookeeper/zookeeper_limits"]) world.do(create(each, {}, 19));
    world.do(createTTL("/ttl", 1n));
    world.do(ephemeral("/ephemeral"));
    expect(errOf(world.do(deleteContainerWrite(path), from))).toBe(err);
  });

  test("a child that is not applied yet keeps the container", () => {
    const world = new TestWorld();
    world.do(create("/c", {}, 19));
    world.prepare(create("/c/n"));
    expect(errOf(world.prepare(deleteContainerWrite("/c"), from))).toBe(Err.notEmpty);
  });
});

import { asciiBytes } from "../../base/bytes.ts";
import { Err, Perms } from "../../wire/client/numbers.ts";
import {
  ALICE,
  CLOSING,
  create,
  errOf,
  type Fault,
  only,
  orderOfChecks,
  remove,
  SUPER,
  setData,
  TestWorld,
  told,
} from "../testWorld.ts";

const DATA = asciiBytes("new");

describe("order of checks", () => {
  interface Scenario {
    session: typeof ALICE;
    path: string | null;
    node: "open" | "closed" | "absent";
    version: number;
    data: Uint8Array;
  }
  const good: Scenario = { session: ALICE, path: "/q/n", node: "open", version: 0, data: asciiBytes("12345") };
  const run = (scenario: Scenario): number => {
    const world = new TestWorld({ enforceQuota: true });
    world.do(create("/q"));
    for (const path of ["/zookeeper/quota/q", "/zookeeper/quota/q/zookeeper_stats"]) world.do(create(path));
    world.do(create("/zookeeper/quota/q/zookeeper_limits", { data: asciiBytes("count=-1,bytes=-1=;byteHardLimit=5") }));
    const perms = scenario.node === "open" ? Perms.all : Perms.all & ~Perms.write;
    if (scenario.node !== "absent") world.do(create("/q/n", { acl: only(perms) }));
    const write = setData(scenario.path, scenario.data, scenario.version);
    return errOf(world.prepare(write, { sessionId: scenario.session }));
  };

  const faults: readonly Fault<Scenario>[] = [
    { name: "session", err: -112, change: () => ({ session: CLOSING }) },
    { name: "null path", err: -8, change: () => ({ path: null }) },
    { name: "bad path", err: -8, change: () => ({ path: "/q/n/" }) },
    { name: "no node", err: -101, change: () => ({ node: "absent" }) },
    { name: "no WRITE", err: -102, change: () => ({ node: "closed" }) },
    { name: "quota", err: -125, change: () => ({ data: asciiBytes("123456") }) },
    { name: "version", err: -103, change: () => ({ version: 1 }) },
  ];

  test.each(orderOfChecks(good, faults))("%s", (_name, scenario, err) => expect(run(scenario)).toBe(err));
});

test("each one raises the version, also while nothing is applied", () => {
  const world = new TestWorld();
  world.prepare(create("/n"));
  expect(told(world.prepare(setData("/n", DATA, 0)))).toEqual({ type: 5, path: "/n", data: DATA, version: 1 });
  expect(told(world.prepare(setData("/n", null, 1)))).toEqual({ type: 5, path: "/n", data: null, version: 2 });
  expect(errOf(world.prepare(setData("/n", DATA, 1)))).toBe(Err.badVersion);
  world.apply();
  expect(world.do(setData("/n", DATA)).body).toMatchObject({ version: 3 });
});

test("what was found goes along: the node's place, or its parent's, also while changes are outstanding", () => {
  const world = new TestWorld();
  world.do(create("/n"));
  const place = world.tree.find("/n");
  const czxidLow = Number(BigInt.asIntN(32, world.tree.czxid(place)));
  const found = { place, czxidHigh: 5, czxidLow };
  for (const write of [setData("/n", DATA), setData("/n", DATA), create("/n/c")])
    expect(world.prepare(write).body).toMatchObject({ finding: found });
  expect(world.prepare(remove("/n/c")).body).toMatchObject({ finding: { place: -1 } });
  expect(world.prepare(remove("/n")).body).toMatchObject({ finding: found });
});

test("the version wraps to 32 bits and through -1, where it cannot be matched by number any more", () => {
  const world = new TestWorld();
  const made = world.do(create("/n"));
  world.tree.apply({ ...made, body: { type: 5, path: "/n", data: null, version: 0x7fffffff } });
  expect(world.do(setData("/n", DATA, 0x7fffffff)).body).toMatchObject({ version: -0x80000000 });
  world.tree.apply({ ...made, body: { type: 5, path: "/n", data: null, version: -2 } });
  expect(world.do(setData("/n", DATA, -2)).body).toMatchObject({ version: -1 });
  expect(world.do(setData("/n", DATA, -1)).body).toMatchObject({ version: 0 });
});

test.each(["/", "/zookeeper", "/zookeeper/quota"])("works on %s", (path) => {
  const world = new TestWorld();
  const txn = world.do(setData(path, DATA));
  expect(told(txn)).toEqual({ type: 5, path, data: DATA, version: 1 });
  expect(txn.digest?.treeDigest).toBe(world.tree.digest);
});

test("the config node is for super", () => {
  const world = new TestWorld();
  expect(errOf(world.do(setData("/zookeeper/config", DATA)))).toBe(Err.noAuth);
  expect(errOf(world.do(setData("/zookeeper/config", DATA), { identities: SUPER }))).toBe(Err.ok);
});

test("a create below the root that is not applied is seen by setData on the root, and the other way round", () => {
  const world = new TestWorld();
  world.prepare(create("/a"));
  const onRoot = world.prepare(setData("/", DATA));
  const last = world.prepare(create("/b", { flags: 2 }));
  expect(last.body).toMatchObject({ path: "/b0000000001" });
  world.apply(2);
  expect(onRoot.digest?.treeDigest).toBe(world.tree.digest);
  world.apply();
  expect(last.digest?.treeDigest).toBe(world.tree.digest);
});

test.each([
  ["count=1,bytes=2", 0],
  ["", 0],
  ["count=x", -8],
  [null, -8],
])("stats that no Java server could read are refused: %j (H5)", (text, err) => {
  const world = new TestWorld();
  for (const path of ["/zookeeper/quota/q", "/zookeeper/quota/q/zookeeper_stats"]) world.do(create(path));
  const data = text === null ? null : asciiBytes(text);
  expect(errOf(world.do(setData("/zookeeper/quota/q/zookeeper_stats", data)))).toBe(err);
  expect(errOf(world.do(setData("/zookeeper/quota/q", data)))).toBe(Err.ok);
});

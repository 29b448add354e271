import { Err, Perms } from "../../wire/client/numbers.ts";
import type { ACL } from "../../wire/client/shared.ts";
import {
  ALICE,
  CLOSING,
  create,
  errOf,
  type Fault,
  OPEN,
  only,
  orderOfChecks,
  setACL,
  setData,
  TestWorld,
} from "../testWorld.ts";

describe("order of checks", () => {
  interface Scenario {
    session: typeof ALICE;
    path: string | null;
    acl: readonly ACL[] | null;
    node: "open" | "closed" | "absent";
    version: number;
  }
  const good: Scenario = { session: ALICE, path: "/n", acl: only(1), node: "open", version: 0 };
  const run = (scenario: Scenario): number => {
    const world = new TestWorld();
    const perms = scenario.node === "open" ? Perms.all : Perms.all & ~Perms.admin;
    if (scenario.node !== "absent") world.do(create("/n", { acl: only(perms) }));
    // The version that counts is aversion, not this one.
    world.do(setData("/n"));
    return errOf(world.prepare(setACL(scenario.path, scenario.acl, scenario.version), { sessionId: scenario.session }));
  };

  const faults: readonly Fault<Scenario>[] = [
    { name: "session", err: -112, change: () => ({ session: CLOSING }) },
    { name: "null path", err: -8, change: () => ({ path: null }) },
    { name: "bad path", err: -8, change: () => ({ path: "n" }) },
    { name: "ACL", err: -114, change: () => ({ acl: null }) },
    { name: "no node", err: -101, change: () => ({ node: "absent" }) },
    { name: "no ADMIN", err: -102, change: () => ({ node: "closed" }) },
    { name: "version", err: -103, change: () => ({ version: 1 }) },
  ];

  test.each(orderOfChecks(good, faults))("%s", (_name, scenario, err) => expect(run(scenario)).toBe(err));
});

test("the new list holds at once for what comes behind, applied or not", () => {
  for (const isApplied of [false, true]) {
    const world = new TestWorld();
    world.do(create("/n"));
    const txn = world.prepare(setACL("/n", only(Perms.read | Perms.admin)));
    expect(txn.body).toEqual({ type: 7, path: "/n", acl: only(Perms.read | Perms.admin), version: 1 });
    if (isApplied) world.apply();
    expect(errOf(world.prepare(setData("/n")))).toBe(Err.noAuth);
    expect(errOf(world.prepare(create("/n/c")))).toBe(Err.noAuth);
    expect(errOf(world.prepare(setACL("/n", OPEN, 0)))).toBe(Err.badVersion);
    expect(world.prepare(setACL("/n", OPEN, 1)).body).toMatchObject({ version: 2 });
    const last = world.prepare(create("/n/c"));
    expect(errOf(last)).toBe(Err.ok);
    world.apply();
    expect(last.digest?.treeDigest).toBe(world.tree.digest);
  }
});

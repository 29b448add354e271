import { asciiBytes } from "../../base/bytes.ts";
import type { PrepareOptions } from "../request.ts";
import { ALICE, CLOSING, type Fault, NOBODY, orderOfChecks, SUPER, TestWorld } from "../testWorld.ts";

const TEXT = asciiBytes("server.1=a:1:2:participant;3\nversion=500000001");
const REQUEST = { op: 16, joiningServers: null, leavingServers: "2", newMembers: null, curConfigId: -1n } as const;

interface Scenario {
  enabled: boolean;
  session: typeof ALICE;
  plan: Uint8Array | number | "standalone";
  identities: typeof NOBODY;
}

const good: Scenario = { enabled: true, session: ALICE, plan: TEXT, identities: SUPER };

function worldOf({ enabled, plan }: Scenario): TestWorld {
  const reconfig: PrepareOptions["reconfig"] = plan === "standalone" ? undefined : { plan: () => plan };
  return new TestWorld({ reconfigEnabled: enabled, reconfig });
}

const faults: readonly Fault<Scenario>[] = [
  { name: "disabled", err: -123, change: () => ({ enabled: false }) },
  { name: "session", err: -112, change: () => ({ session: CLOSING }) },
  { name: "standalone", err: -6, change: () => ({ plan: "standalone" }) },
  { name: "no quorum of the new configuration", err: -13, change: () => ({ plan: -13 }) },
  { name: "no WRITE on the config node", err: -102, change: () => ({ identities: NOBODY }) },
];

test.each(orderOfChecks(good, faults))("%s", (_name, scenario, err) => {
  const { session, identities } = scenario;
  const { body } = worldOf(scenario).prepare(REQUEST, { sessionId: session, identities });
  expect(body.type === -1 ? body.err : 0).toBe(err);
});

test("the transaction sets the config node to version -1 and leaves the digest as it is", () => {
  const world = worldOf(good);
  const before = world.do({ op: 14, ops: [] });
  const txn = world.do(REQUEST, { identities: SUPER });
  expect(txn.body).toEqual({ type: 16, path: "/zookeeper/config", data: TEXT, version: -1 });
  expect(txn.digest).toEqual(before.digest);
  expect(world.tree.version(world.tree.find("/zookeeper/config"))).toBe(-1);
});

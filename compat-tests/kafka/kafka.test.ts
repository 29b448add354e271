import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withClient } from "../ensemble/client.ts";
import { freePort } from "../peers/ports.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { waitFor } from "../peers/waiting.ts";
import { type Brokers, runKafkaTool, startBrokers } from "./broker.ts";
import { lost, numbers, registrationOf, untilInSync, untilRegistered } from "./cluster.ts";
import { KafkaDriver } from "./driver.ts";

// Two brokers on a lone server of ours, below a chroot. Each test leaves both brokers registered and in sync.

const CHROOT = "/kafka";
const BOTH = [1, 2];
let home: string;
let server: PeerServer;
let brokers: Brokers;
let kafka: KafkaDriver;
const drivers: KafkaDriver[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "typekeeper-under-kafka-"));
  server = await startServer(await freePort());
  brokers = await startBrokers(zookeeper(), BOTH.length);
  kafka = clientOf(brokers.plain);
  await untilRegistered(server.clientPort, CHROOT, BOTH, brokers);
}, 120_000);

afterAll(async () => {
  for (const driver of drivers) driver.close();
  await brokers?.dispose();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

test("topics are created, listed, altered, filled, read and deleted", async () => {
  await kafka.ask("create", "orders", 4, 2);
  await kafka.ask("create", "parcels", 1, 1);
  expect(await kafka.verdict("create", "orders", 4, 2)).toBe("TopicExistsException");
  const tool = ["--bootstrap-server", brokers.plain, "--list"];
  const listed = (await runKafkaTool("org.apache.kafka.tools.TopicCommand", tool)).trim().split("\n");
  expect(listed).toEqual(["orders", "parcels"]);
  await untilInSync(kafka, "orders");

  await kafka.ask("produce", "orders", 0, 1000);
  expect(await kafka.ask("consume", "orders")).toEqual(numbers(0, 1000));
  expect(await kafka.ask("consumeAs", "readers", "orders", 1000)).toEqual(numbers(0, 1000));
  await kafka.ask("produce", "orders", 1000, 10);
  expect(await kafka.ask("consumeAs", "readers", "orders", 10)).toEqual(numbers(1000, 10));

  await kafka.ask("partitions", "orders", 6);
  await waitFor(
    "six partitions",
    30_000,
    async () => (await kafka.ask("describe", "orders")).length === 6 || undefined,
  );
  await untilInSync(kafka, "orders");
  await kafka.ask("setConfig", "orders", "retention.ms", 86_400_000);
  await waitFor("the new retention", 30_000, async () =>
    (await kafka.askOne("config", "orders", "retention.ms")) === "86400000" ? true : undefined,
  );
  await kafka.ask("produce", "orders", 1010, 90);
  expect(await kafka.ask("consume", "orders")).toEqual(numbers(0, 1100));

  await kafka.ask("delete", "parcels");
  await waitFor("the topic's znodes to go", 30_000, () =>
    withClient(server.clientPort, async (client) => {
      const topics = await client.children(`${CHROOT}/brokers/topics`);
      const marks = await client.children(`${CHROOT}/admin/delete_topics`);
      return topics.includes("parcels") || marks.length > 0 ? undefined : true;
    }),
  );
  expect(await kafka.ask("topics")).toEqual(["orders"]);
}, 120_000);

test("SCRAM users and ACLs are kept in ZooKeeper, and brokers obey them", async () => {
  await kafka.ask("create", "letters", 1, 2);
  const user = ["--zookeeper", zookeeper(), "--entity-type", "users", "--entity-name", "alice", "--alter"];
  await runKafkaTool("kafka.admin.ConfigCommand", [...user, "--add-config", "SCRAM-SHA-256=[password=wonder]"]);
  await kafka.ask("scram", "bob", "builder");
  await waitFor("both users", 30_000, async () =>
    (await kafka.ask("users")).join() === "alice,bob" ? true : undefined,
  );
  const kept = await withClient(server.clientPort, (client) => client.get(`${CHROOT}/config/users/alice`));
  expect(JSON.parse(kept.data).config["SCRAM-SHA-256"]).toMatch(/^salt=.*,stored_key=.*,server_key=.*,iterations=\d+$/);

  const [alice, bob, thief] = [
    ["alice", "wonder"],
    ["bob", "builder"],
    ["alice", "guess"],
  ].map(([name = "", word = ""]) => clientOf(brokers.sasl, [name, word]));
  if (alice === undefined || bob === undefined || thief === undefined) throw new Error("three clients");
  expect(await thief.verdict("topics")).toBe("SaslAuthenticationException");
  expect(await alice.verdict("produce", "letters", 0, 1)).toBe("TopicAuthorizationException");
  expect(await bob.verdict("consume", "letters")).toBe("TopicAuthorizationException");

  // Straight into ZooKeeper; the brokers hear of it by the change's sequential znode.
  const authorizer = ["--authorizer-properties", `zookeeper.connect=${zookeeper()}`];
  const allow = [
    ...authorizer,
    "--add",
    "--allow-principal",
    "User:alice",
    "--operation",
    "Write",
    "--topic",
    "letters",
  ];
  await runKafkaTool("kafka.admin.AclCommand", allow);
  await waitFor("alice to be let in", 30_000, async () =>
    (await alice.verdict("produce", "letters", 0, 5)) === "ok" ? true : undefined,
  );
  await kafka.ask("allow", "bob", "topic", "letters", "read");
  await waitFor("bob to be let in", 30_000, async () =>
    (await bob.verdict("consume", "letters")) === "ok" ? true : undefined,
  );
  expect(await bob.ask("consume", "letters")).toEqual(numbers(0, 5));
  expect(await bob.verdict("produce", "letters", 5, 1)).toBe("TopicAuthorizationException");
  expect(await kafka.ask("acls")).toEqual([
    "User:alice ALLOW WRITE TOPIC letters",
    "User:bob ALLOW READ TOPIC letters",
  ]);

  await kafka.ask("disallow", "bob", "topic", "letters", "read");
  await waitFor("bob to be shut out", 30_000, async () =>
    (await bob.verdict("consume", "letters")) === "TopicAuthorizationException" ? true : undefined,
  );
}, 120_000);

test("kill -9 of the controller: the other broker takes over, and nothing acknowledged is lost", async () => {
  await kafka.ask("create", "failover", 4, 2);
  await untilInSync(kafka, "failover");
  const first = await untilRegistered(server.clientPort, CHROOT, BOTH, brokers);
  const other = 3 - first;
  await kafka.ask("startLoad", "failover");
  await untilAcknowledged(200);
  await brokers.broker(first).kill();
  expect(await untilRegistered(server.clientPort, CHROOT, [other], brokers)).toBe(other);
  await kafka.ask("create", "meanwhile", 1, 1);
  await untilAcknowledged(200);
  brokers.broker(first).start();
  expect(await untilRegistered(server.clientPort, CHROOT, BOTH, brokers)).toBe(other);
  await untilInSync(kafka, "failover");
  await expectNothingLost("failover");
  expect(await kafka.askOne("controller")).toBe(`${other}`);
}, 120_000);

test.each(["SIGTERM", "SIGKILL"] as const)(
  "our server ends by %s and comes back: brokers keep their sessions",
  async (signal) => {
    const topic = `under-${signal}`;
    await kafka.ask("create", topic, 2, 2);
    await untilInSync(kafka, topic);
    await untilRegistered(server.clientPort, CHROOT, BOTH, brokers);
    const before = await registrations();
    await kafka.ask("startLoad", topic);
    await untilAcknowledged(100);
    await server.kill(signal);
    // Kafka goes on without ZooKeeper as long as nothing changes.
    await untilAcknowledged(100);
    server = await startServer(server.clientPort);
    await kafka.ask("create", `${topic}-after`, 2, 2);
    await untilInSync(kafka, `${topic}-after`);
    await untilAcknowledged(100);
    await expectNothingLost(topic);
    expect(await registrations()).toEqual(before);
  },
  120_000,
);

test("a broker that stood still longer than its session is out, and registers again", async () => {
  const controller = await untilRegistered(server.clientPort, CHROOT, BOTH, brokers);
  const [, before] = await registrations();
  await brokers.broker(2).kill("SIGSTOP");
  await untilRegistered(server.clientPort, CHROOT, [1], brokers);
  await brokers.broker(2).kill("SIGCONT");
  expect(await untilRegistered(server.clientPort, CHROOT, BOTH, brokers)).toBe(1);
  const [, after] = await registrations();
  expect(after).not.toBe(before);
  await untilInSync(kafka, "orders");
  expect(await kafka.ask("consume", "orders")).toEqual(numbers(0, 1100));
  expect([1, 2]).toContain(controller);
}, 120_000);

function zookeeper(): string {
  return `127.0.0.1:${server.clientPort}${CHROOT}`;
}

async function startServer(clientPort: number): Promise<PeerServer> {
  const started = await startTypekeeperServer({ home, config: { clientPort } });
  await started.waitServing();
  return started;
}

function clientOf(bootstrap: string, login?: readonly [string, string]): KafkaDriver {
  const driver = new KafkaDriver(bootstrap, login);
  drivers.push(driver);
  return driver;
}

function registrations(): Promise<readonly (bigint | undefined)[]> {
  return Promise.all(BOTH.map((id) => registrationOf(server.clientPort, CHROOT, id)));
}

/** Until so many more of the load's records have been acknowledged. */
async function untilAcknowledged(more: number): Promise<void> {
  const before = Number(await kafka.askOne("acknowledged"));
  await waitFor(`${more} more records`, 60_000, async () =>
    Number(await kafka.askOne("acknowledged")) >= before + more ? true : undefined,
  );
}

async function expectNothingLost(topic: string): Promise<void> {
  const acknowledged = await kafka.ask("stopLoad");
  const held = await kafka.ask("consume", topic);
  expect(acknowledged.length).toBeGreaterThan(200);
  expect(lost(acknowledged, held)).toEqual([]);
}

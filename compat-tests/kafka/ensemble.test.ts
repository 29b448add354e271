import { expectEqualTrees } from "../ensemble/dump.ts";
import { type Ensemble, type Member, startEnsemble } from "../peers/ensemble.ts";
import { waitFor } from "../peers/waiting.ts";
import { type Brokers, startBrokers } from "./broker.ts";
import { lost, registrationOf, untilInSync, untilRegistered } from "./cluster.ts";
import { KafkaDriver } from "./driver.ts";

// Two brokers on an ensemble of two servers of ours and one of Java's, members of which are killed under them.

const BOTH = [1, 2];
const CHROOT = "/kafka";

test("members of a mixed ensemble are killed under load: brokers keep their sessions, no acknowledged record is lost", async () => {
  const ensemble = await startEnsemble([
    { kind: "ts", id: 1 },
    { kind: "java", id: 2 },
    { kind: "ts", id: 3 },
  ]);
  let brokers: Brokers | undefined;
  let kafka: KafkaDriver | undefined;
  try {
    await ensemble.waitServing();
    brokers = await startBrokers(`${ensemble.connectString()}${CHROOT}`, BOTH.length);
    kafka = new KafkaDriver(brokers.plain);
    await untilRegistered((await ensemble.waitServing()).clientPort, CHROOT, BOTH, brokers);
    await kafka.ask("create", "load", 4, 2);
    await untilInSync(kafka, "load");
    await kafka.ask("startLoad", "load");

    const created: string[] = [];
    for (const victim of [1, 2, 3]) {
      const before = await registrations(await survivor(ensemble, victim));
      await ensemble.member(victim).kill();
      await createAndFill(kafka, `without-${victim}`);
      created.push(`without-${victim}`);
      await ensemble.waitServing();
      expect(await registrations(await survivor(ensemble, victim))).toEqual(before);
      await ensemble.member(victim).start();
      await ensemble.waitServing();
    }

    const leader = await ensemble.waitServing();
    await leader.kill();
    await createAndFill(kafka, "without-leader");
    created.push("without-leader");
    await leader.start();
    const { clientPort } = await ensemble.waitServing();
    await untilRegistered(clientPort, CHROOT, BOTH, brokers);

    const acknowledged = await kafka.ask("stopLoad");
    expect(acknowledged.length).toBeGreaterThan(200);
    expect(lost(acknowledged, await kafka.ask("consume", "load"))).toEqual([]);
    expect(await kafka.ask("topics")).toEqual(["load", ...created].sort());
    await Promise.all(brokers.brokers.map((broker) => broker.kill("SIGTERM")));
    const tree = await expectEqualTrees(ensemble);
    expect(created.filter((topic) => !tree.has(`${CHROOT}/brokers/topics/${topic}`))).toEqual([]);
  } finally {
    kafka?.close();
    await brokers?.dispose();
    await ensemble.dispose();
  }
}, 240_000);

/** A running member that is not the one to be killed. */
async function survivor(ensemble: Ensemble, victim: number): Promise<Member> {
  await ensemble.waitServing();
  const found = ensemble.members.find(({ id }) => id !== victim);
  if (found === undefined) throw new Error("an ensemble of one");
  return found;
}

function registrations({ clientPort }: Member): Promise<readonly (bigint | undefined)[]> {
  return Promise.all(BOTH.map((id) => registrationOf(clientPort, CHROOT, id)));
}

/** A topic of two replicas made and filled while the load goes on, with a hundred more records of the load acknowledged. */
async function createAndFill(kafka: KafkaDriver, topic: string): Promise<void> {
  const before = Number(await kafka.askOne("acknowledged"));
  await kafka.ask("create", topic, 2, 2);
  await untilInSync(kafka, topic);
  await kafka.ask("produce", topic, 0, 20);
  expect((await kafka.ask("consume", topic)).length).toBe(20);
  await waitFor("a hundred more records", 60_000, async () =>
    Number(await kafka.askOne("acknowledged")) >= before + 100 ? true : undefined,
  );
}

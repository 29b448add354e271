import { Client, withClient } from "../ensemble/client.ts";
import { waitFor } from "../peers/waiting.ts";
import type { Brokers } from "./broker.ts";
import type { KafkaDriver } from "./driver.ts";

/** The session that holds a broker's registration; undefined while it is not registered. */
export function registrationOf(port: number, chroot: string, id: number): Promise<bigint | undefined> {
  return withClient(port, async (client) => (await client.exists(`${chroot}/brokers/ids/${id}`))?.ephemeralOwner);
}

/** Until exactly these brokers are registered in ZooKeeper and one of them is the controller; gives the controller's id. */
export function untilRegistered(
  port: number,
  chroot: string,
  ids: readonly number[],
  brokers: Brokers,
): Promise<number> {
  const logs = (): string => brokers.brokers.map((broker) => `${broker.id}: ${broker.tail(25)}`).join("\n--\n");
  return waitFor(
    `brokers ${ids} and a controller`,
    90_000,
    async () => {
      const client = await Client.open(port).catch(() => undefined);
      if (client === undefined) return undefined;
      try {
        if ((await client.exists(`${chroot}/controller`)) === undefined) return undefined;
        const registered = await client.children(`${chroot}/brokers/ids`);
        if ([...registered].sort().join() !== ids.join()) return undefined;
        const { brokerid } = JSON.parse((await client.get(`${chroot}/controller`)).data);
        return ids.includes(brokerid) ? Number(brokerid) : undefined;
      } catch {
        return undefined;
      } finally {
        await client.close().catch(() => client.drop());
      }
    },
    logs,
  );
}

/** Until every partition of the topic has a leader and both its replicas in sync. */
export function untilInSync(driver: KafkaDriver, topic: string): Promise<true> {
  let last: readonly string[] = [];
  return waitFor(
    `${topic} in sync`,
    60_000,
    async () => {
      last = await driver.ask("describe", topic).catch(() => []);
      return last.length > 0 && last.every((partition) => /leader \d .*isr 1,2$/.test(partition)) ? true : undefined;
    },
    () => last.join("\n"),
  );
}

/** The numbers from..from + count - 1 as the driver spells them. */
export function numbers(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${from + i}`);
}

/** The acknowledged numbers that a topic does not hold. */
export function lost(acknowledged: readonly string[], held: readonly string[]): readonly string[] {
  const there = new Set(held);
  return acknowledged.filter((n) => !there.has(n));
}

import { type Client, withClient } from "../ensemble/client.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { waitFor } from "../peers/waiting.ts";
import { startBrokers } from "./broker.ts";
import { numbers, untilRegistered } from "./cluster.ts";
import { KafkaDriver } from "./driver.ts";

// One broker on a server of ours and one on Java's are told the same; what Kafka then keeps in either must be the same, znode by znode.

test("a broker leaves the same tree in ours as in Java: paths, data, ACLs, versions and what is ephemeral", async () => {
  const servers = await Promise.all([startJavaServer(), startTypekeeperServer()]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const [java = [], ours = []] = await Promise.all(servers.map(treeOf));
    expect(ours).toEqual(java);
    expect(ours.length).toBeGreaterThan(40);
    expect(ours.join("\n")).toContain("/kafka/config/users/carol");
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 180_000);

async function treeOf(server: PeerServer): Promise<readonly string[]> {
  const brokers = await startBrokers(`127.0.0.1:${server.clientPort}/kafka`, 1);
  const kafka = new KafkaDriver(brokers.plain);
  try {
    await untilRegistered(server.clientPort, "/kafka", [1], brokers);
    await kafka.ask("create", "tree", 2, 1);
    await kafka.ask("produce", "tree", 0, 10);
    expect(await kafka.ask("consume", "tree")).toEqual(numbers(0, 10));
    await kafka.ask("setConfig", "tree", "retention.ms", 86_400_000);
    await kafka.ask("scram", "carol", "singer");
    await kafka.ask("allow", "carol", "topic", "tree", "read");
    await kafka.ask("create", "felled", 1, 1);
    await kafka.ask("delete", "felled");
    await waitFor("the deleted topic's znodes to go", 30_000, () =>
      withClient(server.clientPort, async (client) => {
        const topics = await client.children("/kafka/brokers/topics");
        const marks = await client.children("/kafka/admin/delete_topics");
        return topics.includes("felled") || marks.length > 0 ? undefined : true;
      }),
    );
    return await withClient(server.clientPort, (client) => linesBelow(client, "/kafka"));
  } finally {
    kafka.close();
    await brokers.dispose();
  }
}

/** A line a znode, in the order of paths. */
async function linesBelow(client: Client, path: string): Promise<readonly string[]> {
  const { data, stat } = await client.get(path);
  const acl = (await client.acl(path)).map(({ perms, id }) => `${perms} ${id?.scheme}:${id?.id}`);
  const kind = stat.ephemeralOwner === 0n ? "persistent" : "ephemeral";
  const line = `${path} ${kind} v${stat.version} a${stat.aversion} ${acl} ${comparable(data)}`;
  const lines = [line];
  for (const name of [...(await client.children(path))].sort())
    lines.push(...(await linesBelow(client, `${path}/${name}`)));
  return lines;
}

/** Without what two clusters cannot agree on: ports, times, ids drawn by chance, salts and keys. */
function comparable(data: string): string {
  return data
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:a port")
    .replaceAll(/"port":\d+/g, '"port":a port')
    .replaceAll(/"(timestamp|version_time)":"\d+"/g, '"$1":"a time"')
    .replaceAll(/"(id|topic_id)":"[\w-]{22}"/g, '"$1":"an id"')
    .replaceAll(/(salt|stored_key|server_key)=[^,"]*/g, "$1=a secret");
}

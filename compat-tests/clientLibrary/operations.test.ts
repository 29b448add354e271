import { connect } from "../../src/client/index.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import { freePorts } from "../peers/ports.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { tour } from "./tour.ts";

test("every operation has at ours the outcome it has at Java's", async () => {
  const servers = await Promise.all([startJavaServer(), startTypekeeperServer()]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const [java = [], ours] = await Promise.all(servers.map(({ clientPort }) => tour(`127.0.0.1:${clientPort}`)));
    expect(java.length).toBeGreaterThan(50);
    expect(ours).toEqual(java);
  } finally {
    for (const server of servers) await server.stop();
  }
}, 60_000);

test("TTL nodes, alone and in a multi", async () => {
  const server = await startJavaServer({ jvmFlags: ["-Dzookeeper.extendedTypesEnabled=true"] });
  try {
    await server.waitServing();
    const zk = await connect(`127.0.0.1:${server.clientPort}`);
    const ttl = { mode: "persistentWithTTL", ttlMs: 60_000 } as const;
    expect((await zk.create("/t", "x", ttl)).stat).toMatchObject({ dataLength: 1, ephemeralOwner: 0n });
    const [one, two] = await zk
      .multi()
      .create("/t/1", null, ttl)
      .create("/t/", null, { mode: "persistentSequentialWithTTL", ttlMs: 1 })
      .commit();
    expect([one.path, two.path]).toEqual(["/t/1", "/t/0000000001"]);
    await zk.close();
  } finally {
    await server.stop();
  }
}, 60_000);

test("an ensemble tells its configuration and changes it", async () => {
  const servers = await startReconfigurable();
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const [first, second] = servers.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
    const zk = await connect(`${first},${second}/chroot`);
    const before = await zk.getConfig({ watch: true });
    expect(`${before.data}`.match(/^server\.\d/gm)).toEqual(["server.1", "server.2", "server.3"]);
    const wrong = zk.reconfig({ leaving: [3], fromVersion: 77n });
    await expect(wrong).rejects.toMatchObject({ code: "BadVersion" });
    const { data } = await zk.reconfig({ leaving: [3] });
    expect(`${data}`.match(/^server\.\d/gm)).toEqual(["server.1", "server.2"]);
    expect(await before.changed).toMatchObject({ type: "nodeDataChanged", path: "/zookeeper/config" });
    await zk.close();
  } finally {
    for (const server of servers) await server.kill("SIGKILL");
    for (const server of servers) await server.stop();
  }
}, 120_000);

/** Three whose configuration names their client ports: without that a member that reconfigures has none any more. */
async function startReconfigurable(): Promise<readonly PeerServer[]> {
  const ids = [1, 2, 3];
  const ports = await freePorts(9);
  const portsOf = (id: number): readonly number[] => ports.slice(3 * id - 3, 3 * id);
  const line = (id: number): string => {
    const [client, quorum, election] = portsOf(id);
    return `127.0.0.1:${quorum}:${election}:participant;127.0.0.1:${client}`;
  };
  const lines = Object.fromEntries(ids.map((id) => [`server.${id}`, line(id)]));
  const start = (id: number): Promise<PeerServer> => {
    const config = { ...lines, clientPort: portsOf(id)[0], reconfigEnabled: "true" };
    return startJavaServer({ config, myid: id, jvmFlags: ["-Dzookeeper.skipACL=yes"] });
  };
  // The third comes when the others have a leader: who leads and is removed closes its clients' connections.
  const voters = await Promise.all([start(1), start(2)]);
  await Promise.all(voters.map((server) => server.waitServing()));
  return [...voters, await start(3)];
}

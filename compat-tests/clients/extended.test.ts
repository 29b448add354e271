import { startJavaServer } from "../peers/javaServer.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { runClientTour } from "./javaClient.ts";

// What is off by default, or done once a minute: TTL nodes, containers that are reaped, quotas that refuse.

test("TTL nodes, containers and quotas with ours as with Java", async () => {
  const options = { jvmFlags: FLAGS };
  const servers = await Promise.all([startJavaServer(options), startTypekeeperServer(options)]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const tours = servers.map(({ clientPort }) => runClientTour(`127.0.0.1:${clientPort}`, "/tour", STOPS));
    expect(await Promise.all(tours)).toEqual([STOPS, STOPS]);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 120_000);

const FLAGS = [
  "-Dzookeeper.extendedTypesEnabled=true",
  "-Dzookeeper.enforceQuota=true",
  "-Dznode.container.checkIntervalMs=200",
];
const STOPS = ["ttl", "ttlOfUsedNodes", "containers", "quotaOfCount", "quotaOfBytes"];

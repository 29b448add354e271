import { startJavaServer } from "../peers/javaServer.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { runClientTour } from "./javaClient.ts";

// The official client against both at once: a stop that fails with ours alone fails for ours' sake.

test("the official client goes round its tour with ours as with Java", async () => {
  const servers = await Promise.all([startJavaServer(), startTypekeeperServer()]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const tours = servers.map(({ clientPort }) => runClientTour(`127.0.0.1:${clientPort}`, "/tour"));
    const [java, ours] = await Promise.all(tours);
    expect(ours).toEqual(java);
    expect(ours?.length).toBeGreaterThan(15);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 180_000);

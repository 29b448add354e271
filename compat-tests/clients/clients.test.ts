import { startJavaServer } from "../peers/javaServer.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { runClientTour } from "./javaClient.ts";

// The official client against Java first, so that a stop that fails with ours fails for ours' sake.

test.each([
  ["Java", startJavaServer],
  ["ours", startTypekeeperServer],
])(
  "the official client goes round its tour with %s",
  async (_name, start) => {
    await withServer(start(), async ({ clientPort }) => {
      expect((await runClientTour(`127.0.0.1:${clientPort}`, "/tour")).length).toBeGreaterThan(15);
    });
  },
  180_000,
);

async function withServer(starting: Promise<PeerServer>, use: (server: PeerServer) => Promise<void>): Promise<void> {
  const server = await starting;
  try {
    await server.waitServing();
    await use(server);
  } finally {
    await server.stop();
  }
}

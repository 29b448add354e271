import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Relay } from "../../src/client/testRelay.ts";
import { startEnsemble } from "../peers/ensemble.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import { freePort } from "../peers/ports.ts";
import type { Kind, PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { type Checks, drive } from "./drive.ts";

// kazoo's recipes and its handling of connections while the servers it talks to are killed: lone servers of either kind, and a mixed
// ensemble. What fails with ours alone fails for ours' sake.

const CHECKS = [
  "words",
  "read_only_client_on_servers_that_write",
  "suspended_then_connected_in_the_same_session",
  "lost_when_the_session_was_closed_elsewhere",
  "a_wrong_password_gets_a_new_session",
  "lock_of_a_process_that_was_killed",
  "lock_held_while_a_server_dies",
  "readers_writers_and_semaphores",
  "watches_outlive_a_server",
  "tree_cache_outlives_a_server",
  "credentials_go_with_the_session",
  "counter_while_a_server_dies",
  "queues_while_a_server_dies",
  "parties_elections_and_barriers",
  "a_partitioned_set",
  "transactions",
  "retries_while_a_server_dies",
  "chroots",
];
const PLACES = ["ours", "java", "mixed"] as const;
const found = new Map<(typeof PLACES)[number], Checks>();

beforeAll(async () => {
  const runs = { ours: driveLone("ts"), java: driveLone("java"), mixed: driveMixed() };
  for (const place of PLACES) found.set(place, await runs[place]);
}, 240_000);

for (const place of PLACES) {
  test.each(CHECKS)(`${place}: %s`, (name) => expect(found.get(place)?.get(name)).toBe("ok"));
}

test("every check is listed", () => {
  for (const place of PLACES) expect([...(found.get(place) ?? new Map()).keys()]).toEqual(CHECKS);
});

async function driveLone(kind: Kind): Promise<Checks> {
  const home = mkdtempSync(join(tmpdir(), `typekeeper-kazoo-${kind}-`));
  const clientPort = await freePort();
  const start = async (): Promise<PeerServer> => {
    const options = { home, config: { clientPort } };
    const started = await (kind === "ts" ? startTypekeeperServer(options) : startJavaServer(options));
    await started.waitServing();
    return started;
  };
  let server = await start();
  // Java forgets now and then a client that comes while it starts, and answers it nothing: until kazoo gives that connection up, its
  // session is over. Ours is come to as it is.
  const relay = kind === "java" ? await Relay.before(clientPort) : undefined;
  try {
    return await drive(`127.0.0.1:${relay?.port ?? clientPort}`, async () => {
      relay?.cut();
      await server.kill("SIGKILL");
      server = await start();
      relay?.mend();
    });
  } finally {
    relay?.close();
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function driveMixed(): Promise<Checks> {
  const ensemble = await startEnsemble([
    { kind: "ts", id: 1 },
    { kind: "java", id: 2 },
    { kind: "ts", id: 3 },
  ]);
  try {
    await ensemble.waitServing();
    return await drive(ensemble.connectString(), async (port) => {
      const member = ensemble.members.find(({ clientPort }) => clientPort === port);
      if (member === undefined) throw new Error(`no member on port ${port}`);
      await member.kill();
      await member.start();
      await ensemble.waitServing();
    });
  } finally {
    await ensemble.dispose();
  }
}

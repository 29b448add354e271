import { startJavaServer } from "../peers/javaServer.ts";
import type { PeerServer, ServerOptions } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { seedFrom } from "./chance.ts";
import { type Coverage, runLockstep } from "./lockstep.ts";
import { SUPER_DIGEST } from "./pools.ts";

// The same generated requests to Java 3.9.5 and to ours, every reply and event compared byte for byte (README.md says what is
// masked and what is left out). TYPEKEEPER_DIFFERENTIAL_SEED replays a run, TYPEKEEPER_DIFFERENTIAL_REQUESTS sets its length.

const seed = seedFrom("TYPEKEEPER_DIFFERENTIAL_SEED");
const budget = Number(process.env.TYPEKEEPER_DIFFERENTIAL_REQUESTS ?? 100_000);

// Sessions outlive the run, and nothing is deleted by a clock: both would take zxids at different moments.
const OPTIONS: ServerOptions = {
  config: { minSessionTimeout: 1_800_000, maxSessionTimeout: 3_600_000, snapCount: 4_000 },
  jvmFlags: [
    "-Dznode.container.checkIntervalMs=3600000",
    `-Dzookeeper.DigestAuthenticationProvider.superDigest=${SUPER_DIGEST}`,
  ],
};
const EXTENDED: ServerOptions = {
  ...OPTIONS,
  jvmFlags: [...(OPTIONS.jvmFlags ?? []), "-Dzookeeper.extendedTypesEnabled=true"],
};

const ENFORCED: ServerOptions = {
  ...EXTENDED,
  jvmFlags: [
    ...(EXTENDED.jvmFlags ?? []),
    "-Dzookeeper.enforceQuota=true",
    "-Dzookeeper.authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
    "-Dzookeeper.authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider",
  ],
};

const FULL_RUN = 5_000;
const SEEN = `
  create 0 -5 -8 -101 -102 -110 -114
  create2 0 -5 -8 -101 -110 -114
  createContainer 0 -110 -114
  createTTL -8
  delete 0 -5 -101 -102 -103 -111
  exists 0 -5 -101 -102
  getData 0 -5 -101 -102
  setData 0 -5 -8 -101 -102 -103
  getACL 0 -5 -101
  setACL 0 -8 -101 -103 -114
  getChildren 0 -101
  getChildren2 0 -101
  sync 0
  ping 0
  multi 0 -5 -101 -102 -103 -110 -114
  multiRead 0 -5
  reconfig -123
  checkWatches 0 -5 -121
  removeWatches -5 -121
  auth 0
  sasl 0
  setWatches 0 -5
  setWatches2 0 -5
  addWatch 0 -5
  getEphemerals 0
  getAllChildrenNumber 0 -101
  whoAmI 0
  closeSession 0
  event 1 2 3 4`;
const SEEN_PLAIN = `${SEEN}
  createTTL -6`;
const SEEN_EXTENDED = `
  createTTL 0 -8 -110
  multi 0 -101
  event 1 2 3 4`;
const SEEN_ENFORCED = `
  create 0 -125 -114
  setData 0 -125
  delete 0`;

test("the suite itself: two Java servers do not differ, and one with other rules does", async () => {
  await between([startJavaServer(OPTIONS), startJavaServer(OPTIONS)], (pair) =>
    runLockstep(...pair, { seed, requests: budget / 20 }),
  );
  await between([startJavaServer(OPTIONS), startJavaServer(EXTENDED)], async (pair) => {
    await expect(runLockstep(...pair, { seed, requests: budget })).rejects.toThrow("a difference");
  });
}, 300_000);

test.each([
  ["as they are by default", OPTIONS, "counted", 0.6, SEEN_PLAIN],
  ["with extended types", EXTENDED, "counted", 0.2, SEEN_EXTENDED],
  ["with quotas that are enforced and more schemes in ACLs", ENFORCED, "enforced", 0.2, SEEN_ENFORCED],
] as const)(
  `ours answers as Java does, both %s (seed ${seed})`,
  async (_, options, quotas, share, seen) => {
    const coverage = await between([startJavaServer(options), startTypekeeperServer(options)], (pair) =>
      runLockstep(...pair, { seed, requests: budget * share, quotas }),
    );
    expect(unseen(coverage, seen)).toEqual([]);
  },
  600_000,
);

async function between<T>(
  starting: readonly [Promise<PeerServer>, Promise<PeerServer>],
  run: (pair: readonly [PeerServer, PeerServer]) => Promise<T>,
): Promise<T> {
  const pair = await Promise.all(starting);
  try {
    await Promise.all(pair.map((server) => server.waitServing()));
    return await run(pair);
  } finally {
    await Promise.all(pair.map((server) => server.stop()));
  }
}

/** What a run of this length has seen whatever its seed: else the generator no longer asks what it should. */
function unseen({ requests, answers }: Coverage, expected: string): readonly string[] {
  if (requests < FULL_RUN) return [];
  const keys = expected
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [name, ...verdicts] = line.trim().split(" ");
      return verdicts.map((verdict) => `${name} ${verdict}`);
    });
  return keys.filter((key) => !answers.has(key));
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { javaClassPath, runJava, startJavaServer } from "../peers/javaServer.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";

// The oldest client that was published of each line: what it is told by ours is what it is told by Java 3.9.5, word for word.

const VERSIONS = readFileSync(join(__dirname, "versions.txt"), "utf8").trim().split("\n");

describe("the oldest clients", () => {
  let servers: readonly PeerServer[] = [];
  beforeAll(async () => {
    servers = await Promise.all([startJavaServer(), startTypekeeperServer()]);
    await Promise.all(servers.map((server) => server.waitServing()));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  test.each(VERSIONS)("%s", async (version) => {
    const told = servers.map(({ clientPort }) => talk(version, clientPort));
    const [java, ours] = await Promise.all(told);
    expect(ours).toEqual(java);
    expect(java?.at(-1)).toBe("end");
  });
});

async function talk(version: string, port: number): Promise<readonly string[]> {
  const classPath = javaClassPath(__dirname, `zookeeper.version=${version}`);
  const told = await runJava("OldClient", [`${port}`, `/client-${version}`], LOG_OFF, classPath);
  return told.trimEnd().split("\n");
}

// Without a configuration log4j says so, once, on standard error; logback would write everything to standard output.
const LOG_OFF = [`-Dlogback.configurationFile=${join(__dirname, "quiet.xml")}`, "-Dfile.encoding=UTF-8"];

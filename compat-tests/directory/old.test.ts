import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import * as requests from "../../src/wire/client/requests.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import type { ACL } from "../../src/wire/client/shared.ts";
import { multiBody } from "../ensemble/client.ts";
import { startChild } from "../peers/child.ts";
import { mntr } from "../peers/fourLetter.ts";
import { javaClassPath, javaCommand } from "../peers/javaServer.ts";
import { RawClient } from "../peers/rawClient.ts";
import { type PeerServer, type ServerOptions, startServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { readTree, SUPER_FLAG, type Tree } from "./tree.ts";

// The first server of every line from 3.4 on leaves a directory; ours starts on it, and has its tree and sessions (on-disk-formats 12).

/** The jars of the oldest clients hold the servers of their versions. */
const OLD = join(__dirname, "..", "oldClients");
const VERSIONS = readFileSync(join(OLD, "versions.txt"), "utf8").trim().split("\n");
const OPEN: ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const CLOSED: ACL[] = [{ perms: 31, id: { scheme: "digest", id: "bob:2XyhSMYa4RtpVbkuPgbGkqAEVkc=" } }];
const [EPHEMERAL, SEQUENCE] = [1, 2];

test.each(VERSIONS)("what %s wrote", async (version) => {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-old-"));
  const config = { minSessionTimeout: 1_800_000, maxSessionTimeout: 3_600_000, preAllocSize: 64 };
  const options: ServerOptions = { home, config, jvmFlags: [SUPER_FLAG] };
  let server = await startOld(version, options);
  try {
    await server.waitServing();
    const resident = await write(server.clientPort);
    const before = await readTree(server.clientPort);
    await server.kill("SIGKILL");
    server = await startTypekeeperServer(options);
    await server.waitServing();
    expect(users(await readTree(server.clientPort))).toEqual(users(before));
    expect((await mntr(server.clientPort)).get("zk_digest_mismatches_count")).toBe("0");
    const back = await RawClient.open(server.clientPort, resident);
    expect(back.session.sessionId).toBe(resident.sessionId);
    await back.call(Op.closeSession);
    const gone = new Map(users(before));
    gone.delete("/ephemeral");
    gone.delete("/");
    const after = new Map(users(await readTree(server.clientPort)));
    after.delete("/");
    expect(after).toEqual(gone);
  } finally {
    if (server.running()) await server.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  }
});

function startOld(version: string, options: ServerOptions): Promise<PeerServer> {
  const classPath = javaClassPath(OLD, `zookeeper.version=${version}`);
  return startServer("java", options, (configFile, logFile, jvmFlags) => {
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const [command, ...args] = javaCommand(main, [configFile], [...JVM_FLAGS, ...jvmFlags], classPath);
    return startChild(command, args, logFile);
  });
}

/** Writes of every kind that all versions know; gives the session that stays open and owns /ephemeral. */
async function write(port: number): Promise<{ readonly sessionId: bigint; readonly passwd: Uint8Array }> {
  const resident = await RawClient.open(port);
  await create(resident, "/ephemeral", "mine", EPHEMERAL);
  const passing = await RawClient.open(port);
  await create(passing, "/persistent", "one");
  await create(passing, "/ünïcode", "", 0);
  await create(passing, "/persistent/passing", "gone with its session", EPHEMERAL);
  for (let n = 0; n < 3; n++) await create(passing, "/persistent/s-", "", SEQUENCE);
  await create(passing, "/closed", "secret", 0);
  const calls: readonly (readonly [number, Uint8Array])[] = [
    [Op.setData, requests.SetDataRequest.encode({ path: "/persistent", data: Buffer.from("two"), version: 0 })],
    [Op.setData, requests.SetDataRequest.encode({ path: "/ünïcode", data: null, version: -1 })],
    [Op.setACL, requests.SetACLRequest.encode({ path: "/closed", acl: CLOSED, version: 0 })],
    [Op.delete, requests.DeleteRequest.encode({ path: "/persistent/s-0000000002", version: -1 })],
    [
      Op.multi,
      multiBody([
        { op: "create", path: "/multi", data: "m" },
        { op: "setData", path: "/multi", data: "n" },
      ]),
    ],
  ];
  for (const [type, body] of calls) expect([type, (await passing.call(type, body)).err]).toEqual([type, 0]);
  const twice = requests.CreateRequest.encode({ path: "/persistent", data: null, acl: OPEN, flags: 0 });
  expect((await passing.call(Op.create, twice)).err).toBe(-110);
  await passing.call(Op.closeSession);
  passing.connection.close();
  resident.connection.close();
  return { sessionId: resident.session.sessionId, passwd: resident.session.passwd ?? new Uint8Array(16) };
}

async function create(client: RawClient, path: string, data: string, flags = 0): Promise<void> {
  await client.ask(
    Op.create,
    requests.CreateRequest,
    { path, data: Buffer.from(data), acl: OPEN, flags },
    CreateResponse,
  );
}

/** Without what every start plants: 3.4 knows no /zookeeper/config. */
function users(tree: Tree): readonly (readonly [string, string])[] {
  return [...tree].filter(([path]) => !path.startsWith("/zookeeper")).sort(([a], [b]) => (a < b ? -1 : 1));
}

// Digests of names that are not ASCII follow the default charset (on-disk-formats 7.1).
const JVM_FLAGS = ["-Dfile.encoding=UTF-8", "-Xmx256m"];

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type SessionEvent, type SessionState } from "../../src/client/index.ts";
import { type Ensemble, startEnsemble } from "../peers/ensemble.ts";
import { modeOf } from "../peers/fourLetter.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import { freePort } from "../peers/ports.ts";
import type { Kind, PeerServer, ServerOptions } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { waitFor } from "../peers/waiting.ts";

const KINDS: readonly Kind[] = ["java", "ts"];
const start: Readonly<Record<Kind, (options: ServerOptions) => Promise<PeerServer>>> = {
  java: startJavaServer,
  ts: startTypekeeperServer,
};

test.each(KINDS)(
  "%s: kill -9 and a new start, and the session goes on with its nodes and watches",
  async (kind) => {
    const home = mkdtempSync(join(tmpdir(), "typekeeper-killed-"));
    const options = { home, config: { clientPort: await freePort(), maxSessionTimeout: 60_000 } };
    let server = await start[kind](options);
    try {
      await server.waitServing();
      const zk = await connect(`127.0.0.1:${server.clientPort}`, {
        sessionTimeoutMs: 30_000,
        auth: [{ scheme: "digest", auth: "ann:pw" }],
      });
      const states = zk.sessionEvents();
      const { sessionId } = zk;
      await zk.create("/e", "", { mode: "ephemeral" });
      await zk.create("/d");
      const data = await zk.getData("/d", { watch: true });
      const absent = await zk.exists("/new", { watch: true });
      const list = await zk.getChildren("/d", { watch: true });
      const [deep, flat] = [zk.watch("/", { recursive: true }), zk.watch("/d")];
      await Promise.all([deep.ready, flat.ready]);

      await server.kill("SIGKILL");
      await stateIs(states, "connecting");
      const waiting = zk.exists("/e");
      server = await start[kind](options);
      await stateIs(states, "connected");

      expect((await waiting)?.ephemeralOwner).toBe(sessionId);
      expect(zk.sessionId).toBe(sessionId);
      expect((await zk.whoAmI()).map(({ user }) => user).sort()).toEqual(["127.0.0.1", "ann"]);
      expect([(await deep.next()).value, (await flat.next()).value]).toEqual([
        { type: "reconnected", path: "/" },
        { type: "reconnected", path: "/d" },
      ]);
      await zk.setData("/d", "x");
      await zk.create("/d/child");
      await zk.create("/new");
      const changes = await Promise.all([data, absent, list].map(({ changed }) => changed));
      expect(changes.map(({ type, path }) => `${type} ${path}`)).toEqual([
        "nodeDataChanged /d",
        "nodeCreated /new",
        "nodeChildrenChanged /d",
      ]);
      expect((await deep.next()).value).toMatchObject({ type: "nodeDataChanged", path: "/d" });
      expect((await flat.next()).value).toMatchObject({ type: "nodeDataChanged", path: "/d" });
      await zk.close();
    } finally {
      await server.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    }
  },
  60_000,
);

test.each(KINDS)(
  "an ensemble of %s: its member is killed, and another takes the session",
  async (kind) => {
    const ensemble = await startEnsemble([1, 2, 3].map((id) => ({ kind, id })));
    try {
      await ensemble.waitServing();
      const zk = await connect(ensemble.connectString(), { sessionTimeoutMs: 10_000 });
      const states = zk.sessionEvents();
      const { sessionId } = zk;
      await zk.create("/e", "", { mode: "ephemeral" });
      const { changed } = await zk.getData("/e", { watch: true });
      const writes = Array.from({ length: 50 }, (_, i) => zk.setData("/e", `${i}`));
      const outcomes = Promise.allSettled([...writes, changed]);
      const member = ensemble.members.find(({ clientPort }) => clientPort === zk.server?.port);
      await member?.kill();
      await stateIs(states, "connecting");
      await stateIs(states, "connected");
      expect(zk.server?.port).not.toBe(member?.clientPort);
      expect([zk.sessionId, (await zk.exists("/e"))?.ephemeralOwner]).toEqual([sessionId, sessionId]);
      // None of the others need have been executed.
      await zk.setData("/e", "last");
      const failed = (await outcomes).flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason.code] : [],
      );
      expect(new Set(failed).size).toBeLessThanOrEqual(1);
      expect(failed.every((code) => code === "ConnectionLoss")).toBe(true);
      await zk.close();
    } finally {
      await ensemble.dispose();
    }
  },
  120_000,
);

test("a member without quorum serves reads to who takes a read-only server, and is left when the quorum is back", async () => {
  const ensemble = await startReadOnlyEnsemble();
  try {
    const leader = await ensemble.waitServing();
    const others = ensemble.members.filter((member) => member !== leader);
    const writer = await connect(ensemble.connectString());
    await writer.create("/r", "x");
    await writer.sync();
    await writer.close();
    await Promise.all(others.map((member) => member.kill()));
    await waitFor("the leader to step down", 30_000, () => hasNoRole(leader));
    const zk = await connect(ensemble.connectString(), { sessionTimeoutMs: 20_000, readOnly: true });
    const states = zk.sessionEvents();
    expect(zk.state).toBe("connectedReadOnly");
    expect(`${(await zk.getData("/r")).data}`).toBe("x");
    await expect(zk.setData("/r", "y")).rejects.toMatchObject({ code: "NotReadOnly" });
    await Promise.all(others.map((member) => member.start()));
    await stateIs(states, "connected");
    expect((await zk.setData("/r", "y")).version).toBe(1);
    await zk.close();
  } finally {
    await ensemble.dispose();
  }
}, 120_000);

test("TLS, with a certificate that is trusted and one that is not", async () => {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-tls-"));
  const ca = makeStores(join(home, "server.p12"), join(home, "trust.p12"));
  const port = await freePort();
  const server = await startJavaServer({
    config: {
      secureClientPort: port,
      serverCnxnFactory: "org.apache.zookeeper.server.NettyServerCnxnFactory",
      "ssl.keyStore.location": join(home, "server.p12"),
      "ssl.keyStore.password": PASSWORD,
      "ssl.trustStore.location": join(home, "trust.p12"),
      "ssl.trustStore.password": PASSWORD,
      "ssl.clientAuth": "none",
    },
  });
  try {
    await server.waitServing();
    const zk = await connect(`localhost:${port}`, { tls: { ca }, sessionTimeoutMs: 6000 });
    await zk.create("/tls", "x");
    expect(`${(await zk.getData("/tls")).data}`).toBe("x");
    await zk.close();
    await expect(connect(`localhost:${port}`, { tls: {}, sessionTimeoutMs: 1500 })).rejects.toMatchObject({
      code: "ConnectionLoss",
      message: expect.stringContaining("self-signed certificate"),
    });
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}, 60_000);

function startReadOnlyEnsemble(): Promise<Ensemble> {
  return startEnsemble(
    [1, 2, 3].map((id) => ({ kind: "java", id })),
    { config: { localSessionsEnabled: "true" }, jvmFlags: ["-Dreadonlymode.enabled=true"] },
  );
}

/** A key of its own, and a store that trusts it; gives its certificate as PEM. */
function makeStores(keys: string, trust: string): string {
  const store = ["-keystore", keys, "-storepass", PASSWORD, "-alias", "server"];
  const name = ["-dname", "CN=localhost", "-ext", "SAN=dns:localhost,ip:127.0.0.1"];
  execFileSync("keytool", ["-genkeypair", "-keyalg", "EC", ...name, ...store], { stdio: "pipe" });
  const pem = execFileSync("keytool", ["-exportcert", "-rfc", ...store], { encoding: "utf8", stdio: "pipe" });
  const trusted = ["-keystore", trust, "-storepass", PASSWORD, "-alias", "server"];
  execFileSync("keytool", ["-importcert", "-noprompt", ...trusted], { input: pem, stdio: "pipe" });
  return pem;
}

/** A leader looks for its quorum once a tick, and until then gives whoever comes a local session, which needs none. */
async function hasNoRole({ clientPort }: { readonly clientPort: number }): Promise<true | undefined> {
  return (await modeOf(clientPort)) === undefined ? true : undefined;
}

/** Waits for the next of the session's events that has this state. */
async function stateIs(states: AsyncIterator<SessionEvent>, wanted: SessionState): Promise<void> {
  for (let next = await states.next(); next.done !== true; next = await states.next()) {
    if (next.value.state === wanted) return;
  }
  throw new Error(`the session ended, awaited ${wanted}`);
}

const PASSWORD = "changeit";

// Records what Apache ZooKeeper 3.9.5 writes, to disk and to its sockets, as fixtures that codecs are tested against:
//   node -r ./compat-tests/setup/ts.cjs compat-tests/recorder/record.ts [alone | pair]
// Times, session ids and passwords differ from one recording to the next; the fixtures hold one whole recording.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child } from "../peers/child.ts";
import { modeOf } from "../peers/fourLetter.ts";
import { runJava, startJava, startJavaServer } from "../peers/javaServer.ts";
import { freePorts } from "../peers/ports.ts";
import type { PeerServer } from "../peers/server.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { type Relay, startRelay } from "./relay.ts";

const FIXTURES = join(__dirname, "..", "..", "src");
const FLAGS = ["-Dzookeeper.extendedTypesEnabled=true"];
const FILES_CONFIG = { tickTime: 1000, preAllocSize: 64, snapCount: 100_000 };

async function main(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "typekeeper-record-"));
  try {
    if (process.argv[2] !== "pair") await recordStandalone(work);
    if (process.argv[2] !== "alone") await recordPair(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The scripted sessions against a lone server: client frames, its log, and the snapshot that the next start writes, in three forms. */
async function recordStandalone(work: string): Promise<void> {
  const dataDir = join(work, "alone");
  const server = await startJavaServer({ dataDir, config: FILES_CONFIG, jvmFlags: FLAGS });
  await server.waitServing();
  const relay = await startRelay(server.clientPort);
  await runScript(relay, relay.port, join(work, "driver.log"));
  relay.close();
  await server.kill("SIGKILL");
  write("wire", "client.txt", clientTranscript(relay));

  const files = join(dataDir, "version-2");
  const log = trimmed(readFileSync(join(files, "log.1")));
  write("store", "log.1", log);
  write("store", "log.1.txt", masked(await runJava(TOOLKIT, ["-d", join(files, "log.1")], UTC), work));
  for (const [method, suffix] of [
    ["", ""],
    ["gz", ".gz"],
    ["snappy", ".snappy"],
  ] as const) {
    const flags = [...FLAGS, `-Dzookeeper.snapshot.compression.method=${method}`];
    const again = await startJavaServer({ dataDir, config: FILES_CONFIG, jvmFlags: flags });
    await again.waitServing();
    await again.kill("SIGKILL");
    const name = readdirSync(files).find((file) => new RegExp(`^snapshot\\.[1-9a-f][0-9a-f]*${suffix}$`).test(file));
    if (name === undefined) throw new Error(`no snapshot${suffix} in ${readdirSync(files).join(" ")}`);
    write("store", name, readFileSync(join(files, name)));
    if (suffix === "")
      write("store", `${name}.txt`, masked(await runJava(FORMATTER, ["-d", join(files, name)], UTC), work));
    rmSync(join(files, name));
  }
}

/** Two members that meet through relays: election messages, and the follower's and an observer's talk with the leader. */
async function recordPair(work: string): Promise<void> {
  const [q1, e1, q2, e2, q3, e3] = await freePorts(6);
  if (q3 === undefined || e1 === undefined || e3 === undefined || q2 === undefined || e2 === undefined)
    throw new Error("ports");
  const election1 = await startRelay(e1);
  // The smaller id's hello says where to call back: there, too, the relay must stand.
  const callBack = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString("latin1").replace(`${e1}`, `${election1.port}`), "latin1");
  const election2 = await startRelay(e2, callBack);
  const quorum = await startRelay(q2);
  const observed = await startRelay(q2);
  const member = (id: number, seen: Readonly<Record<string, string>>): Promise<PeerServer> =>
    startJavaServer({ dataDir: join(work, `m${id}`), myid: id, config: { ...FILES_CONFIG, ...seen }, jvmFlags: FLAGS });
  const at = (q: number, e: number): string => `127.0.0.1:${q}:${e}`;
  const one = await member(1, {
    "server.1": at(q1 ?? 0, e1),
    "server.2": at(quorum.port, election2.port),
    "server.3": `${at(q3, e3)}:observer`,
  });
  const two = await member(2, {
    "server.1": at(q1 ?? 0, election1.port),
    "server.2": at(q2, e2),
    "server.3": `${at(q3, e3)}:observer`,
  });
  await waitFor(
    "a leader",
    30_000,
    async () => ((await modeOf(two.clientPort)) === "leader" ? true : undefined),
    two.tail,
  );
  await waitFor(
    "a follower",
    30_000,
    async () => ((await modeOf(one.clientPort)) === "follower" ? true : undefined),
    one.tail,
  );
  const relay = await startRelay(one.clientPort);
  await runScript(relay, relay.port, join(work, "driver2.log"));
  relay.close();
  const three = await member(3, {
    peerType: "observer",
    "server.1": at(q1 ?? 0, e1),
    "server.2": at(observed.port, e2),
    "server.3": `${at(q3, e3)}:observer`,
  });
  await waitFor(
    "an observer",
    30_000,
    async () => ((await modeOf(three.clientPort)) === "observer" ? true : undefined),
    three.tail,
  );
  await runJava("org.apache.zookeeper.ZooKeeperMain", [
    "-server",
    `127.0.0.1:${three.clientPort}`,
    "create",
    "/fromObserver",
    "x",
  ]);
  await pause(1_500);
  for (const server of [three, one, two]) await server.kill("SIGKILL");
  write("wire", "election.txt", rawTranscript(election2) + rawTranscript(election1));
  write("wire", "quorum-follower.txt", rawTranscript(quorum));
  write("wire", "quorum-observer.txt", rawTranscript(observed));
  for (const p of [election1, election2, quorum, observed]) p.close();
  for (const name of ["acceptedEpoch", "currentEpoch"])
    write("store", name, readFileSync(join(work, "m1", "version-2", name)));
}

/** Runs the driver to its end, cutting its connections when it asks for that. */
async function runScript(relay: Relay, port: number, logFile: string): Promise<void> {
  const driver: Child = startJava("Scripted", [`127.0.0.1:${port}`, "all"], logFile);
  const printed = (word: string): true | undefined =>
    readFileSync(logFile, "utf8").split("\n").includes(word) ? true : undefined;
  await waitFor(
    "the driver's drop",
    60_000,
    () => printed("drop") ?? (driver.running() ? undefined : true),
    driver.tail,
  );
  relay.drop();
  if ((await driver.ended) !== 0) throw new Error(`the driver failed:\n${driver.tail()}`);
}

/** A line a frame: connection, direction, the frame without its length, in hex. */
function clientTranscript(relay: Relay): string {
  const pending = new Map<string, Buffer>();
  const lines: string[] = [];
  for (const { connection, toServer, bytes } of relay.passages) {
    const way = `${connection} ${toServer ? ">" : "<"}`;
    let rest = Buffer.concat([pending.get(way) ?? Buffer.alloc(0), bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      lines.push(`${way} ${rest.subarray(4, end).toString("hex")}`);
      rest = rest.subarray(end);
    }
    pending.set(way, rest);
  }
  return `${lines.join("\n")}\n`;
}

/** A line a run of bytes in one direction: connection, direction, the bytes as they passed, in hex. */
function rawTranscript(relay: Relay): string {
  const lines: { way: string; hex: string }[] = [];
  for (const { connection, toServer, bytes } of relay.passages) {
    const way = `${connection} ${toServer ? ">" : "<"}`;
    const last = lines.at(-1);
    if (last?.way === way) last.hex += bytes.toString("hex");
    else lines.push({ way, hex: bytes.toString("hex") });
  }
  return lines.map(({ way, hex }) => `${way} ${hex}\n`).join("");
}

/** The log up to its last record: a record ends with 'B', preallocation is zeros. */
function trimmed(log: Buffer): Buffer {
  return log.subarray(0, log.lastIndexOf(0x42) + 1);
}

function masked(text: string, work: string): string {
  return text
    .replaceAll(work, "")
    .split("\n")
    .filter((line) => !line.includes(" INFO "))
    .join("\n");
}

function write(room: string, name: string, content: string | Buffer): void {
  const folder = join(FIXTURES, room, "fixtures", "java-3.9.5");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  process.stdout.write(`${room}/${name} ${content.length}\n`);
}

const TOOLKIT = "org.apache.zookeeper.server.persistence.TxnLogToolkit";
const FORMATTER = "org.apache.zookeeper.server.SnapshotFormatter";
const UTC = ["-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US"];

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});

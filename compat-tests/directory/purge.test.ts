import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import { javaClassPath } from "../peers/javaServer.ts";
import { RawClient } from "../peers/rawClient.ts";
import { Household } from "./handover.ts";

// zkCleanup.sh against Java's PurgeTxnLog, on copies of one directory: the same files stay, the same is printed (operations 6.2).

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const history = mkdtempSync(join(tmpdir(), "typekeeper-purge-"));
let work: string;

beforeAll(async () => {
  const house = await Household.found({ snapCount: 10, preAllocSize: 64 });
  try {
    await house.enter("ts");
    const client = await RawClient.open(house.clientPort);
    for (let n = 0; n < 120; n++) {
      const request = { path: `/n${n}`, data: new Uint8Array(10), acl: OPEN, flags: 0 };
      await client.ask(Op.create, CreateRequest, request, CreateResponse);
    }
    await house.leave();
    cpSync(join(house.dataDir, "version-2"), join(history, "version-2"), { recursive: true });
  } finally {
    await house.dispose();
  }
  expect(names(history, "snapshot.").length).toBeGreaterThan(6);
}, 60_000);

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "typekeeper-purge-"));
});

afterEach(() => rmSync(work, { recursive: true, force: true }));
afterAll(() => rmSync(history, { recursive: true, force: true }));

/** Its time is printed when it goes: the same one in both copies. */
const add = (name: string) => (folder: string) => {
  const path = join(folder, "version-2", name);
  writeFileSync(path, "");
  utimesSync(path, MADE_S, MADE_S);
};
const MADE_S = 1_700_000_000;
const SPOILS: readonly (readonly [string, number, (folder: string) => void])[] = [
  ["as a server left it", 3, () => {}],
  ["more than three", 5, () => {}],
  ["more than there are", 50, () => {}],
  ["no snapshot", 3, (folder) => remove(folder, "snapshot.")],
  ["no log", 3, (folder) => remove(folder, "log.")],
  ["a log that is no number", 3, add("log.zz")],
  ["an old backup of a log", 3, add("log.2.bak")],
  ["a snapshot that is no number", 3, add("snapshot.zz")],
  ["an empty newest snapshot", 3, add("snapshot.fff")],
  ["what a leader made invalid", 3, add("retired-snapshot.1")],
];

test.each(SPOILS.map(([what, count, spoil]) => ({ what, count, spoil })))("$what, -n $count", async (scenario) => {
  const [java, ours] = ["java", "ours"].map((kind) => copy(kind, scenario.spoil)) as [string, string];
  const count = `${scenario.count}`;
  const [expected, found] = [await runJavasPurge([java, "-n", count]), await cleanup(ours, ["-n", count])];
  expect(names(ours, "")).toEqual(names(java, ""));
  expect(removed(found.stdout)).toEqual(removed(expected.stdout));
  expect([found.rc, found.stderr]).toEqual([expected.rc, ""]);
});

test.each([[[]], [["-n"]], [["-n", "2"]], [["-n", "abc"]], [["3"]], [["-m", "3"]]])("bad words: %j", async (words) => {
  const [java, ours] = ["java", "ours"].map((kind) => copy(kind, () => {})) as [string, string];
  const [expected, found] = [await runJavasPurge([java, ...words]), await cleanup(ours, words)];
  expect(found).toEqual(expected);
  expect(names(ours, "")).toEqual(names(history, ""));
});

test("a directory that is not there is refused and not made", async () => {
  const folder = join(work, "none");
  expect(await cleanup(folder, ["-n", "3"])).toMatchObject({ rc: 1, stderr: expect.stringContaining(folder) });
  expect(readdirSync(work)).not.toContain("none");
});

interface Outcome {
  readonly rc: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function runJavasPurge(words: readonly string[]): Promise<Outcome> {
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=off";
  return run("java", [quiet, ...US, "-cp", javaClassPath(), "org.apache.zookeeper.server.PurgeTxnLog", ...words]);
}

/** The script, with a configuration that names the folder. */
function cleanup(folder: string, words: readonly string[]): Promise<Outcome> {
  const conf = join(work, "conf");
  mkdirSync(conf, { recursive: true });
  writeFileSync(join(conf, "zoo.cfg"), `dataDir=${folder}\n`);
  return run(join(__dirname, "..", "..", "bin", "zkCleanup.sh"), ["--config", conf, ...words]);
}

function run(command: string, words: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, NODE: process.execPath, TZ: "UTC" };
  return new Promise((resolve) =>
    execFile(command, words, { env }, (error, stdout, stderr) =>
      resolve({ rc: error === null ? 0 : (error.code ?? error.signal ?? "unknown"), stdout, stderr }),
    ),
  );
}

function copy(kind: string, spoil: (folder: string) => void): string {
  const folder = join(work, kind);
  cpSync(history, folder, { recursive: true, preserveTimestamps: true });
  spoil(folder);
  return folder;
}

function remove(folder: string, prefix: string): void {
  for (const name of names(folder, prefix)) rmSync(join(folder, "version-2", name));
}

function names(folder: string, prefix: string): readonly string[] {
  return readdirSync(join(folder, "version-2"))
    .filter((name) => name.startsWith(prefix))
    .sort();
}

/** The lines in the order of the directory are nobody's promise; dates and words are. */
function removed(stdout: string): readonly string[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replace(/\S*\/(java|ours)\//, "")).sort();
}

const US = ["-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US"];

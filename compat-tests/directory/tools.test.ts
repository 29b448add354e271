import { readdirSync } from "node:fs";
import { join } from "node:path";
import { seedFrom } from "../differential/chance.ts";
import { Lockstep } from "../differential/lockstep.ts";
import { runJava } from "../peers/javaServer.ts";
import { Household } from "./handover.ts";

// ZooKeeper's own tools on our files. The logs of both programs that were told the same say the same, record by record.

const seed = seedFrom("TYPEKEEPER_DIFFERENTIAL_SEED");

test("TxnLogToolkit and SnapshotFormatter read our files, and find in the log what they find in Java's", async () => {
  const houses = await Promise.all([Household.found({ snapCount: 150 }), Household.found({ snapCount: 150 })]);
  const [javas, our] = houses;
  try {
    const lockstep = new Lockstep(await javas.enter("java"), await our.enter("ts"), seed);
    await lockstep.run(800);
    await lockstep.hangUp();
    await Promise.all(houses.map((house) => house.leave()));
    const [expected, found] = await Promise.all(houses.map(({ dataDir }) => logged(dataDir)));
    expect([`seed ${seed}`, found]).toEqual([`seed ${seed}`, expected]);
    expect(found?.length).toBeGreaterThan(300);
    await expectReadableSnapshots(our.dataDir);
  } finally {
    await Promise.all(houses.map((house) => house.dispose()));
  }
}, 120_000);

async function expectReadableSnapshots(dataDir: string): Promise<void> {
  const snapshots = filesOf(dataDir, "snapshot");
  expect(snapshots.length).toBeGreaterThan(1);
  for (const file of snapshots) {
    const printed = await runJava("org.apache.zookeeper.server.SnapshotFormatter", [file]);
    const [, count] = /^ZNode Details \(count=(\d+)\)/m.exec(printed) ?? [];
    // The root counts twice for Java (on-disk-formats 6).
    expect(printed.match(/^----\n\//gm)?.length).toBe(Number(count) - 1);
    expect(printed).toContain(`Last zxid: 0x${file.split(".").at(-1)}\n`);
  }
}

/** Each transaction of all logs as Java's tool prints it, without what two programs cannot agree on. */
async function logged(dataDir: string): Promise<readonly string[]> {
  const printed = await Promise.all(
    filesOf(dataDir, "log").map((file) => runJava("org.apache.zookeeper.server.persistence.TxnLogToolkit", [file])),
  );
  const sessions = new Map<string, string>();
  const lines = printed.flatMap((text) => {
    const [, records = "", count] =
      /^ZooKeeper Transactional Log File .*\n([\s\S]*)EOF reached after (\d+) txns\.\n$/.exec(text) ?? [];
    const each = records.split(RECORD).slice(1);
    expect(each.length).toBe(Number(count));
    return each;
  });
  return lines
    .filter((line, index) => !isRepeat(line, lines[index - 1]))
    .map((line) => listsSorted(line.replace(/0x[0-9a-f]+/, (id) => numbered(sessions, id))));
}

/** What Java alone logs under the zxid before, for a write that it could not decode; ours logs nothing then. */
function isRepeat(line: string, before: string | undefined): boolean {
  return before !== undefined && zxidIn(line) === zxidIn(before) && line.trimEnd().endsWith("error -5");
}

function zxidIn(line: string): string | undefined {
  return / zxid (0x[0-9a-f]+) /.exec(line)?.[1];
}

function numbered(sessions: Map<string, string>, id: string): string {
  const number = sessions.get(id) ?? `session ${sessions.size}`;
  sessions.set(id, number);
  return number;
}

/** An `auth` entry stands for logins in any order (client-protocol 3.8), a closed session's paths have none. */
function listsSorted(line: string): string {
  const [, before, paths] = /^(.* closeSession v\{)(.*)\}$/m.exec(line) ?? [];
  if (paths !== undefined) return `${before}${paths.split(",").sort().join(",")}}`;
  const logins = [...line.matchAll(LOGIN)].map(([login]) => login).sort();
  return line.replaceAll(LOGIN, () => logins.shift() ?? "");
}

function filesOf(dataDir: string, kind: "log" | "snapshot"): readonly string[] {
  const folder = join(dataDir, "version-2");
  const zxid = (name: string): number => Number.parseInt(name.slice(kind.length + 1), 16);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${kind}.`));
  return names.sort((a, b) => zxid(a) - zxid(b)).map((name) => join(folder, name));
}

// "11/25/26, 6:38:12 PM UTC session 0x1000068bd760000 cxid 0x0 zxid 0x1 createSession 1800000"
const RECORD = /^[\d/]+, [\d:]+\s[AP]M \S+ session (?=0x)/m;
const LOGIN = /[^\s:,']*:[A-Za-z0-9+/]{27}=/g;

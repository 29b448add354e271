import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import { fourLetter } from "../peers/fourLetter.ts";
import { freePort } from "../peers/ports.ts";
import { RawClient } from "../peers/rawClient.ts";
import { Installation, serves } from "./installation.ts";

/** Data that a server has left: several snapshots, several logs, its last transactions in the newest log. */
const history = mkdtempSync(join(tmpdir(), "typekeeper-history-"));
const WRITES = 45;
let installation: Installation;
let port: number;
const taken: Server[] = [];

beforeAll(async () => {
  const writer = new Installation();
  try {
    const writerPort = await freePort();
    writer.config([`dataDir=${writer.dataDir}`, `clientPort=${writerPort}`, "clientPortAddress=127.0.0.1"]);
    // A snapshot comes after 10 to 20 writes, at random; the last writes of all are then in no snapshot for sure.
    await write(writer, writerPort, 40, "-Dzookeeper.snapCount=20");
    await write(writer, writerPort, WRITES - 40, "-Dzookeeper.snapCount=1000");
    cpSync(writer.dataDir, history, { recursive: true });
  } finally {
    await writer.remove();
  }
  expect([logs(history).length > 2, snapshots(history).length > 2]).toEqual([true, true]);
});

afterAll(() => rmSync(history, { recursive: true, force: true }));

beforeEach(async () => {
  installation = new Installation();
  port = await freePort();
});

afterEach(async () => {
  for (const server of taken.splice(0)) server.close();
  await installation.remove();
});

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

interface Refusal {
  readonly what: string;
  /** Lines of zoo.cfg behind dataDir, clientPort and clientPortAddress; later ones win. */
  readonly lines?: () => readonly string[] | Promise<readonly string[]>;
  /** What is wrong with the files. */
  readonly spoil?: () => void;
  readonly flags?: string;
  /** The data is good and has been opened by then. */
  readonly opens?: true;
  readonly rc: number;
  /** Parts of the line, `~` for the installation's folder. */
  readonly says: readonly string[];
}

const members = async (): Promise<string[]> => {
  const [first, second] = [await freePort(), await freePort()];
  return ["initLimit=5", "syncLimit=2", `server.1=127.0.0.1:${first}:${second}`, "server.2=127.0.0.1:1:2"];
};

const REFUSALS: readonly Refusal[] = [
  {
    what: "a bad number",
    lines: () => ["tickTime=fast"],
    rc: 2,
    says: ["~/conf/zoo.cfg", "tickTime=fast", "(allowed: "],
  },
  {
    what: "a port beyond all ports",
    lines: () => ["clientPort=99999"],
    rc: 2,
    says: ["clientPort=99999", "(allowed: "],
  },
  {
    what: "a negative limit",
    lines: () => ["minSessionTimeout=9", "maxSessionTimeout=3"],
    rc: 2,
    says: ["minSessionTimeout", "(allowed: "],
  },
  { what: "no dataDir", lines: () => ["dataDir="], rc: 2, says: ["dataDir", "(allowed: a directory)"] },
  { what: "no myid", lines: members, rc: 2, says: ["~/conf/zoo.cfg", "~/data", "myid file is missing", "(allowed: "] },
  {
    what: "a myid that is no number",
    lines: members,
    spoil: () => installation.data("myid", "one\n"),
    rc: 2,
    says: ["~/data", "serverid one is not a number", "(allowed: "],
  },
  {
    what: "a myid of nobody",
    lines: members,
    spoil: () => installation.data("myid", "9\n"),
    rc: 1,
    says: ["~/data", "My id 9 not in the peer list", "(allowed: one of 1, 2 "],
  },
  {
    what: "one id twice",
    lines: async () => [...(await members()), "server.1=127.0.0.1:3:4"],
    spoil: () => installation.data("myid", "1\n"),
    rc: 2,
    says: ["server.1", "(allowed: every server id once)"],
  },
  {
    what: "a server line that is none",
    lines: () => ["server.1=somewhere"],
    rc: 2,
    says: ["server.1=somewhere", "(allowed: "],
  },
  {
    what: "no initLimit in an ensemble",
    lines: async () => (await members()).slice(1),
    spoil: () => installation.data("myid", "1\n"),
    rc: 2,
    says: ["initLimit", "(allowed: "],
  },
  {
    what: "a client port in use",
    opens: true,
    lines: async () => [`clientPort=${await takenPort()}`],
    rc: 1,
    says: [
      "~/conf/zoo.cfg",
      "clientPort=",
      "cannot listen on 127.0.0.1:",
      "another process uses the port",
      "(allowed: a free port)",
    ],
  },
  {
    what: "an election port in use",
    opens: true,
    lines: async () => [
      "initLimit=5",
      "syncLimit=2",
      `server.1=127.0.0.1:1:${await takenPort()}`,
      "server.2=127.0.0.1:1:2",
    ],
    spoil: () => installation.data("myid", "1\n"),
    flags: "-Dzookeeper.electionPortBindRetry=1",
    rc: 14,
    says: [
      "~/conf/zoo.cfg",
      "election port",
      "cannot listen on 127.0.0.1:",
      "another process uses the port",
      "(allowed: a free port)",
    ],
  },
  {
    what: "an address of another machine",
    opens: true,
    lines: () => ["clientPortAddress=192.0.2.1"],
    rc: 1,
    says: ["cannot listen on 192.0.2.1:", "this machine does not have the address"],
  },
  {
    what: "a file where version-2 belongs",
    spoil: () => installation.data("version-2", ""),
    rc: 3,
    says: ["~/data/version-2", "must be a directory"],
  },
  {
    what: "a file where dataLogDir belongs",
    lines: () => [`dataLogDir=${installation.data("file", "")}`],
    rc: 3,
    says: ["~/data/file", "must be a directory"],
  },
  {
    what: "no version-2, and none may be made",
    flags: "-Dzookeeper.datadir.autocreate=false",
    rc: 3,
    says: ["~/data/version-2", "must be a directory"],
  },
  {
    what: "logs in dataDir beside a dataLogDir",
    lines: () => [`dataLogDir=${join(installation.home, "logs2")}`],
    spoil: old,
    rc: 3,
    says: ["~/data/version-2/log.", "logs belong into dataLogDir"],
  },
  {
    what: "snapshots in dataLogDir",
    lines: () => [`dataLogDir=${join(installation.home, "other")}`],
    spoil: () => cpSync(history, join(installation.home, "other"), { recursive: true }),
    rc: 3,
    says: ["~/other/version-2/snapshot.", "snapshots belong into dataDir"],
  },
  {
    what: "a byte flipped in the middle of the newest log",
    spoil: () => flip(newest(logs()), 200),
    rc: 1,
    says: ["~/data/version-2/log.", "offset "],
  },
  {
    what: "a byte flipped in the header of the newest log",
    spoil: () => flip(newest(logs()), 2),
    rc: 1,
    says: ["~/data/version-2/log."],
  },
  {
    what: "every snapshot damaged",
    spoil: () => {
      old();
      for (const path of snapshots()) flip(path, 60);
    },
    rc: 1,
    says: ["~/data/version-2/snapshot.", "no older snapshot can be read either"],
  },
  {
    what: "every snapshot damaged and no log",
    spoil: () => {
      old();
      for (const path of snapshots()) flip(path, 60);
      for (const path of logs()) rmSync(path);
    },
    rc: 1,
    says: ["~/data/version-2/snapshot."],
  },
  {
    what: "no snapshot, and logs that begin later",
    spoil: () => {
      old();
      for (const path of snapshots()) rmSync(path);
      rmSync(logs()[0] ?? "");
    },
    rc: 1,
    says: ["~/data/version-2/log.", "there are logs but no snapshot"],
  },
  {
    what: "a log that is missing between two",
    spoil: () => {
      old();
      for (const path of snapshots().slice(1)) rmSync(path);
      rmSync(logs()[1] ?? "");
    },
    rc: 1,
    says: ["~/data/version-2/log.", "a log is missing"],
  },
  {
    what: "a folder with the name of a log",
    spoil: () => {
      old();
      mkdirSync(join(installation.dataDir, "version-2/log.fff"));
    },
    rc: 1,
    says: ["~/data/version-2/log.fff"],
  },
  {
    what: "a folder with the name of a snapshot",
    spoil: () => {
      old();
      mkdirSync(join(installation.dataDir, "version-2/snapshot.fff"));
    },
    rc: 1,
    says: ["~/data/version-2/snapshot.fff"],
  },
  {
    what: "an epoch file that holds no number",
    lines: members,
    spoil: () => {
      installation.data("myid", "1\n");
      installation.data("version-2/currentEpoch", "many");
      installation.data("version-2/acceptedEpoch", "1");
    },
    rc: 1,
    says: ["~/data/version-2/currentEpoch"],
  },
  {
    what: "no data where data has to be",
    flags: "-Dzookeeper.db.autocreate=false",
    rc: 1,
    says: ["~/data/version-2", "initialize"],
  },
];

test.each(REFUSALS)("refused: $what", async ({ lines, spoil, flags, opens, rc, says }) => {
  spoil?.();
  const own = (await lines?.()) ?? [];
  installation.config(
    merged([`dataDir=${installation.dataDir}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"], own),
  );
  const before = contents();
  const { ended } = installation.foreground([], flags === undefined ? {} : { SERVER_JVMFLAGS: flags });
  const outcome = await ended;
  const told = outcome.stderr
    .split("\n")
    .slice(1, -1)
    .map((line) => line.replaceAll(installation.home, "~"));
  expect(told).toEqual([expect.any(String)]);
  for (const part of says) expect(told[0]).toContain(part);
  expect(outcome.rc).toBe(rc);
  if (opens === undefined) expect(contents()).toEqual(before);
});

test("refused: no file of that name", async () => {
  const { ended } = installation.foreground(["./none.cfg"]);
  const { rc, stderr } = await ended;
  expect([rc, stderr.split("\n")[1]]).toEqual([
    2,
    "Error processing ./none.cfg: cannot be read (allowed: a readable file)",
  ]);
});

test("refused: a second server on the same directory, while the first one goes on", async () => {
  const lines = [`dataDir=${installation.dataDir}`, "clientPortAddress=127.0.0.1"];
  installation.config([...lines, `clientPort=${port}`]);
  installation.foreground();
  await serves(port);
  installation.config([...lines, `clientPort=${await freePort()}`], "second.cfg");
  const { rc, stderr } = await installation.foreground(["second.cfg"]).ended;
  expect([rc, stderr.split("\n").length]).toEqual([1, 3]);
  expect(stderr.split("\n")[1]).toBe(
    `${installation.dataDir}/version-2: another server uses this directory; stop it first`,
  );
  expect(await fourLetter(port, "srvr")).toContain("Mode: standalone");
});

describe("not refused", () => {
  test.each<[string, () => void, number]>([
    ["a last record that was cut", () => cut(newest(logs())), WRITES - 1],
    ["a newest log that was born and nothing more", () => installation.data("version-2/log.999", ""), WRITES],
    ["a newest snapshot that was damaged", () => flip(newest(snapshots()), 60), WRITES],
    ["a byte flipped in a log that no start needs", () => flip(logs()[0] ?? "", 200), WRITES],
    [
      "logs that begin with the first transaction, without a snapshot",
      () => {
        for (const path of snapshots()) rmSync(path);
      },
      WRITES,
    ],
    ["leftovers of a crash", () => installation.data("version-2/snapshot.77.tmp", "half of"), WRITES],
  ])("%s", async (_, spoil, zxid) => {
    old();
    spoil();
    installation.config([`dataDir=${installation.dataDir}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1"]);
    installation.foreground();
    await serves(port);
    expect(await fourLetter(port, "srvr")).toContain(`Zxid: 0x${zxid.toString(16)}\n`);
  });
});

/** One session that creates until the server has logged so many transactions, and stays open: the server is stopped. */
async function write(writer: Installation, writerPort: number, txns: number, flags: string): Promise<void> {
  const { process, ended } = writer.foreground([], { SERVER_JVMFLAGS: flags });
  await serves(writerPort);
  const client = await RawClient.open(writerPort);
  for (let i = 1; i < txns; i++) {
    const request = { path: `/n${txns}-${i}`, data: new Uint8Array(100).fill(i), acl: OPEN, flags: 0 };
    await client.ask(Op.create, CreateRequest, request, CreateResponse);
  }
  process.kill("SIGTERM");
  await ended;
}

/** Later lines replace earlier ones of the same key, but for servers. */
function merged(lines: readonly string[], own: readonly string[]): string[] {
  const keys = new Set(own.map((line) => line.split("=")[0]));
  return [...lines.filter((line) => !keys.has(line.split("=")[0] ?? "")), ...own];
}

/** The data directory gets the history, unless it has something already. */
function old(): void {
  if (readdirIfThere(join(installation.dataDir, "version-2")).length > 0) return;
  mkdirSync(installation.dataDir, { recursive: true });
  cpSync(history, installation.dataDir, { recursive: true });
}

/** In the order of their zxids. */
function named(folder: string | undefined, prefix: string): readonly string[] {
  if (folder === undefined) old();
  const home = join(folder ?? installation.dataDir, "version-2");
  const names = readdirSync(home).filter((name) => name.startsWith(prefix));
  const zxid = (name: string): number => Number.parseInt(name.slice(prefix.length), 16);
  return names.sort((a, b) => zxid(a) - zxid(b)).map((name) => join(home, name));
}

function logs(folder?: string): readonly string[] {
  return named(folder, "log.");
}

function snapshots(folder?: string): readonly string[] {
  return named(folder, "snapshot.");
}

function newest(paths: readonly string[]): string {
  return paths.at(-1) ?? "";
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** The last bytes of the last record are as if they had never been written. */
function cut(path: string): void {
  const bytes = readFileSync(path);
  const end = bytes.findLastIndex((byte) => byte !== 0);
  bytes.fill(0, end - 20);
  writeFileSync(path, bytes);
}

/** Names and sizes of all data: a refusal touches nothing. */
function contents(): readonly string[] {
  const home = join(installation.dataDir, "version-2");
  return readdirIfThere(home).map((name) => `${name} ${statSync(join(home, name)).size}`);
}

function readdirIfThere(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

async function takenPort(): Promise<number> {
  const server = createServer();
  taken.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

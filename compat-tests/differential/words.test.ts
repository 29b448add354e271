import { Op } from "../../src/wire/client/numbers.ts";
import {
  AddWatchRequest,
  CreateRequest,
  ExistsRequest,
  GetChildrenRequest,
  GetDataRequest,
  SetDataRequest,
} from "../../src/wire/client/requests.ts";
import { leadBy, ofKind } from "../ensemble/members.ts";
import { startEnsemble } from "../peers/ensemble.ts";
import { fourLetter } from "../peers/fourLetter.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import { freePorts } from "../peers/ports.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { waitFor } from "../peers/waiting.ts";

// Every four-letter word, asked of a Java server and of ours in one state.

const NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n";
const MASK_16 = "stmk\0\0\0\0\0\0\0\x10";
/** In this order: each word counts as a packet that the later ones tell of. */
const WORDS = [
  ..."ruok isro envi gtmk conf dirs srvr stat cons dump wchs wchp wchc hash mntr".split(" "),
  ...["stmk", "stmk\0\0", MASK_16, "gtmk"],
  ..."crst cons stat srst srvr mntr stat".split(" "),
];

test("sessions, ephemerals, watches and digests: word for word the same", async () => {
  const config = { tickTime: 2000 };
  const servers = await Promise.all([startJavaServer({ config }), startTypekeeperServer({ config })]);
  try {
    await Promise.all(servers.map((server) => server.waitServing()));
    const [java = [], ours = []] = await Promise.all(servers.map(tell));
    for (const [i, word] of WORDS.entries()) expect([word, ours[i]]).toEqual([word, java[i]]);
    expect(java[WORDS.indexOf("hash")]).toBe("80: #\n");
    expect(java[WORDS.indexOf("wchs")]).toBe("2 connections watching 4 paths\nTotal watches:5\n");
    expect(java[WORDS.indexOf("dump")]).toContain("Sessions with Ephemerals (2):\nA:\n\t/a1\n\t/a2\nB:\n\t/b\n");
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 120_000);

test("members: digests agree to the bit, learners dump the same sessions", async () => {
  const kinds = (["java", "ts", "java"] as const).map((kind, i) => ({ kind, id: i + 1 }));
  const ensemble = await startEnsemble(kinds, {
    config: { tickTime: 2000, localSessionsEnabled: "true", localSessionsUpgradingEnabled: "true" },
  });
  try {
    const leader = await leadBy(ensemble, ofKind("java"));
    const client = await RawClient.open(leader.clientPort);
    await create(client, "/a1", 1);
    await create(client, "/p");
    for (let version = 0; version < 130; version++) await write(client, "/p", version);
    const at = (word: string): Promise<readonly string[]> =>
      Promise.all(ensemble.members.map(({ clientPort }) => fourLetter(clientPort, word)));
    const same = (texts: readonly string[]): texts is readonly [string, ...string[]] => new Set(texts).size === 1;
    const [hash] = await waitFor("one digest of all", 10_000, async () => {
      const texts = await at("hash");
      return same(texts) && texts[0] !== "" ? texts : undefined;
    });
    expect(hash).toMatch(/^[1-9a-f]00000080: -?\d+\n$/);
    const learners = ensemble.members.filter(({ id }) => id !== leader.id);
    const dumps = await Promise.all(
      learners.map(async ({ clientPort }) => settled("dump", await fourLetter(clientPort, "dump"), [client])),
    );
    expect(dumps[1]).toBe(dumps[0]);
    expect(dumps[0]).toContain("Local Session Sets (#)/(0):\nGlobal Sessions(1):\nA\t30000ms\n");
    client.connection.close();
  } finally {
    await ensemble.dispose();
  }
}, 120_000);

test("a member without its ensemble", async () => {
  const servers = await Promise.all([startJavaServer, startTypekeeperServer].map(startAlone));
  try {
    const [java = [], ours = []] = await Promise.all(
      servers.map(async (server) => {
        const ask = (word: string): Promise<string> => fourLetter(server.clientPort, word);
        await waitFor("its client port", 30_000, () => ask("ruok").catch(() => undefined), server.tail);
        const answers: string[] = [];
        for (const word of WORDS) answers.push(settled(word, await ask(word), []));
        return answers;
      }),
    );
    for (const [i, word] of WORDS.entries()) expect([word, ours[i]]).toEqual([word, java[i]]);
    expect(java.filter((text) => text === NOT_SERVING).length).toBeGreaterThan(10);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}, 120_000);

/** Member 1 of three, of which the others are not there. */
async function startAlone(start: typeof startJavaServer): Promise<PeerServer> {
  const ports = await freePorts(6);
  const places = [0, 2, 4].map((i) => [`server.${i / 2 + 1}`, `127.0.0.1:${ports[i]}:${ports[i + 1]}`] as const);
  return start({ myid: 1, config: Object.fromEntries(places) });
}

/** Brings a fresh server into the state, asks every word, and gives the answers as they are compared. */
async function tell({ clientPort }: PeerServer): Promise<readonly string[]> {
  // How often each was asked until it served is forgotten.
  await fourLetter(clientPort, "srst");
  const a = await RawClient.open(clientPort);
  const b = await RawClient.open(clientPort);
  for (const path of ["/a1", "/a2"]) await create(a, path, 1);
  await create(b, "/b", 1);
  await create(a, "/p");
  for (let version = 0; version < 130; version++) await write(a, "/p", version);
  await a.call(Op.exists, ExistsRequest.encode({ path: "/missing", watch: true }));
  await a.call(Op.getData, GetDataRequest.encode({ path: "/p", watch: true }));
  await b.call(Op.getData, GetDataRequest.encode({ path: "/p", watch: true }));
  await a.call(Op.getChildren, GetChildrenRequest.encode({ path: "/", watch: true }));
  await a.call(Op.addWatch, AddWatchRequest.encode({ path: "/b", mode: 0 }));
  await b.call(Op.addWatch, AddWatchRequest.encode({ path: "/deep", mode: 1 }));
  b.send(Op.ping, new Uint8Array(0), -2);
  await b.reply();
  const answers: string[] = [];
  for (const word of WORDS) answers.push(settled(word, await fourLetter(clientPort, word), [a, b]));
  for (const { connection } of [a, b]) connection.close();
  return answers;
}

async function create(client: RawClient, path: string, flags = 0): Promise<void> {
  const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
  const { err } = await client.call(Op.create, CreateRequest.encode({ path, data: null, acl, flags }));
  expect(err).toBe(0);
}

async function write(client: RawClient, path: string, version: number): Promise<void> {
  const { err } = await client.call(Op.setData, SetDataRequest.encode({ path, data: new Uint8Array(4), version }));
  expect(err).toBe(0);
}

/** Ids become A, B; what differs from process to process, and the order of what has none, is taken out. */
function settled(word: string, answer: string, clients: readonly RawClient[]): string {
  let text = answer.replaceAll(/(127\.0\.0\.1):\d+/g, "$1:PORT").replaceAll(/\b3\.9\.5-.*, built on .*$/gm, "VERSION");
  for (const [i, { session }] of clients.entries()) {
    text = text.replaceAll(`0x${session.sessionId.toString(16)}`, String.fromCharCode(65 + i));
  }
  return (SETTLED.get(word.slice(0, 4)) ?? ((same) => same))(text);
}

const SETTLED: ReadonlyMap<string, (text: string) => string> = new Map([
  ["conf", (text) => text.replaceAll(/^(clientPort|data(Log)?(Dir|Size|DirSize))=.*$/gm, "$1=#")],
  ["dirs", (text) => text.replaceAll(/\d+$/gm, "#")],
  ["srvr", withoutTimes],
  ["stat", (text) => sortedAt(/^ .*$/gm, withoutTimes(text))],
  ["cons", (text) => sortedAt(/^ .*$/gm, text.replaceAll(/(est|lresp|llat|minlat|avglat|maxlat)=\d+/g, "$1=#"))],
  ["dump", dumped],
  ["wchp", blocksSorted],
  ["wchc", blocksSorted],
  ["hash", (text) => text.replaceAll(/: -?\d+$/gm, ": #")],
  ["envi", (text) => text.replaceAll(/^(java\..*|host\.name|os\.memory\..*)=.*$/gm, "$1")],
  ["mntr", (text) => text.split("\n").filter(isComparedMetric).sort().join("\n")],
]);

function withoutTimes(text: string): string {
  return text.replace(/^(Latency min\/avg\/max: )\d+\/\d+\.\d+\/\d+$/m, "$1#");
}

/** Java lists sets that are empty by now; which of the others a member is in depends on where the clock began. */
function dumped(text: string): string {
  const flat = text
    .replaceAll(/Sets \(\d+\)/g, "Sets (#)")
    .replaceAll(/^\d+ expire at \w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}:\n/gm, "");
  return blocksSorted(flat);
}

/** Rows below a head, and neighbouring heads with rows, come in the order of hashes. */
function blocksSorted(text: string): string {
  const blocks = text.split(/\n(?!\t)/).map((block) => {
    const [head, ...rows] = block.split("\n");
    return [head, ...rows.sort()].join("\n");
  });
  const ordered: string[] = [];
  for (let run: string[] = []; blocks.length > 0 || run.length > 0; ) {
    const block = blocks.shift();
    if (block?.includes("\n\t") && !block.includes("Sets")) run.push(block);
    else {
      ordered.push(...run.sort(), ...(block === undefined ? [] : [block]));
      run = [];
    }
  }
  return ordered.join("\n");
}

function sortedAt(lines: RegExp, text: string): string {
  const sorted = (text.match(lines) ?? []).sort();
  return text.replaceAll(lines, () => sorted.shift() ?? "");
}

function isComparedMetric(line: string): boolean {
  return COMPARED_METRICS.has(line.split("\t")[0] ?? "") || line.startsWith("This");
}

/** Those of the default ones that are no times and no facts of the process. */
const COMPARED_METRICS: ReadonlySet<string> = new Set(
  "version server_state ephemerals_count num_alive_connections outstanding_requests znode_count global_sessions watch_count packets_received packets_sent approximate_data_size local_sessions"
    .split(" ")
    .map((name) => `zk_${name}`),
);

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { GetChildrenRequest } from "../../src/wire/client/requests.ts";
import { GetChildrenResponse } from "../../src/wire/client/responses.ts";
import { multiBody, opBody } from "../ensemble/client.ts";
import { fourLetter, mntr } from "../peers/fourLetter.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { Kind } from "../peers/server.ts";
import { Household } from "./handover.ts";
import { cutAt, type LastRecord, lastRecordOf } from "./logCuts.ts";
import { readTree, type Tree } from "./tree.ts";

// What a crash leaves behind is the same to both programs: everything that was acknowledged, and of the rest a beginning.

const KINDS: readonly Kind[] = ["java", "ts"];
const FIFTY = "x".repeat(50);

test("killed in the midst of writes, again and again, the next program has all that was acknowledged", async () => {
  const house = await Household.found({ snapCount: 120 });
  try {
    let acknowledged = -1;
    let written = 0;
    for (const kind of [...KINDS, ...KINDS, ...KINDS]) {
      const server = await house.enter(kind);
      const found = await pairsOf(house.clientPort);
      expect(found).toBeGreaterThan(acknowledged);
      expect(found).toBeLessThanOrEqual(written);
      expect((await mntr(server.clientPort)).get("zk_digest_mismatches_count")).toBe("0");
      const burst = await writeUntilKilled(house, found);
      acknowledged = burst.acknowledged;
      written = burst.written;
    }
    const server = await house.enter("java");
    expect(await pairsOf(house.clientPort)).toBeGreaterThan(acknowledged);
    expect((await mntr(server.clientPort)).get("zk_digest_mismatches_count")).toBe("0");
  } finally {
    await house.dispose();
  }
}, 240_000);

test.each(KINDS)(
  "the last record of a log by %s cut short: both programs are at the one before",
  async (writer) => {
    const house = await Household.found();
    try {
      await house.enter(writer);
      const client = await RawClient.open(house.clientPort);
      for (let n = 0; n < 5; n++) await createNumbered(client, n);
      await house.leave("SIGKILL");
      const last = lastRecordOf(house.dataDir);
      const cuts = [last.start + 1, last.start + 30, last.end - 1, last.end];
      for (const cut of cuts) {
        const [java, ours] = await Promise.all(KINDS.map((kind) => startOnCut(house, kind, last, cut)));
        const complete = cut === last.end;
        expect([cut, java]).toEqual([cut, { zxid: `0x${(complete ? 6 : 5).toString(16)}`, nodes: complete ? 5 : 4 }]);
        expect([cut, ours]).toEqual([cut, java]);
      }
    } finally {
      await house.dispose();
    }
  },
  240_000,
);

type Burst = { readonly written: number; readonly acknowledged: number };

/** Writes a pair of nodes at once, pair after pair, without waiting, and kills the server when some hundred were acknowledged. */
async function writeUntilKilled(house: Household, first: number): Promise<Burst> {
  const client = await RawClient.open(house.clientPort);
  const count = 600;
  for (let n = first; n < first + count; n++) client.send(Op.multi, pair(n));
  let acknowledged = first - 1;
  for (let reply = 0; reply < KILLED_AFTER; reply++) {
    const { err } = await client.reply();
    expect(err).toBe(0);
    acknowledged++;
  }
  const killed = house.leave("SIGKILL");
  for (const frame of await client.connection.untilClosed()) if (frame.length > 16) acknowledged++;
  await killed;
  return { written: first + count, acknowledged };
}

/** Starts a program on a copy whose log ends at `cut`; gives where it stands and how many numbered nodes it has. */
async function startOnCut(
  house: Household,
  kind: Kind,
  last: LastRecord,
  cut: number,
): Promise<{ zxid: string; nodes: number }> {
  const copy = mkdtempSync(join(tmpdir(), "typekeeper-cut-"));
  cpSync(house.dataDir, copy, { recursive: true });
  cutAt(join(copy, relative(house.dataDir, last.file)), cut);
  const started = await Household.found({}, copy);
  try {
    await started.enter(kind);
    expect((await mntr(started.clientPort)).get("zk_digest_mismatches_count")).toBe("0");
    const [, zxid = "none"] = /^Zxid: (\S+)$/m.exec(await fourLetter(started.clientPort, "srvr")) ?? [];
    const tree: Tree = await readTree(started.clientPort);
    return { zxid, nodes: [...tree.keys()].filter((path) => path.startsWith("/n")).length };
  } finally {
    await started.dispose();
    rmSync(copy, { recursive: true });
  }
}

async function createNumbered(client: RawClient, n: number): Promise<void> {
  const { err } = await client.call(Op.create, opBody({ op: "create", path: `/n${n}`, data: FIFTY }));
  expect(err).toBe(0);
}

/** How many pairs there are: all from the first on, none of them half. */
async function pairsOf(port: number): Promise<number> {
  const client = await RawClient.open(port);
  const { children } = await client.ask(
    Op.getChildren,
    GetChildrenRequest,
    { path: "/", watch: false },
    GetChildrenResponse,
  );
  await client.call(Op.closeSession);
  const names = new Set(children);
  const count = (names.size - 1) / 2;
  for (let n = 0; n < count; n++) expect([n, names.has(`n${n}`), names.has(`m${n}`)]).toEqual([n, true, true]);
  return count;
}

function pair(n: number): Uint8Array {
  return multiBody([`/n${n}`, `/m${n}`].map((path) => ({ op: "create", path, data: FIFTY })));
}

const KILLED_AFTER = 200;

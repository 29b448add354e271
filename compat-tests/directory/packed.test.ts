import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest } from "../../src/wire/client/requests.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import { mntr } from "../peers/fourLetter.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { Kind } from "../peers/server.ts";
import { Household } from "./handover.ts";
import { readTree, type Tree } from "./tree.ts";

// Snapshots packed by either program are the other one's start (on-disk-formats 4.6, checklist 10).

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

test("packed by gz and snappy, snapshots go from Java to ours and back", async () => {
  const first = await Household.found();
  try {
    let before: Tree | undefined;
    let count = 0;
    const turns: readonly (readonly [Kind, string])[] = [
      ["java", "gz"],
      ["ts", "snappy"],
      ["java", "snappy"],
      ["ts", "gz"],
      ["java", "none"],
      ["ts", "none"],
    ];
    for (const [kind, method] of turns) {
      const house = await Household.found(
        { snapCount: 40, "snapshot.compression.method": method, preAllocSize: 64 },
        first.dataDir,
      );
      try {
        await house.enter(kind);
        if (before !== undefined) expect([kind, await readTree(house.clientPort)]).toEqual([kind, before]);
        count = await write(house.clientPort, count);
        before = await readTree(house.clientPort);
        expect((await mntr(house.clientPort)).get("zk_digest_mismatches_count")).toBe("0");
        await house.leave("SIGKILL");
        const suffix = method === "none" ? "" : `.${method}`;
        expect(newestSnapshot(first.dataDir)).toMatch(new RegExp(`^snapshot\\.[0-9a-f]+${suffix}$`));
      } finally {
        await house.dispose();
      }
    }
  } finally {
    await first.dispose();
  }
}, 120_000);

test.each(["gz", "snappy"])(
  "a newest %s that was cut: both go on from the one before and the logs",
  async (method) => {
    const house = await Household.found({ snapCount: 40, "snapshot.compression.method": method });
    try {
      await house.enter("java");
      await write(house.clientPort, 0);
      const before = await readTree(house.clientPort);
      await house.leave("SIGKILL");
      for (const kind of ["ts", "java"] as const) {
        truncateSync(join(house.dataDir, "version-2", newestSnapshot(house.dataDir)), 200);
        await house.enter(kind);
        expect([kind, await readTree(house.clientPort)]).toEqual([kind, before]);
        await house.leave("SIGKILL");
      }
    } finally {
      await house.dispose();
    }
  },
  60_000,
);

/** A hundred nodes; gives how many there are then. */
async function write(port: number, from: number): Promise<number> {
  const client = await RawClient.open(port);
  for (let n = from; n < from + 100; n++) {
    const request = { path: `/n${n}`, data: Buffer.from(`data ${n} `.repeat(50)), acl: OPEN, flags: 0 };
    await client.ask(Op.create, CreateRequest, request, CreateResponse);
  }
  await client.call(Op.closeSession);
  client.connection.close();
  return from + 100;
}

function newestSnapshot(dataDir: string): string {
  const zxid = (name: string): number => Number.parseInt(name.split(".")[1] ?? "", 16);
  const names = readdirSync(join(dataDir, "version-2")).filter((name) => name.startsWith("snapshot."));
  const [newest] = names.sort((a, b) => zxid(b) - zxid(a));
  if (newest === undefined) throw new Error(`no snapshot in ${dataDir}`);
  return newest;
}

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkLog } from "../../src/store/sampleFiles.ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateRequest, ExistsRequest } from "../../src/wire/client/requests.ts";
import { RawClient } from "../peers/rawClient.ts";
import { Household } from "./handover.ts";

// What servers before 3.8.5 and 3.9.3 could log and no server could read again: a check outside a multi (on-disk-formats W4).

test("Java does not start on a log with a check outside a multi, and does after one start of ours", async () => {
  const house = await Household.found();
  try {
    const zxid = await written((await house.enter("java")).clientPort);
    await house.leave();
    const folder = join(house.dataDir, "version-2");
    const name = `log.${(zxid + 1n).toString(16)}`;
    writeFileSync(join(folder, name), checkLog(zxid + 1n));
    await expect(house.enter("java")).rejects.toThrow(/Unsupported Txn with type=13/);
    await house.enter("ts");
    await house.leave();
    expect(readdirSync(folder)).not.toContain(name);
    expect(readdirSync(folder)).toContain(`retired-${name}`);
    const looker = await RawClient.open((await house.enter("java")).clientPort);
    const { err, zxid: last } = await looker.call(Op.exists, ExistsRequest.encode({ path: "/a", watch: false }));
    looker.connection.close();
    // The new session's own zxid follows the check's.
    expect([err, last]).toEqual([0, zxid + 2n]);
  } finally {
    await house.dispose();
  }
}, 120_000);

/** A node; gives its zxid, the last one. */
async function written(port: number): Promise<bigint> {
  const client = await RawClient.open(port);
  const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
  const { zxid } = await client.call(Op.create, CreateRequest.encode({ path: "/a", data: null, acl, flags: 0 }));
  client.connection.close();
  return zxid;
}

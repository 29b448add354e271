import { Op } from "../../src/wire/client/numbers.ts";
import * as requests from "../../src/wire/client/requests.ts";
import { GetACLResponse, GetChildrenResponse, GetDataResponse } from "../../src/wire/client/responses.ts";
import { RawClient } from "../peers/rawClient.ts";

/** The super user of `superUserFlag`. */
export const SUPER_LOGIN = "super:pw";
export const SUPER_FLAG = "-Dzookeeper.DigestAuthenticationProvider.superDigest=super:0bX78nEegDzJM3ju0iLBEJdWzjg=";

/** Everything a server tells of each znode: its path to data, Stat and ACL as one text. Needs SUPER_FLAG where ACLs are closed. */
export type Tree = ReadonlyMap<string, string>;

/**
 * The whole tree as a client reads it, times and all, with data in hex. `/zookeeper/config` is left out: its times are its server's
 * own. Costs the server two transactions, the session's opening and its end.
 */
export async function readTree(port: number): Promise<Tree> {
  const client = await RawClient.open(port);
  await client.call(Op.auth, requests.AuthPacket.encode({ type: 0, scheme: "digest", auth: Buffer.from(SUPER_LOGIN) }));
  const tree = new Map<string, string>();
  const waiting = ["/"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const read = { path, watch: false };
    const { data, stat } = await client.ask(Op.getData, requests.GetDataRequest, read, GetDataResponse);
    const { acl } = await client.ask(Op.getACL, requests.GetACLRequest, { path }, GetACLResponse);
    const { children } = await client.ask(Op.getChildren, requests.GetChildrenRequest, read, GetChildrenResponse);
    if (path !== "/zookeeper/config") tree.set(path, spell({ data, stat, acl }));
    for (const name of children ?? []) waiting.push(path === "/" ? `/${name}` : `${path}/${name}`);
  }
  await client.call(Op.closeSession);
  client.connection.close();
  return tree;
}

function spell(value: object): string {
  return JSON.stringify(value, (_key, field: unknown) => {
    if (typeof field === "bigint") return `0x${BigInt.asUintN(64, field).toString(16)}`;
    return field instanceof Uint8Array ? Buffer.from(field).toString("hex") : field;
  });
}

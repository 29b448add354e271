import { Op } from "../../src/wire/client/numbers.ts";
import { GetChildrenRequest, GetDataRequest } from "../../src/wire/client/requests.ts";
import { GetChildrenResponse, GetDataResponse } from "../../src/wire/client/responses.ts";
import type { Tree } from "../ensemble/dump.ts";
import { RawClient } from "../peers/rawClient.ts";

/** The whole tree but /zookeeper, level by level with all of a level's requests in flight: it is read 200 times. */
export async function readAll(port: number): Promise<Tree> {
  const client = await RawClient.open(port);
  const tree = new Map<string, string>();
  let level: readonly string[] = ["/"];
  while (level.length > 0) {
    for (const path of level) {
      client.send(Op.getData, GetDataRequest.encode({ path, watch: false }));
      client.send(Op.getChildren, GetChildrenRequest.encode({ path, watch: false }));
    }
    const below: string[] = [];
    for (const path of level) {
      const { data } = GetDataResponse.decode((await client.reply()).body);
      const { children } = GetChildrenResponse.decode((await client.reply()).body);
      tree.set(path, Buffer.from(data ?? []).toString("latin1"));
      below.push(...(children ?? []).map((name) => (path === "/" ? `/${name}` : `${path}/${name}`)));
    }
    level = below.filter((path) => path !== "/zookeeper");
  }
  await client.call(Op.closeSession);
  client.connection.close();
  return tree;
}

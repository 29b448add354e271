import type { Ensemble } from "../peers/ensemble.ts";
import { Client } from "./client.ts";
import { expectNoMismatch, untilEqualZxid } from "./members.ts";

/** Data of each znode by its path, text of one byte a character. */
export type Tree = ReadonlyMap<string, string>;

/** One line a znode: path, stat and ACL; in the order of paths. */
type Dump = { readonly lines: readonly string[]; readonly data: Tree };

/**
 * Waits until all running members stand at one zxid, then reads the whole tree through each and expects no difference, and that no
 * member has ever found a digest that differs from its leader's. Gives the tree.
 */
export async function expectEqualTrees(ensemble: Ensemble): Promise<Tree> {
  const running = ensemble.members.filter((member) => member.running());
  const clients = await Promise.all(running.map(({ clientPort }) => Client.open(clientPort)));
  try {
    await untilEqualZxid(ensemble);
    const dumps = await Promise.all(clients.map(dumpThrough));
    const [first = NOTHING, ...others] = dumps;
    for (const dump of others) {
      expect(dump.lines).toEqual(first.lines);
      expect(dump.data).toEqual(first.data);
    }
    await expectNoMismatch(ensemble);
    return first.data;
  } finally {
    for (const client of clients) await client.close().catch(() => client.drop());
  }
}

async function dumpThrough(client: Client): Promise<Dump> {
  const lines: string[] = [];
  const tree = new Map<string, string>();
  const visit = async (path: string): Promise<void> => {
    const { data, stat } = await client.get(path);
    // Its times and versions are those of each server's own start (peer-protocol 10.8).
    const shown = path === "/zookeeper/config" ? "" : text(stat);
    lines.push([path, shown, text(await client.acl(path))].join(" "));
    tree.set(path, data);
    for (const name of await client.children(path)) await visit(path === "/" ? `/${name}` : `${path}/${name}`);
  };
  await visit("/");
  return { lines, data: tree };
}

function text(value: object): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === "bigint" ? `0x${field.toString(16)}` : field,
  );
}

const NOTHING: Dump = { lines: [], data: new Map() };

import {
  CREATOR_ALL_ACL,
  connect,
  OPEN_ACL,
  READ_ACL,
  type WatchStream,
  type ZooKeeper,
} from "../../src/client/index.ts";

/**
 * Every operation of the library, below a chroot that is made for it. Gives what came of each, a line each, without what differs
 * from run to run: times, zxids and session ids.
 */
export async function tour(servers: string): Promise<readonly string[]> {
  const root = await connect(servers);
  await root.create("/tour");
  await root.close();
  const zk = await connect(`${servers}/tour`, { auth: [{ scheme: "digest", auth: "ann:pw" }] });
  const lines: string[] = [];
  try {
    for (const [name, stop] of Object.entries(STOPS)) {
      const told = await stop(zk);
      lines.push(...told.map((line) => `${name}: ${text(line)}`));
    }
  } finally {
    await zk.close();
  }
  return lines;
}

type Stop = (zk: ZooKeeper) => Promise<readonly unknown[]>;

const STOPS: Readonly<Record<string, Stop>> = {
  nodes: async (zk) => [
    await zk.create("/n", "one"),
    await zk.create("/n", "one").catch(String),
    await zk.create("/n/none/x").catch(String),
    await zk.getData("/n"),
    await zk.setData("/n", "zwei", { version: 0 }),
    await zk.setData("/n", "", { version: 0 }).catch(String),
    await zk.exists("/n"),
    await zk.exists("/none"),
    await zk.create("/n/null", null),
    (await zk.getData("/n/null")).data,
    await zk.create("/n/empty", ""),
    (await zk.getData("/n/empty")).data,
    await zk.delete("/n").catch(String),
    await zk.delete("/n/null", { version: 3 }).catch(String),
    await zk.delete("/n/null", { version: 0 }),
    await zk.getAllChildrenNumber("/"),
    await zk.sync("/n"),
  ],
  modes: async (zk) => [
    await zk.create("/m"),
    await zk.create("/m/p-", null, { mode: "persistentSequential" }),
    await zk.create("/m/e", null, { mode: "ephemeral" }),
    await zk.create("/m/e/x").catch(String),
    await zk.create("/m/es-", null, { mode: "ephemeralSequential" }),
    await zk.create("/m/c", null, { mode: "container" }),
    await zk.create("/m/", null, { mode: "persistentSequential" }),
    (await zk.getChildren("/m")).children.sort(),
    (await zk.getChildren("/m")).stat,
    (await zk.getEphemerals()).sort(),
    await zk.getEphemerals("/m/es"),
    (await zk.exists("/m/e"))?.ephemeralOwner === zk.sessionId,
  ],
  acls: async (zk) => [
    (await zk.whoAmI()).map(({ authScheme, user }) => `${authScheme}:${user}`).sort(),
    await zk.create("/a", "x", { acl: CREATOR_ALL_ACL }),
    await zk.getAcl("/a"),
    await zk.addAuth("digest", "bob:pw"),
    (await zk.whoAmI()).map(({ authScheme, user }) => `${authScheme}:${user}`).sort(),
    await zk.setAcl("/a", READ_ACL, { version: 0 }),
    await zk.setAcl("/a", OPEN_ACL).catch(String),
    await zk.setData("/a", "y").catch(String),
    await zk.create("/b", "", { acl: [{ perms: 31, id: { scheme: "digest", id: "nocolon" } }] }).catch(String),
  ],
  lists: async (zk) => [
    await zk
      .multi()
      .create("/l", "0")
      .setData("/l", "1", { version: 0 })
      .check("/l", { version: 1 })
      .create("/l/s-", null, { mode: "persistentSequential" })
      .create("/l/c", "c", { mode: "container" })
      .create("/l/e", "e", { mode: "ephemeral" })
      .delete("/l/e")
      .commit(),
    await zk.multi().create("/l/x").check("/l", { version: 9 }).delete("/l/c").commit().catch(String),
    await zk.exists("/l/x"),
    await zk.multiRead().getData("/l").getData("/none").getChildren("/l/c").getChildren("/none").read(),
  ],
  oneShots: async (zk) => {
    await zk.create("/w", "");
    const data = await zk.getData("/w", { watch: true });
    const there = await zk.exists("/w", { watch: true });
    const absent = await zk.exists("/w/x", { watch: true });
    const list = await zk.getChildren("/w", { watch: true });
    await zk.setData("/w", "1");
    await zk.create("/w/x");
    const removed = await zk.getChildren("/w", { watch: true });
    const has = [await zk.checkWatches("/w", "children"), await zk.checkWatches("/w", "data")];
    const took = [await zk.removeWatches("/w", "children"), await zk.removeWatches("/w", "children")];
    const changes = [data, there, absent, list, removed].map(({ changed }) => changed);
    return [has, took, ...(await Promise.all(changes)), await zk.getData("/none", { watch: true }).catch(String)];
  },
  streams: async (zk) => {
    const deep = zk.watch("/s", { recursive: true });
    const flat = zk.watch("/s");
    await Promise.all([deep.ready, flat.ready]);
    await zk.create("/s");
    await zk.create("/s/x");
    await zk.setData("/s/x", "1");
    await zk.multi().delete("/s/x").delete("/s").commit();
    const has = [await zk.checkWatches("/s", "persistent"), await zk.checkWatches("/s", "persistentRecursive")];
    const told = [...(await until("/s", deep)), ...(await until("/s", flat))];
    const after = [await zk.checkWatches("/s", "any"), await zk.removeWatches("/s", "any")];
    return [has, ...told, after];
  },
  config: async (zk) => [(await zk.getConfig()).data, await zk.reconfig({ leaving: [9] }).catch(String)],
};

/** Until the node is deleted; then the watch is given back. */
async function until(path: string, stream: WatchStream): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  for await (const event of stream) {
    told.push(event);
    if (event.type === "nodeDeleted" && event.path === path) break;
  }
  return told;
}

/** A Stat's numbers but for those that differ from run to run; data as text. */
function text(value: unknown): string {
  return JSON.stringify(value, (key, part) => {
    if (DIFFERS.has(key)) return undefined;
    if (typeof part === "bigint") return `${part}`;
    if (part instanceof Error) return part.message;
    return part?.type === "Buffer" ? Buffer.from(part.data).toString() : part;
  });
}

const DIFFERS = new Set(["czxid", "mzxid", "pzxid", "zxid", "ctime", "mtime", "ephemeralOwner"]);

import type { Ensemble } from "../peers/ensemble.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { Client, type MultiOp, NO_NODE, RequestRefused, withClient } from "./client.ts";
import type { Tree } from "./dump.ts";

/** Clients that write without pause through all members, and know afterwards what the tree may and must hold. */
export type Load = {
  /** Until every writer has had another write acknowledged. */
  progress(timeoutMs?: number): Promise<void>;
  /** Ends the writers, as soon as each has its answer or has lost its connection. */
  stop(): Promise<void>;
  /** What was promised and is not so, in the tree given and before; nothing when all is well. */
  violations(tree: Tree): readonly string[];
  /** Writes that were acknowledged. */
  acknowledged(): number;
};

export async function startLoad(ensemble: Ensemble): Promise<Load> {
  const { clientPort } = await ensemble.waitServing();
  const writers = ensemble.members.map((_member, i) => new LoadWriter(ensemble, i));
  await withClient(clientPort, async (client) => {
    await client.create(LOAD);
    for (const { root } of writers) {
      await client.create(root);
      await client.create(`${root}/register`, "0");
    }
  });
  const ended = Promise.all(writers.map((writer) => writer.run()));
  return {
    async progress(timeoutMs = 60_000) {
      const before = writers.map((writer) => writer.acknowledged);
      await waitFor(
        "another write of every client to be acknowledged",
        timeoutMs,
        () => (writers.every((writer, i) => writer.acknowledged > (before[i] ?? 0)) ? true : undefined),
        () => ensemble.members.map((member) => `${member.id}: ${member.tail(15)}`).join("\n"),
      );
    },
    async stop() {
      for (const writer of writers) writer.stop();
      await ended;
    },
    violations: (tree) => writers.flatMap((writer) => writer.violations(tree)),
    acknowledged: () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0),
  };
}

/** What became of the nodes of one write. */
type Fate = "acknowledged" | "unknown" | "deleted" | "deletedPerhaps";

/** A write and the nodes it makes or made: one, or two in a multi. */
type Made = { readonly n: number; readonly paths: readonly string[] };

/**
 * One session with one request at a time. In turn: a node, a new value of the register, and a multi that makes two nodes and sets the
 * register; once there are many nodes each turn deletes its oldest. A write whose connection was lost may have happened or not, and
 * is never tried again.
 */
class LoadWriter {
  readonly root: string;
  acknowledged = 0;
  private readonly ensemble: Ensemble;
  private readonly index: number;
  private readonly fates = new Map<string, Fate>();
  private readonly pairs: Made[] = [];
  private readonly alive: Made[] = [];
  private readonly wrong: string[] = [];
  /** The newest value of the register that was acknowledged, and the newest that was sent. */
  private registerAtLeast = 0;
  private registerAtMost = 0;
  private stopped = false;

  constructor(ensemble: Ensemble, index: number) {
    this.ensemble = ensemble;
    this.index = index;
    this.root = `${LOAD}/${index}`;
  }

  async run(): Promise<void> {
    let client = await this.connect(undefined);
    for (let n = 1; client !== undefined && !this.stopped; n++) {
      try {
        await this.write(client, n);
      } catch (error) {
        if (error instanceof RequestRefused) this.wrong.push(`${this.root}: write ${n} was refused: ${error.message}`);
        client.drop();
        client = await this.connect(client);
      }
    }
    await client?.close().catch(() => client?.drop());
  }

  stop(): void {
    this.stopped = true;
  }

  violations(tree: Tree): readonly string[] {
    const lost = [...this.fates].flatMap(([path, fate]) => {
      if (fate === "acknowledged" && !tree.has(path)) return [`${path} was acknowledged and is not there`];
      if (fate === "deleted" && tree.has(path)) return [`${path} was deleted and is there`];
      return [];
    });
    const halves = this.pairs.flatMap(({ paths }) => {
      const count = paths.filter((path) => tree.has(path)).length;
      return count === 0 || count === paths.length ? [] : [`of ${paths.join(" and ")} only one is there`];
    });
    const register = Number(tree.get(`${this.root}/register`));
    const strange = [...tree.keys()].filter((path) => path.startsWith(`${this.root}/n`) && !this.fates.has(path));
    return [
      ...this.wrong,
      ...lost,
      ...halves,
      ...(this.allows(register) ? [] : [`${this.root}/register is ${register}, ${this.allowed}`]),
      ...strange.map((path) => `${path} was never asked for`),
    ];
  }

  private async write(client: Client, n: number): Promise<void> {
    if (n % 3 === 0) await this.make(client, { n, paths: [`${this.root}/n${n}`] });
    else if (n % 3 === 1) await this.setRegister(n, () => client.set(`${this.root}/register`, `${n}`));
    else await this.make(client, { n, paths: [`${this.root}/n${n}a`, `${this.root}/n${n}b`] });
    this.acknowledged++;
    const oldest = this.alive.length > MOST_ALIVE ? this.alive.shift() : undefined;
    if (oldest !== undefined) await this.remove(client, oldest);
  }

  private async make(client: Client, made: Made): Promise<void> {
    const { n, paths } = made;
    for (const path of paths) this.fates.set(path, "unknown");
    const [path = "", second] = paths;
    if (second === undefined) await client.create(path, `${n}`);
    else {
      this.pairs.push(made);
      const creates = paths.map((each): MultiOp => ({ op: "create", path: each, data: `${n}` }));
      const set: MultiOp = { op: "setData", path: `${this.root}/register`, data: `${n}` };
      await this.setRegister(n, () => client.multi([...creates, set]));
    }
    for (const each of paths) this.fates.set(each, "acknowledged");
    this.alive.push(made);
  }

  private async setRegister(n: number, send: () => Promise<unknown>): Promise<void> {
    this.registerAtMost = n;
    await send();
    this.registerAtLeast = n;
  }

  /** A refusal is a lost write: what is deleted here was acknowledged. */
  private async remove(client: Client, { paths }: Made): Promise<void> {
    for (const path of paths) this.fates.set(path, "deletedPerhaps");
    const [path = "", second] = paths;
    if (second === undefined) await client.delete(path);
    else await client.multi(paths.map((each): MultiOp => ({ op: "delete", path: each })));
    for (const each of paths) this.fates.set(each, "deleted");
  }

  /** The same session through the first member that takes it, its own first; what it reads then is not older than what it wrote. */
  private async connect(before: Client | undefined): Promise<Client | undefined> {
    while (!this.stopped) {
      for (const { clientPort } of this.inOrder()) {
        const client = await this.tryConnect(clientPort, before);
        if (client !== undefined) return client;
      }
      await pause(20);
    }
    return undefined;
  }

  private async tryConnect(port: number, before: Client | undefined): Promise<Client | undefined> {
    try {
      const client = before === undefined ? await Client.open(port) : await Client.resume(port, before.ticket);
      if (client === undefined) {
        this.wrong.push(`${this.root}: a session of ${before?.session.timeOut} ms has expired`);
        return await Client.open(port);
      }
      const register = Number((await client.get(`${this.root}/register`)).data);
      if (!this.allows(register))
        this.wrong.push(`${this.root}: after a move the register was ${register}, ${this.allowed}`);
      return client;
    } catch (error) {
      if (error instanceof RequestRefused && error.code === NO_NODE) this.wrong.push(`${this.root}/register is gone`);
      return undefined;
    }
  }

  private inOrder(): Ensemble["members"] {
    const { members } = this.ensemble;
    return [...members.slice(this.index), ...members.slice(0, this.index)].filter((member) => member.running());
  }

  private allows(register: number): boolean {
    return register >= this.registerAtLeast && register <= this.registerAtMost;
  }

  private get allowed(): string {
    return `not ${this.registerAtLeast} .. ${this.registerAtMost}`;
  }
}

const LOAD = "/load";
const MOST_ALIVE = 60;

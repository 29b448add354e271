import type { Random } from "../random.ts";
import type { SimClient } from "../world/client.ts";
import type { ClientOp, CreateMode, SubOp } from "../world/clientOps.ts";
import type { Cluster } from "../world/cluster.ts";

/** Clients that ask for everything there is, on few nodes, so that they get in one another's way. */
export class Workload {
  private readonly cluster: Cluster;
  private readonly random: Random;
  private readonly clients: SimClient[] = [];
  private readonly mostOutstanding: number;
  private readonly pauseMs: number;
  /** Of a text so long that a snapshot takes many slices. */
  private readonly bigChance: number;
  private names = 0;
  private writes = 0;
  private running = true;
  private isSilent = false;

  constructor(cluster: Cluster, random: Random, count: number) {
    this.cluster = cluster;
    this.random = random;
    this.mostOutstanding = 1 + random.below(8);
    this.pauseMs = random.pick([20, 80, 300, 1000]);
    this.bigChance = random.pick([0.01, 0.01, 0.01, 0.01, 0.3]);
    for (let i = 0; i < count; i++) this.begin(i);
    this.breathe();
  }

  /** No new requests; sessions go on. */
  stop(): void {
    this.running = false;
  }

  get current(): readonly SimClient[] {
    return this.clients;
  }

  private begin(slot: number): void {
    const { random, cluster } = this;
    const servers = cluster.nodes.map(({ id }) => cluster.clientAddress(id));
    const first = random.below(servers.length);
    const rotated = [...servers.slice(first), ...servers.slice(0, first)];
    const timeoutMs = random.pick([3000, 6000, 12_000]);
    const client = cluster.client(`c${++this.names}`, { servers: rotated, timeoutMs, reconnects: true, pings: true });
    this.clients[slot] = client;
    client.connect();
    this.soon(() => this.turn(slot, client));
  }

  /** Silent moments, in which a server can come back before anything new is written. */
  private breathe(): void {
    this.isSilent = this.random.chance(0.4);
    this.cluster.clock.after(this.random.between(300, 4000), "timer", () => {
      if (this.running) this.breathe();
    });
  }

  private turn(slot: number, client: SimClient): void {
    if (!this.running) return;
    if (client.isClosed) return this.begin(slot);
    if (!this.isSilent && client.isOpen && client.outstanding < this.mostOutstanding) this.act(client);
    this.soon(() => this.turn(slot, client));
  }

  private act(client: SimClient): void {
    const { random } = this;
    switch (random.weighted({ call: 400, drop: 4, move: 2, close: 2, die: 1 })) {
      case "call":
        client.call(this.op());
        return;
      case "drop":
        return client.drop();
      case "move":
        client.drop();
        return client.connect(random.pick(this.cluster.nodes.map(({ id }) => this.cluster.clientAddress(id))));
      case "close":
        client.call({ kind: "close" });
        return;
      case "die":
        return client.die();
    }
  }

  private op(): ClientOp {
    const kind = this.random.weighted({ write: 50, get: 15, exists: 8, children: 8, sync: 2, multi: 8 });
    switch (kind) {
      case "get":
      case "exists":
      case "children":
        return { kind, path: this.path(), watch: this.random.chance(0.4) };
      case "sync":
        return { kind, path: "/" };
      case "multi":
        return { kind, ops: Array.from({ length: 1 + this.random.below(4) }, () => this.subOp()) };
      case "write":
        return this.write();
    }
  }

  /** A check stands in multis only. */
  private write(): SubOp {
    const op = this.subOp();
    return op.kind === "check" ? this.write() : op;
  }

  private subOp(): SubOp {
    const { random } = this;
    const version = random.chance(0.7) ? -1 : random.below(4);
    const path = this.path();
    switch (random.weighted({ create: 6, delete: 3, set: 5, check: 1 })) {
      case "create":
        return { kind: "create", path, text: this.text(), mode: random.pick(MODES), stat: random.chance(0.5) };
      case "delete":
        return { kind: "delete", path, version };
      case "set":
        return { kind: "set", path, text: this.text(), version };
      case "check":
        return { kind: "check", path, version: 0 };
    }
  }

  private path(): string {
    const top = `/${this.random.pick(["a", "b", "c", "d"])}`;
    return this.random.chance(0.5) ? top : `${top}/${this.random.pick(["x", "y", "z"])}`;
  }

  private text(): string {
    const text = `w${++this.writes}`;
    return this.random.chance(this.bigChance) ? text.padEnd(20_000, "-") : text;
  }

  private soon(run: () => void): void {
    this.cluster.clock.after(this.random.between(1, this.pauseMs), "timer", run);
  }
}

const MODES: readonly CreateMode[] = [
  "persistent",
  "persistent",
  "ephemeral",
  "ephemeral",
  "sequential",
  "ephemeralSequential",
  "container",
  "ttl",
];

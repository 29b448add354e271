import { Histories } from "../checks/histories.ts";
import { Replication } from "../checks/replication.ts";
import { Trace } from "../trace.ts";
import type { ClientSettings, SimClient } from "../world/client.ts";
import { Cluster } from "../world/cluster.ts";
import type { Node } from "../world/node.ts";
import { Transcript } from "./transcript.ts";

/** Where a scenario plays: a cluster without chance, the checkers, and the transcript of what happens. */
export class Stage {
  readonly cluster: Cluster;
  readonly replication: Replication;
  readonly transcript = new Transcript();
  private readonly clients = new Map<string, SimClient>();

  /** `options`: `key=value` of zoo.cfg, or `observers`, `committedLog`. */
  constructor(voters: number, options: ReadonlyMap<string, string>) {
    const { observers = "0", committedLog = "500", ...config } = { ...DEFAULTS, ...Object.fromEntries(options) };
    this.cluster = new Cluster({
      seed: 1,
      voters,
      observers: Number(observers),
      path: { minDelayMs: 1, maxDelayMs: 1, blocked: false, pieces: 0 },
      disk: { minDelayMs: 1, maxDelayMs: 1, held: false, groups: true },
      config: Object.entries(config).map(([key, value]) => `${key}=${value}`),
      committedLogLimit: Number(committedLog),
      trace: new Trace(100),
    });
    this.replication = new Replication(this.cluster);
    this.cluster.watch(this.replication);
    this.cluster.watch(new Histories(this.cluster, this.replication.model));
    this.cluster.watch(this.transcript);
  }

  get up(): readonly Node[] {
    return this.cluster.nodes.filter((node) => node.isUp);
  }

  /** Until nothing is under way any more; time passes only as far as that takes. */
  step(): void {
    while (this.cluster.clock.pendingWork > 0) this.cluster.step();
  }

  /** Until every server that runs serves clients, at most 60 s; what is under way then is finished. */
  settle(): boolean {
    this.step();
    const isOver = (): boolean => this.up.every((node) => node.server?.home.clients.serving !== undefined);
    const came = this.cluster.runUntil(isOver, 60_000);
    this.step();
    return came;
  }

  quietly<T>(run: () => T): T {
    const before = this.transcript.isQuiet;
    this.transcript.isQuiet = true;
    const result = run();
    this.transcript.isQuiet = before;
    return result;
  }

  client(id: string): SimClient {
    const known = this.clients.get(id);
    if (known !== undefined) return known;
    const client = this.newClient(id, { timeoutMs: 10_000, reconnects: false, pings: true });
    this.quietly(() => {
      client.connect(this.cluster.clientAddress(Number(id)));
      this.cluster.runUntil(() => client.isOpen, 5000);
      this.step();
    });
    return client;
  }

  newClient(id: string, settings: Omit<ClientSettings, "servers">): SimClient {
    const servers = this.cluster.nodes.map((node) => this.cluster.clientAddress(node.id));
    const client = this.cluster.client(`c${id}`, { ...settings, servers });
    this.clients.set(id, client);
    return client;
  }

  existing(id: string): SimClient | undefined {
    return this.clients.get(id);
  }

  /** `3 leading epoch 1; 1, 2 following`. */
  summary(): string {
    const { nodes } = this.cluster;
    const leader = nodes.find((node) => node.server?.peer.role.kind === "leading");
    const epoch = leader?.server?.home.currentEpoch;
    const groups = [...new Set(nodes.map(roleOf))].flatMap((role) => {
      const ids = nodes.flatMap((node) => (roleOf(node) === role ? [node.id] : []));
      return role === "leading" ? [] : [`${ids.join(", ")} ${role}`];
    });
    return [leader === undefined ? "nobody leads" : `${leader.id} leading epoch ${epoch}`, ...groups].join("; ");
  }
}

function roleOf(node: Node): string {
  const kind = node.server?.peer.role.kind ?? "down";
  return kind === "following" && node.isObserver ? "observing" : kind;
}

const DEFAULTS: Readonly<Record<string, string>> = {
  tickTime: "1000",
  initLimit: "5",
  syncLimit: "3",
  preAllocSize: "8",
  snapCount: "1000",
};

import { Histories } from "../checks/histories.ts";
import { Replication } from "../checks/replication.ts";
import { Random } from "../random.ts";
import { Trace } from "../trace.ts";
import type { Call, SimClient } from "../world/client.ts";
import { Cluster } from "../world/cluster.ts";
import { Faults } from "./faults.ts";
import type { Spoil } from "./spoils.ts";
import { Workload } from "./workload.ts";

/** What one seed came to. */
export interface SeedResult {
  readonly seed: number;
  /** `3 servers, 1 observer, 4 clients`. */
  readonly world: string;
  /** Of every line of the trace: equal for equal seeds. */
  readonly hash: string;
  readonly lines: number;
  readonly writes: number;
  readonly reads: number;
  /** What happened how often: names of server events, ways of syncing, faults. */
  readonly seen: ReadonlyMap<string, number>;
  readonly failure: string | undefined;
  /** The last lines before a failure. */
  readonly newest: readonly string[];
}

export interface SeedOptions {
  readonly keepLines?: number;
  readonly echo?: (line: string) => void;
  /** Spoils the world on purpose, to see whether the checkers notice. */
  readonly spoil?: Spoil;
}

/** Runs the world of one seed: a while of faults under load, then peace, in which everything must come right again. */
export function runSeed(seed: number, options: SeedOptions = {}): SeedResult {
  const random = new Random(seed, "plan");
  const trace = new Trace(options.keepLines ?? 200, options.echo);
  const cluster = makeCluster(seed, random, trace);
  const replication = new Replication(cluster);
  const histories = new Histories(cluster, replication.model);
  cluster.watch(replication);
  cluster.watch(histories);
  const clients = 1 + random.below(5);
  let failure: string | undefined;
  try {
    options.spoil?.(cluster, random.fork("spoil"));
    for (const node of cluster.nodes) node.start();
    const workload = new Workload(cluster, random.fork("workload"), clients);
    cluster.run(random.between(0, 3000));
    const faults = new Faults(cluster, random.fork("faults"));
    cluster.run(random.between(5000, 18_000));
    faults.stop();
    cluster.line("peace");
    recover(cluster, replication, workload);
    cluster.run(500);
    const [difference] = histories.watchDifferences();
    if (difference !== undefined) throw new Error(difference);
    if (random.chance(0.4)) restartAll(cluster, replication);
  } catch (error) {
    failure = cluster.failure ?? (error instanceof Error ? `${error.stack}` : String(error));
  }
  const observers = cluster.nodes.filter(({ isObserver }) => isObserver).length;
  return {
    seed,
    world: `${cluster.nodes.length - observers} servers, ${observers} observers, ${clients} clients`,
    hash: trace.digest,
    lines: trace.lines,
    writes: histories.writes,
    reads: histories.reads,
    seen: cluster.seen,
    failure,
    newest: failure === undefined ? [] : trace.newest,
  };
}

const LOCAL_SESSIONS = ["localSessionsEnabled=true", "localSessionsUpgradingEnabled=true"];

function makeCluster(seed: number, random: Random, trace: Trace): Cluster {
  const voters = random.pick([1, 3, 3, 3, 5]);
  return new Cluster({
    seed,
    voters,
    observers: voters > 1 && random.chance(0.3) ? 1 : 0,
    path: { minDelayMs: 0.1, maxDelayMs: 2, blocked: false, pieces: random.pick([0, 0.1]) },
    disk: { minDelayMs: 0.1, maxDelayMs: 3, held: false, groups: random.chance(0.8) },
    config: [
      "tickTime=1000",
      "initLimit=5",
      "syncLimit=3",
      "preAllocSize=8",
      `snapCount=${random.pick([6, 20, 100])}`,
      `snapshotSizeFactor=${random.pick(["0.33", "0.33", "-1"])}`,
      "minSessionTimeout=2000",
      "extendedTypesEnabled=true",
      ...(voters > 1 && random.chance(0.2) ? LOCAL_SESSIONS : []),
    ],
    committedLogLimit: random.pick([60, 200, 500]),
    trace,
  });
}

/** Liveness: within bounded time everybody serves, every client is heard, and all servers are one. */
function recover(cluster: Cluster, replication: Replication, workload: Workload): void {
  const allServe = (): boolean => cluster.nodes.every((node) => node.server?.home.clients.serving !== undefined);
  if (!cluster.runUntil(allServe, LIVENESS_MS)) throw new Error(`no service after peace: ${roles(cluster)}`);
  workload.stop();
  const heard = workload.current.filter((client) => !client.isClosed).map((client) => new Heard(client));
  const all = (): boolean => heard.every((client) => client.isHeard());
  if (!cluster.runUntil(all, LIVENESS_MS)) {
    const deaf = heard.filter((client) => !client.isHeard()).map(({ client }) => `${client.name} (${client.state})`);
    throw new Error(`no server answers ${deaf.join(", ")}`);
  }
  converge(cluster, replication);
}

/** A client that writes until one write is answered: earlier ones may be lost with a connection that was dead already. */
class Heard {
  readonly client: SimClient;
  private call: Call | undefined;

  constructor(client: SimClient) {
    this.client = client;
  }

  isHeard(): boolean {
    if (this.client.isClosed || this.call?.answer?.err === 0) return true;
    if (this.client.outstanding === 0) this.call = this.client.call({ kind: "set", path: "/", text: "", version: -1 });
    return false;
  }
}

function converge(cluster: Cluster, replication: Replication): void {
  for (let waitedMs = 0; replication.differences().length > 0; waitedMs += 100) {
    if (waitedMs > LIVENESS_MS) throw new Error(`servers stay apart: ${replication.differences().join("; ")}`);
    cluster.run(100);
  }
}

/** What they agree on is on their disks. */
function restartAll(cluster: Cluster, replication: Replication): void {
  cluster.line("all restart");
  for (const node of cluster.nodes) node.powerOff(0, () => "lost");
  for (const node of cluster.nodes) node.start();
  cluster.run(2000);
  converge(cluster, replication);
}

function roles(cluster: Cluster): string {
  return cluster.nodes.map((node) => `${node.host} ${node.server?.peer.role.kind ?? "down"}`).join(", ");
}

/** A whole election and sync with time-outs of five ticks, several times over. */
const LIVENESS_MS = 60_000;

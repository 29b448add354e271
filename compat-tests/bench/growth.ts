import type { Kind, PeerServer } from "../peers/server.ts";
import { withBoth, withServer } from "./programs.ts";
import { type Both, type Effort, inTurn, type Line, median, type Row, times } from "./row.ts";
import { zkload } from "./zkload.ts";

/** The slowest size must reach this share of the fastest. */
const SHARE = 0.8;
const ZNODES: readonly number[] = [1_000, 100_000, 1_000_000];
const CONNECTIONS: readonly number[] = [10, 1_000, 10_000];
const PIPELINED = ["-c", "20", "-p", "16", "-z", "100"];
const WARM_UP = ["-w", "mixed", ...PIPELINED, "-d", "3"];

/** Creates and deletes instead of setData: the load generator needs no keys for them, so the tree is not filled for each run. */
const READ_ZNODES = "growth: reads at 10^3, 10^5, 10^6 znodes";
const WRITE_ZNODES = "growth: create and delete at 10^3, 10^5, 10^6 znodes";
const READ_CONNECTIONS = "growth: reads at 10, 1,000, 10,000 connections (16 deep)";
const WRITE_CONNECTIONS = "growth: setData at 10, 1,000, 10,000 connections (16 deep)";

export const GROWTH: readonly Row[] = [
  { works: [READ_ZNODES, WRITE_ZNODES], measure: byZnodes },
  { works: [READ_CONNECTIONS], measure: (effort) => byConnections(READ_CONNECTIONS, "read", effort) },
  { works: [WRITE_CONNECTIONS], measure: (effort) => byConnections(WRITE_CONNECTIONS, "write", effort) },
];

/** Operations a second at each size, in the order of the sizes. */
type Speeds = readonly number[];

/** One server of each grows from size to size; the reads touch all of its znodes. */
function byZnodes({ rounds, seconds }: Effort): Promise<readonly Line[]> {
  return withBoth(async (servers) => {
    const speed = async (kind: Kind, ...args: readonly string[]): Promise<number> =>
      speedOf(servers[kind], "-R", "/growth", "-f", ...PIPELINED, "-d", `${seconds}`, ...args);
    await inTurn(1, (kind) => speedOf(servers[kind], ...WARM_UP));
    const [reads, writes]: [Both<readonly number[]>[], Both<readonly number[]>[]] = [[], []];
    for (const size of ZNODES) {
      reads.push(await inTurn(rounds, (kind) => speed(kind, "-w", "read", "-n", `${size}`)));
      writes.push(await inTurn(rounds, (kind) => speed(kind, "-w", "credel")));
    }
    return [line(READ_ZNODES, bySize(reads)), line(WRITE_ZNODES, bySize(writes))];
  });
}

function bySize(sizes: readonly Both<readonly number[]>[]): Both<Speeds> {
  return { java: sizes.map(({ java }) => median(java)), ts: sizes.map(({ ts }) => median(ts)) };
}

/** A fresh server for each round: thousands of sessions that a run leaves behind end with it instead of expiring in the next. */
async function byConnections(work: string, workload: string, { rounds, seconds }: Effort): Promise<readonly Line[]> {
  const all = await inTurn(rounds, (kind) =>
    withServer(kind, async (server) => {
      await speedOf(server, ...WARM_UP);
      const speeds: number[] = [];
      for (const connections of CONNECTIONS) {
        const speed = speedOf(server, "-w", workload, "-c", `${connections}`, "-p", "16", "-d", `${seconds}`);
        speeds.push(await (kind === "java" ? speed.catch(lostConnection) : speed));
      }
      return speeds;
    }),
  );
  return [line(work, { java: middle(all.java), ts: middle(all.ts) })];
}

/** Java 3.9.5 drops connections when 10,000 of them read: its figure is then none, and ours is still judged. */
function lostConnection(error: unknown): number {
  if (`${error}`.includes("server closed a connection")) return Number.NaN;
  throw error;
}

function middle(rounds: readonly Speeds[]): Speeds {
  return CONNECTIONS.map((_, i) => median(rounds.map((speeds) => speeds[i] ?? Number.NaN)));
}

async function speedOf(server: PeerServer, ...args: readonly string[]): Promise<number> {
  return (await zkload("-s", `127.0.0.1:${server.clientPort}`, ...args)).ops_per_s;
}

/** The ratio is each program's slowest size to its fastest; ours is judged. */
function line(work: string, { java, ts }: Both<Speeds>): Line {
  const ours = worstToBest(ts);
  const javas = java.some(Number.isNaN) ? "" : `Java's ${times(worstToBest(java))}, `;
  return {
    work,
    java: text(java),
    ts: text(ts),
    ratio: `slowest to fastest: ${javas}ours ${times(ours)}`,
    floor: "within 20 % of the best",
    misses: ours >= SHARE ? [] : [`slowest ${times(ours)} of the fastest`],
  };
}

function worstToBest(speeds: Speeds): number {
  return Math.min(...speeds) / Math.max(...speeds);
}

function text(speeds: Speeds): string {
  const words = speeds.map((speed) =>
    Number.isNaN(speed) ? "connections lost" : Math.round(speed).toLocaleString("en"),
  );
  return `${words.join("; ")} /s`;
}

import type { Kind } from "../peers/server.ts";
import { withBoth, withBothEnsembles } from "./programs.ts";
import { type Both, count, type Effort, inTurn, type Line, median, type Row, times } from "./row.ts";
import { type Load, zkload } from "./zkload.ts";

/** At least `speed` times Java's operations a second, at most the share `cpu` of its CPU an operation. */
type Floor = { readonly speed: number; readonly cpu?: number };
type Work = { readonly name: string; readonly args: readonly string[]; readonly floor: Floor };

const PIPELINED = ["-c", "20", "-p", "16", "-z", "100"];
const ONE_EACH = ["-c", "20", "-p", "1", "-z", "100"];
const READS: Floor = { speed: 5, cpu: 1 / 8 };
const WRITES: Floor = { speed: 3, cpu: 1 / 4 };

const ALONE: readonly Work[] = [
  { name: "pipelined reads (20 x 16, 100 B)", args: ["-w", "read", ...PIPELINED], floor: READS },
  { name: "pipelined pings (20 x 16)", args: ["-w", "ping", ...PIPELINED], floor: READS },
  { name: "pipelined exists (20 x 16)", args: ["-w", "exists", ...PIPELINED], floor: READS },
  { name: "pipelined setData, fsync (20 x 16, 100 B)", args: ["-w", "write", ...PIPELINED], floor: WRITES },
  { name: "pipelined create, fsync (20 x 16, 100 B)", args: ["-w", "create", ...PIPELINED], floor: WRITES },
  { name: "pipelined multi of 4 setData, fsync (20 x 16)", args: ["-w", "multi", ...PIPELINED], floor: WRITES },
  { name: "one outstanding, 20 connections: read", args: ["-w", "read", ...ONE_EACH], floor: { speed: 1.6 } },
  { name: "one outstanding, 20 connections: setData", args: ["-w", "write", ...ONE_EACH], floor: { speed: 1.3 } },
  { name: "sessions opened and closed (20 at once)", args: ["-w", "connect", "-c", "20"], floor: { speed: 3 } },
  { name: "watch fan-out to 1,000 sessions", args: ["-w", "watch", "-c", "1000"], floor: { speed: 3 } },
];

const OVER_THREE = ["-c", "21", "-p", "16", "-z", "100"];
const THREE: readonly Work[] = [
  { name: "three servers: pipelined setData through all", args: ["-w", "write", ...OVER_THREE], floor: { speed: 2.5 } },
  { name: "three servers: pipelined reads over all", args: ["-w", "read", ...OVER_THREE], floor: { speed: 4 } },
];

/** The rows of throughput, latency and CPU. */
export const LOADS: readonly Row[] = [
  ...ALONE.map((work) => row(work, alone)),
  ...THREE.map((work) => row(work, over)),
];

type Measure = (kind: Kind, args: readonly string[]) => Promise<Load>;
type Stage = (run: (measure: Measure) => Promise<Line>) => Promise<Line>;

function row(work: Work, stage: Stage): Row {
  return {
    works: [work.name],
    measure: async (effort) => [await stage((measure) => compared(work, effort, measure))],
  };
}

function alone(run: (measure: Measure) => Promise<Line>): Promise<Line> {
  return withBoth((servers) =>
    run((kind, args) => zkload("-s", `127.0.0.1:${servers[kind].clientPort}`, "-P", `${servers[kind].pid}`, ...args)),
  );
}

function over(run: (measure: Measure) => Promise<Line>): Promise<Line> {
  return withBothEnsembles((ensembles) =>
    run((kind, args) => {
      const pids = ensembles[kind].members.map((member) => member.pid());
      return zkload("-s", ensembles[kind].connectString(), "-P", pids.join(","), ...args);
    }),
  );
}

/** One round before the measured ones is not counted: by then both programs' compilers have seen the work. */
async function compared({ name, args, floor }: Work, { rounds, seconds }: Effort, measure: Measure): Promise<Line> {
  const timed = (kind: Kind): Promise<Load> => measure(kind, [...args, "-d", `${seconds}`]);
  const all = await inTurn(rounds + 1, timed);
  return line(name, floor, { java: figures(all.java.slice(1)), ts: figures(all.ts.slice(1)) });
}

type Figures = { readonly speed: number; readonly p99Us: number; readonly cpuUs: number };

function figures(loads: readonly Load[]): Figures {
  return {
    speed: median(loads.map((load) => load.ops_per_s)),
    p99Us: median(loads.map((load) => load.p99_us)),
    cpuUs: median(loads.map((load) => load.server_cpu_us_per_op ?? Number.NaN)),
  };
}

function line(work: string, floor: Floor, { java, ts }: Both<Figures>): Line {
  const speed = ts.speed / java.speed;
  const cpu = ts.cpuUs / java.cpuUs;
  const isSlow = !(speed >= floor.speed);
  const isHungry = floor.cpu !== undefined && !(cpu <= floor.cpu);
  return {
    work,
    java: text(java),
    ts: text(ts),
    ratio: `${times(speed)}, CPU ${times(cpu)}`,
    floor: `${floor.speed}x${floor.cpu === undefined ? "" : `, CPU 1/${1 / floor.cpu}`}`,
    misses: [isSlow ? [`${times(speed)}`] : [], isHungry ? [`CPU ${times(cpu)}`] : []].flat(),
    p99Ratio: ts.p99Us / java.p99Us,
  };
}

function text({ speed, p99Us, cpuUs }: Figures): string {
  return `${count(speed, "/s")} (p99 ${(p99Us / 1000).toFixed(1)} ms, ${cpuUs.toFixed(1)} µs CPU)`;
}

export const P99_WORK = "p99 of each of the above";

/** The line that judges the latencies of the lines before it. */
export function p99Line(lines: readonly Line[]): Line {
  const judged = lines.flatMap(({ work, p99Ratio }) => (p99Ratio === undefined ? [] : [{ work, p99Ratio }]));
  const worst = Math.max(...judged.map(({ p99Ratio }) => p99Ratio));
  const above = judged.filter(({ p99Ratio }) => !(p99Ratio <= 1));
  return {
    work: P99_WORK,
    java: "as above",
    ts: "as above",
    ratio: `worst ${times(worst)} of ${judged.length}`,
    floor: "not above Java's",
    misses: above.map(({ work, p99Ratio }) => `${work} ${times(p99Ratio)}`),
  };
}

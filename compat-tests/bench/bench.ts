/**
 * Java and ours side by side: one run, interleaved A B A B, medians. Prints the table of README.md.
 *
 *   npm run build && node -r ./compat-tests/setup/ts.cjs compat-tests/bench/bench.ts [rounds=3] [seconds=4] [row ...]
 */
import { readFileSync } from "node:fs";
import { type Ensemble, startEnsemble } from "../peers/ensemble.ts";
import { startJavaServer } from "../peers/javaServer.ts";
import type { Kind, PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { failoverMs } from "./failover.ts";
import { type Load, median, zkload } from "./zkload.ts";

type Row = { readonly name: string; readonly unit: string; run(rounds: number, seconds: number): Promise<Pair> };
type Pair = Readonly<Record<Kind, Figures>>;
type Figures = { readonly value: number; readonly p99Us?: number; readonly cpuUs?: number };

/** As an operator would run it, a heap of 1 GB for Java: what the tests set to start quickly is taken back. */
const JVM = ["-Xmx1g", "-XX:TieredStopAtLevel=4", "-XX:-UseSerialGC", "-XX:+UseG1GC"];
const CONFIG = { tickTime: 2000, initLimit: 10, syncLimit: 5, maxClientCnxns: 0 };
const KINDS: readonly Kind[] = ["java", "ts"];

const ROWS: readonly Row[] = [
  standalone("pipelined reads (20 x 16, 100 B)", "read", "-c", "20", "-p", "16"),
  standalone("pipelined pings (20 x 16)", "ping", "-c", "20", "-p", "16"),
  standalone("pipelined setData, fsync (20 x 16, 100 B)", "write", "-c", "20", "-p", "16"),
  standalone("pipelined create, fsync (20 x 16, 100 B)", "create", "-c", "20", "-p", "16"),
  standalone("one outstanding, 20 connections: read", "read", "-c", "20", "-p", "1"),
  standalone("one outstanding, 20 connections: setData", "write", "-c", "20", "-p", "1"),
  ensemble("three servers: pipelined setData through all", "write"),
  ensemble("three servers: pipelined reads over all", "read"),
  { name: "kill -9 of the leader to the first acknowledged write", unit: "ms", run: failover },
  { name: "a million znodes of 100 B: resident memory", unit: "MiB", run: memory },
];

function standalone(name: string, workload: string, ...args: readonly string[]): Row {
  return {
    name,
    unit: "ops/s",
    run: (rounds, seconds) => alone(rounds, ["-w", workload, "-d", `${seconds}`, ...args]),
  };
}

function ensemble(name: string, workload: string): Row {
  const args = ["-w", workload, "-c", "21", "-p", "16"];
  return { name, unit: "ops/s", run: (rounds, seconds) => together(rounds, [...args, "-d", `${seconds}`]) };
}

async function alone(rounds: number, args: readonly string[]): Promise<Pair> {
  const servers = { java: await start("java"), ts: await start("ts") };
  try {
    return await interleaved(rounds, (kind) => load(servers[kind].clientPort, [servers[kind].pid], args));
  } finally {
    for (const kind of KINDS) await servers[kind].stop();
  }
}

/** Three servers of one kind at a time: six at once would measure each other. */
async function together(rounds: number, args: readonly string[]): Promise<Pair> {
  return interleaved(rounds, async (kind) => {
    const three = await startThree(kind);
    try {
      await three.waitServing();
      return await zkload("-s", three.connectString(), ...args);
    } finally {
      await three.dispose();
    }
  });
}

async function interleaved(rounds: number, measure: (kind: Kind) => Promise<Load>): Promise<Pair> {
  const loads: Record<Kind, Load[]> = { java: [], ts: [] };
  for (let round = 0; round < rounds; round++) for (const kind of KINDS) loads[kind].push(await measure(kind));
  return { java: figures(loads.java), ts: figures(loads.ts) };
}

function figures(loads: readonly Load[]): Figures {
  const cpu = loads.flatMap((one) => one.server_cpu_us_per_op ?? []);
  return {
    value: median(loads.map((one) => one.ops_per_s)),
    p99Us: median(loads.map((one) => one.p99_us)),
    ...(cpu.length > 0 ? { cpuUs: median(cpu) } : {}),
  };
}

async function failover(rounds: number): Promise<Pair> {
  const java = median(await failoverMs("java", rounds));
  return { java: { value: java }, ts: { value: median(await failoverMs("ts", rounds)) } };
}

async function memory(): Promise<Pair> {
  const sizes: Record<Kind, number> = { java: 0, ts: 0 };
  for (const kind of KINDS) {
    const server = await start(kind);
    try {
      await zkload("-s", `127.0.0.1:${server.clientPort}`, "-k", "-n", "1000000", "-z", "100", "-c", "1", "-p", "1000");
      sizes[kind] = residentMiB(server.pid);
    } finally {
      await server.stop();
    }
  }
  return { java: { value: sizes.java }, ts: { value: sizes.ts } };
}

function load(port: number, pids: readonly number[], args: readonly string[]): Promise<Load> {
  return zkload("-s", `127.0.0.1:${port}`, "-P", pids.join(","), ...args);
}

async function start(kind: Kind): Promise<PeerServer> {
  const options = { config: CONFIG, jvmFlags: JVM };
  const server = await (kind === "java" ? startJavaServer(options) : startTypekeeperServer(options));
  await server.waitServing();
  return server;
}

function startThree(kind: Kind): Promise<Ensemble> {
  return startEnsemble(
    [1, 2, 3].map((id) => ({ kind, id })),
    { config: CONFIG, jvmFlags: JVM },
  );
}

function residentMiB(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Math.round(Number(kib) / 1024);
}

function line({ name, unit }: Row, { java, ts }: Pair): string {
  const lower = unit !== "ops/s";
  const ratio = (ts.value / java.value).toFixed(2);
  const cells = [name, text(java, unit), text(ts, unit), `${ratio}x${lower ? " (less is better)" : ""}`];
  return `| ${cells.join(" | ")} |`;
}

function text({ value, p99Us, cpuUs }: Figures, unit: string): string {
  const notes = [
    p99Us === undefined ? [] : [`p99 ${(p99Us / 1000).toFixed(1)} ms`],
    cpuUs === undefined ? [] : [`${cpuUs.toFixed(1)} µs CPU`],
  ].flat();
  return `${Math.round(value).toLocaleString("en")} ${unit}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
}

async function main([rounds = "3", seconds = "4", ...wanted]: readonly string[]): Promise<void> {
  console.log("| work | Java 3.9.5 | TypeKeeper | ratio |\n| --- | --- | --- | --- |");
  for (const row of ROWS) {
    if (wanted.length > 0 && !wanted.some((word) => row.name.includes(word))) continue;
    console.log(line(row, await row.run(Number(rounds), Number(seconds))));
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

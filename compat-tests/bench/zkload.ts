import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** One run of the load generator, as it prints it. Latencies in µs; CPU of the servers named by pid. */
export type Load = {
  readonly workload: string;
  readonly ops: number;
  readonly ops_per_s: number;
  readonly errors: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly server_cpu_us_per_op?: number;
  readonly rss_kb?: number;
};

/** Runs zkload with these arguments and gives its figures. Rejects after a protocol error, a lost connection, or a reply with an error. */
export async function zkload(...args: readonly string[]): Promise<Load> {
  const { stdout } = await promisify(execFile)(build(), [...args]);
  const load: Load = JSON.parse(stdout);
  if (load.errors > 0) throw new Error(`${load.errors} of ${load.ops} operations answered an error: ${args.join(" ")}`);
  return load;
}

/** Compiles zkload.c once into the cache. */
function build(): string {
  const folder = process.env.TYPEKEEPER_CACHE ?? join(homedir(), ".cache", "typekeeper");
  const source = join(__dirname, "zkload.c");
  const program = join(folder, "zkload");
  mkdirSync(folder, { recursive: true });
  const isCurrent = existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs;
  if (!isCurrent) execFileSync("cc", ["-O2", "-o", program, source]);
  return program;
}

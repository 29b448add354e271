import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** A process of ours in the background, its output going to one log file. */
export type Child = {
  readonly pid: number;
  readonly logFile: string;
  /** False once it has ended. */
  running(): boolean;
  /** How it ended: an exit code, or a signal's name. */
  readonly ended: Promise<number | string>;
  /** Sends the signal; resolves when the process has ended, unless the signal only stops or continues it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** The last lines of its log. */
  tail(lines?: number): string;
};

/** Starts a process that does not outlive this one. */
export function startChild(
  command: string,
  args: readonly string[],
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): Child {
  const log = openSync(logFile, "a");
  const [file = command, ...rest] = [...diesWithParent(), command, ...args];
  const child = spawn(file, rest, { stdio: ["ignore", log, log], env: { ...process.env, ...env } });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  alive.add(child);
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      alive.delete(child);
      resolve(code ?? signal ?? "unknown");
    });
  });
  return {
    pid,
    logFile,
    ended,
    running: () => alive.has(child),
    async kill(signal) {
      child.kill(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await ended;
    },
    tail: (lines = 30) => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n"),
  };
}

/** Linux can end a child with its parent, whatever ended the parent; elsewhere the exit handler below has to do. */
function diesWithParent(): readonly string[] {
  if (prefix === undefined) {
    try {
      execFileSync("setpriv", ["--pdeathsig", "KILL", "true"], { stdio: "ignore" });
      prefix = ["setpriv", "--pdeathsig", "KILL"];
    } catch {
      prefix = [];
    }
  }
  return prefix;
}

let prefix: readonly string[] | undefined;
const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

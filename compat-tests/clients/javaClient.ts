import { execFile } from "node:child_process";
import { once } from "node:events";
import { javaCommand, runJava } from "../peers/javaServer.ts";

/** Runs a class of java/src with its arguments and flags of the JVM, and gives what it printed. */
export type RunJava = (main: string, args: readonly string[], jvmFlags?: readonly string[]) => Promise<string>;

/**
 * Goes round ClientTour's stops with the official Java client, below a node that is made when it is absent and must not hold a
 * stop's node yet. Works against anything that a connect string names. Rejects with what failed; gives the names of the stops.
 */
export async function runClientTour(
  connectString: string,
  root: string,
  stops: readonly string[] = [],
  run: RunJava = runJava,
): Promise<readonly string[]> {
  const printed = await run("tour.ClientTour", [connectString, root, ...stops], MORE_THAN_A_FRAME).catch(
    (error: unknown) => {
      throw new Error(`ClientTour against ${connectString}: ${outputOf(error)}`);
    },
  );
  return lines(printed).map((line) => line.replace(/^ok /, ""));
}

/** One command of the official shell, its words apart. */
export type ShellCommand = readonly string[];

/** What a command printed, and its exit code. */
export type ShellAnswer = { readonly command: string; readonly output: string; readonly exitCode: string };

/** Runs commands as the official shell does one for one: each connects, does its work, and ends. */
export async function runShell(
  connectString: string,
  commands: readonly ShellCommand[],
  run: RunJava = runJava,
): Promise<readonly ShellAnswer[]> {
  const printed = await run("Shell", [connectString, ...commands.map((words) => words.join("\t"))]);
  return printed
    .split(/^> /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...rest] = part.trimEnd().split("\n");
      const exitCode = rest.pop()?.replace(/^exit /, "") ?? "none";
      return { command, output: rest.join("\n").replaceAll(GREETING, ""), exitCode };
    });
}

/** Gives the lines to one process of the official shell, as from a pipe, and everything it printed; its prompts are taken out. */
export async function runShellSession(connectString: string, lines: readonly string[]): Promise<string> {
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";
  const main = "org.apache.zookeeper.ZooKeeperMain";
  const [command, ...args] = javaCommand(
    main,
    ["-waitforconnection", "-server", connectString],
    [quiet, "-Dzookeeper.jline=false"],
  );
  const shell = execFile(command, args, { timeout: 30_000 });
  // One behind the other, or a line of one could stand within a line of the other.
  const [printed, complained]: [string[], string[]] = [[], []];
  shell.stdout?.on("data", (chunk) => printed.push(`${chunk}`));
  shell.stderr?.on("data", (chunk) => complained.push(`${chunk}`));
  shell.stdin?.end(`${lines.join("\n")}\n`);
  await once(shell, "close");
  return `${printed.join("")}\n${complained.join("")}`.replaceAll(/\[zk: [^\]]*\] /g, "");
}

/** Without what two servers cannot agree on: times, and the ids of sessions. */
export function withoutTimes(output: string): string {
  return output
    .replaceAll(/^([cm]time) = .*$/gm, "$1 = a time")
    .replaceAll(/^.* (org\.jline\.\S+ \S+)$/gm, "a time $1")
    .replaceAll(/^ephemeralOwner = 0x[0-9a-f]{4,}$/gm, "ephemeralOwner = a session");
}

function lines(printed: string): readonly string[] {
  return printed.trim().split("\n");
}

/** Standard output of a process that failed, as promisify(execFile) hands it over; else what it was. */
function outputOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "stdout" in error) return `${error.stdout}`;
  return `${error}`;
}

const GREETING = /^Connecting to .*\n?/gm;
// Data that just fits into a request does not fit into the reply that reads it back (client-protocol 1.3).
const MORE_THAN_A_FRAME = ["-Djute.maxbuffer=4194304"];

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Member } from "../peers/ensemble.ts";
import { javaClassPath, javaCommand, runJava } from "../peers/javaServer.ts";

/** What became of each check: "ok", or why it failed. */
export type Outcomes = ReadonlyMap<string, string>;

/**
 * Runs CuratorTour's checks against whatever the connect string names, all that need no more than a server's defaults unless some
 * are named. `root` must not be there yet.
 */
export async function curatorTour(
  connectString: string,
  root: string,
  checks: readonly string[] = [],
): Promise<Outcomes> {
  const printed = await runJava("CuratorTour", [connectString, root, ...checks], [], javaClassPath(__dirname));
  return new Map(printed.trim().split("\n").map(outcomeOf));
}

function outcomeOf(line: string): [string, string] {
  const [, passed, name = line, why] = /^(?:(ok)|fail) ([^:]*)(?:: (.*))?$/.exec(line) ?? [];
  return [name, passed ?? why ?? "neither ok nor a failure"];
}

/** Runs Outage, ending and starting the members that it asks for. Gives its last word: "ok", or why it failed. */
export async function outage(
  connectString: string,
  root: string,
  memberAt: (port: number) => Member | undefined,
): Promise<string> {
  const [command, ...args] = javaCommand("Outage", [connectString, root], QUIET, javaClassPath(__dirname));
  const driver = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    return await follow(driver, memberAt);
  } finally {
    driver.kill("SIGKILL");
  }
}

async function follow(driver: ChildProcess, memberAt: (port: number) => Member | undefined): Promise<string> {
  let down: Member | undefined;
  let last = "";
  if (driver.stdout === null) throw new Error("the driver has no output");
  for await (const line of createInterface(driver.stdout)) {
    last = line;
    if (line.startsWith("down ")) {
      down = memberAt(Number(line.slice("down ".length)));
      await down?.kill();
    } else if (line === "up") {
      await down?.start();
    }
  }
  return last;
}

const QUIET = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=off"];

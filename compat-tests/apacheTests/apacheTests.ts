import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { javaClassPath, javaCommand } from "../peers/javaServer.ts";

/** A line of classes.txt: a class of Apache's test jar, and what of it can run against a server that is another process. */
export type Entry = {
  readonly name: string;
  /** `quick` and `slow` pass, but for what is left out; of those only `quick` runs with every `npm test`. */
  readonly verdict: "quick" | "slow" | "no";
  /** Methods that cannot pass, each with the reason's key. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** The reason's key, when nothing of it can pass. */
  readonly why?: string;
};

/** The table, one line a class: `quick|slow CLASS [METHOD=REASON ...]`, or `no CLASS REASON`. Reasons stand in README.md. */
export function entries(): readonly Entry[] {
  const lines = readFileSync(join(__dirname, "classes.txt"), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map(entryOf);
}

function entryOf(line: string): Entry {
  const [verdict, name = "", ...rest] = line.split(" ");
  if (verdict === "no") return { name, verdict, leftOut: new Map(), why: rest.join(" ") };
  if (verdict !== "quick" && verdict !== "slow")
    throw new Error(`classes.txt: "${line}" begins with none of quick, slow, no`);
  return { name, verdict, leftOut: new Map(rest.map((word) => word.split("=") as [string, string])) };
}

/** What ran: the tests that passed, and those that did not, each with why. */
export type Result = {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly seconds: number;
};

export type How = {
  /** Methods of the class that do not run. */
  readonly leftOut?: Iterable<string>;
  /** The tests' server: ours, or with `java` the one they start themselves. */
  readonly server?: "ts" | "java";
  /** Which of two classes that run at once this is: 1 or 2. Each has ports of its own. */
  readonly turn?: number;
};

/** Runs one class in a JVM of its own, as Apache's build does. */
export async function runClass(name: string, { leftOut = [], server = "ts", turn = 1 }: How): Promise<Result> {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-apache-"));
  const began = performance.now();
  try {
    mkdirSync(join(home, "logs"));
    const ports = [`-Dtest.junit.threads=${SHARES}`, `-Dzookeeper.junit.threadid=${turn}`];
    const flags = [
      ...FLAGS,
      ...ports,
      `-Dbuild.test.dir=${join(home, "build")}`,
      `-Dtypekeeper.logs=${join(home, "logs")}`,
    ];
    const seam = server === "ts" ? ["-Dzookeeper.serverCnxnFactory=ServerProcess"] : [];
    const command = javaCommand("RunTests", [name, ...leftOut], [...flags, ...seam], javaClassPath(__dirname));
    const { stdout } = await promisify(execFile)(command[0], command.slice(1), { cwd: home, maxBuffer: 1 << 28 });
    const lines = stdout.split("\n");
    return {
      passed: lines.filter((line) => line.startsWith("ok ")).map((line) => line.slice("ok ".length)),
      failed: lines.filter((line) => line.startsWith("fail ")).map((line) => line.slice("fail ".length)),
      seconds: (performance.now() - began) / 1_000,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * Apache's classes take their ports from 11221 to 32767, each JVM from its share of them. Of so many shares the first two end
 * below 12000, where the ports of all other suites begin: a test that stops its server for ten seconds finds the port free again.
 */
const SHARES = 56;

const FLAGS = [
  "-Dfile.encoding=UTF-8",
  `-Dlogback.configurationFile=${join(__dirname, "logback.xml")}`,
  `-Dtypekeeper.main=${join(__dirname, "..", "..", "dist", "main.js")}`,
  // As in the build that these tests were written for.
  "-Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=",
];

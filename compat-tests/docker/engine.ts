import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { globalAgent } from "node:http";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { javaFolders } from "../peers/javaServer.ts";
import type { Kind } from "../peers/server.ts";

export type Engine = {
  /** An image for each kind that runs the server on /conf/zoo.cfg. Java's also has the official shell and our drivers in /zk. */
  image(kind: Kind): string;
  /** Removes this suite's containers and networks, and ends the daemon if it is our own. */
  stop(): void;
};

/** Finds or starts a Docker engine and points testcontainers at it. Removes what a killed run left behind. */
export function startEngine(): Engine {
  process.env.DOCKER_HOST = execFileSync(join(__dirname, "daemon.sh"), ["start"], { encoding: "utf8" }).trim();
  // The reaper is an image, and no image can be pulled: `removeLeftovers` does its work.
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  removeLeftovers();
  const images = new Map<Kind, string>();
  return {
    image(kind) {
      const tag = images.get(kind) ?? (kind === "java" ? buildJava() : buildTypekeeper());
      images.set(kind, tag);
      return tag;
    },
    stop() {
      removeLeftovers();
      docker("image", "prune", "--force", "--filter", "label=typekeeper");
      execFileSync(join(__dirname, "daemon.sh"), ["stop"]);
      // The next test file in this process shares the pool of connections, and finds another daemon at the same path.
      globalAgent.destroy();
    },
  };
}

function buildJava(): string {
  const { lib, drivers } = javaFolders();
  const command = `java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/zk/drivers:/zk/lib/*' ${JAVA_MAIN} /conf/zoo.cfg`;
  return build("typekeeper/java:3.9.5", command, (context) => {
    cpSync(lib, join(context, "zk", "lib"), { recursive: true });
    cpSync(drivers, join(context, "zk", "drivers"), { recursive: true });
  });
}

/** What `npm install --omit=dev` of the package would bring, with the workspace's codec in the place of its link. */
function buildTypekeeper(): string {
  const installed = execFileSync("npm", ["ls", "--omit=dev", "--parseable", "--all"], { cwd: ROOT, encoding: "utf8" });
  return build("typekeeper/ts:tree", "node /typekeeper/dist/main.js /conf/zoo.cfg", (context) => {
    const paths = installed
      .trim()
      .split("\n")
      .slice(1)
      .map((path) => relative(ROOT, path));
    for (const path of ["package.json", "dist", ...paths])
      cpSync(join(ROOT, path), join(context, "typekeeper", path), { recursive: true, dereference: true });
  });
}

function build(tag: string, command: string, fill: (context: string) => void): string {
  const javaVersion = execFileSync("java", ["--version"], { encoding: "utf8" }).split(" ")[1];
  const base = `typekeeper/base:node${process.versions.node}-java${javaVersion}`;
  execFileSync(join(__dirname, "base.sh"), [base], { env: environment() });
  const context = mkdtempSync(join(tmpdir(), "typekeeper-image-"));
  try {
    fill(context);
    const lines = [`FROM ${base}`, "LABEL typekeeper=image", "COPY . /", `CMD exec ${command}`];
    writeFileSync(join(context, "Dockerfile"), `${lines.join("\n")}\n`);
    docker("build", "--quiet", "--tag", tag, context);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  return tag;
}

function removeLeftovers(): void {
  const filter = ["--filter", "label=org.testcontainers=true"];
  const containers = docker("ps", "--all", "--quiet", ...filter);
  if (containers.length > 0) docker("rm", "--force", "--volumes", ...containers);
  const networks = docker("network", "ls", "--quiet", ...filter);
  if (networks.length > 0) docker("network", "rm", ...networks);
}

function docker(...args: readonly string[]): readonly string[] {
  const output = execFileSync("docker", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
  });
  return output.split("\n").filter((line) => line !== "");
}

/** Said to each child: inside jest, process.env is a copy that children do not get by themselves. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env };
}

const ROOT = join(__dirname, "..", "..");
const JAVA_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Child, startChild } from "./child.ts";
import { type PeerServer, type ServerOptions, startServer } from "./server.ts";

/** Starts Apache ZooKeeper 3.9.5, alone or as a member when the configuration names servers. */
export function startJavaServer(options: ServerOptions = {}): Promise<PeerServer> {
  return startServer("java", options, (configFile, logFile, jvmFlags) =>
    startJava("org.apache.zookeeper.server.quorum.QuorumPeerMain", [configFile], logFile, jvmFlags),
  );
}

/** Starts a class of the class path in the background: one of ZooKeeper's programs, or a driver of java/src. */
export function startJava(
  main: string,
  args: readonly string[],
  logFile: string,
  jvmFlags: readonly string[] = [],
): Child {
  return startChild("java", [...JVM_FLAGS, ...jvmFlags, "-cp", javaClassPath(), main, ...args], logFile);
}

/** Runs such a class to its end and gives its standard output; rejects, with what it printed, when it exits with another code than 0. */
export async function runJava(
  main: string,
  args: readonly string[],
  jvmFlags: readonly string[] = [],
): Promise<string> {
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";
  const all = [...JVM_FLAGS, quiet, ...jvmFlags, "-cp", javaClassPath(), main, ...args];
  const { stdout } = await execFileAsync("java", all, { encoding: "utf8", maxBuffer: 1 << 28 });
  return stdout;
}

/** The compiled drivers and ZooKeeper's jars, fetched by the first call on a machine. */
export function javaClassPath(): string {
  const { lib, drivers } = javaFolders();
  return `${drivers}:${lib}/*`;
}

/** Where java/fetch.sh keeps the jars and the compiled drivers. */
export function javaFolders(): { readonly lib: string; readonly drivers: string } {
  if (folders === undefined) {
    const [lib, drivers] = execFileSync(join(__dirname, "..", "java", "fetch.sh"), { encoding: "utf8" })
      .trim()
      .split("\n");
    if (lib === undefined || drivers === undefined) throw new Error("java/fetch.sh printed no folders");
    folders = { lib, drivers };
  }
  return folders;
}

const execFileAsync = promisify(execFile);
let folders: { readonly lib: string; readonly drivers: string } | undefined;

// A small heap and the quick compiler: a server is up in about a second, and three fit on two cores.
const JVM_FLAGS = [
  "-Xmx512m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  "-Dorg.slf4j.simpleLogger.showDateTime=true",
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
];

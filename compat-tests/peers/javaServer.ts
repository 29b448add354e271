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
  const [command, ...rest] = javaCommand(main, args, jvmFlags);
  return startChild(command, rest, logFile);
}

/** Runs such a class to its end and gives its standard output; rejects, with what it printed, when it exits with another code than 0. */
export async function runJava(
  main: string,
  args: readonly string[],
  jvmFlags: readonly string[] = [],
  classPath: string = javaClassPath(),
): Promise<string> {
  const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";
  const [command, ...rest] = javaCommand(main, args, [quiet, ...jvmFlags], classPath);
  const { stdout } = await execFileAsync(command, rest, { encoding: "utf8", maxBuffer: 1 << 28 });
  return stdout;
}

/** The words of the command that runs such a class. */
export function javaCommand(
  main: string,
  args: readonly string[],
  jvmFlags: readonly string[],
  classPath: string = javaClassPath(),
): readonly [string, ...string[]] {
  return ["java", ...JVM_FLAGS, ...jvmFlags, "-cp", classPath, main, ...args];
}

/**
 * The compiled drivers and the jars of a folder with a pom.xml and src/ (java/fetch.sh), fetched by the first call on a machine:
 * ZooKeeper's own unless another is named. `property` is one of its pom.xml, as key=value.
 */
export function javaClassPath(folder: string = ZOOKEEPER, property?: string): string {
  const { lib, drivers } = javaFolders(folder, property);
  return `${drivers}:${lib}/*`;
}

/** Where java/fetch.sh keeps the jars and the compiled drivers. */
export function javaFolders(folder: string = ZOOKEEPER, property?: string): JavaFolders {
  const key = `${folder} ${property}`;
  const known = fetched.get(key);
  if (known !== undefined) return known;
  const args = property === undefined ? [folder] : [folder, `-D${property}`];
  const [lib, drivers] = execFileSync(join(ZOOKEEPER, "fetch.sh"), args, { encoding: "utf8" }).trim().split("\n");
  if (lib === undefined || drivers === undefined) throw new Error("java/fetch.sh printed no folders");
  const folders = { lib, drivers };
  fetched.set(key, folders);
  return folders;
}

type JavaFolders = { readonly lib: string; readonly drivers: string };

const ZOOKEEPER = join(__dirname, "..", "java");
const execFileAsync = promisify(execFile);
const fetched = new Map<string, JavaFolders>();

// A small heap and the quick compiler: a server is up in about a second, and three fit on two cores.
const JVM_FLAGS = [
  "-Xmx512m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  "-Dorg.slf4j.simpleLogger.showDateTime=true",
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
];

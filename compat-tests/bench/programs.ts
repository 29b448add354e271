import { type Ensemble, type EnsembleOptions, startEnsemble } from "../peers/ensemble.ts";
import { javaFolders, startJavaServer } from "../peers/javaServer.ts";
import type { Kind, PeerServer, ServerOptions } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import type { Both } from "./row.ts";

/** As an operator would run it, a heap of 1 GB for Java: what the tests set to start quickly is taken back. */
const JVM = ["-Xmx1g", "-XX:TieredStopAtLevel=4", "-XX:-UseSerialGC", "-XX:+UseG1GC"];
const OPTIONS: EnsembleOptions = {
  config: { tickTime: 2000, initLimit: 10, syncLimit: 5, maxClientCnxns: 0 },
  jvmFlags: JVM,
};

/** Starts one and does not wait for it to serve. */
export function begin(kind: Kind, options: ServerOptions = {}): Promise<PeerServer> {
  const all = { ...OPTIONS, ...options, config: { ...OPTIONS.config, ...options.config } };
  return kind === "java" ? startJavaServer(all) : startTypekeeperServer(all);
}

/** Runs `work` with one server of each, both serving; the one that is not measured idles. */
export async function withBoth<T>(work: (servers: Both<PeerServer>) => Promise<T>): Promise<T> {
  return withServer("java", (java) => withServer("ts", (ts) => work({ java, ts })));
}

/** Runs `work` with a server of an empty tree that serves, or of the data that `options` name. */
export async function withServer<T>(
  kind: Kind,
  work: (server: PeerServer) => Promise<T>,
  options: ServerOptions = {},
): Promise<T> {
  const server = await begin(kind, options);
  try {
    await server.waitServing(120_000);
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** Runs `work` with an ensemble of three of each, both serving; the three that are not measured idle. */
export async function withBothEnsembles<T>(work: (ensembles: Both<Ensemble>) => Promise<T>): Promise<T> {
  return withThree("java", (java) => withThree("ts", (ts) => work({ java, ts })));
}

async function withThree<T>(kind: Kind, work: (three: Ensemble) => Promise<T>): Promise<T> {
  const three = await startEnsemble(
    [1, 2, 3].map((id) => ({ kind, id })),
    OPTIONS,
  );
  try {
    await three.waitServing();
    return await work(three);
  } finally {
    await three.dispose();
  }
}

/** Fetches Java's jars where they are missing, so that no measured start pays for it. */
export function prepare(): void {
  javaFolders();
}

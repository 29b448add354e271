import { type Spawn, spawnThread } from "../disk/thread.ts";
import type { ServerEvent } from "../server/events.ts";
import { directoryFor } from "./directories.ts";
import { type EnsembleOptions, type InProcessEnsemble, openEnsemble } from "./ensemble.ts";
import { reservePorts } from "./ports.ts";
import { InProcessServer } from "./server.ts";
import { configOf, type ZooCfg } from "./zooCfg.ts";

export interface ServerOptions {
  /** Keys of zoo.cfg. Any clientPort but 0 is taken as it is; otherwise it is a free one. */
  readonly config?: ZooCfg;
  /** Made when it is absent. Without it there is a temporary one, which `close` removes. */
  readonly dataDir?: string;
  readonly log?: (event: ServerEvent) => void;
}

/** Starts a server that stands alone in this process, for tests; resolves once it serves clients. */
export function startServer(options: ServerOptions = {}): Promise<InProcessServer> {
  return openServer(options, spawnThread);
}

/** Starts an ensemble in this process, for tests; resolves once all of its members serve clients. */
export function startEnsemble(options: number | EnsembleOptions = {}): Promise<InProcessEnsemble> {
  return openEnsemble(typeof options === "number" ? { members: options } : options, spawnThread);
}

export async function openServer({ config = {}, dataDir, log }: ServerOptions, spawn: Spawn): Promise<InProcessServer> {
  const { clientPort = 0, ...others } = config;
  const reserved = await reservePorts(Number(clientPort) === 0 ? 1 : 0);
  const directory = await directoryFor(dataDir);
  const release = async (): Promise<void> => {
    await Promise.all([reserved.release(), directory.release()]);
  };
  let server: InProcessServer | undefined;
  try {
    const keys = { dataDir: directory.path, clientPort: reserved.ports[0] ?? clientPort };
    const parts = { config: configOf("startServer", keys, others), spawn, log, changed: () => {}, release };
    server = new InProcessServer(parts);
    await server.start();
    await server.waitServing();
    return server;
  } catch (error) {
    await (server === undefined ? release() : server.close());
    throw error;
  }
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child } from "./child.ts";
import { modeOf } from "./fourLetter.ts";
import { freePort } from "./ports.ts";
import { waitFor } from "./waiting.ts";

/** Which program a peer is: Apache ZooKeeper 3.9.5, or ours. */
export type Kind = "java" | "ts";

export type ServerOptions = {
  /** Keys of zoo.cfg. dataDir is given by `dataDir`; clientPort is a free one unless named here; undefined takes a default key out. */
  readonly config?: Readonly<Record<string, string | number | undefined>>;
  /** Where zoo.cfg and the log go, kept when the server stops. Without one, a fresh folder that `stop` removes. */
  readonly home?: string;
  /** Kept when the server stops. Without one, home/data. */
  readonly dataDir?: string;
  /** Flags as for SERVER_JVMFLAGS: -Dkey=value for both kinds; others are the JVM's own and reach Java alone. */
  readonly jvmFlags?: readonly string[];
  /** Written to dataDir/myid. */
  readonly myid?: number;
};

/** A server process that serves clients on the loopback, of either kind. */
export type PeerServer = {
  readonly kind: Kind;
  readonly pid: number;
  readonly clientPort: number;
  readonly dataDir: string;
  readonly logFile: string;
  running(): boolean;
  /** Asks it to end (SIGTERM) and waits; then removes a folder that was made for it. */
  stop(): Promise<void>;
  /** Sends a signal; waits for the end unless it is SIGSTOP or SIGCONT. Removes nothing. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Until srvr names a mode, that is until it serves clients. Rejects with the log's end when it ends or takes too long. */
  waitServing(timeoutMs?: number): Promise<void>;
  /** The last lines of its log. */
  tail(lines?: number): string;
};

/** How one kind is started on a configuration file. */
export type Launch = (configFile: string, logFile: string, jvmFlags: readonly string[]) => Child;

/** Writes zoo.cfg and myid, starts the program, and gives the peer without waiting for it to serve. */
export async function startServer(kind: Kind, options: ServerOptions, launch: Launch): Promise<PeerServer> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), `typekeeper-${kind}-`));
  const dataDir = options.dataDir ?? join(home, "data");
  mkdirSync(dataDir, { recursive: true });
  const clientPort = Number(options.config?.clientPort ?? (await freePort()));
  const config = { clientPort, clientPortAddress: "127.0.0.1", ...options.config, dataDir };
  const configFile = join(home, "zoo.cfg");
  writeFileSync(configFile, configText(config));
  if (options.myid !== undefined) writeFileSync(join(dataDir, "myid"), `${options.myid}\n`);
  const logFile = join(home, "server.log");
  const child = launch(configFile, logFile, options.jvmFlags ?? []);
  return {
    kind,
    pid: child.pid,
    clientPort,
    dataDir,
    logFile,
    running: child.running,
    kill: child.kill,
    tail: child.tail,
    async stop() {
      if (child.running()) await child.kill("SIGTERM");
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
    async waitServing(timeoutMs = 30_000) {
      await waitFor(
        `${kind} server on port ${clientPort}`,
        timeoutMs,
        () => servesOrEnded(child, clientPort),
        child.tail,
      );
      if (!child.running()) throw new Error(`${kind} server ended (${await child.ended}):\n${child.tail()}`);
    },
  };
}

async function servesOrEnded(child: Child, clientPort: number): Promise<true | undefined> {
  return !child.running() || (await modeOf(clientPort)) !== undefined ? true : undefined;
}

/** The text of a zoo.cfg: the defaults of these tests, then the keys given. */
export function configText(config: NonNullable<ServerOptions["config"]>): string {
  const lines = Object.entries({ ...DEFAULTS, ...config }).filter(([, value]) => value !== undefined);
  return lines.map(([key, value]) => `${key}=${value}\n`).join("");
}

// Short ticks keep fail-over tests short.
const DEFAULTS = {
  tickTime: 500,
  initLimit: 20,
  syncLimit: 8,
  "admin.enableServer": "false",
  "4lw.commands.whitelist": "*",
};

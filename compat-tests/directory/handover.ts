import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startJavaServer } from "../peers/javaServer.ts";
import { freePort } from "../peers/ports.ts";
import type { Kind, PeerServer, ServerOptions } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { SUPER_FLAG } from "./tree.ts";

/** A server's folder and port, which one program after the other takes over. */
export class Household {
  readonly home: string;
  readonly dataDir: string;
  readonly clientPort: number;
  private readonly options: ServerOptions;
  private server: PeerServer | undefined;

  private constructor(clientPort: number, config: ServerOptions["config"], dataDir: string | undefined) {
    this.home = mkdtempSync(join(tmpdir(), "typekeeper-directory-"));
    this.dataDir = dataDir ?? join(this.home, "data");
    this.clientPort = clientPort;
    this.options = {
      config: { ...LASTING, ...config, clientPort },
      jvmFlags: [SUPER_FLAG, "-Dzookeeper.extendedTypesEnabled=true", "-Dznode.container.checkIntervalMs=3600000"],
      home: this.home,
      dataDir: this.dataDir,
    };
  }

  /** In a fresh folder, or on data that stands elsewhere. */
  static async found(config: ServerOptions["config"] = {}, dataDir?: string): Promise<Household> {
    return new Household(await freePort(), config, dataDir);
  }

  /** Starts a program on the data and waits until it serves. */
  async enter(kind: Kind): Promise<PeerServer> {
    if (this.server?.running()) throw new Error("somebody is in");
    this.server = await (kind === "java" ? startJavaServer : startTypekeeperServer)(this.options);
    await this.server.waitServing();
    return this.server;
  }

  /** Ends the program that is in. */
  async leave(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.server?.running()) await this.server.kill(signal);
  }

  async dispose(): Promise<void> {
    await this.leave("SIGKILL");
    rmSync(this.home, { recursive: true, force: true });
  }
}

// Sessions outlive every stop.
const LASTING = { minSessionTimeout: 1_800_000, maxSessionTimeout: 3_600_000 };

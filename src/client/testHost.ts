import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket, connect as tcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../config/configError.ts";
import { parseConfig } from "../config/parseConfig.ts";
import { Disk } from "../disk/disk.ts";
import type { DiskSettings } from "../disk/messages.ts";
import { spawnFromSource } from "../disk/testThread.ts";
import { Host } from "../host.ts";
import { thisMachine } from "../hostPorts.ts";

/** For tests: a server of ours in this process, on a port and a folder of its own. */
export interface TestHost {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startTestHost(keys: Readonly<Record<string, string | number>> = {}): Promise<TestHost> {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-client-"));
  const all = { dataDir: home, clientPort: 0, clientPortAddress: "127.0.0.1", tickTime: 200, ...keys };
  const text = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
  const parsed = parseConfig(text.join(""), new Map(), { myidText: undefined, configPath: "zoo.cfg" });
  if (parsed instanceof ConfigError) throw parsed;
  const failed = (reason: unknown): never => {
    throw new Error(String(reason));
  };
  const ports = {
    observe: () => {},
    exit: (_: number, reason: string) => failed(reason),
    broke: failed,
    turned: () => {},
  };
  const openDisk = (settings: DiskSettings): Disk => new Disk(settings, spawnFromSource);
  const host = await Host.start(parsed.config, ports, { ...thisMachine(), openDisk });
  return {
    port: host.clientPort ?? 0,
    async stop() {
      await host.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** For tests: stands before a server; its connections can be cut, and new ones refused. */
export class Relay {
  private readonly target: number;
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();
  private isOpen = true;

  static async before(target: number): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve) => relay.listener.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  private constructor(target: number) {
    this.target = target;
    this.listener = createServer((socket) => this.accepted(socket));
  }

  get port(): number {
    const address = this.listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Ends all connections, and those to come until `mend`. */
  cut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isOpen = true;
  }

  close(): void {
    this.cut();
    this.listener.close();
  }

  private accepted(near: Socket): void {
    if (!this.isOpen) return void near.destroy();
    const far = tcp(this.target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on("data", (chunk) => other.write(chunk));
      socket.on("error", () => {});
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

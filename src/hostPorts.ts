import { performance } from "node:perf_hooks";
import type { Worker } from "node:worker_threads";
import type { Instant } from "./base/instant.ts";
import { Disk } from "./disk/disk.ts";
import type { DiskSettings } from "./disk/messages.ts";
import { Network } from "./net/network.ts";
import type { ServerEvent } from "./server/events.ts";

/** What a host tells whoever started it. */
export interface HostPorts {
  observe(event: ServerEvent): void;
  /** The server cannot go on; `stop` has not been called. Does not return: it ends the process, or throws what `broke` is then told. */
  exit(code: number, reason: string): never;
  /** A turn of the server has thrown, so its state cannot be trusted: the host does nothing more. */
  broke(error: unknown): void;
  /** A turn is over: what the server shows of itself may have changed. */
  turned(): void;
}

/** What a host stands on: this machine, or in a test one that can be made to fail. Belongs to one host. */
export interface Machine {
  now(): Instant;
  readonly network: Pick<Network, "listen" | "dial" | "close">;
  openDisk(settings: DiskSettings): Disks;
}

/** Of `Disk`, what a host uses; `kill` ends the thread in the middle of what it does. */
export type Disks = Pick<Disk, "backlog" | "onEvent" | "submit" | "kick" | "close">;

/** The machine as it is, for one host, with the thread of its disk. */
export function thisMachine(diskThread: Worker): Machine {
  return {
    now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
    network: new Network(),
    openDisk: (settings) => new Disk(settings, diskThread),
  };
}

/** A server that cannot start, in one line for the operator. `exitCode` is Java's (operations 1.3). */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

import type { Config } from "../../config/config.ts";
import type { ServerEvent } from "../../server/events.ts";
import type { Server } from "../../server/server.ts";
import type { DiskCommand, DiskEvent } from "../../store/commands.ts";
import type { Fate, UnsyncedChange } from "../../store/memoryDirectory.ts";
import type { Random } from "../random.ts";
import type { Clock } from "./clock.ts";
import { type DiskManners, SimDisk } from "./disk.ts";
import type { Network } from "./network.ts";
import { type Machine, Process } from "./process.ts";

/** What is told of every machine and its processes. */
export interface NodeWatcher {
  booted(node: Node): void;
  observed(node: Node, event: ServerEvent): void;
  diskAsked(node: Node, command: DiskCommand): void;
  diskAnswered(node: Node, event: DiskEvent, command: DiskCommand): void;
  /** `died`: the process ended in the middle of the turn. */
  afterTurn(node: Node, server: Server, died: boolean): void;
  ended(node: Node, code: number, reason: string, bug: boolean): void;
}

/** One machine: its disk and its wall clock stay, processes come and go. */
export class Node implements Machine {
  readonly id: number;
  readonly host: string;
  readonly clock: Clock;
  readonly network: Network;
  readonly random: Random;
  readonly disk: SimDisk;
  readonly config: Config;
  readonly committedLogLimit: number;
  readonly isObserver: boolean;
  /** What its wall clock is off by. */
  wallOffsetMs = 0;
  private process: Process | undefined;
  private readonly watcher: NodeWatcher;

  constructor(id: number, parts: NodeParts) {
    this.id = id;
    this.host = hostName(id);
    this.network = parts.network;
    this.clock = parts.network.clock;
    this.random = parts.random;
    this.disk = new SimDisk(this.host, { ...parts.disk });
    this.config = parts.config;
    this.committedLogLimit = parts.committedLogLimit;
    this.isObserver = parts.config.peerType === "observer";
    this.watcher = parts.watcher;
  }

  get isUp(): boolean {
    return this.process !== undefined && !this.process.isOver;
  }

  get isStopping(): boolean {
    return this.process?.isStopping === true;
  }

  get isPaused(): boolean {
    return this.process?.isPaused === true;
  }

  get server(): Server | undefined {
    return this.process?.server;
  }

  wallMs(): number {
    return WALL_EPOCH_MS + Math.floor(this.clock.nowMs) + this.wallOffsetMs;
  }

  start(): void {
    if (this.isUp) return;
    const { watcher } = this;
    const process: Process = new Process(this, {
      observed: (event) => watcher.observed(this, event),
      diskAsked: (command) => watcher.diskAsked(this, command),
      diskAnswered: (event, command) => watcher.diskAnswered(this, event, command),
      afterTurn: (died) => {
        if (process.server !== undefined) watcher.afterTurn(this, process.server, died);
      },
      ended: (code, reason, bug) => watcher.ended(this, code, reason, bug),
    });
    this.process = process;
    watcher.booted(this);
    process.boot();
  }

  /** An orderly end. */
  stop(): void {
    this.process?.stop();
  }

  /** The process dies; what it wrote stays with the system, synced or not. */
  kill(): void {
    this.process?.kill(0);
  }

  /** The power fails, in the middle of the disk's next command after so many of its changes. */
  powerOff(changes: number, fate: (change: UnsyncedChange) => Fate): void {
    this.process?.kill(changes);
    this.disk.powerOff(fate);
  }

  pause(): void {
    this.process?.pause();
  }

  resume(): void {
    this.process?.resume();
  }

  endAfterEffects(count: number): void {
    this.process?.endAfterEffects(count);
  }

  holdDisk(): void {
    this.disk.manners.held = true;
  }

  releaseDisk(): void {
    this.disk.manners.held = false;
    this.process?.disks.go();
  }
}

export interface NodeParts {
  readonly network: Network;
  readonly random: Random;
  readonly disk: Readonly<DiskManners>;
  readonly config: Config;
  readonly committedLogLimit: number;
  readonly watcher: NodeWatcher;
}

export function hostName(id: number): string {
  return `s${id}`;
}

/** A moment of 2025. */
const WALL_EPOCH_MS = 1_750_000_000_000;

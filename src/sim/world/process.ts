import type { ServerId } from "../../base/ids.ts";
import type { Instant } from "../../base/instant.ts";
import type { Config } from "../../config/config.ts";
import type { ClientConnection } from "../../server/clientConnection.ts";
import type { ServerEvent } from "../../server/events.ts";
import type { HostPort, World } from "../../server/ports.ts";
import { recoverDatabase } from "../../server/reloadJob.ts";
import { Server } from "../../server/server.ts";
import type { DiskCommand, DiskEvent } from "../../store/commands.ts";
import type { DataDirectories } from "../../store/recovery.ts";
import { StoreError } from "../../store/storeError.ts";
import { CommittedLog } from "../../zab/committedLog.ts";
import type { Random } from "../random.ts";
import type { Clock, Scheduled } from "./clock.ts";
import { DiskFailed, DiskQueue, DiskStopped, type SimDisk } from "./disk.ts";
import type { SimLink } from "./link.ts";
import type { LinkEvents, Network } from "./network.ts";

/** What a process needs of the machine it runs on. */
export interface Machine {
  readonly host: string;
  readonly clock: Clock;
  readonly network: Network;
  readonly random: Random;
  readonly disk: SimDisk;
  readonly config: Config;
  /** How many transactions the committed log keeps: fewer than any real server, so that short runs get past them. */
  readonly committedLogLimit: number;
  /** The wall clock, in whole ms. */
  wallMs(): number;
}

/** What is to be told of a process. Nothing here changes its course. */
export interface ProcessWatcher {
  observed(event: ServerEvent): void;
  diskAsked(command: DiskCommand): void;
  diskAnswered(event: DiskEvent, command: DiskCommand): void;
  /** `died`: in the middle of the turn. */
  afterTurn(died: boolean): void;
  /** The process ended by itself; `bug`: by an exception that nothing caught. */
  ended(code: number, reason: string, bug: boolean): void;
}

/**
 * One run of a server on a simulated machine: the real `Server`, started on what the machine's disk holds. It ends by
 * `kill`, by its own exit, or at an effect set by `endAfterEffects`; then nothing of it is ever called again.
 */
export class Process implements World {
  readonly directories: DataDirectories;
  readonly disks: DiskQueue;
  private readonly machine: Machine;
  private readonly watcher: ProcessWatcher;
  private readonly bootMs: number;
  private running: Server | undefined;
  private over = false;
  private stopping = false;
  private held: ((at: Instant) => void)[] | undefined;
  private effectsLeft = Number.POSITIVE_INFINITY;
  private timer: Scheduled | undefined;
  private armedMs = Number.POSITIVE_INFINITY;
  private sliceDue = false;
  private deadlinesInARow = 0;
  private quorumGeneration = 0;

  constructor(machine: Machine, watcher: ProcessWatcher) {
    const { config, disk, clock, random } = machine;
    this.machine = machine;
    this.watcher = watcher;
    this.bootMs = Math.ceil(clock.nowMs);
    this.directories = disk.directories;
    const settings = { ...config, txnLogSizeLimitBytes: config.txnLogSizeLimitBytes ?? 0 };
    this.disks = new DiskQueue(disk, clock, random, settings, (event, command) => this.onDisk(event, command));
  }

  /** Undefined until it has recovered, and again when it is over. */
  get server(): Server | undefined {
    return this.over ? undefined : this.running;
  }

  get isOver(): boolean {
    return this.over;
  }

  get isStopping(): boolean {
    return this.stopping && !this.over;
  }

  get isPaused(): boolean {
    return this.held !== undefined;
  }

  /** Recovers from disk, opens the client and the election port, and starts. */
  boot(): void {
    this.guard(() => {
      const { config, committedLogLimit } = this.machine;
      const committedLog = new CommittedLog(committedLogLimit);
      const recovery = recoverDatabase(this.directories, config, committedLog);
      let step = recovery.next();
      while (step.done !== true) step = recovery.next();
      const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text);
      const auth = { digestId: () => "", superDigest: undefined };
      const parts = { world: this, committedLog, auth, encodeText };
      this.machine.disk.durable = step.value.lastZxid;
      this.running = new Server(config, step.value, parts, this.instant());
      this.listen();
    });
    this.turn((at) => this.running?.start(at));
  }

  /** SIGTERM: orderly, then it ends once the disk has nothing left to do. */
  stop(): void {
    this.stopping = true;
    this.turn((at) => this.running?.stop(at));
    this.endWhenIdle();
  }

  /** SIGKILL. `changes`: how many changes of files the command at the head of the disk's queue still makes. */
  kill(changes: number): void {
    if (this.over) return;
    this.over = true;
    this.machine.clock.cancel(this.timer);
    this.disks.end(changes);
    this.machine.network.hostDied(this.machine.host);
  }

  /** SIGSTOP and SIGCONT: what happens meanwhile waits. */
  pause(): void {
    this.held ??= [];
  }

  resume(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const handle of waiting) this.turn(handle);
    this.turn(() => {});
  }

  /** After so many more effects on the world the process is dead, in the middle of whatever it does. */
  endAfterEffects(count: number): void {
    this.effectsLeft = count;
  }

  // World.

  dialElection(sid: ServerId, addresses: readonly HostPort[], timeoutMs: number): void {
    this.dial(
      addresses,
      timeoutMs,
      (link) => {
        this.turn((at) => this.running?.onElectionDialled(sid, link, at));
        return this.electionEvents(link);
      },
      () => this.turn((at) => this.running?.onElectionDialFailed(sid, at)),
    );
  }

  dialQuorum(attempt: number, addresses: readonly HostPort[], timeoutMs: number): void {
    this.dial(
      addresses,
      timeoutMs,
      (link) => {
        this.turn((at) => this.running?.onQuorumDialled(attempt, link, at));
        return this.quorumEvents(link);
      },
      (reason) => this.turn((at) => this.running?.onQuorumDialFailed(attempt, reason, at)),
    );
  }

  listenQuorum(_addresses: readonly HostPort[]): void {
    this.effect();
    const generation = ++this.quorumGeneration;
    this.soon(() => {
      if (generation !== this.quorumGeneration || this.over) return;
      this.machine.network.listen(`${this.machine.host}:${QUORUM_PORT}`, (link) => {
        this.adopt(link);
        this.turn((at) => this.running?.onQuorumAccepted(link, at));
        return this.quorumEvents(link);
      });
      this.turn((at) => this.running?.onQuorumListening(undefined, at));
    });
  }

  closeQuorum(): void {
    this.effect();
    this.quorumGeneration++;
    this.machine.network.unlisten(`${this.machine.host}:${QUORUM_PORT}`);
  }

  disk(command: DiskCommand): void {
    this.effect();
    this.watcher.diskAsked(command);
    this.disks.submit(command);
  }

  later(): void {
    if (this.sliceDue || this.over) return;
    this.sliceDue = true;
    this.soon(() => this.slice());
  }

  random(): number {
    return this.machine.random.next();
  }

  fourLetterWord(_word: string, connection: ClientConnection): void {
    connection.link.destroy();
  }

  observe(event: ServerEvent): void {
    this.watcher.observed(event);
  }

  exit(code: number, reason: string): never {
    throw new ProcessExit(code, reason);
  }

  // The events.

  private listen(): void {
    const { network, host } = this.machine;
    network.listen(`${host}:${CLIENT_PORT}`, (link) => {
      this.adopt(link);
      return this.clientEvents(link);
    });
    network.listen(`${host}:${ELECTION_PORT}`, (link) => {
      this.adopt(link);
      this.turn((at) => this.running?.onElectionAccepted(link, at));
      return this.electionEvents(link);
    });
  }

  private clientEvents(link: SimLink): LinkEvents {
    let connection: ClientConnection | undefined;
    const known = (handle: (connection: ClientConnection, server: Server, at: Instant) => void): void =>
      this.turn((at) => {
        if (connection !== undefined && this.running !== undefined) handle(connection, this.running, at);
      });
    this.turn((at) => {
      connection = this.running?.onClientAccepted(link, at);
    });
    return {
      bytes: (chunk) => known((known, server, at) => server.onClientBytes(known, chunk, at)),
      drained: () => known((known, server, at) => server.onClientDrained(known, at)),
      closed: () => known((known, server, at) => server.onClientClosed(known, at)),
    };
  }

  private electionEvents(link: SimLink): LinkEvents {
    return {
      bytes: (chunk) => this.turn((at) => this.running?.onElectionBytes(link, chunk, at)),
      drained: () => {},
      closed: () => this.turn((at) => this.running?.onElectionClosed(link, at)),
    };
  }

  private quorumEvents(link: SimLink): LinkEvents {
    return {
      bytes: (chunk) => this.turn((at) => this.running?.onQuorumBytes(link, chunk, at)),
      drained: () => this.turn((at) => this.running?.onQuorumDrained(at)),
      closed: () => this.turn((at) => this.running?.onQuorumClosed(link, at)),
    };
  }

  private onDisk(event: DiskEvent, command: DiskCommand): void {
    this.watcher.diskAnswered(event, command);
    this.turn((at) => this.running?.onDisk(event, at));
  }

  private dial(
    addresses: readonly HostPort[],
    timeoutMs: number,
    opened: (link: SimLink) => LinkEvents,
    failed: (reason: string) => void,
  ): void {
    this.effect();
    const [address] = addresses;
    if (address === undefined) return this.soon(() => failed("no address"));
    const { network, host } = this.machine;
    const dialled = (link: SimLink): LinkEvents | undefined => {
      this.adopt(link);
      return this.over ? undefined : opened(link);
    };
    network.dial(host, `${address.host}:${address.port}`, timeoutMs, dialled, failed);
  }

  /** A connection made for a process that has died meanwhile is reset by the system. */
  private adopt(link: SimLink): void {
    link.beforeWrite = () => this.effect();
    if (this.over) link.destroy();
  }

  private slice(): void {
    this.sliceDue = false;
    this.turn((at) => {
      if (this.running?.onSlice(at) === true) this.later();
    });
  }

  private endWhenIdle(): void {
    if (this.over) return;
    if (this.disks.isIdle) this.kill(0);
    else this.machine.clock.after(1, "work", () => this.endWhenIdle());
  }

  // Turns.

  private turn(handle: (at: Instant) => void): void {
    if (this.over) return;
    if (this.held !== undefined) {
      this.held.push(handle);
      return;
    }
    this.guard(() => handle(this.instant()));
    if (this.over) return;
    this.arm();
    this.watcher.afterTurn(false);
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof ProcessExit) this.watcher.afterTurn(true);
      this.kill(0);
      if (error instanceof ProcessExit) this.watcher.ended(error.code, error.message, false);
      else if (error instanceof StoreError || error instanceof DiskFailed) this.watcher.ended(1, error.message, false);
      else if (error instanceof DiskStopped) this.watcher.ended(KILLED, "the machine stops", false);
      else this.watcher.ended(1, error instanceof Error ? `${error.stack}` : String(error), true);
    }
  }

  private effect(): void {
    if (this.effectsLeft-- <= 0) throw new ProcessExit(KILLED, "killed between two effects");
  }

  private soon(run: () => void): void {
    this.machine.clock.after(0.01, "work", run);
  }

  private instant(): Instant {
    return { monoMs: Math.floor(this.machine.clock.nowMs) - this.bootMs, wallMs: this.machine.wallMs() };
  }

  private arm(): void {
    const deadline = this.running?.deadline ?? Number.POSITIVE_INFINITY;
    if (deadline === this.armedMs && this.timer?.isOver === false) return;
    this.machine.clock.cancel(this.timer);
    this.timer = undefined;
    this.armedMs = deadline;
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.timer = this.machine.clock.at(this.bootMs + Math.ceil(deadline), "timer", () => this.ring());
  }

  private ring(): void {
    const before = this.armedMs;
    this.turn((at) => this.running?.onDeadline(at));
    const isStuck = this.timer?.timeMs === this.machine.clock.nowMs && before === this.armedMs;
    this.deadlinesInARow = isStuck ? this.deadlinesInARow + 1 : 0;
    if (this.deadlinesInARow < STUCK_AFTER) return;
    this.kill(0);
    this.watcher.ended(1, `the deadline ${before} stays after it was handled`, true);
  }
}

class ProcessExit extends Error {
  override readonly name = "ProcessExit";
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

export const CLIENT_PORT = 2181;
export const QUORUM_PORT = 2888;
export const ELECTION_PORT = 3888;
/** 128 + SIGKILL. */
export const KILLED = 137;
const STUCK_AFTER = 100;

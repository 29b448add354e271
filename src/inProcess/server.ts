import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hex64 } from "../base/bytes.ts";
import { hostPortText } from "../base/hostText.ts";
import { type SessionId, toSessionId } from "../base/ids.ts";
import type { Config } from "../config/config.ts";
import type { Spawn } from "../disk/thread.ts";
import { Host } from "../host.ts";
import type { HostPorts, Machine } from "../hostPorts.ts";
import type { ServerEvent } from "../server/events.ts";
import type { Status } from "../server/status.ts";
import { JumpingClock } from "./jumpingClock.ts";
import { SeverableNetwork } from "./severableNetwork.ts";
import { StallableDisk } from "./stallableDisk.ts";
import type { StallableLink } from "./stallableLink.ts";
import { Waits } from "./waits.ts";

/** A server that cannot go on: in a process of its own it would have ended that process. */
export class ServerFailed extends Error {
  override readonly name = "ServerFailed";
  /** What the process would have ended with (Java's codes); 1 for a broken invariant. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** A session as this server knows it. */
export interface InProcessSession {
  readonly id: bigint;
  readonly timeoutMs: number;
  /** Whether its client is connected to this server at the moment. */
  readonly isConnected: boolean;
}

export type ServerState = "running" | "stopped" | "failed" | "closed";

/** A real server in the test's process: real TCP and files, with a clock, a disk and links that the test can spoil. */
export class InProcessServer {
  /** `myid`; 1 for a server that stands alone. */
  readonly id: number;
  /** Of clients, the same one after each start. */
  readonly port: number;
  /** What clients are told to connect to. */
  readonly connectString: string;
  readonly dataDir: string;
  private readonly parts: ServerParts;
  private readonly clock = new JumpingClock();
  private readonly waits = new Waits();
  private readonly failedListeners: ((failure: ServerFailed) => void)[] = [];
  private severed: ReadonlySet<number> = new Set();
  private life: Life | undefined;
  private ending: Promise<void> = Promise.resolve();
  private isClosed = false;
  private lastFailure: ServerFailed | undefined;

  constructor(parts: ServerParts) {
    this.parts = parts;
    this.id = Number(parts.config.ensemble?.myid ?? 1);
    this.port = parts.config.clientPort ?? 0;
    this.connectString = hostPortText(parts.config.clientPortAddress ?? "127.0.0.1", this.port);
    this.dataDir = parts.config.dataDir;
  }

  get state(): ServerState {
    if (this.isClosed) return "closed";
    if (this.life !== undefined) return "running";
    return this.lastFailure === undefined ? "stopped" : "failed";
  }

  /** Why it failed; undefined again after the next start. */
  get failure(): ServerFailed | undefined {
    return this.lastFailure;
  }

  /** Called with every failure: the disk's first error, or a broken invariant. Clients have lost their connections by then. */
  onFailed(listener: (failure: ServerFailed) => void): void {
    this.failedListeners.push(listener);
  }

  // Its life.

  /** Starts on what the data directory holds. Resolves once clients can connect; a member serves them when there is a quorum. */
  async start(): Promise<void> {
    if (this.isClosed || this.life !== undefined)
      throw new Error(`server ${this.id} is ${this.state}: it cannot start`);
    const life = new Life(this.clock, new SeverableNetwork(this.severed), this.parts.spawn);
    this.life = life;
    this.lastFailure = undefined;
    const begun = this.ending.then(() => this.begin(life));
    life.begun = begun.catch(() => undefined);
    try {
      await begun;
    } catch (error) {
      if (this.life === life) this.life = undefined;
      throw error;
    }
    if (this.life !== life) throw this.lastFailure ?? new Error(`server ${this.id} was stopped while it started`);
  }

  /** An orderly end: clients are let go, and everything logged is on disk. Nothing to do when it does not run. */
  async stop(): Promise<void> {
    this.leave((life) => life.stop());
    await this.ending;
  }

  /** A crash, as of the process: connections break off and the disk's thread ends in the middle of what it does. */
  async kill(): Promise<void> {
    this.leave((life) => life.kill());
    await this.ending;
  }

  /** `stop`, `start`, and a standalone server serves again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
    if (this.parts.config.ensemble === undefined) await this.waitServing();
  }

  /** Ends it for good. No handle, timer, thread, port or temporary file of it is left. */
  async close(): Promise<void> {
    if (this.isClosed) return this.ending;
    this.leave((life) => life.stop());
    this.isClosed = true;
    this.waits.fail(new Error(`server ${this.id} was closed`));
    this.ending = this.ending.then(() => this.parts.release());
    await this.ending;
  }

  // What can be seen.

  get isServing(): boolean {
    return this.life?.host !== undefined && this.life.host.server.home.clients.serving !== undefined;
  }

  /** Resolves once it serves clients, rejects when it fails or is closed before. */
  async waitServing(): Promise<void> {
    await this.until(() => this.isServing || undefined);
  }

  /** The values behind the four-letter words `srvr` and `mntr`, as of now. */
  status(): Status {
    return this.running().status();
  }

  /** All sessions of the service as this server knows them: a member may be a moment behind its leader. */
  sessions(): readonly InProcessSession[] {
    const { database } = this.running().server.home;
    return Array.from(database.sessions, ([id, timeoutMs]) => ({
      id,
      timeoutMs,
      isConnected: this.linkOf(id) !== undefined,
    }));
  }

  // What a test does to it.

  /**
   * The session's time is over, as if its client had been silent for too long: ephemeral nodes go, watches fire, and the client
   * hears that it is expired. Resolves once this server has applied it. Only who leads can tell, so a member has to.
   */
  async expireSession(id: bigint): Promise<void> {
    const host = this.running();
    const session = toSessionId(id);
    if (host.server.peer.role.kind !== "leading") throw new Error(`server ${this.id} does not lead: ask the leader`);
    let isExpired = false;
    host.event((at) => {
      isExpired = host.server.expireSession(session, at);
    });
    if (!isExpired) throw new Error(`no session 0x${hex64(session)} (alive: ${this.sessionsText()})`);
    await this.until(() => {
      if (!host.server.home.database.sessions.has(session)) return true;
      if (this.life?.host === host && host.server.peer.role.kind === "leading") return undefined;
      throw new Error(`server ${this.id} ended, or lost the lead, before session 0x${hex64(session)} was closed`);
    });
  }

  /** Breaks the connection of the session's client: both sides hear of it, and the session lives on. */
  cutConnection(id: bigint): void {
    this.connectedLink(id).cut();
  }

  /**
   * Makes that connection half-open: nothing passes any more either way and neither side is told, until the function it gives is
   * called. Then everything arrives that was sent meanwhile.
   */
  stallConnection(id: bigint): () => void {
    const link = this.connectedLink(id);
    link.stall();
    return once(() => link.goOn());
  }

  /**
   * From now on the disk answers nothing, until the function it gives is called. It goes on writing and syncing; the server does
   * not hear of it, so no write is acknowledged by it. Ends with the server's life too.
   */
  stallFsync(): () => void {
    this.running();
    const release = this.life?.disk?.stall();
    return once(() => release?.());
  }

  /**
   * Puts this server's clock ahead, both the monotonic and the wall clock, for good. What is due by then happens at once: sessions
   * expire whose clients did not ping "meanwhile", and a member whose peers did not either loses them.
   */
  jumpClock(ms: number): void {
    this.clock.jump(ms);
    this.life?.host?.clockJumped();
  }

  // For the ensemble.

  /** The epoch it leads and serves in; undefined when it does neither. */
  get leadingEpoch(): number | undefined {
    const server = this.life?.host?.server;
    if (server === undefined || !this.isServing || server.peer.role.kind !== "leading") return undefined;
    return server.home.currentEpoch;
  }

  /** Dials to these ports go nowhere and links to them stall, until they are not among the severed ones any more. */
  sever(ports: ReadonlySet<number>): void {
    this.severed = ports;
    this.life?.network.sever(ports);
  }

  private running(): Host {
    const host = this.life?.host;
    if (host !== undefined) return host;
    throw this.lastFailure ?? new Error(`server ${this.id} is ${this.state}`);
  }

  private connectedLink(id: bigint): StallableLink {
    this.running();
    const session = toSessionId(id);
    const link = this.linkOf(session);
    if (link !== undefined) return link;
    throw new Error(
      `session 0x${hex64(session)} is not connected to server ${this.id} (alive: ${this.sessionsText()})`,
    );
  }

  private linkOf(id: SessionId): StallableLink | undefined {
    const connections = this.life?.host?.server.home.clients.connections.values() ?? [];
    for (const { sessionId, phase, link } of connections) {
      if (sessionId === id && phase === "open") return this.life?.network.link(link.number);
    }
    return undefined;
  }

  private sessionsText(): string {
    return (
      this.sessions()
        .map(({ id }) => `0x${hex64(id)}`)
        .join(", ") || "none"
    );
  }

  private async begin(life: Life): Promise<void> {
    await prepareDirectory(this.parts.config);
    life.host = await Host.start(this.parts.config, this.portsOf(life), life);
  }

  private async until<T>(probe: () => T | undefined): Promise<T> {
    if (this.isClosed) throw new Error(`server ${this.id} is closed`);
    if (this.lastFailure !== undefined) throw this.lastFailure;
    return this.waits.until(probe);
  }

  private leave(end: (life: Life) => Promise<void>): void {
    const { life } = this;
    if (life === undefined) return;
    this.life = undefined;
    this.ending = this.ending.then(() => end(life)).catch((error: unknown) => this.tell(this.noteFailure(error)));
    this.changed();
  }

  private portsOf(life: Life): HostPorts {
    return {
      observe: (event) => this.parts.log?.(event),
      exit: (code, reason) => {
        throw new ServerFailed(reason, code);
      },
      broke: (error) => {
        if (this.life === life) this.failed(error);
      },
      turned: () => this.changed(),
    };
  }

  private failed(error: unknown): void {
    const failure = this.noteFailure(error);
    this.leave((life) => life.kill());
    this.tell(failure);
  }

  private noteFailure(error: unknown): ServerFailed {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = error instanceof ServerFailed ? error : new ServerFailed(reason, 1, error);
    this.lastFailure = failure;
    this.waits.fail(failure);
    return failure;
  }

  private tell(failure: ServerFailed): void {
    for (const listener of this.failedListeners) listener(failure);
  }

  private changed(): void {
    this.waits.look();
    this.parts.changed();
  }
}

export interface ServerParts {
  readonly config: Config;
  /** How the disk's thread is started. */
  readonly spawn: Spawn;
  readonly log: ((event: ServerEvent) => void) | undefined;
  /** What the server shows may have changed. */
  changed(): void;
  /** Frees what the server was given: ports, a temporary directory. Called once, at the very end. */
  release(): Promise<void>;
}

/** One run of the server, and the machine it runs on. */
class Life implements Machine {
  readonly now: Machine["now"];
  readonly network: SeverableNetwork;
  disk: StallableDisk | undefined;
  host: Host | undefined;
  /** The start is over, and `host` there if it succeeded. */
  begun: Promise<void> = Promise.resolve();
  private readonly spawn: Spawn;

  constructor(clock: JumpingClock, network: SeverableNetwork, spawn: Spawn) {
    this.now = clock.now;
    this.network = network;
    this.spawn = spawn;
  }

  openDisk(settings: Parameters<Machine["openDisk"]>[0]): StallableDisk {
    this.disk = new StallableDisk(settings, this.spawn);
    return this.disk;
  }

  async stop(): Promise<void> {
    await this.begun;
    try {
      await this.host?.stop();
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  async kill(): Promise<void> {
    await this.begun;
    await Promise.all([this.host?.abandon(), this.disk?.kill()]);
  }
}

/** A member's directory holds its `myid`, as any server's: another program may be started on it. */
async function prepareDirectory({ dataDir, ensemble }: Config): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  if (ensemble !== undefined) await writeFile(join(dataDir, "myid"), `${ensemble.myid}\n`);
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

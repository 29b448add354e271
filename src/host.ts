import { createHash } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "./admin/fourLetterWords.ts";
import type { ServerId } from "./base/ids.ts";
import type { Instant } from "./base/instant.ts";
import type { Config } from "./config/config.ts";
import { type DirectoryLock, lockDirectory } from "./disk/directoryLock.ts";
import { openDirectory } from "./disk/nodeDirectory.ts";
import { type Disks, type HostPorts, type Machine, StartError } from "./hostPorts.ts";
import { type LinkEvents, ListenError, type Listening } from "./net/network.ts";
import { SelfReport } from "./selfReport.ts";
import type { ClientConnection } from "./server/clientConnection.ts";
import { event, type ServerEvent } from "./server/events.ts";
import type { ByteLink, HostPort, World } from "./server/ports.ts";
import { recoverDatabase } from "./server/reloadJob.ts";
import { Server } from "./server/server.ts";
import type { Status } from "./server/status.ts";
import type { DiskCommand } from "./store/commands.ts";
import type { DataDirectories } from "./store/recovery.ts";
import { CommittedLog } from "./zab/committedLog.ts";

/**
 * One server on this machine: gives `Server` its world of sockets, files and timers. Every callback of Node becomes one
 * event of the server, and after it the one timer is armed for the server's deadline.
 */
export class Host implements World {
  readonly directories: DataDirectories;
  readonly server: Server;
  private readonly report: SelfReport;
  private readonly config: Config;
  private readonly ports: HostPorts;
  private readonly machine: Machine;
  private readonly network: Machine["network"];
  private readonly disks: Disks;
  private readonly locks: readonly DirectoryLock[];
  private quorumListeners: Listening[] = [];
  private quorumGeneration = 0;
  private timer: NodeJS.Timeout | undefined;
  private pauseTimer: NodeJS.Timeout | undefined;
  private armedForMs = Number.POSITIVE_INFINITY;
  private sliceWanted = false;
  private over = false;
  private stopping: Promise<void> | undefined;
  private clientListening: Listening | undefined;

  /** Opens and locks the directories, recovers what they hold, binds the ports and starts. Rejects with one line. */
  static async start(config: Config, ports: HostPorts, machine: Machine): Promise<Host> {
    const snapshot = openDirectory(join(config.dataDir, "version-2"), config.dataDirAutocreate);
    const apart = config.dataLogDir !== config.dataDir;
    const log = apart ? openDirectory(join(config.dataLogDir, "version-2"), config.dataDirAutocreate) : snapshot;
    const parents = [config.dataDir, ...(apart ? [config.dataLogDir] : [])].map((path) => openDirectory(path, false));
    const locks: DirectoryLock[] = [];
    let host: Host | undefined;
    try {
      for (const directory of apart ? [snapshot, log] : [snapshot]) locks.push(await lockDirectory(directory.path));
      host = new Host(config, ports, machine, { log, snapshot, parents }, locks);
      await host.open();
      return host;
    } catch (error) {
      if (host === undefined) await Promise.all(locks.map((lock) => lock.release()));
      else await host.stop();
      throw error;
    }
  }

  private constructor(
    config: Config,
    ports: HostPorts,
    machine: Machine,
    directories: DataDirectories,
    locks: readonly DirectoryLock[],
  ) {
    this.config = config;
    this.ports = ports;
    this.machine = machine;
    this.network = machine.network;
    this.directories = directories;
    this.locks = locks;
    const committedLog = new CommittedLog(config.commitLogCount);
    const recovery = recoverDatabase(directories, config, committedLog);
    let step = recovery.next();
    while (step.done !== true) step = recovery.next();
    const recovered = step.value;
    for (const warning of recovered.warnings) this.observe({ level: "warn", name: "store.recovery", message: warning });
    this.disks = machine.openDisk({
      logPath: directories.log.path,
      snapshotPath: directories.snapshot.path,
      snapCount: config.snapCount,
      snapSizeLimitBytes: config.snapSizeLimitBytes,
      txnLogSizeLimitBytes: config.txnLogSizeLimitBytes ?? 0,
      preAllocSizeBytes: config.preAllocSizeBytes,
      forceSync: config.forceSync,
      snapshotCompression: config.snapshotCompression,
    });
    const auth = { digestId: digestIds(config), superDigest: config.superDigest, ensembleNames: config.ensembleNames };
    const parts = { world: this, committedLog, auth, encodeText: (text: string) => new TextEncoder().encode(text) };
    this.server = new Server(config, recovered, parts, machine.now());
    this.report = new SelfReport(this.server, directories, () => machine.now());
    this.disks.onEvent((event) => this.event((at) => this.server.onDisk(event, at)));
  }

  /** The client port in use; undefined when the configuration has none. */
  get clientPort(): number | undefined {
    return this.clientListening?.port;
  }

  /** As the word `mntr` would tell it. */
  status(): Status {
    return this.report.status();
  }

  /** Clients are let go, what was logged is on disk, ports and directories are free. From its first line on nobody is let in. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  /** The same without a word to anybody and without the disk, whose thread the caller ends: as a crash of the process. */
  abandon(): Promise<void> {
    this.stopping ??= this.leave(Promise.resolve());
    return this.stopping;
  }

  /** The machine's clock has jumped ahead: what is due is done now. */
  clockJumped(): void {
    clearTimeout(this.timer);
    this.fire();
  }

  // World.

  dialElection(sid: ServerId, addresses: readonly HostPort[], timeoutMs: number): void {
    const opened = (link: ByteLink): LinkEvents => {
      this.event((at) => this.server.onElectionDialled(sid, link, at));
      return this.electionEvents(link);
    };
    this.network.dial(addresses, timeoutMs, opened, () =>
      this.event((at) => this.server.onElectionDialFailed(sid, at)),
    );
  }

  dialQuorum(attempt: number, addresses: readonly HostPort[], timeoutMs: number): void {
    const opened = (link: ByteLink): LinkEvents => {
      this.event((at) => this.server.onQuorumDialled(attempt, link, at));
      return this.quorumEvents(link);
    };
    const failed = (reason: string): void => this.event((at) => this.server.onQuorumDialFailed(attempt, reason, at));
    this.network.dial(addresses, timeoutMs, opened, failed);
  }

  listenQuorum(addresses: readonly HostPort[]): void {
    const generation = ++this.quorumGeneration;
    const opened = (link: ByteLink): LinkEvents => {
      this.event((at) => this.server.onQuorumAccepted(link, at));
      return this.quorumEvents(link);
    };
    const bound = addresses.map(({ host, port }) => this.network.listen(this.bindHost(host), port, 0, opened));
    Promise.allSettled(bound).then((outcomes) => {
      const listening = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      if (generation !== this.quorumGeneration) return closeAll(listening);
      // Also those beside an address that failed: closeQuorum ends them.
      this.quorumListeners = listening;
      const failure = outcomes.find((outcome) => outcome.status === "rejected");
      this.event((at) => this.server.onQuorumListening(failure && String(failure.reason), at));
    });
  }

  closeQuorum(): void {
    this.quorumGeneration++;
    closeAll(this.quorumListeners);
    this.quorumListeners = [];
  }

  disk(command: DiskCommand): void {
    this.disks.submit(command);
  }

  later(): void {
    if (this.sliceWanted) return;
    this.sliceWanted = true;
    setImmediate(() => this.slice());
  }

  random(): number {
    return Math.random();
  }

  fourLetterWord(word: string, connection: ClientConnection): void {
    const text = answer(word, connection.frames.peekLong(), this.report, this.config);
    connection.link.write(Buffer.from(text, "latin1"));
    connection.link.close();
  }

  observe(event: ServerEvent): void {
    this.ports.observe(event);
  }

  exit(code: number, reason: string): void {
    if (!this.over) this.ports.exit(code, reason);
  }

  private async open(): Promise<void> {
    const { config } = this;
    const self = config.ensemble?.servers.find((server) => server.id === config.ensemble?.myid);
    for (const { host, electionPort } of self?.addresses ?? []) await this.listenElection(host, electionPort);
    if (config.clientPort !== undefined) this.clientListening = await this.listenClients(config.clientPort);
    this.event((at) => this.server.start(at));
  }

  private listenClients(port: number): Promise<Listening> {
    const { configPath, clientPortAddress, clientPortListenBacklog } = this.config;
    const listening = this.network.listen(clientPortAddress, port, clientPortListenBacklog, (link) =>
      this.clientEvents(link),
    );
    return listening.catch((error: Error) => {
      throw new StartError(`${configPath}: clientPort=${port}: ${error.message} (allowed: a free port)`, 1);
    });
  }

  /** Tried again as often as Java does: after a restart the old process may still be there for a moment. */
  private async listenElection(host: string, port: number): Promise<void> {
    const { configPath, electionPortBindRetry } = this.config;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.listenElectionOnce(host, port);
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        const text = `${configPath}: election port ${port}: ${error.message} (allowed: a free port)`;
        if (attempt === electionPortBindRetry) throw new StartError(text, EXIT_ELECTION_PORT);
        this.observe(event("warn", "host.electionPort", text));
        await sleep(ELECTION_PORT_PAUSE_MS);
      }
    }
  }

  private async listenElectionOnce(host: string, port: number): Promise<void> {
    const opened = (link: ByteLink): LinkEvents => {
      this.event((at) => this.server.onElectionAccepted(link, at));
      return this.electionEvents(link);
    };
    await this.network.listen(this.bindHost(host), port, 0, opened);
  }

  private bindHost(host: string): string | undefined {
    return this.config.quorumListenOnAllIPs ? undefined : host;
  }

  private clientEvents(link: ByteLink): LinkEvents | undefined {
    let connection: ClientConnection | undefined;
    this.event((at) => {
      connection = this.server.onClientAccepted(link, at);
    });
    return connection && this.connectionEvents(connection);
  }

  private connectionEvents(connection: ClientConnection): LinkEvents {
    return {
      bytes: (chunk) => {
        if (this.over) return;
        try {
          this.server.onClientBytes(connection, chunk, this.machine.now());
        } catch (error) {
          return this.broke(error);
        }
        this.afterBytes();
      },
      drained: () => this.event((at) => this.server.onClientDrained(connection, at)),
      closed: () => this.event((at) => this.server.onClientClosed(connection, at)),
    };
  }

  private electionEvents(link: ByteLink): LinkEvents {
    return {
      bytes: (chunk) => this.event((at) => this.server.onElectionBytes(link, chunk, at)),
      drained: () => {},
      closed: () => this.event((at) => this.server.onElectionClosed(link, at)),
    };
  }

  private quorumEvents(link: ByteLink): LinkEvents {
    return {
      bytes: (chunk) => {
        if (this.over) return;
        try {
          this.server.onQuorumBytes(link, chunk, this.machine.now());
        } catch (error) {
          return this.broke(error);
        }
        this.afterBytes();
      },
      drained: () => this.event((at) => this.server.onQuorumDrained(at)),
      closed: () => this.event((at) => this.server.onQuorumClosed(link, at)),
    };
  }

  private shutDown(): Promise<void> {
    if (!this.over) this.server.stop(this.machine.now());
    return this.leave(this.disks.close());
  }

  private async leave(disk: Promise<void>): Promise<void> {
    this.end();
    await Promise.all([this.network.close(), disk]);
    await Promise.all(this.locks.map((lock) => lock.release()));
  }

  /** One turn of the server, for an event of the world or of whoever runs it. */
  event(handle: (at: Instant) => void): void {
    if (this.over) return;
    try {
      handle(this.machine.now());
    } catch (error) {
      return this.broke(error);
    }
    this.turned();
  }

  /** Bytes were handled, and more are likely to follow before the loop gets to anything else. */
  private afterBytes(): void {
    this.disks.kick();
    this.turned();
  }

  private turned(): void {
    this.arm();
    this.ports.turned();
  }

  private broke(error: unknown): void {
    if (this.over) return;
    this.end();
    this.ports.broke(error);
  }

  private end(): void {
    this.over = true;
    clearTimeout(this.timer);
    clearTimeout(this.pauseTimer);
  }

  /** One timer, for the earliest deadline; it is left alone when it fires early. */
  private arm(): void {
    const dueMs = this.server.deadline;
    if (this.over || dueMs >= this.armedForMs) return;
    clearTimeout(this.timer);
    this.armedForMs = dueMs;
    const delayMs = Math.min(Math.max(0, Math.ceil(dueMs - this.machine.now().monoMs)), MAX_TIMER_MS);
    this.timer = setTimeout(() => this.fire(), delayMs);
  }

  private fire(): void {
    this.armedForMs = Number.POSITIVE_INFINITY;
    this.event((at) => {
      if (at.monoMs >= this.server.deadline) this.server.onDeadline(at);
    });
  }

  /** Long work for at most SLICE_MS a turn, and none while a snapshot waits in memory for a disk that is slower. */
  private slice(): void {
    this.sliceWanted = false;
    this.event(() => {
      const stopMs = performance.now() + SLICE_MS;
      let more = true;
      while (more && !this.isDiskBehind && performance.now() < stopMs) more = this.server.onSlice(this.machine.now());
      if (more && this.isDiskBehind) this.pauseTimer = setTimeout(() => this.later(), SLICE_MS);
      else if (more) this.later();
    });
  }

  private get isDiskBehind(): boolean {
    return this.disks.backlog > DISK_BACKLOG_MESSAGES;
  }
}

function digestIds({ aclSchemes, digestAlg }: Config): ((userPassword: Uint8Array) => string) | undefined {
  if (!aclSchemes.includes("digest")) return undefined;
  return (userPassword) => {
    const user = Buffer.from(userPassword).toString("utf8").split(":", 1)[0] ?? "";
    return `${user}:${createHash(digestAlg).update(userPassword).digest("base64")}`;
  };
}

function closeAll(listening: readonly Listening[]): void {
  for (const one of listening) one.close();
}

const EXIT_ELECTION_PORT = 14;
const ELECTION_PORT_PAUSE_MS = 1000;
const SLICE_MS = 5;
/** Chunks of a snapshot, of 64 KiB each, above which the disk is let catch up. */
const DISK_BACKLOG_MESSAGES = 64;
/** Above this Node's timers fire at once (reliability 10). */
const MAX_TIMER_MS = 0x7fffffff;

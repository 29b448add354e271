import { asciiBytes } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import { ConfigError } from "../config/configError.ts";
import { parseConfig } from "../config/parseConfig.ts";
import type { DiskCommand } from "../store/commands.ts";
import { storedBlocks } from "../store/compression.ts";
import { MemoryDirectory } from "../store/memoryDirectory.ts";
import type { DataDirectories } from "../store/recovery.ts";
import { Storage } from "../store/storage.ts";
import { CommittedLog } from "../zab/committedLog.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { ServerEvent } from "./events.ts";
import type { ByteLink, World } from "./ports.ts";
import { recoverDatabase } from "./reloadJob.ts";
import { Server } from "./server.ts";

/**
 * For tests: a standalone server whose world is this object. Disk commands wait until `flush`, time stands until `at`, and every link
 * is a `FakeLink` that keeps what was written to it.
 */
export class TestServer implements World {
  readonly files: MemoryDirectory;
  readonly directories: DataDirectories;
  readonly server: Server;
  readonly links: FakeLink[] = [];
  readonly events: ServerEvent[] = [];
  readonly ended: string[] = [];
  nowMs = 0;
  private readonly storage: Storage;
  private commands: DiskCommand[] = [];
  private sliceWanted = false;

  /** `lines` of zoo.cfg and `properties` as with -D; `files`: what an earlier server left. */
  constructor(
    lines: readonly string[] = [],
    properties: Record<string, string> = {},
    files = new MemoryDirectory("/data/version-2"),
  ) {
    this.files = files;
    this.directories = { log: files, snapshot: files, parents: [] };
    const text = ["dataDir=/data", "clientPort=2181", "tickTime=2000", ...lines].join("\n");
    const parsed = parseConfig(text, new Map(Object.entries(properties)), {
      myidText: undefined,
      configPath: "zoo.cfg",
    });
    if (parsed instanceof ConfigError) throw parsed;
    const { config } = parsed;
    const committedLog = new CommittedLog(config.commitLogCount);
    const recovery = recoverDatabase(this.directories, config, committedLog);
    let step = recovery.next();
    while (step.done !== true) step = recovery.next();
    const settings = { ...config, txnLogSizeLimitBytes: 0, deflate: storedBlocks, random: () => 0, monoMs: () => 0 };
    this.storage = new Storage(this.directories, settings);
    const auth = { digestId: testDigest, superDigest: config.superDigest, ensembleNames: config.ensembleNames };
    this.server = new Server(
      config,
      step.value,
      { world: this, committedLog, auth, encodeText: asciiBytes },
      this.instant,
    );
    this.server.start(this.instant);
    this.flush();
  }

  get instant(): Instant {
    return { monoMs: this.nowMs, wallMs: WALL_MS + this.nowMs };
  }

  accept(remoteAddress = "127.0.0.1"): FakeLink {
    const link = new FakeLink(this.links.length + 1, remoteAddress);
    this.links.push(link);
    link.connection = this.server.onClientAccepted(link, this.instant);
    return link;
  }

  /** Bytes from the client; they wait while the link is not read. */
  arrive(link: FakeLink, bytes: Uint8Array): void {
    link.incoming.push(bytes);
    this.deliver();
  }

  /** The client hangs up. */
  hangUp(link: FakeLink): void {
    link.state = "hungUp";
    this.deliver();
  }

  /** The system takes everything that is queued on the link. */
  drain(link: FakeLink): void {
    link.queuedBytes = 0;
    if (link.connection !== undefined) this.server.onClientDrained(link.connection, this.instant);
    this.deliver();
  }

  /** The disk carries out everything it was asked for, and what that makes the server ask for. */
  flush(): void {
    this.work();
    while (this.commands.length > 0) {
      const { commands } = this;
      this.commands = [];
      for (const command of commands) {
        for (const event of this.storage.execute(command)) this.server.onDisk(event, this.instant);
      }
      this.work();
    }
  }

  /** Lets time pass, calling the server at each of its deadlines on the way. */
  at(ms: number): void {
    while (this.server.deadline <= ms) {
      this.nowMs = Math.max(this.nowMs, this.server.deadline);
      this.server.onDeadline(this.instant);
      this.work();
    }
    this.nowMs = ms;
  }

  /** Appends that wait for the disk. */
  get unflushed(): number {
    return this.commands.filter((command) => command.kind === "append").length;
  }

  stop(): void {
    this.server.stop(this.instant);
    this.deliver();
  }

  // World.

  disk(command: DiskCommand): void {
    this.commands.push(command);
  }

  later(): void {
    this.sliceWanted = true;
  }

  random(): number {
    return 0;
  }

  fourLetterWord(word: string, connection: ClientConnection): void {
    connection.link.write(asciiBytes(`<${word}>`));
    connection.link.close();
  }

  observe(event: ServerEvent): void {
    this.events.push(event);
  }

  exit(code: number, reason: string): void {
    this.ended.push(`${code} ${reason}`);
  }

  dialElection(): void {}
  dialQuorum(): void {}
  listenQuorum(): void {}
  closeQuorum(): void {}

  /** Long work, and what waited on links that are read again. */
  private work(): void {
    while (this.sliceWanted) {
      this.sliceWanted = false;
      while (this.server.onSlice(this.instant));
    }
    this.deliver();
  }

  private deliver(): void {
    for (const link of this.links) {
      const { connection } = link;
      if (connection === undefined) continue;
      for (let chunk = link.take(); chunk !== undefined; chunk = link.take()) {
        this.server.onClientBytes(connection, chunk, this.instant);
      }
      if (!link.isOver || link.told) continue;
      link.told = true;
      this.server.onClientClosed(connection, this.instant);
    }
  }
}

/** A link whose other end is a test. Nothing is taken from it by itself: `queuedBytes` is what the test says. */
export class FakeLink implements ByteLink {
  readonly number: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** One entry a write. */
  writes: Uint8Array[] = [];
  incoming: Uint8Array[] = [];
  connection: ClientConnection | undefined;
  queuedBytes = 0;
  /** Whether what is written stays in `queuedBytes`. */
  isSlow = false;
  state: "open" | "closed" | "destroyed" | "hungUp" = "open";
  isPaused = false;
  told = false;

  constructor(number: number, remoteAddress: string) {
    this.number = number;
    this.remoteAddress = remoteAddress;
    this.remotePort = 50_000 + number;
  }

  write(bytes: Uint8Array): void {
    if (this.state !== "open") return;
    this.writes.push(bytes.slice());
    if (this.isSlow) this.queuedBytes += bytes.length;
  }

  close(): void {
    if (this.state === "open") this.state = "closed";
  }

  destroy(): void {
    if (this.state !== "hungUp") this.state = "destroyed";
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** Closing takes until everything written has left. */
  get isOver(): boolean {
    return this.state === "destroyed" || this.state === "hungUp" || (this.state === "closed" && this.queuedBytes === 0);
  }

  take(): Uint8Array | undefined {
    return this.isPaused || this.state !== "open" ? undefined : this.incoming.shift();
  }
}

/** Stands for user:Base64(SHA-1(...)). */
function testDigest(userPassword: Uint8Array): string {
  const text = String.fromCharCode(...userPassword);
  return `${text.split(":", 1)[0]}:H(${text.replaceAll(":", "/")})`;
}

const WALL_MS = 1_000_000;

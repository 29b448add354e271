import { crc32 } from "../../base/checksum.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/configError.ts";
import { parseConfig } from "../../config/parseConfig.ts";
import type { ServerEvent } from "../../server/events.ts";
import type { DiskEvent } from "../../store/commands.ts";
import { Random } from "../random.ts";
import type { Trace } from "../trace.ts";
import { type Call, type ClientSettings, type ClientWatcher, eventName, type Fired, SimClient } from "./client.ts";
import { type Answer, opText } from "./clientOps.ts";
import { Clock } from "./clock.ts";
import type { DiskManners } from "./disk.ts";
import type { SimLink } from "./link.ts";
import { Network, type Path } from "./network.ts";
import { hostName, Node, type NodeWatcher } from "./node.ts";
import { CLIENT_PORT, ELECTION_PORT, KILLED, QUORUM_PORT } from "./process.ts";
import { packetText, type TappedPacket, tapQuorum, zxidText } from "./wiretap.ts";

export interface ClusterSettings {
  readonly seed: number;
  /** Servers 1 .. voters; one alone is standalone. */
  readonly voters: number;
  /** Servers voters + 1 .. */
  readonly observers: number;
  readonly path: Readonly<Path>;
  readonly disk: Readonly<DiskManners>;
  /** More lines of zoo.cfg. */
  readonly config: readonly string[];
  readonly committedLogLimit: number;
  readonly trace: Trace;
}

/** Who watches a cluster: checkers, transcripts. `fail` of the cluster is how a checker says that something is wrong. */
export type ClusterWatcher = Partial<NodeWatcher & ClientWatcher & { packet(tapped: TappedPacket): void }>;

/** A whole simulated world: clock, network, machines with their servers, clients. Everything in it goes into the trace. */
export class Cluster {
  readonly clock = new Clock();
  readonly random: Random;
  readonly network: Network;
  readonly nodes: readonly Node[];
  readonly clients: SimClient[] = [];
  readonly trace: Trace;
  /** The first thing that must not happen and did. */
  failure: string | undefined;
  /** Names of server events and how often each was seen: which branches a run has taken. */
  readonly seen = new Map<string, number>();
  private readonly watchers: ClusterWatcher[] = [];
  private readonly clientRandom: Random;

  constructor(settings: ClusterSettings) {
    const { seed, path, voters, observers, trace } = settings;
    this.trace = trace;
    this.random = new Random(seed);
    this.clientRandom = this.random.fork("clients");
    this.network = new Network(this.clock, this.random.fork("network"), path);
    this.network.tap = (near, far, address) => this.tap(near, far, address);
    const configs = configsOf(voters, observers, settings.config);
    this.nodes = configs.map((config, index) => {
      const random = this.random.fork(`node ${index + 1}`);
      const { network } = this;
      const { disk, committedLogLimit } = settings;
      return new Node(index + 1, { network, random, disk, config, committedLogLimit, watcher: this.nodeWatcher() });
    });
  }

  watch(watcher: ClusterWatcher): void {
    this.watchers.push(watcher);
  }

  node(id: number): Node {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new Error(`there is no server ${id}`);
    return node;
  }

  client(name: string, settings: ClientSettings): SimClient {
    const client = new SimClient(name, this.network, this.clientRandom.fork(name), settings, this.clientWatcher());
    this.clients.push(client);
    return client;
  }

  clientAddress(id: number): string {
    return `${hostName(id)}:${CLIENT_PORT}`;
  }

  fail(what: string): void {
    if (this.failure === undefined) this.line(`FAILURE ${what}`);
    this.failure ??= what;
  }

  /** Something was seen that a run may want to have seen. */
  mark(name: string): void {
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
  }

  line(text: string): void {
    this.trace.line(this.clock.nowMs, text);
  }

  /** One event; throws what a checker found. False: nothing is left to happen. */
  step(): boolean {
    const more = this.clock.step();
    if (this.failure !== undefined) throw new Error(this.failure);
    return more;
  }

  /** Runs until `done`, at most so long; whether it came true. */
  runUntil(done: () => boolean, limitMs: number): boolean {
    const endMs = this.clock.nowMs + limitMs;
    while (!done()) {
      if (this.clock.nextMs > endMs) {
        this.clock.runUntil(endMs);
        return done();
      }
      this.step();
    }
    return true;
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  private tap(near: SimLink, far: SimLink, address: string): void {
    this.line(`${near.host} connects to ${address}`);
    if (address.endsWith(`:${QUORUM_PORT}`)) tapQuorum(near, far, (tapped) => this.packet(tapped));
    else if (address.endsWith(`:${ELECTION_PORT}`)) for (const link of [near, far]) this.tapBytes(link, "election");
    else for (const link of [near, far]) this.tapBytes(link, "client");
  }

  private tapBytes(link: SimLink, port: string): void {
    link.tap = (bytes) => this.line(`${link.host}>${link.remoteHost} ${port} ${bytes.length} bytes ${crc32(0, bytes)}`);
  }

  private packet(tapped: TappedPacket): void {
    const { from, to, packet } = tapped;
    this.line(`${from}>${to} ${packetText(packet)} ${packet.data === null ? "" : crc32(0, packet.data)}`);
    for (const watcher of this.watchers) watcher.packet?.(tapped);
  }

  private nodeWatcher(): NodeWatcher {
    return {
      booted: (node) => {
        this.line(`${node.host} boots`);
        for (const watcher of this.watchers) watcher.booted?.(node);
      },
      observed: (node, event) => this.observed(node, event),
      diskAsked: (node, command) => {
        for (const watcher of this.watchers) watcher.diskAsked?.(node, command);
      },
      diskAnswered: (node, event, command) => {
        this.line(`${node.host} disk ${diskText(event)}`);
        for (const watcher of this.watchers) watcher.diskAnswered?.(node, event, command);
      },
      afterTurn: (node, server, died) => {
        for (const watcher of this.watchers) watcher.afterTurn?.(node, server, died);
      },
      ended: (node, code, reason, bug) => this.ended(node, code, reason, bug),
    };
  }

  private observed(node: Node, event: ServerEvent): void {
    this.line(`${node.host} ${event.name}: ${event.message}`);
    this.mark(event.name);
    const by = event.name === "leader.syncing" ? /"by":"(\w+)"/.exec(event.message)?.[1] : undefined;
    if (by !== undefined) this.mark(`synced by ${by}`);
    for (const watcher of this.watchers) watcher.observed?.(node, event);
  }

  private ended(node: Node, code: number, reason: string, bug: boolean): void {
    this.line(`${node.host} ended with ${code}: ${reason}`);
    if (bug) this.fail(`server ${node.id} broke: ${reason}`);
    for (const watcher of this.watchers) if (code !== KILLED || bug) watcher.ended?.(node, code, reason, bug);
  }

  private clientWatcher(): ClientWatcher {
    const { watchers } = this;
    return {
      connected: (client, resumed) => {
        this.line(`${client.name} ${resumed ? "resumes" : "begins"} session ${client.sessionId.toString(16)}`);
        for (const watcher of watchers) watcher.connected?.(client, resumed);
      },
      lost: (client, calls) => {
        this.line(`${client.name} lost its connection and ${calls.length} answers`);
        for (const watcher of watchers) watcher.lost?.(client, calls);
      },
      expired: (client, sessionId) => {
        this.line(`${client.name} session ${sessionId.toString(16)} has expired`);
        for (const watcher of watchers) watcher.expired?.(client, sessionId);
      },
      started: (call) => {
        this.line(`${call.client.name} ${call.xid} ${opText(call.op)}`);
        for (const watcher of watchers) watcher.started?.(call);
      },
      answered: (call, answer) => {
        this.line(`${call.client.name} ${call.xid} ${answerText(call, answer)}`);
        for (const watcher of watchers) watcher.answered?.(call, answer);
      },
      fired: (client, event) => {
        this.line(`${client.name} ${firedText(event)}`);
        for (const watcher of watchers) watcher.fired?.(client, event);
      },
      rewatched: (client, zxid, relativeZxid) => {
        this.line(`${client.name} watches again from ${zxidText(relativeZxid)} at ${zxidText(zxid)}`);
        for (const watcher of watchers) watcher.rewatched?.(client, zxid, relativeZxid);
      },
      confused: (client, what) => this.fail(`${client.name}: ${what}`),
    };
  }
}

export function answerText(call: Call, { err, zxid, path }: Answer): string {
  const shown = err === 0 ? "ok" : `error ${err}`;
  const created = typeof path === "string" ? ` ${path}` : "";
  return `${opText(call.op)}: ${shown}${created}, zxid ${zxidText(zxid)}`;
}

export function firedText({ type, path, zxid }: Fired): string {
  return `hears ${eventName(type)} ${path}, zxid ${zxidText(zxid)}`;
}

/** `flushed 1:2`, `saved currentEpoch 1`. */
export function diskText(event: DiskEvent): string {
  switch (event.kind) {
    case "flushed":
      return `flushed ${zxidText(event.zxid)}`;
    case "epochSaved":
      return `saved ${event.which} ${event.epoch}`;
    case "truncated":
      return `truncated to ${zxidText(event.zxid)}`;
    case "snapshotSaved":
      return `saved snapshot ${zxidText(event.zxid)}`;
    case "truncateRefused":
    case "truncateFailed":
    case "snapshotFailed":
    case "purgeFailed":
    case "failed":
      return `${event.kind}: ${event.reason}`;
    case "purged":
      return `purged ${event.removed ?? "nothing"}`;
    case "drained":
      return "drained";
    case "snapshotDue":
      return "snapshot is due";
  }
}

function configsOf(voters: number, observers: number, lines: readonly string[]): readonly Config[] {
  const ids = Array.from({ length: voters + observers }, (_, index) => index + 1);
  const roleOf = (id: number): string => (id > voters ? "observer" : "participant");
  const servers = ids.map((id) => `server.${id}=${hostName(id)}:${QUORUM_PORT}:${ELECTION_PORT}:${roleOf(id)}`);
  const alone = voters + observers === 1;
  return ids.map((id) => {
    const own = id > voters ? ["peerType=observer"] : [];
    const text = [`dataDir=/${hostName(id)}`, `clientPort=${CLIENT_PORT}`, ...lines, ...own, ...(alone ? [] : servers)];
    const context = { myidText: `${id}`, configPath: "zoo.cfg" };
    const parsed = parseConfig(text.join("\n"), new Map(), context);
    if (parsed instanceof ConfigError) throw parsed;
    return parsed.config;
  });
}

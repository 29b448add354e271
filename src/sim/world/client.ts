import { Reader, Writer } from "jute-ts";
import { NO_SESSION, type SessionId, toSessionId } from "../../base/ids.ts";
import { ConnectRequest, ConnectResponse } from "../../wire/client/connect.ts";
import { EventType, Op, Xid } from "../../wire/client/numbers.ts";
import { SetWatches } from "../../wire/client/requests.ts";
import { WatcherEvent } from "../../wire/client/responses.ts";
import { ReplyHeader, RequestHeader } from "../../wire/client/shared.ts";
import { Frames } from "../../wire/frames.ts";
import type { Random } from "../random.ts";
import { type Answer, type ClientOp, opcodeOf, readAnswer, writeOp } from "./clientOps.ts";
import type { Clock, Scheduled } from "./clock.ts";
import type { SimLink } from "./link.ts";
import type { LinkEvents, Network } from "./network.ts";
import { WatchTable } from "./watchTable.ts";

/** One request of a client, from its start to its answer. */
export interface Call {
  readonly client: SimClient;
  readonly sessionId: SessionId;
  readonly xid: number;
  readonly op: ClientOp;
  readonly startedMs: number;
  /** Undefined: not answered, and if the connection is gone it never will be. */
  answer: Answer | undefined;
}

/** A watch that fired, as the wire tells it; `zxid` is -1 for what setWatches found. */
export interface Fired {
  readonly type: number;
  readonly path: string;
  readonly zxid: bigint;
}

/** What is told of every client: for transcripts and checkers. */
export interface ClientWatcher {
  connected(client: SimClient, resumed: boolean): void;
  /** The connection ended; calls without an answer have an unknown outcome. */
  lost(client: SimClient, calls: readonly Call[]): void;
  expired(client: SimClient, sessionId: SessionId): void;
  started(call: Call): void;
  /** Before the client itself learns anything from it. */
  answered(call: Call, answer: Answer): void;
  fired(client: SimClient, event: Fired): void;
  /** Watches were set again after a reconnect; `zxid` is of the reply. */
  rewatched(client: SimClient, zxid: bigint, relativeZxid: bigint): void;
  /** A frame that no client would understand. */
  confused(client: SimClient, what: string): void;
}

export interface ClientSettings {
  /** `host:port` of each server it may use; the first is tried first. */
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  /** Goes on to another server, and after an expiry to a new session, by itself. */
  readonly reconnects: boolean;
  /** Pings, and gives up a silent server, as real clients do. */
  readonly pings: boolean;
}

/** A client that speaks the wire protocol: session, xids, watches, pings, reconnecting, like the official ones. */
export class SimClient {
  readonly name: string;
  sessionId: SessionId = NO_SESSION;
  /** The highest zxid of a reply. */
  lastZxid = 0n;
  readonly watches = new WatchTable();
  private readonly network: Network;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly settings: ClientSettings;
  private readonly watcher: ClientWatcher;
  private password: Uint8Array = new Uint8Array(16);
  private link: SimLink | undefined;
  private frames = new Frames(0, 0x400000);
  private phase: "idle" | "dialling" | "joining" | "open" | "closed" = "idle";
  private calls: Call[] = [];
  private nextXid = 1;
  private nextServer = 0;
  private timeoutMs: number;
  private timer: Scheduled | undefined;
  private heardMs = 0;
  private relativeZxid = 0n;

  constructor(name: string, network: Network, random: Random, settings: ClientSettings, watcher: ClientWatcher) {
    this.name = name;
    this.network = network;
    this.clock = network.clock;
    this.random = random;
    this.settings = settings;
    this.watcher = watcher;
    this.timeoutMs = settings.timeoutMs;
  }

  get isOpen(): boolean {
    return this.phase === "open";
  }

  /** It closed its session itself. */
  get isClosed(): boolean {
    return this.phase === "closed";
  }

  /** For messages. */
  get state(): string {
    return `${this.phase}, session ${this.sessionId.toString(16)}, zxid ${this.lastZxid.toString(16)}`;
  }

  get outstanding(): number {
    return this.calls.length;
  }

  /** The host at the other end, while there is one. */
  get server(): string | undefined {
    return this.link?.remoteHost;
  }

  /** Connects to `address`, or to the next server of its list, with the session it has. */
  connect(address?: string): void {
    const { servers } = this.settings;
    const chosen = address ?? servers[this.nextServer++ % servers.length];
    if (chosen === undefined || this.phase === "closed") return;
    this.phase = "dialling";
    const limitMs = Math.max(100, this.settings.timeoutMs / servers.length);
    this.network.dial(
      this.name,
      chosen,
      limitMs,
      (link) => this.opened(link),
      () => this.unreachable(),
    );
  }

  /** Undefined while it is not connected. */
  call(op: ClientOp): Call | undefined {
    if (this.phase !== "open") return undefined;
    const call: Call = {
      client: this,
      sessionId: this.sessionId,
      xid: this.nextXid++,
      op,
      startedMs: this.clock.nowMs,
      answer: undefined,
    };
    this.calls.push(call);
    this.watcher.started(call);
    this.send(call.xid, opcodeOf(op), (out) => writeOp(op, out));
    return call;
  }

  /** The network under it breaks. */
  drop(): void {
    this.link?.destroy();
  }

  /** Vanishes without a word: its session has to expire. */
  die(): void {
    this.phase = "closed";
    this.clock.cancel(this.timer);
    this.network.hostDied(this.name);
  }

  /** Forgets its session; the next connection begins a new one. */
  forgetSession(): void {
    this.sessionId = NO_SESSION;
    this.password = new Uint8Array(16);
    this.lastZxid = 0n;
    this.watches.clear();
  }

  private opened(link: SimLink): LinkEvents | undefined {
    if (this.phase !== "dialling") {
      link.destroy();
      return undefined;
    }
    this.phase = "joining";
    this.link = link;
    this.frames = new Frames(0, 0x400000);
    this.heardMs = this.clock.nowMs;
    const { lastZxid: lastZxidSeen, sessionId, password: passwd } = this;
    const { timeoutMs: timeOut } = this.settings;
    this.write((out) =>
      ConnectRequest.write(out, { protocolVersion: 0, lastZxidSeen, timeOut, sessionId, passwd, readOnly: false }),
    );
    this.tick();
    return { bytes: (chunk) => this.bytes(link, chunk), drained: () => {}, closed: () => this.ended(link) };
  }

  private bytes(link: SimLink, chunk: Uint8Array): void {
    if (link !== this.link) return;
    this.frames.push(chunk);
    this.heardMs = this.clock.nowMs;
    while (link === this.link && this.frames.next()) {
      const reader = new Reader(this.frames.bytes, this.frames.start, this.frames.end);
      if (this.phase === "joining") this.joined(ConnectResponse.read(reader));
      else this.frame(ReplyHeader.read(reader), reader);
    }
  }

  private joined(response: ConnectResponse): void {
    if (response.timeOut <= 0) {
      this.watcher.expired(this, this.sessionId);
      this.forgetSession();
      this.drop();
      return;
    }
    const resumed = this.sessionId !== NO_SESSION;
    this.sessionId = toSessionId(response.sessionId);
    this.password = response.passwd?.slice() ?? new Uint8Array(16);
    this.timeoutMs = response.timeOut;
    this.phase = "open";
    this.rewatch();
    this.watcher.connected(this, resumed);
  }

  private frame(header: ReplyHeader, body: Reader): void {
    if (header.xid === Xid.ping) return;
    if (header.xid === Xid.notification) return this.notified(WatcherEvent.read(body), header.zxid);
    if (header.xid === Xid.setWatches) return this.rewatched(header.zxid);
    const call = this.calls.shift();
    if (call?.xid !== header.xid) {
      return this.watcher.confused(this, `reply ${header.xid} where ${call?.xid ?? "none"} is due`);
    }
    call.answer = readAnswer(call.op, header.zxid, header.err, body);
    this.watcher.answered(call, call.answer);
    if (header.zxid > this.lastZxid) this.lastZxid = header.zxid;
    this.watches.answered(call.op, call.answer);
    if (call.op.kind === "close" && header.err === 0) this.phase = "closed";
  }

  private notified({ type, path }: WatcherEvent, zxid: bigint): void {
    const event = { type, path: path ?? "", zxid };
    this.watcher.fired(this, event);
    this.watches.fired(event);
    if (zxid > this.lastZxid) this.lastZxid = zxid;
  }

  /** The official client sends its watches before anything else on a new connection. */
  private rewatch(): void {
    if (this.watches.size === 0) return;
    this.relativeZxid = this.lastZxid;
    const { relativeZxid } = this;
    const lists = this.watches.lists();
    this.send(Xid.setWatches, Op.setWatches, (out) => SetWatches.write(out, { relativeZxid, ...lists }));
  }

  private rewatched(zxid: bigint): void {
    this.watcher.rewatched(this, zxid, this.relativeZxid);
    this.watches.renew(zxid);
    if (zxid > this.lastZxid) this.lastZxid = zxid;
  }

  private send(xid: number, type: number, body: (out: Writer) => void): void {
    this.write((out) => {
      RequestHeader.write(out, { xid, type });
      body(out);
    });
  }

  private write(fill: (out: Writer) => void): void {
    const out = new Writer(256);
    const start = out.reserve(4);
    fill(out);
    out.patchInt(start, out.length - 4);
    this.link?.write(out.toBytes());
  }

  /** A ping each third of the time-out; after two thirds of silence the server is given up. */
  private tick(): void {
    this.clock.cancel(this.timer);
    if (!this.settings.pings || this.link === undefined) return;
    const silentMs = this.clock.nowMs - this.heardMs;
    if (silentMs >= (this.timeoutMs * 2) / 3) return this.drop();
    if (this.phase === "open" && silentMs >= this.timeoutMs / 3 - 1) this.send(Xid.ping, Op.ping, () => {});
    this.timer = this.clock.after(this.timeoutMs / 6, "timer", () => this.tick());
  }

  private ended(link: SimLink): void {
    if (link !== this.link) return;
    this.link = undefined;
    this.clock.cancel(this.timer);
    const lost = this.calls;
    this.calls = [];
    const wasOpen = this.phase === "open" || this.phase === "closed";
    if (this.phase !== "closed") this.phase = "idle";
    if (wasOpen) this.watcher.lost(this, lost);
    this.again();
  }

  private unreachable(): void {
    if (this.phase !== "dialling") return;
    this.phase = "idle";
    this.again();
  }

  private again(): void {
    if (!this.settings.reconnects || this.phase === "closed") return;
    this.clock.after(this.random.between(10, 100), "timer", () => {
      if (this.phase === "idle") this.connect();
    });
  }
}

export function eventName(type: number): string {
  switch (type) {
    case EventType.nodeCreated:
      return "created";
    case EventType.nodeDeleted:
      return "deleted";
    case EventType.nodeDataChanged:
      return "changed";
    case EventType.nodeChildrenChanged:
      return "childrenChanged";
    default:
      return `event ${type}`;
  }
}

import { DecodeError, Reader } from "jute-ts";
import { NEVER } from "../../base/instant.ts";
import { Err, Op, Xid } from "../../wire/client/numbers.ts";
import { WatcherEvent } from "../../wire/client/responses.ts";
import { Frames } from "../../wire/frames.ts";
import { type Call, CallQueue } from "./call.ts";
import { addressText, type ServerAddress } from "./connectString.ts";
import { Credentials } from "./credentials.ts";
import type { ErrorCode } from "./errors.ts";
import { Handshake } from "./handshake.ts";
import { Output } from "./output.ts";
import { ReadWriteSearch } from "./readWriteSearch.ts";
import { Servers } from "./servers.ts";
import { Watches } from "./watches.ts";

export interface SessionSettings {
  readonly servers: readonly ServerAddress[];
  /** What is asked of the server, which has the last word. */
  readonly sessionTimeoutMs: number;
  /** Whether a server that has lost its quorum will do. */
  readonly readOnly: boolean;
}

/** `expired`, `authFailed` and `closed` are final. */
export type SessionState = "connecting" | "connected" | "connectedReadOnly" | "expired" | "authFailed" | "closed";

export interface SessionEvent {
  readonly state: SessionState;
  /** The server of a connection that was made or lost. */
  readonly server: ServerAddress | undefined;
  /** Why a connection or the session ended; "" when a connection was made. */
  readonly reason: string;
}

/** What a session asks of the world. Nothing here calls back at once; the answers are the session's `on...` methods. */
export interface SessionWorld {
  /** Opens a link. Answer: onDialled or onLost. */
  dial(server: ServerAddress): void;
  /** Drops the link that is open or being opened; nothing more is heard of it. */
  hangUp(): void;
  /** There is output. `takeOutput` is called soon, at the latest when this turn ends. */
  flush(): void;
  /** Asks a server whether it serves writes. Answer: onSearched. */
  search(server: ServerAddress): void;
  changed(event: SessionEvent): void;
  /** From 0 to below 1. */
  random(): number;
}

/**
 * A client's session over all its connections (client-protocol 9): connects and goes on to the next server, pings, resumes the
 * session, sends credentials and watches again. Requests outstanding when a connection is lost fail, those that come while
 * there is none wait for the next. Times are milliseconds of one clock that never jumps.
 */
export class Session {
  readonly watches = new Watches();
  private readonly world: SessionWorld;
  private readonly servers: Servers;
  private readonly handshake: Handshake;
  private readonly credentials = new Credentials();
  private readonly search = new ReadWriteSearch();
  private readonly output = new Output();
  private readonly waiting = new CallQueue();
  private readonly outstanding = new CallQueue();
  private frames = new Frames(0, MAX_FRAME_BYTES);
  private phase: "idle" | "dialling" | "handshaking" | "open" | "over" = "idle";
  private end: { readonly code: ErrorCode; readonly reason: string } | undefined;
  private server: ServerAddress | undefined;
  private lastFailure = "";
  private replaysDue = 0;
  private sentMs = 0;
  private heardMs = 0;
  /** When the next server is dialled, or the attempt under way is given up. */
  private attemptMs = NEVER;

  constructor(settings: SessionSettings, world: SessionWorld) {
    this.world = world;
    this.servers = new Servers(settings.servers, () => world.random());
    this.handshake = new Handshake(settings.sessionTimeoutMs, settings.readOnly);
  }

  /** 0n before the first connection. */
  get sessionId(): bigint {
    return this.handshake.sessionId;
  }

  /** As negotiated; before that, as asked for. */
  get timeoutMs(): number {
    return this.handshake.timeoutMs;
  }

  /** The server connected to. */
  get connectedTo(): ServerAddress | undefined {
    return this.phase === "open" ? this.server : undefined;
  }

  /** When `onDeadline` wants to be called, at the latest. It may move on without notice. */
  get deadline(): number {
    switch (this.phase) {
      case "over":
        return NEVER;
      case "open":
        return Math.min(this.sentMs + this.timeoutMs / 3, this.heardMs + (2 * this.timeoutMs) / 3, this.search.dueMs);
      default:
        return Math.min(this.attemptMs, this.giveUpMs);
    }
  }

  start(nowMs: number): void {
    this.heardMs = nowMs;
    this.dial(nowMs);
  }

  submit(call: Call): void {
    if (this.end !== undefined) call.failed(this.end.code, this.end.reason);
    else if (this.phase === "open") this.send(call);
    else this.waiting.push(call);
  }

  /** Takes back a request that has not been sent. False: it has been. */
  withdraw(call: Call): boolean {
    return this.waiting.remove(call);
  }

  /** Adds a credential for this and all later connections. `call` is answered when a server has taken it. */
  addAuth(scheme: string, auth: Uint8Array, call: Call | undefined): void {
    if (this.end !== undefined) return call?.failed(this.end.code, this.end.reason);
    this.credentials.add(scheme, auth, call);
    if (this.phase === "open") this.credentials.sendLast(this.output);
    if (this.phase === "open") this.world.flush();
  }

  /** Ends the session. Requests sent before are still answered; `changed` tells the end. */
  close(): void {
    if (this.end !== undefined) return;
    if (this.phase !== "open") return this.finish("closed", "Closed", CLOSED);
    this.send({
      type: Op.closeSession,
      watch: undefined,
      xid: 0,
      write: () => {},
      answered: () => this.finish("closed", "Closed", CLOSED),
      failed: () => {},
    });
    this.end = { code: "Closed", reason: CLOSED };
  }

  /** Everything to be written to the link. */
  takeOutput(nowMs: number): Uint8Array {
    this.sentMs = nowMs;
    return this.output.take();
  }

  onDialled(nowMs: number): void {
    this.phase = "handshaking";
    this.sentMs = nowMs;
    this.handshake.writeRequest(this.output);
    this.world.flush();
  }

  onBytes(chunk: Uint8Array, nowMs: number): void {
    const { frames } = this;
    frames.push(chunk);
    if (this.phase === "handshaking" && (frames.peekInt() ?? 0) > MAX_HANDSHAKE_BYTES) {
      return this.lose(`${this.serverText} does not speak ZooKeeper's protocol`, nowMs);
    }
    while (this.frames === frames && frames.next()) this.frame(frames, nowMs);
    if (frames.refusedLength !== undefined) this.lose(`a frame of ${frames.refusedLength} bytes`, nowMs);
  }

  /** The link could not be opened, or has ended. */
  onLost(reason: string, nowMs: number): void {
    if (this.phase === "over") return;
    const { server } = this;
    const wasOpen = this.phase === "open";
    this.phase = "idle";
    this.lastFailure = `${this.serverText}: ${reason}`;
    this.forgetLink();
    for (const call of this.outstanding.drain()) call.failed("ConnectionLoss", lostText(this.lastFailure));
    if (this.end !== undefined) return this.finish("closed", "Closed", CLOSED);
    this.attemptMs = nowMs + this.servers.pauseMs();
    if (wasOpen) this.world.changed({ state: "connecting", server, reason });
    this.onDeadline(nowMs);
  }

  onDeadline(nowMs: number): void {
    switch (this.phase) {
      case "over":
        return;
      case "open":
        return this.keepAlive(nowMs);
      default:
        if (nowMs >= this.giveUpMs) return this.giveUp();
        if (nowMs < this.attemptMs) return;
        if (this.phase === "idle") return this.dial(nowMs);
        return this.lose(`no answer within ${Math.round(this.attemptTimeoutMs)} ms`, nowMs);
    }
  }

  /** A server said whether it serves writes. */
  onSearched(server: ServerAddress, servesWrites: boolean, nowMs: number): void {
    if (this.phase !== "open" || !this.search.isOn || !servesWrites) return;
    this.servers.prefer(server);
    this.lose(`read-only, and ${addressText(server)} serves writes`, nowMs);
  }

  private dial(nowMs: number): void {
    this.phase = "dialling";
    this.attemptMs = nowMs + this.attemptTimeoutMs;
    this.server = this.servers.next();
    this.world.dial(this.server);
  }

  /** Also few servers must leave time to try again: one that takes the connection and never answers is not to cost the session. */
  private get attemptTimeoutMs(): number {
    return Math.min(this.timeoutMs / this.servers.count, Math.max(this.timeoutMs / 3, LEAST_ATTEMPT_MS));
  }

  /** A silence as long as this and the servers have expired the session (client-protocol 9, "local expiry"). */
  private get giveUpMs(): number {
    return this.heardMs + (4 * this.timeoutMs) / 3;
  }

  private get serverText(): string {
    return this.server === undefined ? "" : addressText(this.server);
  }

  private giveUp(): void {
    const silence = `no server answered within ${Math.round((4 * this.timeoutMs) / 3)} ms`;
    const reason = `${silence}; the last: ${this.lastFailure || this.serverText}`;
    if (this.sessionId === 0n) this.finish("closed", "ConnectionLoss", reason);
    else this.finish("expired", "SessionExpired", reason);
  }

  private keepAlive(nowMs: number): void {
    const silentMs = nowMs - this.heardMs;
    if (silentMs >= (2 * this.timeoutMs) / 3) return this.lose(`nothing heard for ${Math.round(silentMs)} ms`, nowMs);
    if (nowMs >= this.sentMs + this.timeoutMs / 3) {
      this.sentMs = nowMs;
      this.output.request(Xid.ping, Op.ping);
      this.world.flush();
    }
    if (nowMs >= this.search.dueMs) this.world.search(this.servers.peek(this.search.next(nowMs)));
  }

  private frame({ bytes, start, end }: Frames, nowMs: number): void {
    this.heardMs = nowMs;
    READER.reset(bytes, start, end);
    try {
      if (this.phase === "handshaking") this.opened(nowMs);
      else this.message(READER, nowMs);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.lose(`a message that cannot be read: ${error.message}`, nowMs);
    }
  }

  private opened(nowMs: number): void {
    const outcome = this.handshake.readResponse(READER);
    if (outcome === "expired") return this.finish("expired", "SessionExpired", EXPIRED);
    if (outcome === "unwanted") return this.lose("the server is read-only", nowMs);
    this.phase = "open";
    if (outcome === "readOnly") this.search.start(nowMs);
    this.credentials.sendAll(this.output);
    this.replaysDue = this.output.watches(this.watches, this.handshake.relativeZxid);
    for (const call of this.waiting.drain()) this.send(call);
    this.world.flush();
    const state = outcome === "readOnly" ? "connectedReadOnly" : "connected";
    this.world.changed({ state, server: this.server, reason: "" });
  }

  private message(reader: Reader, nowMs: number): void {
    const xid = reader.int();
    const zxid = reader.long();
    const err = reader.int();
    this.servers.answered();
    this.handshake.sawZxid(zxid, xid);
    if (xid === Xid.notification) {
      const { type, path } = WatcherEvent.read(reader);
      return this.watches.fired(type, path ?? "", zxid);
    }
    if (xid === Xid.auth) this.credentials.answered(err, reader);
    else if (xid === Xid.setWatches) this.replayed();
    else if (xid !== Xid.ping) this.reply(xid, err, reader, nowMs);
    if (err === Err.sessionClosedRequireAuth) this.finish("authFailed", "SessionClosedRequireSaslAuth", NOT_LET_IN);
    else if (err === Err.authFailed) this.finish("authFailed", "AuthFailed", AUTH_FAILED);
  }

  private reply(xid: number, err: number, reader: Reader, nowMs: number): void {
    const call = this.outstanding.shift();
    if (call === undefined) return this.lose(`a reply ${xid} that nothing was asked for`, nowMs);
    if (call.xid !== xid) {
      call.failed("ConnectionLoss", lostText(`reply ${xid} came where ${call.xid} was due`));
      return this.lose(`reply ${xid} came where ${call.xid} was due`, nowMs);
    }
    const { watch } = call;
    if (watch !== undefined && err === Err.ok) this.watches.add(watch.kind, watch.path, watch.listener);
    else if (watch?.kind === "exist" && err === Err.noNode) this.watches.add("exist", watch.path, watch.listener);
    try {
      call.answered(err, reader);
    } catch (error) {
      call.failed("ConnectionLoss", lostText("the reply cannot be read"));
      throw error;
    }
  }

  private replayed(): void {
    this.replaysDue--;
    if (this.replaysDue === 0) this.watches.resumed();
  }

  private send(call: Call): void {
    call.xid = this.output.nextXid();
    this.output.call(call);
    this.outstanding.push(call);
    this.world.flush();
  }

  private lose(reason: string, nowMs: number): void {
    this.world.hangUp();
    this.onLost(reason, nowMs);
  }

  private forgetLink(): void {
    this.frames = new Frames(0, MAX_FRAME_BYTES);
    this.output.clear();
    this.credentials.forgetLink();
    this.search.stop();
    this.replaysDue = 0;
    this.handshake.linkLost();
  }

  private finish(state: SessionState, code: ErrorCode, reason: string): void {
    if (this.phase === "over") return;
    this.phase = "over";
    this.end = { code, reason };
    this.world.hangUp();
    const { server } = this;
    this.forgetLink();
    for (const call of this.outstanding.drain()) call.failed(code, reason);
    for (const call of this.waiting.drain()) call.failed(code, reason);
    this.credentials.failed(code, reason);
    this.watches.ended(code, reason);
    this.world.changed({ state, server, reason });
  }
}

function lostText(how: string): string {
  return `the connection was lost (${how}), it is unknown whether the request was executed`;
}

/** A handshake with TLS and a transaction take their time, also when the session's is short. */
const LEAST_ATTEMPT_MS = 1000;
/** One message is read at a time. Lengths are bounded by the frame. */
const READER = new Reader(new Uint8Array(0), 0, 0, 0x7fffffff);
/** A server sets no limit to what it answers (client-protocol 1.3). */
const MAX_FRAME_BYTES = 0x7fffffff;
const MAX_HANDSHAKE_BYTES = 4096;
const CLOSED = "the client was closed";
const EXPIRED = "the session has expired: the server no longer knows it";
const AUTH_FAILED = "the server refused the credentials";
const NOT_LET_IN = "the server demands authentication, and no credential was sent that it takes";

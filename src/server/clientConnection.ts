import type { Writer } from "jute-ts";
import { Fifo } from "../base/fifo.ts";
import { NO_SESSION, type SessionId } from "../base/ids.ts";
import type { Id } from "../wire/client/shared.ts";
import { Frames } from "../wire/frames.ts";
import type { LateChunks } from "./lateChunks.ts";
import type { ByteLink } from "./ports.ts";
import type { ReplyWriters } from "./replyWriters.ts";
import type { Request } from "./request.ts";

/**
 * One client's connection, from accept to close.
 *
 *   opening ── ConnectRequest ──> joining ── session committed or revalidated ──> open ── close ──> closed
 *   from each of them: a last reply is written ──> leaving ── the client took it, or takes too long ──> closed
 *
 * While joining, frames wait unparsed (client-protocol 4.1). `queue` holds this connection's requests from its first
 * unfinished write on: the head is the write (or sync) in flight, reads wait behind it.
 */
export class ClientConnection {
  /** Watches and statistics know a connection by this number. */
  readonly number: number;
  readonly link: ByteLink;
  readonly frames: Frames;
  phase: "opening" | "joining" | "open" | "leaving" | "closed" = "opening";
  sessionId: SessionId = NO_SESSION;
  timeoutMs = 0;
  /** Whether the handshake asked for a session, and not for one that was there. */
  isNewSession = false;
  /** Whether the ConnectRequest carried the readOnly byte, and so the response does. */
  hasReadOnlyByte = false;
  /** Replaced, never changed: each request captures the identities of the moment it was read. */
  identities: readonly Id[];
  readonly queue = new Fifo<Request>();
  /** `out` has something and the connection is on the turn's list. */
  dirty = false;
  /** Reading stopped because too much is outstanding. */
  paused = false;
  /** The client has hung up, and what it asked for before is still carried out. */
  isGone = false;
  /** Nothing more is read: a reply that ends the connection is on its way. */
  ending = false;
  /** Its last request, or its start. */
  touchedMs = Number.NEGATIVE_INFINITY;
  /** When the bytes arrived that `frames` holds, while the server's being full keeps them there; infinite: nothing waits. */
  arrivedMs = Number.POSITIVE_INFINITY;
  /** What arrived behind them. */
  late: LateChunks | undefined;
  /** When the connection is dropped: its handshake is not done, or its last bytes are not taken. */
  idleDeadlineMs = 0;
  readonly openedWallMs: number;
  readonly stats = new ConnectionStats();
  private readonly writers: ReplyWriters;
  private writer: Writer | undefined;

  constructor(number: number, link: ByteLink, writers: ReplyWriters, maxFrameBytes: number, openedWallMs: number) {
    this.number = number;
    this.link = link;
    this.writers = writers;
    this.frames = new Frames(0, maxFrameBytes);
    this.identities = [{ scheme: "ip", id: link.remoteAddress }];
    this.openedWallMs = openedWallMs;
  }

  /** What the turn has for the client. Not to be kept over `flush` or `discard`: it is another connection's then. */
  get out(): Writer {
    this.writer ??= this.writers.take();
    return this.writer;
  }

  /** How much of it there is. */
  get outBytes(): number {
    return this.writer?.length ?? 0;
  }

  /** Moves `frames` to the next whole frame. False: it has not arrived, or it is refused. */
  nextFrame(): boolean {
    const { frames } = this;
    while (!frames.next()) {
      if (this.late === undefined || frames.refusedLength !== undefined || !this.takeLate()) return false;
    }
    return true;
  }

  /** Whether a whole frame waits here. */
  hasFrame(): boolean {
    while (!this.frames.isWhole) {
      if (!this.takeLate()) return false;
    }
    return true;
  }

  /** What was kept first joins the frames, which are then as old as it is. */
  private takeLate(): boolean {
    const oldest = this.late?.take();
    if (oldest === undefined) return false;
    this.frames.push(oldest.chunk);
    this.arrivedMs = oldest.arrivedMs;
    return true;
  }

  /** Gives `out` to the link. */
  flush(): void {
    if (this.writer === undefined) return;
    if (this.writer.length > 0) this.link.write(this.writer.written());
    this.discard();
  }

  /** Nobody gets what is in `out`. */
  discard(): void {
    if (this.writer === undefined) return;
    this.writers.give(this.writer);
    this.writer = undefined;
  }
}

/** What `cons` and `stat` print of a connection. */
export class ConnectionStats {
  received = 0;
  sent = 0;
  /** The type of the last request answered; 0: none yet. */
  lastOp = 0;
  lastXid = -1;
  lastZxid = -1n;
  lastResponseMs = 0;
  lastLatencyMs = 0;
  minLatencyMs = Number.POSITIVE_INFINITY;
  maxLatencyMs = 0;
  totalLatencyMs = 0;
  latencies = 0;

  /** As before the first packet. */
  reset(): void {
    Object.assign(this, new ConnectionStats());
  }

  latency(ms: number): void {
    this.lastLatencyMs = ms;
    if (ms < this.minLatencyMs) this.minLatencyMs = ms;
    if (ms > this.maxLatencyMs) this.maxLatencyMs = ms;
    this.totalLatencyMs += ms;
    this.latencies++;
  }
}

/** Counters over all connections, for srvr and mntr. */
export class Totals {
  received = 0;
  sent = 0;
  rejected = 0;
  minLatencyMs = Number.POSITIVE_INFINITY;
  maxLatencyMs = 0;
  totalLatencyMs = 0;
  latencies = 0;

  /** As before the first packet. */
  reset(): void {
    Object.assign(this, new Totals());
  }

  latency(ms: number): void {
    if (ms > this.maxLatencyMs) this.maxLatencyMs = ms;
    if (ms < this.minLatencyMs) this.minLatencyMs = ms;
    this.totalLatencyMs += ms;
    this.latencies++;
  }
}

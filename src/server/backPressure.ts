import type { Instant } from "../base/instant.ts";
import type { ClientConnection } from "./clientConnection.ts";
import { REPLY_HIGH_WATER_BYTES, STALLED_READ_BYTES } from "./clientLimits.ts";
import { LateChunks } from "./lateChunks.ts";
import type { Requests } from "./requests.ts";
import type { RequestThrottle } from "./requestThrottle.ts";

/**
 * Whose requests wait because the server has enough of them, or the client too few of its replies (client-protocol 5.3, 5.4;
 * reliability 7, slow reader).
 *
 * Invariants
 * - Who is held is `paused`, and goes on from where it stopped; nothing of it is taken up before, but a farewell (`hungUp`).
 * - Who waits for room alone is still read, up to a bound: the end of a connection that is not read may go unnoticed.
 * - Its requests are as old as their bytes, however long they wait here.
 */
export class BackPressure {
  private readonly held = new Set<ClientConnection>();
  private readonly clients: BackPressurePort;
  private readonly requests: Requests;
  private readonly throttle: RequestThrottle | undefined;
  /** When those who wait for room are looked at next. */
  private lookMs = 0;

  constructor(clients: BackPressurePort, requests: Requests, throttle: RequestThrottle | undefined) {
    this.clients = clients;
    this.requests = requests;
    this.throttle = throttle;
  }

  get holdsNobody(): boolean {
    return this.held.size === 0;
  }

  /**
   * Replies pile up, or the server is full and this connection is part of it. The end of the first is told by `drained`, for it
   * is far above what any system takes without a word; of the second by whatever turn answers a request.
   */
  isBacklogged(connection: ClientConnection): boolean {
    return this.isUnread(connection) || this.isStalled(connection);
  }

  /** The request throttle is full: nobody's next request is taken up, also of those who have none there (5.4). */
  isStalled(connection: ClientConnection): boolean {
    return this.requests.isFull && connection.phase === "open";
  }

  private isUnread(connection: ClientConnection): boolean {
    if (connection.isGone) return false;
    return (
      connection.outBytes + connection.link.queuedBytes > REPLY_HIGH_WATER_BYTES ||
      this.requests.isOverloaded(connection)
    );
  }

  /** Whether a whole request waits for room. */
  hasStalled(connection: ClientConnection): boolean {
    return connection.paused && this.isStalled(connection) && connection.hasFrame();
  }

  hold(connection: ClientConnection, at: Instant): void {
    if (this.isStalled(connection)) connection.arrivedMs = Math.min(connection.arrivedMs, at.monoMs);
    if (connection.paused) return;
    connection.paused = true;
    if (this.isUnread(connection)) connection.link.pause();
    this.held.add(connection);
  }

  /** Bytes of a connection that is held: their turn comes. */
  keep(connection: ClientConnection, chunk: Uint8Array, at: Instant): void {
    connection.late ??= new LateChunks();
    connection.late.push(chunk, at.monoMs);
    if (connection.late.bytes > STALLED_READ_BYTES) connection.link.pause();
  }

  /** Lets it go on, unless something is in the way still. */
  reconsider(connection: ClientConnection, at: Instant): void {
    if (this.isBacklogged(connection) || !this.held.delete(connection)) return;
    connection.paused = false;
    connection.link.resume();
    this.clients.pump(connection, at);
  }

  reconsiderAll(at: Instant): void {
    for (const connection of [...this.held]) this.reconsider(connection, at);
  }

  /** Its end: it does not go on. */
  forget(connection: ClientConnection): void {
    this.held.delete(connection);
  }

  /** Who waits too long for room is not kept until there is some (5.4). */
  onDeadline(at: Instant): void {
    if (this.throttle?.dropsOld !== true || at.monoMs < this.lookMs) return;
    this.lookMs = at.monoMs + this.throttle.lookEveryMs;
    for (const connection of [...this.held]) {
      if (this.hasStalled(connection) && this.requests.isStale(connection, at)) this.clients.end(connection);
    }
  }

  get deadline(): number {
    return this.throttle?.dropsOld === true && this.held.size > 0 ? this.lookMs : Number.POSITIVE_INFINITY;
  }
}

/** What holding back asks of the client port around it. */
export interface BackPressurePort {
  /** Takes up the frames that waited. */
  pump(connection: ClientConnection, at: Instant): void;
  /** Closes once what is written has left. */
  end(connection: ClientConnection): void;
}

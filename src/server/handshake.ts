import { DecodeError, Reader } from "jute-ts";
import { hex64 } from "../base/bytes.ts";
import { NO_SESSION, type SessionId, toSessionId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { passwordMatches, sessionPassword } from "../session/password.ts";
import { negotiate } from "../session/timeouts.ts";
import type { DataTree } from "../tree/dataTree.ts";
import { ConnectRequest, ConnectResponse } from "../wire/client/connect.ts";
import { fourLetterWord } from "../wire/fourLetterWords.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { ClientLimits } from "./clientLimits.ts";
import { Complaints } from "./complaints.ts";
import type { ClientsPort } from "./ports.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The way of a connection from its first bytes to its session (client-protocol 4.1), or to the four-letter word it came for.
 *
 * Invariants
 * - Nobody gets a session from a server that does not serve, or that is behind what the client has seen.
 * - A connection that is answered has its session, which the upstream made or vouched for, or ends behind the answer.
 * - Without its password a session's other connection is left alone.
 */
export class Handshake {
  private readonly clients: HandshakePort;
  private readonly limits: ClientLimits;
  private readonly world: ClientsPort;
  private readonly ahead: Complaints;
  private tree: DataTree;

  constructor(clients: HandshakePort, limits: ClientLimits, tree: DataTree, world: ClientsPort) {
    this.clients = clients;
    this.limits = limits;
    this.tree = tree;
    this.world = world;
    this.ahead = new Complaints((event) => world.observe(event));
  }

  serve(tree: DataTree): void {
    this.tree = tree;
  }

  /** Whether its first bytes are a word, which is then answered, and nothing more is read. */
  answersWord(connection: ClientConnection): boolean {
    const first = connection.frames.peekInt();
    const word = first === undefined ? undefined : fourLetterWord(first);
    if (word === undefined) return false;
    connection.ending = true;
    this.clients.received(connection);
    this.world.fourLetterWord(word, connection);
    // Only now: the answer does not count itself.
    this.clients.sent(connection);
    return true;
  }

  /** The frame at hand should be a ConnectRequest. The upstream is asked for its session; any other is dropped without a byte. */
  begin(connection: ClientConnection, at: Instant): void {
    const request = decodeConnect(connection);
    const upstream = this.clients.serving;
    this.clients.received(connection);
    if (upstream === undefined || request === undefined) return this.clients.drop(connection);
    if (!this.isAdmitted(request, at)) return this.clients.drop(connection);
    if (request.lastZxidSeen > this.tree.lastProcessedZxid) return this.refuseAhead(connection, request, at);
    connection.hasReadOnlyByte = request.readOnly !== undefined;
    connection.timeoutMs = negotiate(request.timeOut, this.limits.minSessionTimeoutMs, this.limits.maxSessionTimeoutMs);
    connection.phase = "joining";
    connection.touchedMs = at.monoMs;
    connection.isNewSession = request.sessionId === 0n;
    if (connection.isNewSession) upstream.createSession(connection);
    else this.renew(connection, upstream, toSessionId(request.sessionId), request.passwd);
  }

  private isAdmitted(request: ConnectRequest, at: Instant): boolean {
    const { gates } = this.limits;
    if (gates === undefined) return true;
    const kind = request.sessionId === 0n ? gates.newSession : "renewal";
    return gates.connections.admits(kind, at.monoMs);
  }

  private refuseAhead(connection: ClientConnection, { lastZxidSeen }: ConnectRequest, at: Instant): void {
    const text = `Refusing session request for client ${connection.link.remoteAddress} as it has seen zxid 0x${hex64(lastZxidSeen)} our last zxid is 0x${hex64(this.tree.lastProcessedZxid)} client must try another server`;
    this.ahead.tell("clients.ahead", text, at.monoMs);
    this.clients.drop(connection);
  }

  /** The password first: a stranger must not be able to disconnect a session (row 8's ugly corner). */
  private renew(
    connection: ClientConnection,
    upstream: Upstream,
    sessionId: SessionId,
    password: Uint8Array | null,
  ): void {
    if (password === null || !passwordMatches(sessionId, password)) return this.refuse(connection);
    const other = this.clients.connectionOf(sessionId);
    if (other !== undefined) this.clients.drop(other);
    this.clients.claim(connection, sessionId);
    upstream.renewSession(connection);
  }

  /** Its session is there: the client is told, and may ask. */
  finish(connection: ClientConnection): void {
    const { timeoutMs, sessionId } = connection;
    this.respond(connection, timeoutMs, sessionId, sessionPassword(sessionId));
    connection.phase = "open";
    connection.idleDeadlineMs = Number.POSITIVE_INFINITY;
  }

  /** The session it came with is over, or not its own. */
  refuse(connection: ClientConnection): void {
    this.respond(connection, 0, NO_SESSION, new Uint8Array(16));
    this.clients.end(connection);
  }

  private respond(connection: ClientConnection, timeOut: number, sessionId: SessionId, passwd: Uint8Array): void {
    const out = connection.out;
    const start = out.reserve(4);
    const readOnly = connection.hasReadOnlyByte ? false : undefined;
    ConnectResponse.write(out, { protocolVersion: 0, timeOut, sessionId, passwd, readOnly });
    out.patchInt(start, out.length - start - 4);
    this.clients.sent(connection);
    this.clients.touchWriter(connection);
  }
}

/** What the handshake asks of the client port around it. */
export interface HandshakePort {
  readonly serving: Upstream | undefined;
  /** The one that stands for this session. */
  connectionOf(sessionId: SessionId): ClientConnection | undefined;
  /** The connection stands for this session from now on. */
  claim(connection: ClientConnection, sessionId: SessionId): void;
  /** Each counts a packet. */
  received(connection: ClientConnection): void;
  sent(connection: ClientConnection): void;
  /** Closes at once, without a byte more. */
  drop(connection: ClientConnection): void;
  /** Closes once what is written has left. */
  end(connection: ClientConnection): void;
  /** Something was written that is to leave at the end of the turn. */
  touchWriter(connection: ClientConnection): void;
}

function decodeConnect(connection: ClientConnection): ConnectRequest | undefined {
  const { bytes, start, end } = connection.frames;
  try {
    return ConnectRequest.read(new Reader(bytes, start, end));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

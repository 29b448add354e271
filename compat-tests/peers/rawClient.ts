import { connect, type Socket } from "node:net";
import { DecodeError, Reader, type RecordType } from "jute-ts";
import { ConnectRequest, ConnectResponse } from "../../src/wire/client/connect.ts";
import { ReplyHeader, RequestHeader } from "../../src/wire/client/shared.ts";
import { Frames } from "../../src/wire/frames.ts";

/** A connection that sends and awaits frames, and nothing by itself: no ping, no reconnect. Bytes of any kind may be sent. */
export class RawConnection {
  readonly socket: Socket;
  /** Frames that arrived and nobody awaited yet. */
  private readonly arrived: Uint8Array[] = [];
  private readonly frames = new Frames(0, 0x7fffffff);
  private ended = false;
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.take(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.ended = true;
      this.wake();
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawConnection(socket)));
    });
  }

  /** Sends the parts as one frame: their length, then they themselves, in one write. */
  send(...parts: readonly Uint8Array[]): void {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setInt32(
      0,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
    this.socket.write(Buffer.concat([length, ...parts]));
  }

  /** The next frame without its length; undefined once the server has closed. Rejects when neither comes within `timeoutMs`. */
  async next(timeoutMs = 10_000): Promise<Uint8Array | undefined> {
    if (this.arrived.length === 0 && !this.ended) await this.news(timeoutMs);
    return this.arrived.shift();
  }

  /** Until the server has closed; gives the frames that came before. */
  async untilClosed(timeoutMs = 10_000): Promise<readonly Uint8Array[]> {
    const frames: Uint8Array[] = [];
    for (let frame = await this.next(timeoutMs); frame !== undefined; frame = await this.next(timeoutMs))
      frames.push(frame);
    return frames;
  }

  /** Cuts the connection without a word. */
  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Uint8Array): void {
    this.frames.push(chunk);
    while (this.frames.next()) this.arrived.push(this.frames.bytes.slice(this.frames.start, this.frames.end));
    if (this.arrived.length > 0) this.wake();
  }

  private news(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no frame within ${timeoutMs} ms`)), timeoutMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => {};
        resolve();
      };
    });
  }
}

/** What a reply or an event says: its header, and the bytes behind it. */
export type RawReply = ReplyHeader & { readonly body: Uint8Array };

/** The number of a session's last request: who takes it up again goes on from there, as every client does. */
export type Xids = { last: number };

/** A session over a raw connection. */
export class RawClient {
  readonly connection: RawConnection;
  readonly session: ConnectResponse;
  /** Watch events (xid -1), in the order they came while a reply was awaited. */
  readonly events: RawReply[] = [];
  readonly xids: Xids;

  private constructor(connection: RawConnection, session: ConnectResponse, xids: Xids) {
    this.connection = connection;
    this.session = session;
    this.xids = xids;
  }

  /** Opens a session, or resumes the one that `request` names. Rejects when the server closes instead of answering, or is silent. */
  static async open(
    port: number,
    request: Partial<ConnectRequest> = {},
    timeoutMs?: number,
    xids: Xids = { last: 0 },
  ): Promise<RawClient> {
    const connection = await RawConnection.open(port);
    try {
      connection.send(ConnectRequest.encode({ ...NEW_SESSION, ...request }));
      const answer = await connection.next(timeoutMs);
      if (answer === undefined) throw new Error("closed during the handshake");
      return new RawClient(connection, ConnectResponse.decode(answer), xids);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Sends a request without awaiting its reply and gives its xid: the next in order unless named. */
  send(type: number, body: Uint8Array = NOTHING, xid: number = ++this.xids.last): number {
    this.connection.send(RequestHeader.encode({ xid, type }), body);
    return xid;
  }

  /** The next frame that is no event; events on the way are kept. */
  async reply(): Promise<RawReply> {
    for (;;) {
      const frame = await this.connection.next();
      if (frame === undefined) throw new Error("closed by the server");
      const reply = replyOf(frame);
      if (reply.xid !== EVENT_XID) return reply;
      this.events.push(reply);
    }
  }

  /** Sends a request and awaits its reply. */
  async call(type: number, body: Uint8Array = NOTHING): Promise<RawReply> {
    const xid = this.send(type, body);
    const reply = await this.reply();
    if (reply.xid !== xid) throw new DecodeError(`reply to ${reply.xid}, awaited ${xid}`);
    return reply;
  }

  /** The same with records; rejects when the reply carries an error. */
  async ask<Q, A>(type: number, request: RecordType<Q>, value: Q, response: RecordType<A>): Promise<A> {
    const { err, body } = await this.call(type, request.encode(value));
    if (err !== 0) throw new Error(`error ${err}`);
    return response.decode(body);
  }
}

function replyOf(frame: Uint8Array): RawReply {
  const reader = new Reader(frame);
  return { ...ReplyHeader.read(reader), body: reader.rest() };
}

const EVENT_XID = -1;
const NOTHING = new Uint8Array(0);
const NEW_SESSION: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: 0n,
  timeOut: 30_000,
  sessionId: 0n,
  passwd: new Uint8Array(16),
  readOnly: false,
};

import { Reader } from "jute-ts";
import type { ConnectResponse } from "../../src/wire/client/connect.ts";
import { Op } from "../../src/wire/client/numbers.ts";
import {
  CreateRequest,
  DeleteRequest,
  ExistsRequest,
  GetACLRequest,
  GetChildren2Request,
  GetDataRequest,
  SetDataRequest,
  SyncRequest,
} from "../../src/wire/client/requests.ts";
import {
  CreateResponse,
  ExistsResponse,
  GetACLResponse,
  GetChildren2Response,
  GetDataResponse,
  SetDataResponse,
  SyncResponse,
  WatcherEvent,
} from "../../src/wire/client/responses.ts";
import { type ACL, MultiHeader, type Stat } from "../../src/wire/client/shared.ts";
import { RawClient, type RawReply, type Xids } from "../peers/rawClient.ts";

/** One operation of a multi. */
export type MultiOp =
  | { readonly op: "create"; readonly path: string; readonly data: string }
  | { readonly op: "setData"; readonly path: string; readonly data: string }
  | { readonly op: "delete"; readonly path: string };

/** What names a session, to take it up again through another member. */
export type SessionTicket = {
  readonly sessionId: bigint;
  readonly passwd: Uint8Array | null;
  readonly timeOut: number;
  /** The newest zxid the session has seen: a member that is behind refuses it. */
  readonly lastZxidSeen: bigint;
  readonly xids: Xids;
};

/** A server answered a request with an error. */
export class RequestRefused extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`error ${code}`);
    this.code = code;
  }
}

/** The code that a request is refused with; 0 when it is not. */
export async function refusal(ask: () => Promise<unknown>): Promise<number> {
  try {
    await ask();
    return 0;
  } catch (error) {
    if (error instanceof RequestRefused) return error.code;
    throw error;
  }
}

/** A session that asks one thing at a time and does nothing by itself: no ping, no reconnect. Data is text of one byte a character. */
export class Client {
  readonly raw: RawClient;
  lastZxid: bigint;

  private constructor(raw: RawClient, lastZxid: bigint) {
    this.raw = raw;
    this.lastZxid = lastZxid;
  }

  /** A new session. It outlives most of what a test does to its server. */
  static async open(port: number, timeOut = LONG_SESSION_MS): Promise<Client> {
    return new Client(await RawClient.open(port, { timeOut }), 0n);
  }

  /** The same session through the server on this port; undefined when the server says it has expired. */
  static async resume(port: number, ticket: SessionTicket): Promise<Client | undefined> {
    const { sessionId, passwd, timeOut, lastZxidSeen, xids } = ticket;
    const raw = await RawClient.open(port, { sessionId, passwd, timeOut, lastZxidSeen }, undefined, xids);
    if (raw.session.sessionId !== 0n) return new Client(raw, lastZxidSeen);
    raw.connection.close();
    return undefined;
  }

  get session(): ConnectResponse {
    return this.raw.session;
  }

  get ticket(): SessionTicket {
    const { sessionId, passwd, timeOut } = this.session;
    return { sessionId, passwd, timeOut, lastZxidSeen: this.lastZxid, xids: this.raw.xids };
  }

  async create(path: string, data = "", flags = 0): Promise<string> {
    const body = opBody({ op: "create", path, data }, flags);
    return CreateResponse.decode(await this.ask(Op.create, body)).path ?? "";
  }

  /** All sent before the first answer is awaited. */
  async createMany(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      this.raw.send(Op.create, CreateRequest.encode({ path, data: Buffer.from(path), acl: [...ANYONE], flags: 0 }));
    }
    for (const path of paths) {
      const { err } = this.seen(await this.raw.reply());
      if (err !== 0) throw new Error(`${path}: error ${err}`);
    }
  }

  async set(path: string, data: string): Promise<Stat> {
    return SetDataResponse.decode(await this.ask(Op.setData, opBody({ op: "setData", path, data }))).stat;
  }

  async delete(path: string): Promise<void> {
    await this.ask(Op.delete, opBody({ op: "delete", path }));
  }

  /** All or nothing; rejects for nothing. */
  async multi(ops: readonly MultiOp[]): Promise<void> {
    const results = new Reader(await this.ask(Op.multi, multiBody(ops)));
    // The reply's own error is 0 even then: each operation has its error instead of its result (client-protocol 1.8).
    for (let head = MultiHeader.read(results); head.type === -1 && !head.done; head = MultiHeader.read(results)) {
      results.int();
      if (head.err !== 0) throw new RequestRefused(head.err);
    }
  }

  async get(path: string, watch = false): Promise<{ readonly data: string; readonly stat: Stat }> {
    const answer = GetDataResponse.decode(await this.ask(Op.getData, GetDataRequest.encode({ path, watch })));
    return { data: Buffer.from(answer.data ?? []).toString("latin1"), stat: answer.stat };
  }

  async children(path: string, watch = false): Promise<readonly string[]> {
    const answer = await this.ask(Op.getChildren2, GetChildren2Request.encode({ path, watch }));
    return (GetChildren2Response.decode(answer).children ?? []).map((name) => name ?? "").sort();
  }

  async acl(path: string): Promise<readonly ACL[]> {
    return GetACLResponse.decode(await this.ask(Op.getACL, GetACLRequest.encode({ path }))).acl ?? [];
  }

  async exists(path: string, watch = false): Promise<Stat | undefined> {
    try {
      return ExistsResponse.decode(await this.ask(Op.exists, ExistsRequest.encode({ path, watch }))).stat;
    } catch (error) {
      if (error instanceof RequestRefused && error.code === NO_NODE) return undefined;
      throw error;
    }
  }

  /** Until this member has applied everything that was committed when the leader got the request. */
  async sync(): Promise<void> {
    SyncResponse.decode(await this.ask(Op.sync, SyncRequest.encode({ path: "/" })));
  }

  /** Keeps the session alive, and lets events in. */
  async ping(): Promise<void> {
    this.raw.send(Op.ping, undefined, PING_XID);
    this.seen(await this.raw.reply());
  }

  /** The watch events that came so far, oldest first. */
  get events(): readonly WatcherEvent[] {
    return this.raw.events.map(({ body }) => WatcherEvent.decode(body));
  }

  /** Ends the session: its ephemeral nodes go. */
  async close(): Promise<void> {
    await this.ask(Op.closeSession, new Uint8Array(0));
    this.drop();
  }

  /** Cuts the connection and leaves the session. */
  drop(): void {
    this.raw.connection.close();
  }

  private async ask(type: number, body: Uint8Array): Promise<Uint8Array> {
    const reply = this.seen(await this.raw.call(type, body));
    if (reply.err !== 0) throw new RequestRefused(reply.err);
    return reply.body;
  }

  private seen(reply: RawReply): RawReply {
    if (reply.zxid > this.lastZxid) this.lastZxid = reply.zxid;
    return reply;
  }
}

/** Opens a session on the port, uses it and ends it. */
export async function withClient<T>(port: number, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await Client.open(port);
  try {
    const result = await use(client);
    await client.close();
    return result;
  } finally {
    client.drop();
  }
}

/** The body of such a request by itself; `flags` are a create's. */
export function opBody(op: MultiOp, flags = 0): Uint8Array {
  const { path } = op;
  switch (op.op) {
    case "create":
      return CreateRequest.encode({ path, data: Buffer.from(op.data, "latin1"), acl: [...ANYONE], flags });
    case "setData":
      return SetDataRequest.encode({ path, data: Buffer.from(op.data, "latin1"), version: -1 });
    case "delete":
      return DeleteRequest.encode({ path, version: -1 });
  }
}

/** A header before each operation, and one more that ends them (client-protocol 1.8). */
export function multiBody(ops: readonly MultiOp[]): Uint8Array {
  const parts = ops.flatMap((op) => [MultiHeader.encode({ type: Op[op.op], done: false, err: -1 }), opBody(op)]);
  return Buffer.concat([...parts, MultiHeader.encode({ type: -1, done: true, err: -1 })]);
}

export const EPHEMERAL = 1;
export const SEQUENTIAL = 2;
export const NO_NODE = -101;
const ANYONE: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const PING_XID = -2;
/** A session that expires writes a transaction: none may do so while a test counts on a quiet ensemble. */
export const LONG_SESSION_MS = 600_000;

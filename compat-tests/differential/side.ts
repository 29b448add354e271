import { ConnectRequest, ConnectResponse } from "../../src/wire/client/connect.ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { CreateResponse } from "../../src/wire/client/responses.ts";
import { ReplyHeader, RequestHeader } from "../../src/wire/client/shared.ts";
import { RawConnection } from "../peers/rawClient.ts";
import { Masks } from "./masks.ts";
import { PING } from "./requests.ts";
import { framed, type Opening, type Outcome, type Sent, type Step } from "./script.ts";

/** A frame as it came, and as it is compared. */
export type Seen = { readonly raw: Uint8Array; readonly masked: Uint8Array };

/** Everything a server said to a step. */
export type Answer = { readonly frames: readonly Seen[]; readonly outcome: Outcome };

type Session = { readonly id: bigint; readonly passwd: Uint8Array };

/** One of the two servers: its connections, by slot, and the sessions it gave out, by number. */
export class Side {
  private readonly port: number;
  private readonly masks = new Masks();
  private readonly slots: (RawConnection | undefined)[] = [];
  private readonly sessions: Session[] = [];
  /** zxids of closed sessions: the order of their events is open. */
  private readonly unordered = new Set<bigint>();

  constructor(port: number) {
    this.port = port;
  }

  async run(step: Step): Promise<Answer> {
    switch (step.kind) {
      case "open":
        return this.open(step.slot, step.opening, step.kicks);
      case "stray":
        return this.stray(step.bytes);
      case "request":
        return this.request(step.slot, step.request);
      case "batch":
        return this.batch(step.slot, step.requests, step.closes);
      case "fatal":
        return this.fatal(step.slot, step.request);
      case "cut":
        return this.cut(step.slot);
    }
  }

  /** The events that wait on every open connection, up to the answer to a ping. */
  async drain(): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const slot of this.slots.keys()) if (this.slots[slot] !== undefined) answers.push(await this.ping(slot));
    return answers;
  }

  /** Cuts every connection without a word. */
  hangUp(): void {
    for (const connection of this.slots) connection?.close();
    this.slots.length = 0;
  }

  private async open(slot: number, opening: Opening, kicks: number | undefined): Promise<Answer> {
    const before = kicks === undefined ? [] : (await this.ping(kicks)).frames;
    const connection = await RawConnection.open(this.port);
    connection.send(this.connectRequest(opening));
    const frame = await connection.next();
    const frames = frame === undefined ? [] : [{ raw: frame, masked: this.masks.handshake(frame) }];
    const opened = frame === undefined ? undefined : this.sessionOf(ConnectResponse.decode(frame));
    if (opened === undefined) await connection.untilClosed();
    this.slots[slot] = opened === undefined ? undefined : connection;
    if (kicks !== undefined) frames.push(...(await this.rest(kicks, [])));
    return answer([...before, ...frames], opened === undefined, opened);
  }

  private async stray(bytes: Uint8Array): Promise<Answer> {
    const connection = await RawConnection.open(this.port);
    connection.socket.write(bytes);
    const frames = await connection.untilClosed();
    return answer(
      frames.map((raw) => ({ raw, masked: raw })),
      true,
    );
  }

  private async request(slot: number, request: Sent): Promise<Answer> {
    const connection = this.connection(slot);
    connection.send(RequestHeader.encode(request), request.body);
    const frames: Seen[] = [];
    for (;;) {
      const raw = await connection.next();
      if (raw === undefined) return this.lost(slot, frames);
      frames.push({ raw, masked: this.masks.frame(raw, request.type) });
      if (xidOf(raw) !== EVENT) break;
    }
    return answer(this.settled(frames), false, undefined, pathsOf(request, frames));
  }

  private async batch(slot: number, requests: readonly Sent[], closes: boolean): Promise<Answer> {
    const connection = this.connection(slot);
    connection.socket.write(
      Buffer.concat(requests.map((sent) => framed(Buffer.concat([RequestHeader.encode(sent), sent.body])))),
    );
    const frames: Seen[] = [];
    const replied = (): number => frames.filter(({ raw }) => xidOf(raw) !== EVENT).length;
    while (replied() < requests.length) {
      const raw = await connection.next();
      if (raw === undefined) return this.lost(slot, frames);
      frames.push({ raw, masked: this.masks.frame(raw, requests[replied()]?.type ?? 0) });
    }
    if (!closes) return answer(this.settled(frames), false);
    this.closedSession(frames);
    return this.lost(slot, [...frames, ...(await this.rest(slot, requests))]);
  }

  private async fatal(slot: number, request: Sent | Uint8Array): Promise<Answer> {
    const before = (await this.ping(slot)).frames;
    const connection = this.connection(slot);
    if (request instanceof Uint8Array) connection.socket.write(request);
    else connection.send(RequestHeader.encode(request), request.body);
    const frames = await this.rest(slot, []);
    if (!(request instanceof Uint8Array) && request.type === Op.closeSession) this.closedSession(frames);
    return answer(this.settled([...before, ...frames]), true);
  }

  private async cut(slot: number): Promise<Answer> {
    const { frames } = await this.ping(slot);
    this.connection(slot).close();
    this.slots[slot] = undefined;
    return answer(frames, true);
  }

  private ping(slot: number): Promise<Answer> {
    return this.request(slot, { ...PING, xid: -2 });
  }

  /** What comes until the server has closed. */
  private async rest(slot: number, requests: readonly Sent[]): Promise<readonly Seen[]> {
    const frames = await this.connection(slot).untilClosed();
    this.slots[slot] = undefined;
    return frames.map((raw, index) => ({ raw, masked: this.masks.frame(raw, requests[index]?.type ?? 0) }));
  }

  private lost(slot: number, frames: readonly Seen[]): Answer {
    this.slots[slot] = undefined;
    return answer(this.settled(frames), true);
  }

  private connection(slot: number): RawConnection {
    const connection = this.slots[slot];
    if (connection === undefined) throw new Error(`slot ${slot} is closed`);
    return connection;
  }

  private connectRequest({ session, password, bytes, protocolVersion, timeOut, ahead }: Opening): Uint8Array {
    const known = typeof session === "number" ? this.sessions[session] : undefined;
    const passwd = {
      right: known?.passwd ?? new Uint8Array(16),
      wrong: new Uint8Array(16).fill(7),
      short: new Uint8Array(3),
      none: null,
    }[password];
    const request = ConnectRequest.encode({
      protocolVersion,
      lastZxidSeen: ahead ? 1n << 62n : 0n,
      timeOut,
      sessionId: known?.id ?? (session === "unknown" ? 0x77n << 32n : 0n),
      passwd,
      readOnly: bytes === 44 ? undefined : bytes === 45,
    });
    return bytes === 49 ? Buffer.concat([request, new Uint8Array(4)]) : request;
  }

  /** The number of the session that an answer speaks of; undefined when it was refused. */
  private sessionOf({ sessionId, passwd }: ConnectResponse): number | undefined {
    if (sessionId === 0n) return undefined;
    const known = this.sessions.findIndex(({ id }) => id === sessionId);
    return known >= 0 ? known : this.sessions.push({ id: sessionId, passwd: passwd ?? new Uint8Array(0) }) - 1;
  }

  private closedSession(frames: readonly Seen[]): void {
    const last = frames.findLast(({ raw }) => xidOf(raw) !== EVENT);
    if (last !== undefined) this.unordered.add(ReplyHeader.decode(last.raw).zxid);
  }

  /** Events of one closed session, which come together, in an order of their own. */
  private settled(frames: readonly Seen[]): readonly Seen[] {
    const key = ({ raw }: Seen): bigint | undefined => {
      const { xid, zxid } = ReplyHeader.decode(raw);
      return xid === EVENT && this.unordered.has(zxid) ? zxid : undefined;
    };
    const settled = [...frames];
    for (let start = 0; start < settled.length; start++) {
      const [first] = settled.slice(start);
      const zxid = first === undefined ? undefined : key(first);
      if (zxid === undefined) continue;
      let end = start;
      while (end < settled.length && settled.slice(end, end + 1).every((seen) => key(seen) === zxid)) end++;
      const run = settled.slice(start, end).sort((a, b) => Buffer.compare(a.raw, b.raw));
      settled.splice(start, run.length, ...run);
      start = end - 1;
    }
    return settled;
  }
}

function answer(frames: readonly Seen[], closed: boolean, opened?: number, paths: readonly string[] = []): Answer {
  const zxids = frames
    .filter(({ raw }) => raw.length === 16 || xidOf(raw) > 0)
    .map(({ raw }) => ReplyHeader.decode(raw).zxid);
  return { frames, outcome: { closed, opened, zxid: zxids.at(-1) ?? 0n, paths } };
}

/** The path that a create ended up with. */
function pathsOf({ type }: Sent, frames: readonly Seen[]): readonly string[] {
  const reply = frames.at(-1)?.raw;
  if (reply === undefined || !CREATES.has(type) || reply.length <= 20) return [];
  const { path } = CreateResponse.decode(reply.subarray(16));
  return path === null ? [] : [path];
}

function xidOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getInt32(0);
}

const EVENT = -1;
const CREATES = new Set<number>([Op.create, Op.create2, Op.createContainer, Op.createTTL]);

import { Reader, type RecordType, Writer } from "jute-ts";
import { asciiBytes } from "../../base/bytes.ts";
import { ConnectRequest, ConnectResponse } from "../../wire/client/connect.ts";
import { EventType, Op, Xid } from "../../wire/client/numbers.ts";
import { AuthPacket, ExistsRequest, SetWatches, SetWatches2 } from "../../wire/client/requests.ts";
import { WatcherEvent } from "../../wire/client/responses.ts";
import { ReplyHeader } from "../../wire/client/shared.ts";
import { Frames } from "../../wire/frames.ts";
import type { Call, ReadWatch } from "./call.ts";
import { addressText, parseConnectString, type ServerAddress } from "./connectString.ts";
import type { ErrorCode } from "./errors.ts";
import { Session, type SessionEvent, type SessionWorld } from "./session.ts";
import type { NodeEvent, OneShotKind, StandingKind, WatchListener } from "./watches.ts";

/**
 * For tests: a session with everything around it in words. A transcript's lines that begin with `>` are what happens; the lines
 * behind each are what the session does, all of it.
 */
export function checkSession(transcript: string, settings: TestSettings = {}): void {
  const lines = linesOf(transcript);
  const world = new TestWorld(settings);
  const told = lines.filter((line) => line.startsWith(">")).flatMap((line) => [line, ...world.happens(line.slice(2))]);
  expect(told).toEqual(lines);
}

export interface TestSettings {
  readonly servers?: string;
  readonly timeoutMs?: number;
  readonly readOnly?: boolean;
  /** How many bytes of what a server sends arrive at a time; all by default. */
  readonly chunk?: number;
}

export function linesOf(transcript: string): readonly string[] {
  return transcript
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

class TestWorld implements SessionWorld {
  private readonly session: Session;
  private readonly chunk: number;
  private readonly calls: Call[] = [];
  private readonly listeners = new Map<string, WatchListener>();
  private lines: string[] = [];
  private nowMs = 0;
  private wantsFlush = false;
  /** The first frame of a link has no header. */
  private isFirst = true;
  /** Of the frames that a server would see. */
  private frames = new Frames(0, 0x7fffffff);

  constructor({ servers = "a:1", timeoutMs = 3000, readOnly = false, chunk = Number.POSITIVE_INFINITY }: TestSettings) {
    const settings = { servers: parseConnectString(servers).servers, sessionTimeoutMs: timeoutMs, readOnly };
    this.session = new Session(settings, this);
    this.chunk = chunk;
  }

  happens(words: string): readonly string[] {
    this.lines = [];
    const [verb = "", ...rest] = words.split(" ");
    this.step(verb, rest, fieldsOf(rest));
    this.flushNow();
    return this.lines;
  }

  dial(server: ServerAddress): void {
    this.tell(`dial ${addressText(server)}`);
    this.isFirst = true;
    this.frames = new Frames(0, 0x7fffffff);
  }

  hangUp(): void {
    this.tell("hang up");
  }

  flush(): void {
    this.wantsFlush = true;
  }

  search(server: ServerAddress): void {
    this.tell(`isro ${addressText(server)}`);
  }

  changed({ state, server, reason }: SessionEvent): void {
    this.tell([state, server === undefined ? "" : addressText(server), reason].join(" ").trim());
  }

  /** No shuffle, and the whole pause. */
  random(): number {
    return 0.999999;
  }

  private step(verb: string, rest: readonly string[], fields: ReadonlyMap<string, string>): void {
    const { session } = this;
    const number = (name: string, otherwise = 0): number => Number(fields.get(name) ?? otherwise);
    switch (verb) {
      case "start":
        return session.start(this.nowMs);
      case "dialled":
        return session.onDialled(this.nowMs);
      case "lost":
        return session.onLost(rest.join(" "), this.nowMs);
      case "at":
        return this.runTo(Number(rest[0]));
      case "accept":
        return this.accept(number("session"), number("timeout", 3000), fields.get("readOnly"));
      case "ask":
        return this.ask(rest, fields);
      case "withdraw":
        return this.tell(`${session.withdraw(this.calls[Number(rest[0])] as Call)}`);
      case "reply":
        return this.serve(ReplyHeader, { xid: Number(rest[0]), zxid: BigInt(number("zxid")), err: number("err") });
      case "event":
        return this.event(rest[0] ?? "", rest[1] ?? "", number("zxid"));
      case "auth":
        return session.addAuth(rest[0] ?? "", asciiBytes(rest[1] ?? ""), this.call(Op.auth, undefined, undefined));
      case "watch":
        return session.watches.add(rest[0] as StandingKind, rest[1] ?? "", this.listener(rest.join(" ")));
      case "searched":
        return session.onSearched(serverOf(rest[0] ?? ""), rest[1] === "rw", this.nowMs);
      case "close":
        return session.close();
      case "bytes":
        return this.arrive(asciiBytes(rest.join(" ")));
      default:
        throw new Error(`no word ${verb}`);
    }
  }

  /** Time passes; the session is called at each of its deadlines. */
  private runTo(ms: number): void {
    for (let due = this.session.deadline; due <= ms; due = this.session.deadline) {
      this.nowMs = Math.max(this.nowMs, due);
      this.lines.push(`(${Math.round(this.nowMs)})`);
      const before = this.lines.length;
      this.session.onDeadline(this.nowMs);
      this.flushNow();
      if (this.lines.length === before) this.lines.pop();
    }
    this.nowMs = ms;
  }

  private accept(session: number, timeOut: number, readOnly: string | undefined): void {
    const passwd = new Uint8Array(16).fill(session);
    const answer = { protocolVersion: 0, timeOut, sessionId: BigInt(session), passwd, readOnly: readOnly === "true" };
    this.serve(ConnectResponse, answer);
  }

  private ask([name = "", path = ""]: readonly string[], fields: ReadonlyMap<string, string>): void {
    const kind = fields.get("watch");
    const watch =
      kind === undefined ? undefined : { kind: kind as OneShotKind, path, listener: this.listener(`${kind} ${path}`) };
    const type = Object.entries(Op).find(([known]) => known === name)?.[1] ?? 0;
    this.session.submit(this.call(type, path, watch));
  }

  private call(type: number, path: string | undefined, watch: ReadWatch | undefined): Call {
    const number = this.calls.length;
    const call: Call = {
      type,
      watch,
      xid: 0,
      write: (out) => {
        if (path !== undefined) ExistsRequest.write(out, { path, watch: watch !== undefined });
      },
      answered: (err, reader) => {
        if (type === Op.getAllChildrenNumber) reader.int();
        this.tell(`call ${number}: ${err === 0 ? "ok" : err}`);
      },
      failed: (code, reason) => this.tell(`call ${number}: ${code}, ${reason}`),
    };
    this.calls.push(call);
    return call;
  }

  private listener(name: string): WatchListener {
    const known = this.listeners.get(name);
    if (known !== undefined) return known;
    const listener: WatchListener = {
      fired: ({ type, path, zxid }: NodeEvent) => this.tell(`${name} heard ${type} ${path} ${zxid}`),
      removed: (kind) => this.tell(`${name} removed as ${kind}`),
      resumed: () => this.tell(`${name} stands again`),
      ended: (code: ErrorCode) => this.tell(`${name} ended: ${code}`),
    };
    this.listeners.set(name, listener);
    return listener;
  }

  private event(name: string, path: string, zxid: number): void {
    const type = Object.entries(EventType).find(([known]) => known === name)?.[1] ?? 0;
    const header = ReplyHeader.encode({ xid: Xid.notification, zxid: BigInt(zxid), err: 0 });
    this.frame([...header, ...WatcherEvent.encode({ type, state: 3, path })]);
  }

  private serve<T>(record: RecordType<T>, value: T): void {
    this.frame([...record.encode(value)]);
  }

  private frame(payload: readonly number[]): void {
    const out = new Writer();
    out.buffer(new Uint8Array(payload));
    this.arrive(out.toBytes());
  }

  private arrive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.chunk) {
      this.session.onBytes(bytes.slice(at, Math.min(bytes.length, at + this.chunk)), this.nowMs);
    }
  }

  private flushNow(): void {
    if (!this.wantsFlush) return;
    this.wantsFlush = false;
    this.frames.push(this.session.takeOutput(this.nowMs));
    const words: string[] = [];
    while (this.frames.next()) {
      words.push(this.frameText(this.frames.bytes.slice(this.frames.start, this.frames.end)));
    }
    if (words.length > 0) this.lines.push(`send ${words.join(" + ")}`);
  }

  private frameText(bytes: Uint8Array): string {
    if (this.isFirst) {
      this.isFirst = false;
      const { lastZxidSeen, timeOut, sessionId, passwd, readOnly } = ConnectRequest.decode(bytes);
      return `connect session=${sessionId}/${passwd?.[0]} zxid=${lastZxidSeen} timeout=${timeOut} readOnly=${readOnly}`;
    }
    const reader = new Reader(bytes);
    const xid = reader.int();
    const type = reader.int();
    const name = Object.entries(Op).find(([, op]) => op === type)?.[0];
    return [`#${xid}`, name, requestText(type, reader)].join(" ").trim();
  }

  private tell(line: string): void {
    this.lines.push(line);
  }
}

function requestText(type: number, reader: Reader): string {
  if (reader.remaining === 0) return "";
  switch (type) {
    case Op.auth:
      return `${AuthPacket.read(reader).scheme}`;
    case Op.setWatches:
      return watchesText(SetWatches.read(reader));
    case Op.setWatches2:
      return watchesText(SetWatches2.read(reader));
    default:
      return `${reader.ustring()}`;
  }
}

/** Each list that is not empty; of long ones the length. */
function watchesText({ relativeZxid, ...lists }: { readonly relativeZxid: bigint }): string {
  const texts = Object.entries(lists as Readonly<Record<string, readonly string[]>>).flatMap(([name, paths]) => {
    const short = name.replace("Watches", "");
    return paths.length === 0 ? [] : `${short}=${paths.length > 9 ? `${paths.length} paths` : paths.join(",")}`;
  });
  return [`zxid=${relativeZxid}`, ...texts].join(" ");
}

function serverOf(text: string): ServerAddress {
  return parseConnectString(text).servers[0] as ServerAddress;
}

function fieldsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const pairs = words.filter((word) => word.includes("="));
  return new Map(pairs.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
}

import { Reader, Writer } from "jute-ts";
import { asciiBytes, bytesOfHex, concatBytes } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import { sessionPassword } from "../session/password.ts";
import { ConnectRequest, ConnectResponse } from "../wire/client/connect.ts";
import { Err, EventType, Op, Perms } from "../wire/client/numbers.ts";
import {
  AddWatchRequest,
  AuthPacket,
  CheckVersionRequest,
  CheckWatchesRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  GetACLRequest,
  GetDataRequest,
  GetEphemeralsRequest,
  GetSASLRequest,
  SetACLRequest,
  SetDataRequest,
  SetWatches2,
} from "../wire/client/requests.ts";
import {
  Create2Response,
  CreateResponse,
  ErrorResponse,
  ExistsResponse,
  GetACLResponse,
  GetAllChildrenNumberResponse,
  GetChildrenResponse,
  GetDataResponse,
  GetEphemeralsResponse,
  WatcherEvent,
  WhoAmIResponse,
} from "../wire/client/responses.ts";
import { type ACL, MultiHeader, ReplyHeader as Reply, type ReplyHeader } from "../wire/client/shared.ts";
import { Frames } from "../wire/frames.ts";
import type { FakeLink } from "./testServer.ts";

/**
 * For tests: one client in words. `encode` makes a frame of a request such as `getData /a watch` and `news` tells in words
 * what the server has written since. xids count from 1; `xid=-8` in front of a request names one.
 */
export class TestClient {
  readonly link: FakeLink;
  sessionId = 0n;
  private readonly frames = new Frames(0, 0x7fffffff);
  private readonly ops = new Map<number, number>();
  private xid = 0;
  private told: FakeLink["state"] = "open";
  private isJoined = false;
  private isConnecting = false;
  private wasPaused = false;

  constructor(link: FakeLink) {
    this.link = link;
  }

  encode(words: string, sessionOf: (name: string) => bigint): Uint8Array {
    const [verb = "", ...rest] = words.split(" ");
    if (verb === "bytes") return bytesOfHex(rest.join(""));
    if (verb === "connect") return this.connect(rest, sessionOf);
    if (verb.startsWith("xid=")) return this.request(Number(verb.slice(4)), rest);
    return this.request(++this.xid, [verb, ...rest]);
  }

  /** What has happened at this end since the last call, a line each. */
  news(): string[] {
    const { link } = this;
    for (const bytes of link.writes) this.frames.push(bytes);
    link.writes = [];
    const lines: string[] = [];
    while (this.isConnecting && this.frames.next()) {
      lines.push(this.frame(this.frames.bytes.slice(this.frames.start, this.frames.end)));
    }
    // What a four-letter word is answered with is no frame.
    if (this.frames.pending > 0) lines.push(`text of ${this.frames.pending} bytes`);
    if (link.state !== this.told && link.state !== "hungUp") lines.push(link.state === "closed" ? "closed" : "cut");
    this.told = link.state;
    if (link.state === "open" && link.isPaused !== this.wasPaused) {
      lines.push(link.isPaused ? "paused" : "resumed");
      this.wasPaused = link.isPaused;
    }
    return lines;
  }

  private connect(words: readonly string[], sessionOf: (name: string) => bigint): Uint8Array {
    const fields = fieldsOf(words);
    const sessionId = fields.has("session") ? sessionOf(fields.get("session") ?? "") : 0n;
    const right = sessionId === 0n ? new Uint8Array(16) : sessionPassword(toSessionId(sessionId));
    this.isConnecting = true;
    return framed(
      ConnectRequest.encode({
        protocolVersion: 0,
        lastZxidSeen: BigInt(fields.get("zxid") ?? 0),
        timeOut: Number(fields.get("timeout") ?? 10_000),
        sessionId,
        passwd: fields.has("password") ? (PASSWORDS[fields.get("password") ?? ""] ?? null) : right,
        readOnly: words.includes("old") ? undefined : false,
      }),
    );
  }

  private request(xid: number, words: readonly string[]): Uint8Array {
    const { op, body } = requestOf(words);
    this.ops.set(xid, op);
    const header = new Writer(8);
    header.int(xid);
    header.int(op);
    return framed(concatBytes([header.toBytes(), body]));
  }

  private frame(bytes: Uint8Array): string {
    if (!this.isJoined) return this.joined(bytes);
    const reader = new Reader(bytes);
    const header = Reply.read(reader);
    if (header.xid === -1) return eventText(header, WatcherEvent.read(reader));
    const op = header.xid === -2 ? Op.ping : (this.ops.get(header.xid) ?? 0);
    const err = header.err === 0 ? "" : ` ${errName(header.err)}`;
    const body = reader.remaining === 0 ? "" : ` ${bodyText(op, reader)}`;
    return `#${header.xid} zxid=${header.zxid}${err}${body}`;
  }

  private joined(bytes: Uint8Array): string {
    this.isJoined = true;
    const { timeOut, sessionId, passwd } = ConnectResponse.decode(bytes);
    this.sessionId = sessionId;
    if (sessionId === 0n) return `refused, timeout=${timeOut}, ${bytes.length} bytes`;
    const right = sessionPassword(toSessionId(sessionId)).join() === passwd?.join();
    return `joined, timeout=${timeOut}, ${bytes.length} bytes${right ? "" : ", bad password"}`;
  }
}

export function framed(payload: Uint8Array): Uint8Array {
  const length = new Writer(4);
  length.int(payload.length);
  return concatBytes([length.toBytes(), payload]);
}

function requestOf(words: readonly string[]): { readonly op: number; readonly body: Uint8Array } {
  const [verb = "", ...rest] = words;
  if (verb === "op") return { op: Number(rest[0]), body: bytesOfHex(rest.slice(1).join("")) };
  const encode = BODIES[verb];
  if (encode === undefined) throw new Error(`no request ${verb}`);
  return { op: opOf(verb), body: encode(rest, fieldsOf(rest)) };
}

type Encode = (words: readonly string[], fields: ReadonlyMap<string, string>) => Uint8Array;

const watched: Encode = ([path = "", watch]) => GetDataRequest.encode({ path, watch: watch === "watch" });
const create: Encode = ([path = "", data = ""], fields) =>
  CreateRequest.encode({
    path,
    data: asciiBytes(data.includes("=") ? "" : data),
    acl: aclOf(fields.get("acl")),
    flags: Number(fields.get("flags") ?? 0),
  });
function utf8Of(text: string): Uint8Array {
  const writer = new Writer(64);
  writer.ustring(text);
  return writer.toBytes().slice(4);
}

const pathOnly: Encode = ([path = ""]) => GetACLRequest.encode({ path });
const nothing: Encode = () => new Uint8Array(0);

/** Each request's words behind its name. */
const BODIES: Readonly<Record<string, Encode>> = {
  getData: watched,
  exists: watched,
  getChildren: watched,
  getChildren2: watched,
  getACL: pathOnly,
  sync: pathOnly,
  getAllChildrenNumber: pathOnly,
  create,
  create2: create,
  createContainer: create,
  createTTL: ([path = "", ttl = "1", flags = "5"]) =>
    CreateTTLRequest.encode({ path, data: asciiBytes(""), acl: aclOf(), flags: Number(flags), ttl: BigInt(ttl) }),
  delete: ([path = "", version = "-1"]) => DeleteRequest.encode({ path, version: Number(version) }),
  setData: ([path = "", data = "", version = "-1"]) =>
    SetDataRequest.encode({ path, data: asciiBytes(data), version: Number(version) }),
  setACL: ([path = ""], fields) => SetACLRequest.encode({ path, acl: aclOf(fields.get("acl")), version: -1 }),
  multi: (words) => parts(words, true),
  multiRead: (words) => parts(words, true),
  openMulti: (words) => parts(words, false),
  openMultiRead: (words) => parts(words, false),
  ping: nothing,
  whoAmI: nothing,
  closeSession: nothing,
  auth: ([scheme = "", data]) => AuthPacket.encode({ type: 0, scheme, auth: data === undefined ? null : utf8Of(data) }),
  sasl: ([token]) => GetSASLRequest.encode({ token: token === undefined ? null : asciiBytes(token) }),
  addWatch: ([path = "", mode = "0"]) => AddWatchRequest.encode({ path, mode: Number(mode) }),
  checkWatches: ([path = "", type = "3"]) => CheckWatchesRequest.encode({ path, type: Number(type) }),
  removeWatches: ([path = "", type = "3"]) => CheckWatchesRequest.encode({ path, type: Number(type) }),
  getEphemerals: ([prefix]) => GetEphemeralsRequest.encode({ prefixPath: prefix ?? null }),
  setWatches2: (_, fields) => {
    const list = (name: string): string[] => (fields.get(name) ?? "").split(",").filter((path) => path !== "");
    return SetWatches2.encode({
      relativeZxid: BigInt(fields.get("zxid") ?? 0),
      dataWatches: list("data"),
      existWatches: list("exist"),
      childWatches: list("child"),
      persistentWatches: list("persistent"),
      persistentRecursiveWatches: list("recursive"),
    });
  },
  check: ([path = "", version = "-1"]) => CheckVersionRequest.encode({ path, version: Number(version) }),
};

/** `create /a x + delete /b`: the parts of a multi. */
function parts(words: readonly string[], closed: boolean): Uint8Array {
  const out = new Writer();
  for (const part of words
    .join(" ")
    .split(" + ")
    .filter((text) => text !== "")) {
    const { op, body } = requestOf(part.split(" "));
    MultiHeader.write(out, { type: op, done: false, err: -1 });
    out.raw(body);
  }
  if (closed) MultiHeader.write(out, { type: -1, done: true, err: -1 });
  return out.toBytes();
}

/** `open`, `closed`, or `perms:scheme:id`, several with `,`. */
function aclOf(text = "open"): ACL[] {
  if (text === "open") return [{ perms: Perms.all, id: { scheme: "world", id: "anyone" } }];
  if (text === "none") return [];
  return text.split(",").map((entry) => {
    const [perms = "", scheme = "", ...id] = entry.split(":");
    return { perms: Number(perms), id: { scheme, id: id.join(":") } };
  });
}

function opOf(verb: string): number {
  const name = verb.startsWith("open") ? verb.charAt(4).toLowerCase() + verb.slice(5) : verb;
  const found = Object.entries(Op).find(([known]) => known === name);
  if (found === undefined) throw new Error(`no op ${verb}`);
  return found[1];
}

function fieldsOf(words: readonly string[]): ReadonlyMap<string, string> {
  const pairs = words.filter((word) => word.includes("="));
  return new Map(pairs.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
}

function bodyText(op: number, reader: Reader): string {
  switch (op) {
    case Op.create:
      return `${CreateResponse.read(reader).path}`;
    case Op.create2:
    case Op.createContainer:
    case Op.createTTL: {
      const { path, stat } = Create2Response.read(reader);
      return `${path} v${stat.version}`;
    }
    case Op.getData: {
      const { data, stat } = GetDataResponse.read(reader);
      return `${textOf(data)} v${stat.version}`;
    }
    case Op.exists:
    case Op.setData:
      return `v${ExistsResponse.read(reader).stat.version}`;
    case Op.setACL:
      return `aversion ${ExistsResponse.read(reader).stat.aversion}`;
    case Op.getACL:
      return (GetACLResponse.read(reader).acl ?? []).map(aclText).join(",");
    case Op.getChildren:
    case Op.getChildren2:
      return `[${[...(GetChildrenResponse.read(reader).children ?? [])].sort().join(" ")}]`;
    case Op.getAllChildrenNumber:
      return `${GetAllChildrenNumberResponse.read(reader).totalNumber}`;
    case Op.getEphemerals:
      return `[${[...(GetEphemeralsResponse.read(reader).ephemerals ?? [])].sort().join(" ")}]`;
    case Op.whoAmI:
      return (WhoAmIResponse.read(reader).clientInfo ?? []).map((info) => `${info.authScheme}:${info.user}`).join(" ");
    case Op.multi:
    case Op.multiRead:
      return multiText(reader);
    case Op.sync:
      return `${reader.ustring()}`;
    case Op.sasl:
      return `token ${textOf(reader.buffer())}`;
    case Op.addWatch:
      return `${ErrorResponse.read(reader).err}`;
    default:
      return `and ${reader.remaining} bytes`;
  }
}

function multiText(reader: Reader): string {
  const results: string[] = [];
  for (;;) {
    const { type, done, err } = MultiHeader.read(reader);
    if (done) return `[${results.join(", ")}]`;
    if (type !== Op.error) results.push(resultText(type, reader));
    else results.push(ErrorResponse.read(reader).err === err ? errName(err) : "two errors");
  }
}

function resultText(type: number, reader: Reader): string {
  const [name = ""] = Object.entries(Op).find(([, op]) => op === type) ?? [];
  return type === Op.delete || type === Op.check ? name : `${name} ${bodyText(type, reader)}`;
}

function eventText({ zxid }: ReplyHeader, { type, path }: WatcherEvent): string {
  const [name] = Object.entries(EventType).find(([, value]) => value === type) ?? ["?"];
  return `event ${name} ${path} zxid=${zxid}`;
}

function errName(err: number): string {
  if (err === 0) return "0";
  return Object.entries(Err).find(([, code]) => code === err)?.[0] ?? `${err}`;
}

function aclText({ perms, id }: ACL): string {
  return `${perms}:${id.scheme}:${id.id}`;
}

function textOf(data: Uint8Array | null): string {
  return data === null ? "null" : `"${String.fromCharCode(...data)}"`;
}

const PASSWORDS: Readonly<Record<string, Uint8Array>> = {
  wrong: new Uint8Array(16).fill(7),
  short: new Uint8Array(3),
};

import { type RecordType, Writer } from "jute-ts";
import { Op } from "../../src/wire/client/numbers.ts";
import {
  AddWatchRequest,
  AuthPacket,
  CheckVersionRequest,
  CheckWatchesRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  ExistsRequest,
  GetACLRequest,
  GetAllChildrenNumberRequest,
  GetChildren2Request,
  GetChildrenRequest,
  GetDataRequest,
  GetEphemeralsRequest,
  GetSASLRequest,
  ReconfigRequest,
  RemoveWatchesRequest,
  SetACLRequest,
  SetDataRequest,
  SetWatches,
  SetWatches2,
  SyncRequest,
} from "../../src/wire/client/requests.ts";
import { MultiHeader } from "../../src/wire/client/shared.ts";
import type { Chance } from "./chance.ts";
import { aclFor, anyPath, BAD_LOGINS, dataFor, LOGINS, readablePath, versionFor } from "./pools.ts";

/** What follows the xid of a frame: the operation's number and its body, and what a reader is told about it. */
export type Request = { readonly type: number; readonly body: Uint8Array; readonly text: string };

/** What the generator may build on. */
export type Known = {
  /** Paths that earlier replies named. */
  readonly made: readonly string[];
  /** The newest that a reply carried. */
  readonly zxid: bigint;
  readonly quotas: Quotas;
};

/** Whether to ask for quotas too, and whether the servers refuse what passes one. */
export type Quotas = "none" | "counted" | "enforced";

/** A request that leaves the connection open, whatever the server thinks of it: well formed mostly, undecodable sometimes. */
export function anyRequest(chance: Chance, known: Known): Request {
  const name = chance.weighted(WEIGHTS_WITH[known.quotas]);
  const request = BUILDERS[name](chance, known);
  return NEVER_SPOILED.has(name) || !chance.once(16) ? request : spoiled(chance, request);
}

/**
 * A request that a batch may hold. Not auth or sasl, whose replies may overtake others (client-protocol 5.1). Not a setACL that takes
 * permissions away: 3.9.5 goes on judging by the old list until it has applied the new one, so what follows is a race.
 */
export function orderedRequest(chance: Chance, known: Known): Request {
  for (;;) {
    const request = anyRequest(chance, known);
    const isRace =
      (request.type === Op.setACL && SHUT_PATH.test(request.text)) ||
      (known.quotas === "enforced" && ASK_QUOTAS.has(request.type)) ||
      // Fails inside 3.9.5, which then does not take back what stood before it.
      (request.type === Op.multi && NULL_ID.test(request.text));
    if (request.type !== Op.auth && request.type !== Op.sasl && !isRace) return request;
  }
}

/** A request that ends the connection. Never types -10 and 20, which 3.9.5 serves to clients (hazards H6 and H7, CVE-2026-79993). */
export function fatalRequest(chance: Chance): Request {
  const login = chance.pick(BAD_LOGINS);
  const badAuth = built(Op.auth, AuthPacket, { type: 0, scheme: login.scheme, auth: bytesOf(login.auth) });
  return chance.pick([
    badAuth,
    badAuth,
    { type: Op.auth, body: badAuth.body.subarray(0, chance.below(badAuth.body.length)), text: "auth cut short" },
    { type: Op.sasl, body: chance.bytes(3), text: "sasl cut short" },
    built(Op.sasl, GetSASLRequest, { token: null }),
    { type: chance.pick(UNKNOWN_TYPES), body: chance.bytes(chance.below(20)), text: "unknown type" },
  ]);
}

export const PING: Request = { type: Op.ping, body: new Uint8Array(0), text: "ping" };
export const CLOSE: Request = { type: Op.closeSession, body: new Uint8Array(0), text: "closeSession" };

type Build = (chance: Chance, known: Known) => Request;

const WEIGHTS = [
  [14, "create"],
  [6, "create2"],
  [4, "createContainer"],
  [3, "createTTL"],
  [14, "delete"],
  [7, "exists"],
  [8, "getData"],
  [9, "setData"],
  [4, "getACL"],
  [4, "setACL"],
  [4, "getChildren"],
  [4, "getChildren2"],
  [2, "sync"],
  [2, "ping"],
  [10, "multi"],
  [4, "multiRead"],
  [3, "auth"],
  [2, "setWatches"],
  [2, "setWatches2"],
  [4, "addWatch"],
  [3, "checkWatches"],
  [3, "removeWatches"],
  [2, "getEphemerals"],
  [2, "getAllChildrenNumber"],
  [2, "whoAmI"],
  [1, "sasl"],
  [1, "reconfig"],
  [2, "quota"],
] as const;

const WEIGHTS_WITH: Readonly<Record<Quotas, readonly (readonly [number, (typeof WEIGHTS)[number][1]])[]>> = {
  none: WEIGHTS.filter(([, name]) => name !== "quota"),
  counted: WEIGHTS,
  enforced: [...WEIGHTS, [10, "quota"]],
};

const BUILDERS: Readonly<Record<(typeof WEIGHTS)[number][1], Build>> = {
  create: (chance, known) => create(chance, known, Op.create),
  create2: (chance, known) => create(chance, known, Op.create2),
  createContainer: (chance, known) => create(chance, known, Op.createContainer),
  createTTL,
  delete: (chance, { made }) =>
    built(Op.delete, DeleteRequest, {
      path: chance.once(2) && made.length > 0 ? chance.pick(made) : anyPath(chance, made),
      version: versionFor(chance),
    }),
  exists: (chance, { made }) => built(Op.exists, ExistsRequest, { path: anyPath(chance, made), watch: chance.once(2) }),
  getData: (chance, { made }) =>
    built(Op.getData, GetDataRequest, { path: anyPath(chance, made), watch: chance.once(2) }),
  setData: (chance, { made }) =>
    built(Op.setData, SetDataRequest, {
      path: anyPath(chance, made),
      data: dataFor(chance),
      version: versionFor(chance),
    }),
  getACL: (chance, { made }) => built(Op.getACL, GetACLRequest, { path: anyPath(chance, made) }),
  setACL(chance, { made }) {
    const path = anyPath(chance, made);
    return built(Op.setACL, SetACLRequest, { path, acl: aclFor(chance, path), version: versionFor(chance) });
  },
  getChildren: (chance, { made }) =>
    built(Op.getChildren, GetChildrenRequest, { path: anyPath(chance, made), watch: chance.once(2) }),
  getChildren2: (chance, { made }) =>
    built(Op.getChildren2, GetChildren2Request, { path: anyPath(chance, made), watch: chance.once(2) }),
  sync: (chance, { made }) => built(Op.sync, SyncRequest, { path: anyPath(chance, made) }),
  ping: () => PING,
  multi,
  multiRead,
  auth(chance) {
    const login = chance.pick(LOGINS);
    return built(Op.auth, AuthPacket, { type: chance.below(3), scheme: login.scheme, auth: bytesOf(login.auth) });
  },
  setWatches: (chance, known) =>
    built(Op.setWatches, SetWatches, { relativeZxid: seenZxid(chance, known), ...lists(chance, known) }),
  setWatches2: (chance, known) =>
    built(Op.setWatches2, SetWatches2, {
      relativeZxid: seenZxid(chance, known),
      ...lists(chance, known),
      persistentWatches: list(chance, known),
      persistentRecursiveWatches: list(chance, known),
    }),
  addWatch: (chance, { made }) =>
    built(Op.addWatch, AddWatchRequest, {
      path: watchedPath(chance, made),
      mode: chance.weighted([
        [4, 0],
        [4, 1],
        [1, 2],
        [1, -1],
      ]),
    }),
  checkWatches: (chance, { made }) =>
    built(Op.checkWatches, CheckWatchesRequest, { path: watchedPath(chance, made), type: chance.below(7) }),
  removeWatches: (chance, { made }) =>
    built(Op.removeWatches, RemoveWatchesRequest, { path: watchedPath(chance, made), type: chance.below(7) }),
  getEphemerals: (chance, { made }) =>
    built(Op.getEphemerals, GetEphemeralsRequest, {
      prefixPath: chance.once(2) ? chance.pick(["/", "", " ", null, "/a", "/b/"]) : anyPath(chance, made),
    }),
  getAllChildrenNumber: (chance, { made }) =>
    built(Op.getAllChildrenNumber, GetAllChildrenNumberRequest, { path: anyPath(chance, made) }),
  whoAmI: () => ({ type: Op.whoAmI, body: new Uint8Array(0), text: "whoAmI" }),
  sasl: (chance) => built(Op.sasl, GetSASLRequest, { token: chance.bytes(chance.below(4)) }),
  reconfig: () =>
    built(Op.reconfig, ReconfigRequest, {
      joiningServers: "server.9=127.0.0.1:1:2;3",
      leavingServers: null,
      newMembers: null,
      curConfigId: -1n,
    }),
  quota,
};

function create(chance: Chance, { made }: Known, type: number): Request {
  const flags = chance.weighted(
    type === Op.createContainer
      ? [
          [8, 4],
          [1, 0],
          [1, 2],
          [1, 5],
        ]
      : [
          [10, 0],
          [6, 1],
          [4, 2],
          [3, 3],
          [2, 4],
          [1, 5],
          [1, 6],
          [1, 7],
          [1, -1],
        ],
  );
  const path = anyPath(chance, made);
  return built(type, CreateRequest, { path, data: dataFor(chance), acl: aclFor(chance, path), flags });
}

/** Never a plain flag with a negative time to live: hazard H2 stops Java's server for good. */
function createTTL(chance: Chance, { made }: Known): Request {
  const path = anyPath(chance, made);
  const flags = chance.weighted([
    [5, 5],
    [5, 6],
    [1, 0],
    [1, 3],
    [1, 9],
  ]);
  const ttl = chance.pick([3_600_000n, 1n << 39n, (1n << 40n) - 1n, 1n << 40n, 0n, flags < 5 ? 5n : -5n]);
  return built(Op.createTTL, CreateTTLRequest, {
    path,
    data: dataFor(chance),
    acl: aclFor(chance, path),
    flags,
    ttl,
  });
}

/** Quotas with well-formed texts only (hazard H5), never on the root (H3), and away from the paths other requests write to. */
function quota(chance: Chance): Request {
  const root = `/zookeeper/quota${chance.pick(["/a", "/a", "/a", "/b", "/a/x"])}`;
  const path = `${root}${chance.pick(["", "", "/zookeeper_limits", "/zookeeper_stats"])}`;
  const text = path.endsWith("stats") ? "count=0,bytes=0" : chance.pick(LIMITS);
  return chance.pick<Request>([
    built(Op.setData, SetDataRequest, {
      path: `${root}/zookeeper_limits`,
      data: bytesOf(chance.pick(LIMITS)),
      version: -1,
    }),
    built(Op.create, CreateRequest, { path, data: bytesOf(text), acl: OPEN, flags: 0 }),
    built(Op.create, CreateRequest, { path, data: bytesOf(text), acl: OPEN, flags: 0 }),
    built(Op.delete, DeleteRequest, { path, version: -1 }),
    built(Op.getData, GetDataRequest, { path: `${root}/zookeeper_stats`, watch: chance.once(2) }),
    built(Op.getData, GetDataRequest, { path: `${root}/zookeeper_stats`, watch: chance.once(2) }),
  ]);
}

/** Watches are looked for where they are likely to be. */
function watchedPath(chance: Chance, made: readonly string[]): string | null {
  return chance.once(3) ? anyPath(chance, made) : chance.pick(["/", "/a", "/b", "/a/x", "/c", "/r"]);
}

type Part = { readonly type: number; readonly body: Uint8Array; readonly text: string };

function multi(chance: Chance, known: Known): Request {
  const parts: Part[] = [];
  for (let left = chance.below(6) + (chance.once(30) ? 0 : 1); left > 0; left--) {
    const fresh = parts.findLast(({ type }) => type === Op.create);
    parts.push(fresh !== undefined && chance.once(2) ? followUp(chance, fresh) : multiPart(chance, known));
  }
  return together(chance, Op.multi, parts);
}

function multiPart(chance: Chance, known: Known): Part {
  const { made } = known;
  const path = made.length > 0 ? chance.pick(made) : "/a";
  if (chance.once(3)) return likelyPart(chance, path);
  const kind = chance.weighted([
    [8, "create"],
    [3, "create2"],
    [1, "createContainer"],
    [1, "createTTL"],
    [4, "delete"],
    [4, "setData"],
    [4, "check"],
    [1, "foreign"],
  ] as const);
  switch (kind) {
    case "check":
      return built(Op.check, CheckVersionRequest, { path: anyPath(chance, made), version: versionFor(chance) });
    case "foreign":
      return chance.once(4) ? { ...PING, text: "a type that no multi may hold" } : BUILDERS.delete(chance, known);
    default:
      return BUILDERS[kind](chance, known);
  }
}

/** An op that works mostly: failing parts hide what a multi does when it succeeds. */
function likelyPart(chance: Chance, path: string): Part {
  return chance.pick<Part>([
    built(Op.setData, SetDataRequest, { path, data: dataFor(chance), version: -1 }),
    built(Op.delete, DeleteRequest, { path, version: -1 }),
    built(Op.check, CheckVersionRequest, { path, version: -1 }),
    built(Op.create, CreateRequest, { path: "/a/q-", data: dataFor(chance), acl: OPEN, flags: chance.pick([2, 3]) }),
    built(Op.create2, CreateRequest, { path: "/b", data: dataFor(chance), acl: OPEN, flags: chance.pick([2, 3]) }),
    built(Op.createContainer, CreateRequest, { path: "/c", data: null, acl: OPEN, flags: chance.pick([2, 4]) }),
  ]);
}

/** Something about a node that the same multi creates. */
function followUp(chance: Chance, { text }: Part): Part {
  const path = /path="([^"]*)"/.exec(text)?.[1] ?? "/a";
  return chance.pick<Part>([
    built(Op.setData, SetDataRequest, { path, data: dataFor(chance), version: chance.pick([-1, 0, 1]) }),
    built(Op.delete, DeleteRequest, { path, version: chance.pick([-1, 0]) }),
    built(Op.check, CheckVersionRequest, { path, version: chance.pick([-1, 0]) }),
    built(Op.create, CreateRequest, { path: `${path}/z`, data: null, acl: OPEN, flags: chance.pick([0, 1, 2]) }),
  ]);
}

function multiRead(chance: Chance, known: Known): Request {
  const parts = Array.from({ length: 1 + chance.below(4) }, () =>
    chance.once(25)
      ? multiPart(chance, known)
      : chance.once(2)
        ? BUILDERS.getData(chance, known)
        : BUILDERS.getChildren(chance, known),
  );
  return together(chance, Op.multiRead, parts);
}

/** The parts behind their headers; now and then without the end. */
function together(chance: Chance, type: number, parts: readonly Part[]): Request {
  const writer = new Writer();
  for (const part of parts) {
    MultiHeader.write(writer, { type: part.type, done: false, err: -1 });
    writer.raw(part.body);
  }
  const ended = !chance.once(40);
  if (ended) MultiHeader.write(writer, { type: -1, done: true, err: -1 });
  const list = parts.map(({ text }) => text).join("; ");
  return { type, body: writer.toBytes(), text: `${nameOf(type)} [${list}]${ended ? "" : " without an end"}` };
}

function lists(chance: Chance, known: Known) {
  const [dataWatches, existWatches, childWatches] = [0, 1, 2].map(() => list(chance, known));
  return { dataWatches: dataWatches ?? null, existWatches: existWatches ?? null, childWatches: childWatches ?? null };
}

function list(chance: Chance, { made }: Known): readonly (string | null)[] | null {
  if (chance.once(40)) return null;
  const paths = Array.from({ length: chance.below(3) }, () => readablePath(chance, made));
  return chance.once(6) ? paths : paths.filter((path) => path !== null);
}

function seenZxid(chance: Chance, { zxid }: Known): bigint {
  return chance.pick([0n, zxid - 20n, zxid - 3n, zxid, 1n << 60n]);
}

/**
 * The same request with its body cut short, lengthened, or some of it overwritten. Where it may create a node or set an ACL, only
 * with bytes that leave the READ bit of an entry where it was, so that readable nodes stay readable.
 */
function spoiled(chance: Chance, request: Request): Request {
  const body = request.body.slice();
  const at = body.length === 0 ? 0 : chance.below(body.length);
  const kind = chance.weighted([
    [6, "cut"],
    [2, "longer"],
    [4, "length"],
    [2, "text"],
    [2, "flip"],
  ] as const);
  const tell = (how: string, bytes: Uint8Array): Request => ({
    ...request,
    body: bytes,
    text: `${request.text} ${how}`,
  });
  switch (kind) {
    case "cut":
      return tell(`cut at ${at}`, body.subarray(0, at));
    case "longer":
      return tell("with more behind", Buffer.concat([body, chance.bytes(1 + chance.below(12))]));
    case "length":
      body.set(chance.pick([HUGE, MINUS_ONE]).subarray(0, body.length - at), at);
      return tell(`overwritten at ${at}`, body);
    case "text":
      body.set(chance.pick(BAD_TEXT).subarray(0, Math.max(0, body.length - 5)), Math.min(5, body.length));
      return tell("with text that is no UTF-8", body);
    case "flip":
      if (MAKES_READABLE.has(request.type) || body.length === 0) return tell("", body);
      body[at] = chance.below(256);
      return tell(`changed at ${at}`, body);
  }
}

function built<T>(type: number, record: RecordType<T>, value: T): Request {
  return { type, body: record.encode(value), text: `${nameOf(type)} ${spell(value)}` };
}

/** What the operation is called. */
export function nameOf(type: number): string {
  return Object.entries(Op).find(([, number]) => number === type)?.[0] ?? `type ${type}`;
}

function spell(value: unknown): string {
  if (value instanceof Uint8Array)
    return value.length > 40 ? `${value.length} bytes` : Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return `[${value.map(spell).join(" ")}]`;
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([key, field]) =>
        typeof field === "object" && field !== null ? `${key}=(${spell(field)})` : `${key}=${spell(field)}`,
      )
      .join(" ");
  return typeof value === "string" ? JSON.stringify(value) : `${value}`;
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text, "utf8");
}

const LIMITS = [
  "count=1000000,bytes=-1",
  "count=2,bytes=3",
  "count=-1,bytes=-1=;byteHardLimit=100;countHardLimit=12",
  "count=-1,bytes=-1=;countHardLimit=3",
  "count=1,bytes=9=;byteHardLimit=0",
  "count=-1,bytes=-1=;byteHardLimit=9223372036854775807",
  "bytes=-1,count=5=;countHardLimit=-1",
];
/** Types whose verdict an enforced quota may decide; and delete, or batches would take away all that is left. */
const ASK_QUOTAS = new Set<number>([
  Op.delete,
  Op.create,
  Op.create2,
  Op.createContainer,
  Op.createTTL,
  Op.setData,
  Op.multi,
  Op.multiRead,
]);
const NULL_ID = /(id|scheme)=null/;
const SHUT_PATH = /path="\/[rs]/;
const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const HUGE = Uint8Array.of(0x7f, 0xff, 0xff, 0xff);
const MINUS_ONE = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
const BAD_TEXT = [
  Uint8Array.of(0xff),
  Uint8Array.of(0xc0, 0x80),
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xe2, 0x82),
  Uint8Array.of(0xf0, 0x9f, 0x98),
];
const MAKES_READABLE = new Set<number>([Op.create, Op.create2, Op.createContainer, Op.createTTL, Op.setACL, Op.multi]);
// A time to live that becomes negative is hazard H2, a quota's text hazard H5; auth and sasl that do not decode cost the connection.
const NEVER_SPOILED = new Set<string>(["createTTL", "quota", "auth", "sasl"]);
const UNKNOWN_TYPES = [0, 10, 13, -1, 23, 99, 108, 1000, -2, -12, 0x7fffffff, -0x80000000];

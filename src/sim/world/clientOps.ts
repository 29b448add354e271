import type { Reader, Writer } from "jute-ts";
import { unreachable } from "../../base/assert.ts";
import { CreateFlags, Op } from "../../wire/client/numbers.ts";
import {
  CheckVersionRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  ExistsRequest,
  GetChildren2Request,
  GetDataRequest,
  SetDataRequest,
  SyncRequest,
} from "../../wire/client/requests.ts";
import {
  Create2Response,
  CreateResponse,
  ExistsResponse,
  GetChildren2Response,
  GetDataResponse,
  SetDataResponse,
} from "../../wire/client/responses.ts";
import { type ACL, MultiHeader, type Stat } from "../../wire/client/shared.ts";

/** What a simulated client asks, as a value; `text` is what it writes. */
export type ClientOp =
  | SubOp
  | ReadOp
  | { readonly kind: "multi"; readonly ops: readonly SubOp[] }
  | { readonly kind: "close" };

export type SubOp =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly text: string;
      readonly mode: CreateMode;
      readonly stat: boolean;
    }
  | { readonly kind: "delete"; readonly path: string; readonly version: number }
  | { readonly kind: "set"; readonly path: string; readonly text: string; readonly version: number }
  | { readonly kind: "check"; readonly path: string; readonly version: number };

export type ReadOp =
  | { readonly kind: "get" | "exists" | "children"; readonly path: string; readonly watch: boolean }
  | { readonly kind: "sync"; readonly path: string };

export type CreateMode = "persistent" | "ephemeral" | "sequential" | "ephemeralSequential" | "container" | "ttl";

/** What a node of mode "ttl" lives without being written. */
export const TTL_MS = 3000;

/** What came back. Only what the op and its success bring is there. */
export interface Answer {
  readonly zxid: bigint;
  readonly err: number;
  readonly path?: string | null;
  readonly text?: string;
  readonly stat?: Stat;
  readonly children?: readonly (string | null)[] | null;
  readonly results?: readonly SubAnswer[];
}

export interface SubAnswer {
  readonly type: number;
  readonly err: number;
  readonly path?: string | null;
  readonly stat?: Stat;
}

export function opcodeOf(op: ClientOp): number {
  switch (op.kind) {
    case "create":
      return createOpcode(op);
    case "delete":
      return Op.delete;
    case "set":
      return Op.setData;
    case "check":
      return Op.check;
    case "get":
      return Op.getData;
    case "exists":
      return Op.exists;
    case "children":
      return Op.getChildren2;
    case "sync":
      return Op.sync;
    case "multi":
      return Op.multi;
    case "close":
      return Op.closeSession;
    default:
      return unreachable(op);
  }
}

export function writeOp(op: ClientOp, out: Writer): void {
  const { path = "" } = "path" in op ? op : {};
  switch (op.kind) {
    case "create": {
      const request = { path, data: bytesOf(op.text), acl: OPEN, flags: FLAGS[op.mode] };
      if (op.mode === "ttl") return CreateTTLRequest.write(out, { ...request, ttl: BigInt(TTL_MS) });
      return CreateRequest.write(out, request);
    }
    case "delete":
      return DeleteRequest.write(out, { path, version: op.version });
    case "set":
      return SetDataRequest.write(out, { path, data: bytesOf(op.text), version: op.version });
    case "check":
      return CheckVersionRequest.write(out, { path, version: op.version });
    case "get":
      return GetDataRequest.write(out, { path, watch: op.watch });
    case "exists":
      return ExistsRequest.write(out, { path, watch: op.watch });
    case "children":
      return GetChildren2Request.write(out, { path, watch: op.watch });
    case "sync":
      return SyncRequest.write(out, { path });
    case "multi":
      return writeMulti(op.ops, out);
    case "close":
      return;
    default:
      return unreachable(op);
  }
}

function createOpcode({ mode, stat }: Extract<SubOp, { kind: "create" }>): number {
  if (mode === "container") return Op.createContainer;
  if (mode === "ttl") return Op.createTTL;
  return stat ? Op.create2 : Op.create;
}

/** How its result in a multi is marked (client-protocol 1.8). */
export function resultTypeOf(op: SubOp): number {
  const opcode = opcodeOf(op);
  return opcode === Op.createContainer || opcode === Op.createTTL ? Op.create2 : opcode;
}

/** `body` stands behind the ReplyHeader. */
export function readAnswer(op: ClientOp, zxid: bigint, err: number, body: Reader): Answer {
  if (err !== 0) return { zxid, err };
  switch (op.kind) {
    case "create":
      return createOpcode(op) !== Op.create
        ? { zxid, err, ...Create2Response.read(body) }
        : { zxid, err, path: CreateResponse.read(body).path };
    case "set":
      return { zxid, err, stat: SetDataResponse.read(body).stat };
    case "get": {
      const { data, stat } = GetDataResponse.read(body);
      return { zxid, err, text: textOf(data), stat };
    }
    case "exists":
      return { zxid, err, stat: ExistsResponse.read(body).stat };
    case "children":
      return { zxid, err, ...GetChildren2Response.read(body) };
    case "multi":
      return { zxid, err, results: readMulti(body) };
    case "delete":
    case "check":
    case "sync":
    case "close":
      return { zxid, err };
    default:
      return unreachable(op);
  }
}

/** `create /a`, `multi create /a, delete /b`. */
export function opText(op: ClientOp): string {
  switch (op.kind) {
    case "multi":
      return `multi ${op.ops.map(opText).join(", ")}`;
    case "close":
      return "close";
    case "create":
      return op.mode === "persistent" ? `create ${op.path}` : `create ${op.mode} ${op.path}`;
    default:
      return `${op.kind} ${op.path}`;
  }
}

/** Whether the op becomes a transaction. */
export function isWrite(op: ClientOp): boolean {
  return (
    op.kind === "multi" || op.kind === "close" || op.kind === "create" || op.kind === "delete" || op.kind === "set"
  );
}

export function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "" : new TextDecoder().decode(bytes);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function writeMulti(ops: readonly SubOp[], out: Writer): void {
  for (const op of ops) {
    MultiHeader.write(out, { type: opcodeOf(op), done: false, err: -1 });
    writeOp(op, out);
  }
  MultiHeader.write(out, { type: -1, done: true, err: -1 });
}

function readMulti(body: Reader): readonly SubAnswer[] {
  const results: SubAnswer[] = [];
  for (;;) {
    const { type, done } = MultiHeader.read(body);
    if (done) return results;
    results.push(readSubAnswer(type, body));
  }
}

function readSubAnswer(type: number, body: Reader): SubAnswer {
  switch (type) {
    case Op.create:
      return { type, err: 0, path: CreateResponse.read(body).path };
    case Op.create2:
      return { type, err: 0, ...Create2Response.read(body) };
    case Op.setData:
      return { type, err: 0, stat: SetDataResponse.read(body).stat };
    case Op.error:
      return { type, err: body.int() };
    default:
      return { type, err: 0 };
  }
}

const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const FLAGS = {
  persistent: CreateFlags.persistent,
  ephemeral: CreateFlags.ephemeral,
  sequential: CreateFlags.persistentSequential,
  ephemeralSequential: CreateFlags.ephemeralSequential,
  container: CreateFlags.container,
  ttl: CreateFlags.persistentWithTTL,
} as const;

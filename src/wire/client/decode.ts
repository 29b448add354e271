import { DecodeError, Reader } from "jute-ts";
import { CreateFlags, Err, Op } from "./numbers.ts";
import {
  CheckVersionRequest,
  CreateRequest,
  CreateSessionRequest,
  CreateTTLRequest,
  DeleteRequest,
  ReconfigRequest,
  SetACLRequest,
  SetDataRequest,
  SyncRequest,
} from "./requests.ts";
import { type ACL, MultiHeader } from "./shared.ts";

/**
 * Requests that travel to the leader, decoded wholly on the server that took them: a Java leader answers a body that it
 * cannot decode with a zxid it has used already, and no later write commits (client-protocol 3.1 and 10, H1).
 */
export type WriteRequest = Exclude<SubWrite, CheckWrite> | OtherWrite;

/** What a multi may hold. A null ACL vector of a createTTL is refused when the request is prepared. */
export type SubWrite = CreateWrite | CreateTTLWrite | DeleteWrite | SetDataWrite | CheckWrite;

type OtherWrite =
  | SetACLWrite
  | MultiWrite
  | ReconfigWrite
  | SyncWrite
  | DeleteContainerWrite
  | CreateSessionWrite
  | CloseSessionWrite;

export interface CreateWrite {
  readonly op: typeof Op.create | typeof Op.create2 | typeof Op.createContainer;
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly flags: number;
}

export interface CreateTTLWrite {
  readonly op: typeof Op.createTTL;
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly flags: number;
  readonly ttl: bigint;
}

export interface DeleteWrite {
  readonly op: typeof Op.delete;
  readonly path: string | null;
  readonly version: number;
}

export interface SetDataWrite {
  readonly op: typeof Op.setData;
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly version: number;
}

export interface SetACLWrite {
  readonly op: typeof Op.setACL;
  readonly path: string | null;
  readonly acl: readonly ACL[] | null;
  readonly version: number;
}

/** Inside a multi only. */
export interface CheckWrite {
  readonly op: typeof Op.check;
  readonly path: string | null;
  readonly version: number;
}

export interface MultiWrite {
  readonly op: typeof Op.multi;
  readonly ops: readonly SubWrite[];
}

export interface ReconfigWrite {
  readonly op: typeof Op.reconfig;
  readonly joiningServers: string | null;
  readonly leavingServers: string | null;
  readonly newMembers: string | null;
  readonly curConfigId: bigint;
}

/** Goes to the leader like a write and makes no transaction. */
export interface SyncWrite {
  readonly op: typeof Op.sync;
  readonly path: string | null;
}

/** Made by the leader's reaper only, never decoded (H7). */
export interface DeleteContainerWrite {
  readonly op: typeof Op.deleteContainer;
  readonly path: string;
}

/** Made by servers only (H6): by the learner that took the client in. */
export interface CreateSessionWrite {
  readonly op: typeof Op.createSession;
  readonly timeOut: number;
}

export interface CloseSessionWrite {
  readonly op: typeof Op.closeSession;
}

/**
 * A request that is refused before anything is looked up. Whoever decoded it answers `err` in its place among the replies
 * and forwards nothing.
 */
export interface Undecodable {
  readonly op: "undecodable";
  /** -5, or -6 for an op that nobody may send. */
  readonly err: number;
  /**
   * Whether the leader or standalone server that took the request from its own client spends a zxid on the refusal, as Java
   * does for most broken multis. What a learner forwarded always costs one: it waits for the transaction.
   */
  readonly takesZxid: boolean;
  readonly reason: string;
}

/**
 * The request of type `op` whose record is bytes[start, end). The result holds views of the bytes, so they must not be used
 * again. Never throws: what is malformed comes back as Undecodable.
 */
export function decodeWrite(op: number, bytes: Uint8Array, start = 0, end = bytes.length): WriteRequest | Undecodable {
  try {
    // A frame or packet has bounded the whole, and with it every length inside.
    READER.reset(bytes, start, end);
    return read(op, READER);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undecodable(error.message, op === Op.multi);
  }
}

export function createSessionWrite(timeOut: number): CreateSessionWrite {
  return { op: Op.createSession, timeOut };
}

export function closeSessionWrite(): CloseSessionWrite {
  return { op: Op.closeSession };
}

export function deleteContainerWrite(path: string): DeleteContainerWrite {
  return { op: Op.deleteContainer, path };
}

function read(op: number, reader: Reader): WriteRequest | Undecodable {
  switch (op) {
    case Op.create:
    case Op.create2:
    case Op.createContainer: {
      const { path, data, acl, flags } = CreateRequest.read(reader);
      return { op, path, data, acl, flags };
    }
    case Op.createTTL: {
      const { path, data, acl, flags, ttl } = CreateTTLRequest.read(reader);
      return { op, path, data, acl, flags, ttl };
    }
    case Op.delete: {
      const { path, version } = DeleteRequest.read(reader);
      return { op, path, version };
    }
    case Op.setData: {
      const { path, data, version } = SetDataRequest.read(reader);
      return { op, path, data, version };
    }
    case Op.setACL: {
      const { path, acl, version } = SetACLRequest.read(reader);
      return { op, path, acl, version };
    }
    case Op.multi:
      return readMulti(reader);
    case Op.reconfig: {
      const { joiningServers, leavingServers, newMembers, curConfigId } = ReconfigRequest.read(reader);
      return { op, joiningServers, leavingServers, newMembers, curConfigId };
    }
    case Op.sync:
      return { op, path: SyncRequest.read(reader).path };
    case Op.createSession:
      return { op, timeOut: CreateSessionRequest.read(reader).timeOut };
    case Op.closeSession:
      return { op };
    default:
      return { op: "undecodable", err: Err.unimplemented, takesZxid: false, reason: `type ${op} is no write` };
  }
}

/**
 * Whether `body` decodes as a list of writes, null paths or not: a multiRead of one is refused with its end header
 * (client-protocol 2.4).
 */
export function isWriteList(body: Uint8Array): boolean {
  READER.reset(body);
  try {
    return readList(READER) !== undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}

/** The list of client-protocol 1.8: a header before each op, and one that says done at the end, whatever its type. */
function readMulti(reader: Reader): WriteRequest | Undecodable {
  const ops = readList(reader);
  if (ops === undefined) return undecodable("a create without an ACL vector in a multi", false);
  return hasNullPath(ops) ? undecodable("a null path in a multi", true) : { op: Op.multi, ops };
}

/** Undefined: a create without an ACL vector is in it. */
function readList(reader: Reader): readonly SubWrite[] | undefined {
  const ops: SubWrite[] = [];
  for (;;) {
    const { type, done } = MultiHeader.read(reader);
    if (done) return ops;
    const op = readSub(type, reader);
    if (op === undefined) return undefined;
    ops.push(op);
  }
}

/** Java's leader fails on it before it has made a header: the reply is -5, or, if a learner forwarded it, never comes. */
function hasNullPath(ops: readonly SubWrite[]): boolean {
  return ops.some(({ path }) => path === null);
}

/**
 * One op of a multi. The container flag turns types 1 and 15 into 19; type 21 without a TTL flag is the create that its flags
 * name (client-protocol 3.10). Undefined: a null ACL vector in types 1, 15 and 19, which Java does not survive either.
 */
function readSub(type: number, reader: Reader): SubWrite | undefined {
  switch (type) {
    case Op.create:
    case Op.create2:
    case Op.createContainer:
      return readSubCreate(type, reader);
    case Op.createTTL:
      return readSubTTL(reader);
    case Op.delete: {
      const { path, version } = DeleteRequest.read(reader);
      return { op: type, path, version };
    }
    case Op.setData: {
      const { path, data, version } = SetDataRequest.read(reader);
      return { op: type, path, data, version };
    }
    case Op.check: {
      const { path, version } = CheckVersionRequest.read(reader);
      return { op: type, path, version };
    }
    default:
      throw new DecodeError(`a multi cannot hold type ${type}`);
  }
}

function readSubCreate(type: CreateWrite["op"], reader: Reader): SubWrite | undefined {
  const { path, data, acl, flags } = CreateRequest.read(reader);
  if (flags < 0 || flags > CreateFlags.persistentSequentialWithTTL) throw new DecodeError(`create flags ${flags}`);
  if (acl === null) return undefined;
  if (flags > CreateFlags.container) throw new DecodeError(`create flags ${flags} without a TTL in a multi`);
  return { op: flags === CreateFlags.container ? Op.createContainer : type, path, data, acl, flags };
}

function readSubTTL(reader: Reader): SubWrite {
  const { path, data, acl, flags, ttl } = CreateTTLRequest.read(reader);
  if (flags === CreateFlags.persistentWithTTL || flags === CreateFlags.persistentSequentialWithTTL) {
    return { op: Op.createTTL, path, data, acl, flags, ttl };
  }
  return { op: flags === CreateFlags.container ? Op.createContainer : Op.create, path, data, acl, flags };
}

function undecodable(reason: string, takesZxid: boolean): Undecodable {
  return { op: "undecodable", err: Err.marshallingError, takesZxid, reason };
}

const NOTHING = new Uint8Array(0);
/** One request is decoded at a time. Lengths are bounded by the body itself. */
const READER = new Reader(NOTHING, 0, 0, 0x7fffffff);

import { DecodeError, Reader, Writer } from "jute-ts";
import { unreachable } from "../base/assert.ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import {
  CheckVersionTxn,
  CreateContainerTxn,
  CreateSessionTxn,
  CreateTTLTxn,
  CreateTxn,
  CreateTxnV0,
  DeleteTxn,
  ErrorTxn,
  SetACLTxn,
  SetDataTxn,
  TXN_DIGEST_BYTES,
  TXN_HEADER_BYTES,
  TxnDigest,
  TxnHeader,
} from "./txn.ts";
import type { CloseSessionBody, MultiBody, SetDataBody, SubTxnBody, Txn, TxnBody, TxnDigestValue } from "./txnValue.ts";

/**
 * The bytes of a transaction, the same in PROPOSAL, INFORM and the log: header, body, digest (peer-protocol 4.3,
 * on-disk-formats 3.4 and 3.5).
 */
export function encodeTxn(txn: Txn): Uint8Array {
  const start = block.length;
  encodeTxnInto(block, txn);
  return takeBlock(start);
}

export function encodeTxnInto(writer: Writer, txn: Txn): void {
  const at = writer.reserve(TXN_HEADER_BYTES);
  const view = writer.view;
  view.setBigInt64(at, txn.clientId);
  view.setInt32(at + 8, txn.cxid);
  view.setBigInt64(at + 12, txn.zxid);
  view.setBigInt64(at + 20, txn.timeMs);
  view.setInt32(at + 28, txn.body.type);
  writeBody(writer, txn.body);
  if (txn.digest !== undefined) TxnDigest.write(writer, txn.digest);
}

/** The body alone, as it stands inside a multi. */
export function encodeBody(body: TxnBody): Uint8Array {
  const start = block.length;
  writeBody(block, body);
  return takeBlock(start);
}

/**
 * The transaction in `bytes`. Data fields are views of them, not copies. DecodeError: too short, a null path, or a type or
 * sub-type that no release knows, which would be dropped silently if it were let through (on-disk-formats R2). Type 13
 * outside a multi is read, because releases before 3.8.5 wrote it (ZOOKEEPER-2623). What follows a digest is ignored, and so
 * is what follows a body and is too short for a digest.
 */
export function decodeTxn(bytes: Uint8Array): Txn {
  // Lengths are bounded by the payload itself, which the log, the link or the frame has bounded already.
  const reader = READER;
  reader.reset(bytes);
  const header = TxnHeader.read(reader);
  const body = readBody(reader, header.type);
  return {
    clientId: toSessionId(header.clientId),
    cxid: header.cxid,
    zxid: toZxid(header.zxid),
    timeMs: header.time,
    body,
    digest: readDigest(reader),
  };
}

/**
 * Transactions lie behind one another in a block: a buffer of its own for each was a sixth of what a write cost, most of it
 * in the collector. A block lives as long as one of its transactions does, which is until 500 more are committed.
 */
function takeBlock(start: number): Uint8Array {
  const bytes = block.bytes.subarray(start, block.length);
  if (block.length > BLOCK_BYTES - BLOCK_RESERVE_BYTES) block = new Writer(BLOCK_BYTES);
  return bytes;
}

function writeBody(writer: Writer, body: TxnBody): void {
  switch (body.type) {
    case 1:
    case 15:
      CreateTxn.write(writer, body);
      break;
    case 19:
      CreateContainerTxn.write(writer, body);
      break;
    case 21:
      CreateTTLTxn.write(writer, body);
      break;
    case 2:
    case 20:
      DeleteTxn.write(writer, body);
      break;
    case 5:
    case 16:
      SetDataTxn.write(writer, body);
      break;
    case 7:
      SetACLTxn.write(writer, body);
      break;
    case 13:
      CheckVersionTxn.write(writer, body);
      break;
    case 14:
      writeMulti(writer, body);
      break;
    case -1:
      ErrorTxn.write(writer, body);
      break;
    case -10:
      CreateSessionTxn.write(writer, body);
      break;
    case -11:
      writeCloseSession(writer, body);
      break;
    default:
      unreachable(body);
  }
}

function writeMulti(writer: Writer, body: MultiBody): void {
  writer.count(body.txns.length);
  for (const txn of body.txns) {
    writer.int(txn.type);
    const lengthAt = writer.reserve(4);
    writeBody(writer, txn);
    writer.patchInt(lengthAt, writer.length - lengthAt - 4);
  }
}

function writeCloseSession(writer: Writer, body: CloseSessionBody): void {
  if (body.paths === undefined) return;
  writer.count(body.paths.length);
  for (const path of body.paths) writer.ustring(path);
}

function readBody(reader: Reader, type: number): TxnBody {
  switch (type) {
    case 1:
      return readCreate(reader);
    case 14:
      return readMulti(reader);
    case 16:
      return readSetData(reader, type);
    case -10:
      return { type, timeOut: CreateSessionTxn.read(reader).timeOut };
    case -11:
      return { type, paths: readClosedPaths(reader) };
    default:
      return readSubBody(reader, type);
  }
}

/** The types that a multi may hold. */
function readSubBody(reader: Reader, type: number): SubTxnBody {
  switch (type) {
    case 1:
    case 15: {
      const { path, data, acl, ephemeral, parentCVersion } = CreateTxn.read(reader);
      return { type, path: pathOf(path), data, acl, ephemeral, parentCVersion };
    }
    case 19: {
      const { path, data, acl, parentCVersion } = CreateContainerTxn.read(reader);
      return { type, path: pathOf(path), data, acl, parentCVersion };
    }
    case 21: {
      const { path, data, acl, parentCVersion, ttl } = CreateTTLTxn.read(reader);
      return { type, path: pathOf(path), data, acl, parentCVersion, ttl };
    }
    case 2:
    case 20:
      return { type, path: pathOf(DeleteTxn.read(reader).path) };
    case 5:
      return readSetData(reader, type);
    case 7: {
      const { path, acl, version } = SetACLTxn.read(reader);
      return { type, path: pathOf(path), acl, version };
    }
    case 13: {
      const { path, version } = CheckVersionTxn.read(reader);
      return { type, path: pathOf(path), version };
    }
    case -1:
      return { type, err: ErrorTxn.read(reader).err };
    default:
      throw new DecodeError(`transaction of type ${type}: no release of ZooKeeper knows it`);
  }
}

function readSetData(reader: Reader, type: SetDataBody["type"]): SetDataBody {
  const { path, data, version } = SetDataTxn.read(reader);
  return { type, path: pathOf(path), data, version };
}

/** A body that ends before parentCVersion is the form of 3.2; -1 then stands for one more than the parent has. */
function readCreate(reader: Reader): TxnBody {
  const { path, data, acl, ephemeral } = CreateTxnV0.read(reader);
  const parentCVersion = reader.remaining < 4 ? -1 : reader.int();
  return { type: 1, path: pathOf(path), data, acl, ephemeral, parentCVersion };
}

function readMulti(reader: Reader): MultiBody {
  const count = reader.count(SUB_TXN_BYTES);
  const txns: SubTxnBody[] = [];
  for (let i = 0; i < count; i++) {
    const type = reader.int();
    if (!SUB_TYPES.has(type)) throw new DecodeError(`transaction of type ${type} inside a multi`);
    const bytes = reader.buffer();
    if (bytes === null) throw new DecodeError(`transaction ${i} of a multi has no body`);
    txns.push(readSubBody(new Reader(bytes, 0, bytes.length, bytes.length), type));
  }
  return { type: 14, txns };
}

/**
 * The paths of closeSession, or undefined for the form without a body, after which a digest may come all the same. The
 * vector counts only if it ends where the payload or the digest does; 12 bytes that are no such vector are the digest
 * (on-disk-formats 3.5 and R3, peer-protocol 4.3).
 */
function readClosedPaths(reader: Reader): readonly string[] | undefined {
  const start = reader.offset;
  if (reader.remaining === 0) return undefined;
  const paths = tryPaths(reader);
  if (paths !== undefined && (reader.remaining === 0 || reader.remaining === TXN_DIGEST_BYTES)) return paths;
  reader.offset = start;
  if (reader.remaining === TXN_DIGEST_BYTES) return undefined;
  throw new DecodeError(`closeSession: its ${reader.remaining} bytes are neither paths nor a digest`);
}

/** Undefined if the bytes run out. A null or empty string is no path, but what a small digest looks like. */
function tryPaths(reader: Reader): readonly string[] | undefined {
  if (reader.remaining < 4) return undefined;
  const count = reader.int();
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    if (reader.remaining < 4) return undefined;
    const length = reader.int();
    if (length <= 0 || length > reader.remaining) return undefined;
    reader.offset -= 4;
    paths.push(pathOf(reader.ustring()));
  }
  return paths;
}

function readDigest(reader: Reader): TxnDigestValue | undefined {
  return reader.remaining < TXN_DIGEST_BYTES ? undefined : TxnDigest.read(reader);
}

function pathOf(path: string | null): string {
  if (path === null) throw new DecodeError("a transaction without a path");
  return path;
}

const NOTHING = new Uint8Array(0);
const BLOCK_BYTES = 64 * 1024;
/** A block is left once less than this remains: what does not fit makes the writer grow, which copies the block. */
const BLOCK_RESERVE_BYTES = 4096;
let block = new Writer(BLOCK_BYTES);
const READER = new Reader(NOTHING, 0, 0, 0x7fffffff);
/** int type and the length of an empty body. */
const SUB_TXN_BYTES = 8;
const SUB_TYPES: ReadonlySet<number> = new Set([1, 2, 5, 13, 15, 19, 20, 21, -1]);

import type { Writer } from "jute-ts";
import type { OpResult, Outcome } from "../tree/outcome.ts";
import { type EventType, Op, SYNC_CONNECTED, Xid } from "../wire/client/numbers.ts";
import { ACL, MultiHeader } from "../wire/client/shared.ts";

/**
 * Reply frames, written straight into a connection's writer: length, ReplyHeader, record (client-protocol 1.4, 1.7).
 * `begin` returns where the frame starts; `end` fills in its length.
 */
export function beginReply(out: Writer, xid: number, zxid: bigint, err: number): number {
  const start = out.reserve(20);
  const view = out.view;
  view.setInt32(start + 4, xid);
  view.setBigInt64(start + 8, zxid);
  view.setInt32(start + 16, err);
  return start;
}

export function endReply(out: Writer, start: number): void {
  out.view.setInt32(start, out.length - start - 4);
}

/** A reply without a record. */
export function writeHeaderOnly(out: Writer, xid: number, zxid: bigint, err: number): void {
  endReply(out, beginReply(out, xid, zxid, err));
}

/** ReplyHeader (xid -1) and WatcherEvent. `zxid` is the txn's, or -1 for events that setWatches makes (6.3, 6.5). */
export function writeNotification(out: Writer, type: EventType, path: string, zxid: bigint): void {
  const start = beginReply(out, Xid.notification, zxid, 0);
  out.int(type);
  out.int(SYNC_CONNECTED);
  out.ustring(path);
  endReply(out, start);
}

/** The reply to a write, from what applying it came to. */
export function writeOutcome(out: Writer, xid: number, op: number, zxid: bigint, outcome: Outcome): void {
  if (outcome.err !== 0) return writeHeaderOnly(out, xid, zxid, outcome.err);
  const start = beginReply(out, xid, zxid, 0);
  switch (op) {
    case Op.create:
      out.ustring(outcome.path ?? null);
      break;
    case Op.create2:
    case Op.createContainer:
    case Op.createTTL:
      out.ustring(outcome.path ?? null);
      outcome.stat?.write(out);
      break;
    case Op.setData:
    case Op.setACL:
      outcome.stat?.write(out);
      break;
    case Op.multi:
      writeMulti(out, outcome.results ?? []);
      break;
    default:
      break;
  }
  endReply(out, start);
}

/** Results of a multi or multiRead and the end header (client-protocol 1.8). */
export function writeMulti(out: Writer, results: readonly OpResult[]): void {
  for (const result of results) writeResult(out, result);
  MultiHeader.write(out, { type: -1, done: true, err: -1 });
}

function writeResult(out: Writer, result: OpResult): void {
  if (result.type === Op.error) {
    MultiHeader.write(out, { type: Op.error, done: false, err: result.err });
    out.int(result.err);
    return;
  }
  MultiHeader.write(out, { type: result.type, done: false, err: 0 });
  const { path, stat } = result;
  if (path !== undefined) out.ustring(path);
  if (result.type !== Op.create) stat?.write(out);
}

export function writeAcl(out: Writer, acl: readonly ACL[]): void {
  out.count(acl.length);
  for (const entry of acl) ACL.write(out, entry);
}

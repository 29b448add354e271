import { bool, type Infer, int, long, record, ustring, vector } from "jute-ts";

/** Records that requests, replies, transactions and files share (client-protocol 1.5, on-disk-formats 2). */

/** Id { ustring scheme, ustring id } */
export const Id = record("Id", { scheme: ustring, id: ustring });
export type Id = Infer<typeof Id>;

/** ACL { int perms, Id id } */
export const ACL = record("ACL", { perms: int, id: Id });
export type ACL = Infer<typeof ACL>;

export const AclVector = vector(ACL);
export const IdVector = vector(Id);

/** Stat as clients see it, 68 bytes: cversion, dataLength, numChildren and ephemeralOwner are derived (client-protocol 3.3). */
export const Stat = record("Stat", {
  czxid: long,
  mzxid: long,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  dataLength: int,
  numChildren: int,
  pzxid: long,
});
export type Stat = Infer<typeof Stat>;

/** StatPersisted, 60 bytes; cversion is the creation counter; pzxid comes last. */
export const StatPersisted = record("StatPersisted", {
  czxid: long,
  mzxid: long,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  pzxid: long,
});
export type StatPersisted = Infer<typeof StatPersisted>;

export const ClientInfo = record("ClientInfo", { authScheme: ustring, user: ustring });
export type ClientInfo = Infer<typeof ClientInfo>;

/** RequestHeader { int xid, int type }, 8 bytes */
export const RequestHeader = record("RequestHeader", { xid: int, type: int });
export type RequestHeader = Infer<typeof RequestHeader>;

/** ReplyHeader { int xid, long zxid, int err }, 16 bytes */
export const ReplyHeader = record("ReplyHeader", { xid: int, zxid: long, err: int });
export type ReplyHeader = Infer<typeof ReplyHeader>;

/** MultiHeader { int type, boolean done, int err }, 9 bytes: before each part of a multi and at its end (client-protocol 1.8) */
export const MultiHeader = record("MultiHeader", { type: int, done: bool, err: int });
export type MultiHeader = Infer<typeof MultiHeader>;

export const REQUEST_HEADER_BYTES = 8;
export const REPLY_HEADER_BYTES = 16;
export const STAT_BYTES = 68;
export const STAT_PERSISTED_BYTES = 60;

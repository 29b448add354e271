import { bool, buffer, type Infer, int, long, record, ustring, vector } from "jute-ts";
import { AclVector } from "./shared.ts";

/** Request records, in the order of client-protocol 1.7. Ping, closeSession and whoAmI have none. */

export const CreateRequest = record("CreateRequest", { path: ustring, data: buffer, acl: AclVector, flags: int });
export type CreateRequest = Infer<typeof CreateRequest>;

export const CreateTTLRequest = record("CreateTTLRequest", {
  path: ustring,
  data: buffer,
  acl: AclVector,
  flags: int,
  ttl: long,
});
export type CreateTTLRequest = Infer<typeof CreateTTLRequest>;

export const DeleteRequest = record("DeleteRequest", { path: ustring, version: int });
export type DeleteRequest = Infer<typeof DeleteRequest>;

export const ExistsRequest = record("ExistsRequest", { path: ustring, watch: bool });
export type ExistsRequest = Infer<typeof ExistsRequest>;

export const GetDataRequest = record("GetDataRequest", { path: ustring, watch: bool });
export type GetDataRequest = Infer<typeof GetDataRequest>;

export const SetDataRequest = record("SetDataRequest", { path: ustring, data: buffer, version: int });
export type SetDataRequest = Infer<typeof SetDataRequest>;

export const GetACLRequest = record("GetACLRequest", { path: ustring });
export type GetACLRequest = Infer<typeof GetACLRequest>;

export const SetACLRequest = record("SetACLRequest", { path: ustring, acl: AclVector, version: int });
export type SetACLRequest = Infer<typeof SetACLRequest>;

export const GetChildrenRequest = record("GetChildrenRequest", { path: ustring, watch: bool });
export const GetChildren2Request = record("GetChildren2Request", { path: ustring, watch: bool });
export const SyncRequest = record("SyncRequest", { path: ustring });

/** Inside multi only; alone it is unknown (ZOOKEEPER-2623). */
export const CheckVersionRequest = record("CheckVersionRequest", { path: ustring, version: int });
export type CheckVersionRequest = Infer<typeof CheckVersionRequest>;

export const ReconfigRequest = record("ReconfigRequest", {
  joiningServers: ustring,
  leavingServers: ustring,
  newMembers: ustring,
  curConfigId: long,
});
export const CheckWatchesRequest = record("CheckWatchesRequest", { path: ustring, type: int });
export const RemoveWatchesRequest = record("RemoveWatchesRequest", { path: ustring, type: int });

/** A single buffer that holds the path; only a server itself may send it (CVE-2026-79993). */
export const DeleteContainerRequest = record("DeleteContainerRequest", { path: buffer });
export const AuthPacket = record("AuthPacket", { type: int, scheme: ustring, auth: buffer });
export type AuthPacket = Infer<typeof AuthPacket>;

export const SetWatches = record("SetWatches", {
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
});
export type SetWatches = Infer<typeof SetWatches>;

export const SetWatches2 = record("SetWatches2", {
  relativeZxid: long,
  dataWatches: vector(ustring),
  existWatches: vector(ustring),
  childWatches: vector(ustring),
  persistentWatches: vector(ustring),
  persistentRecursiveWatches: vector(ustring),
});
export const GetSASLRequest = record("GetSASLRequest", { token: buffer });
export const GetEphemeralsRequest = record("GetEphemeralsRequest", { prefixPath: ustring });
export const GetAllChildrenNumberRequest = record("GetAllChildrenNumberRequest", { path: ustring });
export const AddWatchRequest = record("AddWatchRequest", { path: ustring, mode: int });

/** createSession travels between servers only: { int timeOut }. */
export const CreateSessionRequest = record("CreateSessionRequest", { timeOut: int });

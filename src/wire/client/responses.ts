import { buffer, type Infer, int, record, ustring, vector } from "jute-ts";
import { AclVector, ClientInfo, Stat } from "./shared.ts";

/** Response records, in the order of client-protocol 1.7. A reply whose err is not 0 has none. */

export const CreateResponse = record("CreateResponse", { path: ustring });
export const Create2Response = record("Create2Response", { path: ustring, stat: Stat });
export const ExistsResponse = record("ExistsResponse", { stat: Stat });
export const GetDataResponse = record("GetDataResponse", { data: buffer, stat: Stat });
export const SetDataResponse = record("SetDataResponse", { stat: Stat });
export const GetACLResponse = record("GetACLResponse", { acl: AclVector, stat: Stat });
export const SetACLResponse = record("SetACLResponse", { stat: Stat });
export const GetChildrenResponse = record("GetChildrenResponse", { children: vector(ustring) });
export const GetChildren2Response = record("GetChildren2Response", { children: vector(ustring), stat: Stat });
export const SyncResponse = record("SyncResponse", { path: ustring });
export const ErrorResponse = record("ErrorResponse", { err: int });
export const SetSASLResponse = record("SetSASLResponse", { token: buffer });
export const GetEphemeralsResponse = record("GetEphemeralsResponse", { ephemerals: vector(ustring) });
export const GetAllChildrenNumberResponse = record("GetAllChildrenNumberResponse", { totalNumber: int });
export const WhoAmIResponse = record("WhoAmIResponse", { clientInfo: vector(ClientInfo) });

/** Pushed behind a ReplyHeader with xid -1. */
export const WatcherEvent = record("WatcherEvent", { type: int, state: int, path: ustring });
export type WatcherEvent = Infer<typeof WatcherEvent>;

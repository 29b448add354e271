import { bool, buffer, type Infer, int, long, record } from "jute-ts";
import { IdVector } from "../client/shared.ts";

/**
 * QuorumPacket { int type, long zxid, buffer data, vector<Id> authinfo }: every message on quorum ports, back to back and
 * without a length around it (peer-protocol 3.1). What zxid and data mean depends on the type.
 */
export const QuorumPacket = record("QuorumPacket", { type: int, zxid: long, data: buffer, authinfo: IdVector });
export type QuorumPacket = Infer<typeof QuorumPacket>;

export const PacketType = {
  request: 1,
  proposal: 2,
  ack: 3,
  commit: 4,
  ping: 5,
  revalidate: 6,
  sync: 7,
  inform: 8,
  commitAndActivate: 9,
  newLeader: 10,
  followerInfo: 11,
  upToDate: 12,
  diff: 13,
  trunc: 14,
  snap: 15,
  observerInfo: 16,
  leaderInfo: 17,
  ackEpoch: 18,
  informAndActivate: 19,
} as const;

/** Data of FOLLOWERINFO and OBSERVERINFO, 20 bytes; 3.4 sends the first 12. */
export const LearnerInfo = record("LearnerInfo", { serverId: long, protocolVersion: int, configVersion: long });
export type LearnerInfo = Infer<typeof LearnerInfo>;

/** Data of REVALIDATE, learner to leader. */
export const RevalidateRequest = record("RevalidateRequest", { sessionId: long, timeOut: int });

/** Data of REVALIDATE, leader to learner. */
export const RevalidateResponse = record("RevalidateResponse", { sessionId: long, valid: bool });

/** The data of a PING answer is a run of these, 12 bytes each. */
export const TouchedSession = record("TouchedSession", { sessionId: long, timeOut: int });

/** Head of a REQUEST's data; the client's request body follows (peer-protocol 4.8). */
export const ForwardedRequest = record("ForwardedRequest", { sessionId: long, cxid: int, type: int });
export type ForwardedRequest = Infer<typeof ForwardedRequest>;

/** What LEADERINFO and LearnerInfo announce. */
export const PROTOCOL_VERSION = 0x10000;

/** Data of LEADERINFO and of ACKEPOCH: one int, the protocol version and the current epoch or -1. */
export const IntData = record("IntData", { value: int });

/** Data of COMMITANDACTIVATE, and head of INFORMANDACTIVATE's. */
export const DesignatedLeader = record("DesignatedLeader", { serverId: long });

/** A packet as every type but REQUEST has it: nobody's identities. */
export function quorumPacket(type: number, zxid: bigint, data: Uint8Array | null = null): QuorumPacket {
  return { type, zxid, data, authinfo: null };
}

/** REQUEST: a client's request on its way to the leader, with the identities that ACL checks there need (4.8). */
export function requestPacket(data: Uint8Array, authinfo: QuorumPacket["authinfo"]): QuorumPacket {
  return { type: PacketType.request, zxid: -1n, data, authinfo };
}

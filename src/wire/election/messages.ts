import { fixed, fixedInt, fixedLong } from "jute-ts";

/** The start of the initial message after a dial: protocol version, sid, length of the address text (peer-protocol 1.2). */
export const InitialMessageHead = fixed("InitialMessageHead", {
  protocolVersion: fixedLong,
  serverId: fixedLong,
  addressLength: fixedInt,
});
export const INITIAL_MESSAGE_V1 = -65536n;
export const INITIAL_MESSAGE_V2 = -65535n;
export const ADDRESS_LENGTH_LIMIT = 2048;

/** The fixed part of a version 2 notification; the config text follows (peer-protocol 2.1). */
export const NotificationHead = fixed("NotificationHead", {
  state: fixedInt,
  leader: fixedLong,
  zxid: fixedLong,
  electionEpoch: fixedLong,
  peerEpoch: fixedLong,
  version: fixedInt,
  configLength: fixedInt,
});
export const NOTIFICATION_VERSION = 2;
export const NOTIFICATION_LENGTH_LIMIT = 524_288;

export const PeerState = { looking: 0, following: 1, leading: 2, observing: 3 } as const;
export type PeerState = (typeof PeerState)[keyof typeof PeerState];

import { Reader, Writer } from "jute-ts";
import { type ServerId, toServerId } from "../../base/ids.ts";
import { epochOf, toZxid, type Zxid } from "../../base/zxid.ts";
import { NOTIFICATION_VERSION, NotificationHead, PeerState } from "./messages.ts";

/** One message of the election: the sender's state and the vote it stands by (peer-protocol 2.1). */
export interface Notification {
  /** State of the sender. */
  readonly state: PeerState;
  /** The server voted for; -2^63 from servers that have no vote. */
  readonly leader: ServerId;
  /** Last logged zxid of the server voted for. */
  readonly zxid: Zxid;
  /** The round the vote was cast in. */
  readonly electionEpoch: bigint;
  /** Current epoch of the server voted for. */
  readonly peerEpoch: bigint;
  /** 2, or 0 for what 3.4 sends: votes of version 0 are compared by leader alone (peer-protocol 2.6). */
  readonly version: number;
  /** The sender's committed configuration as text (peer-protocol 6.5.1); empty when the message carries none. */
  readonly config: string;
}

/** Payload of a frame, version 2, the form every Java server since 3.4.6 reads. */
export function encodeNotification(notification: Notification): Uint8Array {
  const text = new Writer(LENGTH_BYTES + notification.config.length);
  text.ustring(notification.config);
  const config = text.written().subarray(LENGTH_BYTES);
  const bytes = new Uint8Array(NotificationHead.size + config.length);
  const { state, leader, zxid, electionEpoch, peerEpoch } = notification;
  const version = NOTIFICATION_VERSION;
  const configLength = config.length;
  NotificationHead.write(bytes, 0, { state, leader, zxid, electionEpoch, peerEpoch, version, configLength });
  bytes.set(config, NotificationHead.size);
  return bytes;
}

/**
 * Reads what any version sends; how much is there decides (peer-protocol 2.2). Undefined: dropped, which is not an error
 * (ZOOKEEPER-3769). One deliberate difference to Java: 36 bytes, a version 0 message that Java's writer of 3.4.0 sent and its
 * reader of today cannot read, is taken.
 */
export function decodeNotification(payload: Uint8Array): Notification | undefined {
  const { length } = payload;
  const form = formOf(length);
  if (form === "dropped") return undefined;
  const head = headOf(payload);
  const version = form === "versioned" ? head.version : 0;
  const hasConfig = version > 1;
  if (hasConfig && !configFits(head.configLength, length)) return undefined;
  if (!isPeerState(head.state)) return undefined;
  const zxid = toZxid(head.zxid);
  return {
    state: head.state,
    leader: toServerId(head.leader),
    zxid,
    electionEpoch: head.electionEpoch,
    peerEpoch: form === "withoutPeerEpoch" ? BigInt(epochOf(zxid)) : head.peerEpoch,
    version,
    config: hasConfig ? configOf(payload) : "",
  };
}

type Form = "dropped" | "withoutPeerEpoch" | "withoutVersion" | "versioned";

/** 40 bytes end with a version that Java does not read: 3.4 peers count as version 0 everywhere (peer-protocol 2.2). */
function formOf(length: number): Form {
  if (length === 28) return "withoutPeerEpoch";
  if (length === 36 || length === 40) return "withoutVersion";
  return length > 40 ? "versioned" : "dropped";
}

/** The head with zeros for fields that a shorter form lacks. */
function headOf(payload: Uint8Array): ReturnType<typeof NotificationHead.read> {
  const padded = new Uint8Array(NotificationHead.size);
  padded.set(payload.subarray(0, NotificationHead.size));
  return NotificationHead.read(padded);
}

function configFits(configLength: number, length: number): boolean {
  return length >= NotificationHead.size && configLength >= 0 && configLength <= length - NotificationHead.size;
}

function configOf(payload: Uint8Array): string {
  return new Reader(payload, NotificationHead.size - LENGTH_BYTES).ustring() ?? "";
}

function isPeerState(state: number): state is PeerState {
  return state >= PeerState.looking && state <= PeerState.observing;
}

const LENGTH_BYTES = 4;

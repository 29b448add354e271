import { viewOf } from "../base/bytes.ts";
import { type ServerId, toServerId } from "../base/ids.ts";
import { type Epoch, epochOf, toZxid, ZXID_ZERO, type Zxid } from "../base/zxid.ts";
import { PacketType, PROTOCOL_VERSION, type QuorumPacket } from "../wire/peer/packets.ts";
import { AckTimer } from "./ackTimer.ts";
import type { LeaderWorld, LearnerRole, LinkId } from "./leaderWorld.ts";

/**
 * One learner's connection as the leader sees it (peer-protocol 3.5): which phase it is in, what a packet means there, and which
 * packets have to wait.
 *
 * ```
 *   introducing     waits for FOLLOWERINFO or OBSERVERINFO
 *   awaitingEpoch   waits until the new epoch is chosen and saved here; LEADERINFO goes out
 *   promising       waits for ACKEPOCH
 *   awaitingQuorum  waits until a quorum promised and currentEpoch is saved here
 *   planning        waits for the disk log, if the committed log does not reach back far enough
 *   streaming       SNAP and the tree go out; live packets are held back
 *   taking          NEWLEADER went out; waits for its ACK; live packets are held back
 *   ready           acknowledged; waits until the leader is established; live packets are held back
 *   live            UPTODATE went out, and everything held
 *   closed
 * ```
 * Phases are left downwards only. The second holding back is for followers before 3.9.3, which break on a COMMIT between NEWLEADER
 * and UPTODATE (peer-protocol 3.11, ZOOKEEPER-4394).
 */
export class LearnerHandler {
  readonly link: LinkId;
  phase: Phase = "introducing";
  sid: ServerId = NOBODY;
  role: LearnerRole = "follower";
  /** The last logged zxid it told in ACKEPOCH. */
  peerZxid: Zxid = ZXID_ZERO;
  /** When silence, or waiting for the others, has lasted too long. */
  deadline: number;
  /** The last tick at which it counts as synced (peer-protocol 4.14). */
  syncedUntilTick: number;
  /** Acks at or below count for nothing: they are another link's. */
  countsAbove: Zxid = ZXID_ZERO;
  /** How it is being synced, until its NEWLEADER ack. */
  syncing: "diff" | "trunc" | "snap" | undefined = undefined;
  readonly ackTimer = new AckTimer();
  private readonly world: LeaderWorld;
  private held: QuorumPacket[] = [];

  constructor(link: LinkId, world: LeaderWorld, deadline: number, syncedUntilTick: number) {
    this.link = link;
    this.world = world;
    this.deadline = deadline;
    this.syncedUntilTick = syncedUntilTick;
  }

  enter(phase: Phase, deadline: number): void {
    this.phase = phase;
    this.deadline = deadline;
  }

  /** Sends at once, whatever is held: the packets of the handshake, pings and answers. */
  send(packet: QuorumPacket): void {
    this.world.send(this.link, packet);
  }

  /** Sends a packet of the broadcast, now or when its turn comes. */
  forward(packet: QuorumPacket, now: number): void {
    if (this.phase !== "live") {
      this.held.push(packet);
      return;
    }
    if (packet.type === PacketType.proposal) this.ackTimer.proposed(toZxid(packet.zxid), now);
    this.world.send(this.link, packet);
  }

  /** Sends what was held, in order. */
  release(now: number): void {
    const { held } = this;
    this.held = [];
    for (const packet of held) {
      if (packet.type === PacketType.proposal) this.ackTimer.proposed(toZxid(packet.zxid), now);
      this.world.send(this.link, packet);
    }
  }

  /** Pings go where the sender of the queue runs in Java: from NEWLEADER on. */
  get isPinged(): boolean {
    return this.phase === "taking" || this.phase === "ready" || this.phase === "live";
  }

  meaning(packet: QuorumPacket): Meaning {
    switch (this.phase) {
      case "introducing":
        return isInfo(packet.type) ? "introduction" : "refused";
      case "promising":
        return packet.type === PacketType.ackEpoch && sizeOf(packet.data) >= 4 ? "promise" : "refused";
      case "taking":
      case "ready":
        return packet.type === PacketType.ack ? "ack" : "refused";
      case "live":
        return liveMeaning(packet);
      case "awaitingEpoch":
      case "awaitingQuorum":
      case "planning":
      case "streaming":
      case "closed":
        return "refused";
    }
  }
}

export type Phase =
  | "introducing"
  | "awaitingEpoch"
  | "promising"
  | "awaitingQuorum"
  | "planning"
  | "streaming"
  | "taking"
  | "ready"
  | "live"
  | "closed";

/** "refused": not here, or malformed; the link goes. "ignored": not here, and harmless. */
export type Meaning = "introduction" | "promise" | "ack" | "touched" | "request" | "revalidate" | "ignored" | "refused";

/** What FOLLOWERINFO or OBSERVERINFO says. */
export interface Introduction {
  readonly sid: ServerId;
  readonly role: LearnerRole;
  readonly acceptedEpoch: Epoch;
  /** 0 from 3.4, which sends none. */
  readonly configVersion: bigint;
}

/**
 * Reads LearnerInfo by its length (peer-protocol 3.1). Undefined: too short, or a protocol from before 3.4.0, whose servers cannot
 * take part in the election either (peer-protocol 7.1).
 */
export function readIntroduction({ type, zxid, data }: QuorumPacket): Introduction | undefined {
  if (data === null || data.length < 12) return undefined;
  const view = viewOf(data);
  if (view.getInt32(8) < PROTOCOL_VERSION) return undefined;
  return {
    sid: toServerId(view.getBigInt64(0)),
    role: type === PacketType.observerInfo ? "observer" : "follower",
    acceptedEpoch: epochOf(toZxid(zxid)),
    configVersion: data.length < 20 ? 0n : view.getBigInt64(12),
  };
}

function isInfo(type: number): boolean {
  return type === PacketType.followerInfo || type === PacketType.observerInfo;
}

function liveMeaning({ type, data }: QuorumPacket): Meaning {
  switch (type) {
    case PacketType.ack:
      return "ack";
    case PacketType.ping:
      return data !== null && data.length % TOUCHED_SIZE === 0 ? "touched" : "refused";
    case PacketType.request:
      return sizeOf(data) >= REQUEST_HEAD ? "request" : "refused";
    case PacketType.revalidate:
      return sizeOf(data) >= REVALIDATE_SIZE ? "revalidate" : "refused";
    default:
      return "ignored";
  }
}

function sizeOf(data: Uint8Array | null): number {
  return data === null ? 0 : data.length;
}

const NOBODY = toServerId(-1n);
const TOUCHED_SIZE = 12;
const REQUEST_HEAD = 16;
const REVALIDATE_SIZE = 12;

import { counterOf, epochOf, toZxid } from "../../base/zxid.ts";
import { SnapshotDecoder } from "../../store/snapshotDecoder.ts";
import { decodeWrite } from "../../wire/client/decode.ts";
import { Op } from "../../wire/client/numbers.ts";
import { PacketStream } from "../../wire/peer/packetStream.ts";
import { ForwardedRequest, IntData, PacketType, type QuorumPacket } from "../../wire/peer/packets.ts";
import type { SimLink } from "./link.ts";

/** One packet as it was written to the quorum port. */
export interface TappedPacket {
  /** Hosts. */
  readonly from: string;
  readonly to: string;
  readonly packet: QuorumPacket;
}

/** Reads the packets of one connection between a learner and a leader, both ways. */
export function tapQuorum(dialler: SimLink, acceptor: SimLink, heard: (packet: TappedPacket) => void): void {
  for (const link of [dialler, acceptor]) {
    const stream = new TappedStream((packet) => heard({ from: link.host, to: link.remoteHost, packet }));
    link.tap = (bytes) => stream.push(bytes);
  }
}

/** Packets, and behind a SNAP the snapshot's own bytes. */
class TappedStream {
  private readonly packets = new PacketStream(LIMIT);
  private readonly heard: (packet: QuorumPacket) => void;
  private snapshot: SnapshotDecoder | undefined;

  constructor(heard: (packet: QuorumPacket) => void) {
    this.heard = heard;
  }

  push(bytes: Uint8Array): void {
    if (this.snapshot === undefined) this.packets.push(bytes);
    else this.feed(this.snapshot, bytes);
    while (this.snapshot === undefined) {
      const packet = this.packets.next();
      if (packet === undefined) return;
      this.heard(packet);
      if (packet.type === PacketType.snap) this.begin();
    }
  }

  private begin(): void {
    const ignore = { session: () => {}, acl: () => {}, node: () => {} };
    this.snapshot = new SnapshotDecoder(ignore, "stream", LIMIT);
    const rest = this.packets.takeRaw();
    if (rest.length > 0) this.feed(this.snapshot, rest);
  }

  private feed(snapshot: SnapshotDecoder, bytes: Uint8Array): void {
    if (!snapshot.push(bytes)) return;
    this.snapshot = undefined;
    this.packets.push(snapshot.rest());
  }
}

/** `PROPOSAL 1:2`, `REQUEST create /a`, `ACKEPOCH 1 at 1:2`. */
export function packetText({ type, zxid, data }: QuorumPacket): string {
  const name = NAMES.get(type) ?? `packet ${type}`;
  switch (type) {
    case PacketType.proposal:
    case PacketType.ack:
    case PacketType.commit:
    case PacketType.inform:
    case PacketType.diff:
    case PacketType.trunc:
    case PacketType.snap:
      return `${name} ${zxidText(zxid)}`;
    case PacketType.newLeader:
    case PacketType.leaderInfo:
    case PacketType.followerInfo:
    case PacketType.observerInfo:
      return `${name} ${epochOf(toZxid(zxid))}`;
    case PacketType.ackEpoch:
      return `${name} ${data === null ? "-" : IntData.decode(data).value} at ${zxidText(zxid)}`;
    case PacketType.request:
      return `${name} ${requestText(data)}`;
    default:
      return name;
  }
}

/** `1:2`, epoch and counter; -1 as it is; counters near their end in hex. */
export function zxidText(value: bigint): string {
  const zxid = toZxid(value);
  if (zxid < 0n) return String(zxid);
  const counter = counterOf(zxid);
  return `${epochOf(zxid)}:${counter < 1_000_000 ? counter : counter.toString(16)}`;
}

function requestText(data: Uint8Array | null): string {
  if (data === null || data.length < 16) return "?";
  const { type } = ForwardedRequest.decode(data);
  const write = decodeWrite(type, data.subarray(16));
  const path = "path" in write && write.path !== null ? ` ${write.path}` : "";
  return `${opName(type)}${path}`;
}

function opName(type: number): string {
  const found = Object.entries(Op).find(([, code]) => code === type);
  return found === undefined ? `op ${type}` : found[0];
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(PacketType).map(([name, type]) => [type, name.toUpperCase()]),
);
const LIMIT = 0x400000;

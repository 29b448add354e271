import { int, long, Reader, Writer } from "jute-ts";
import { decodeWrite } from "../../wire/client/decode.ts";
import { IdVector } from "../../wire/client/shared.ts";
import { Frames } from "../../wire/frames.ts";
import { PacketStream } from "../../wire/peer/packetStream.ts";
import {
  DesignatedLeader,
  ForwardedRequest,
  IntData,
  LearnerInfo,
  PacketType,
  QuorumPacket,
  type QuorumPacket as QuorumPacketValue,
  RevalidateRequest,
  RevalidateResponse,
  TouchedSession,
} from "../../wire/peer/packets.ts";
import { decodeTxn } from "../../wire/txnCodec.ts";
import { readIntroduction } from "../../zab/learnerHandler.ts";
import { agreed } from "../chunks.ts";
import { type Decoder, decoder } from "../decoder.ts";
import { choice, type Grammar, nested, repeated, sequence, word } from "../grammar.ts";
import { recordedLines } from "../recorded.ts";
import { WRITE_BODIES } from "./client.ts";
import { TXNS } from "./txn.ts";

/** What stands in the data of a packet, by its type. */
const DATA: readonly (readonly [type: number, data: Grammar])[] = [
  [PacketType.request, sequence(long, int, choice(...WRITE_BODIES))],
  [PacketType.proposal, choice(...TXNS)],
  [PacketType.inform, choice(...TXNS)],
  [PacketType.ping, repeated(TouchedSession, 4)],
  [PacketType.revalidate, choice(RevalidateRequest, RevalidateResponse)],
  [PacketType.followerInfo, LearnerInfo],
  [PacketType.observerInfo, LearnerInfo],
  [PacketType.leaderInfo, IntData],
  [PacketType.ackEpoch, IntData],
  [PacketType.commitAndActivate, DesignatedLeader],
];
const PACKETS: readonly Grammar[] = [
  ...DATA.map(([type, data]) => sequence(word(type), long, nested(data), IdVector)),
  sequence(word(PacketType.ack, PacketType.commit, PacketType.diff, PacketType.upToDate), long, word(-1), word(-1)),
  QuorumPacket,
];
const LIMIT = 2_097_150;
/** A queue begins with 1024 bytes whenever something has to wait. */
const CHUNKS_EXTRA = 64 * 1024;

export const PEER: readonly Decoder[] = [
  decoder({
    name: "frames",
    executions: 700_000,
    grammars: [repeated(nested(choice(...WRITE_BODIES.slice(0, 5))), 4), repeated(nested(sequence()), 9)],
    recorded: recordedLines("client", ">"),
    decode: (bytes, random) => agreed(bytes, random, framesOf),
    extraBytes: CHUNKS_EXTRA,
    again: ({ frames, ...rest }) => ({ ...rest, frames: framesOf(frames.map(framed))?.frames ?? [] }),
  }),
  decoder({
    name: "packets",
    executions: 600_000,
    grammars: [repeated(choice(...PACKETS), 3), ...PACKETS],
    recorded: [...recordedLines("quorum-follower", ">"), ...recordedLines("quorum-observer", ">")],
    decode: (bytes, random) => agreed(bytes, random, packetsOf),
    extraBytes: CHUNKS_EXTRA,
    again: ({ packets: found, ...rest }) => ({
      ...rest,
      packets: packetsOf(found.map((packet) => QuorumPacket.encode(packet))).packets,
    }),
  }),
  decoder({
    name: "packetData",
    executions: 1_880_000,
    grammars: DATA.map(([type, data]) => sequence(word(type), data)),
    decode: (bytes) => contentOf(new Reader(bytes).int(), bytes.subarray(4)),
  }),
];

interface FramesFound {
  readonly frames: readonly Uint8Array[];
  readonly pending: number;
  readonly refused: number | undefined;
}

/** Undefined: refused at once. */
function framesOf(chunks: readonly Uint8Array[]): FramesFound | undefined {
  const frames = new Frames(0, LIMIT);
  const found: Uint8Array[] = [];
  for (const chunk of chunks) {
    frames.push(chunk);
    while (frames.next()) found.push(frames.bytes.subarray(frames.start, frames.end));
  }
  const { pending, refusedLength: refused } = frames;
  return found.length === 0 && refused !== undefined ? undefined : { frames: found, pending, refused };
}

function framed(frame: Uint8Array): Uint8Array {
  const writer = new Writer(4 + frame.length);
  writer.buffer(frame);
  return writer.toBytes();
}

interface PacketsFound {
  readonly packets: readonly QuorumPacketValue[];
  readonly pending: number;
}

function packetsOf(chunks: readonly Uint8Array[]): PacketsFound {
  const stream = new PacketStream(LIMIT);
  const found: QuorumPacketValue[] = [];
  for (const chunk of chunks) {
    stream.push(chunk);
    for (let packet = stream.next(); packet !== undefined; packet = stream.next()) found.push(packet);
  }
  return { packets: found, pending: stream.pending };
}

/** What the server that takes such a packet makes of its data (`server/leading.ts`, `server/following.ts`, `zab`). */
function contentOf(type: number, data: Uint8Array): unknown {
  switch (type) {
    case PacketType.request: {
      const head = ForwardedRequest.decode(data);
      const write = decodeWrite(head.type, data, FORWARDED_HEAD_BYTES);
      return write.op === "undecodable" ? undefined : { head, write };
    }
    case PacketType.proposal:
    case PacketType.inform:
      return decodeTxn(data);
    case PacketType.ping:
      return touchedIn(data);
    case PacketType.revalidate:
      return data.length < REVALIDATE_BYTES ? RevalidateResponse.decode(data) : RevalidateRequest.decode(data);
    case PacketType.followerInfo:
    case PacketType.observerInfo:
      return readIntroduction({ type, zxid: 0n, data, authinfo: null });
    case PacketType.leaderInfo:
    case PacketType.ackEpoch:
      return IntData.decode(data);
    case PacketType.commitAndActivate:
    case PacketType.informAndActivate:
      return DesignatedLeader.decode(data);
    default:
      return undefined;
  }
}

function touchedIn(data: Uint8Array): readonly unknown[] {
  const touched: unknown[] = [];
  for (let at = 0; at + TOUCHED_BYTES <= data.length; at += TOUCHED_BYTES) {
    touched.push(TouchedSession.decode(data.subarray(at, at + TOUCHED_BYTES)));
  }
  return touched;
}

const FORWARDED_HEAD_BYTES = 16;
const REVALIDATE_BYTES = 12;
const TOUCHED_BYTES = 12;

import { present } from "../../base/assert.ts";
import { bytesOfHex, equalBytes, hexBytes } from "../../base/bytes.ts";
import { PacketStream } from "./packetStream.ts";
import {
  ForwardedRequest,
  IntData,
  LearnerInfo,
  PacketType,
  PROTOCOL_VERSION,
  QuorumPacket,
  quorumPacket,
  RevalidateRequest,
  RevalidateResponse,
  requestPacket,
  TouchedSession,
} from "./packets.ts";

const SESSION = 0x0300012345670000n;
const LIMIT = 2097150;

/** The bytes of peer-protocol 3.1, 4.3, 4.8, 4.10, 4.11, and the packet each stands for. */
const SAMPLES: readonly (readonly [name: string, hex: string, packet: QuorumPacket])[] = [
  [
    "FOLLOWERINFO",
    "0000000b 00000005 00000000 00000014 00000000 00000003 00010000 00000001 00000000 ffffffff",
    quorumPacket(
      PacketType.followerInfo,
      0x500000000n,
      LearnerInfo.encode({ serverId: 3n, protocolVersion: PROTOCOL_VERSION, configVersion: 0x100000000n }),
    ),
  ],
  [
    "LEADERINFO",
    "00000011 00000006 00000000 00000004 00010000 ffffffff",
    quorumPacket(PacketType.leaderInfo, 0x600000000n, IntData.encode({ value: PROTOCOL_VERSION })),
  ],
  [
    "ACKEPOCH",
    "00000012 00000005 00000009 00000004 00000005 ffffffff",
    quorumPacket(PacketType.ackEpoch, 0x500000009n, IntData.encode({ value: 5 })),
  ],
  [
    "ACKEPOCH(-1)",
    "00000012 00000005 00000009 00000004 ffffffff ffffffff",
    quorumPacket(PacketType.ackEpoch, 0x500000009n, IntData.encode({ value: -1 })),
  ],
  ["DIFF", "0000000d 00000005 00000009 ffffffff ffffffff", quorumPacket(PacketType.diff, 0x500000009n)],
  ["ACK", "00000003 00000006 00000000 ffffffff ffffffff", quorumPacket(PacketType.ack, 0x600000000n)],
  ["UPTODATE", "0000000c ffffffff ffffffff ffffffff ffffffff", quorumPacket(PacketType.upToDate, -1n)],
  [
    "PROPOSAL of a createSession",
    `00000002 00000006 00000001 00000030 03000123 45670000 00000000 00000006 00000001 0000018b cfe56800 fffffff6
     00007530 00000002 00000001 23456789 ffffffff`,
    quorumPacket(
      PacketType.proposal,
      0x600000001n,
      bytesOfHex(`0300012345670000 00000000 0000000600000001 0000018bcfe56800 fffffff6
        00007530 00000002 0000000123456789`),
    ),
  ],
  [
    "REQUEST createSession",
    "00000001 ffffffff ffffffff 00000014 03000123 45670000 00000000 fffffff6 00007530 ffffffff",
    requestPacket(
      bytesOfHex(`${hexBytes(ForwardedRequest.encode({ sessionId: SESSION, cxid: 0, type: -10 }))} 00007530`),
      null,
    ),
  ],
  [
    "REQUEST closeSession",
    `00000001 ffffffff ffffffff 00000010 03000123 45670000 00000007 fffffff5
     00000001 00000002 6970 00000008 31302e30 2e302e39`,
    requestPacket(ForwardedRequest.encode({ sessionId: SESSION, cxid: 7, type: -11 }), [
      { scheme: "ip", id: "10.0.0.9" },
    ]),
  ],
  ["PING", "00000005 00000006 00000002 ffffffff ffffffff", quorumPacket(PacketType.ping, 0x600000002n)],
  [
    "PING, empty answer",
    "00000005 00000006 00000002 00000000 ffffffff",
    quorumPacket(PacketType.ping, 0x600000002n, new Uint8Array(0)),
  ],
  [
    "PING, one session",
    "00000005 00000006 00000002 0000000c 03000123 45670000 00007530 ffffffff",
    quorumPacket(PacketType.ping, 0x600000002n, TouchedSession.encode({ sessionId: SESSION, timeOut: 30000 })),
  ],
  [
    "REVALIDATE",
    "00000006 ffffffff ffffffff 0000000c 03000123 45670000 00007530 ffffffff",
    quorumPacket(PacketType.revalidate, -1n, RevalidateRequest.encode({ sessionId: SESSION, timeOut: 30000 })),
  ],
  [
    "REVALIDATE, answer",
    "00000006 ffffffff ffffffff 00000009 03000123 45670000 01 ffffffff",
    quorumPacket(PacketType.revalidate, -1n, RevalidateResponse.encode({ sessionId: SESSION, valid: true })),
  ],
];

const STREAM = bytesOfHex(SAMPLES.map(([, hex]) => hex).join(" "));

describe("quorum packets, byte for byte", () => {
  test.each(SAMPLES)("%s", (_name, hex, packet) => {
    expect(hexBytes(QuorumPacket.encode(packet))).toBe(hexBytes(bytesOfHex(hex)));
    expect(QuorumPacket.decode(bytesOfHex(hex))).toEqual(packet);
  });

  test("every packet type has its number (3.1)", () => {
    expect(Object.values(PacketType)).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
  });
});

describe("packets off a stream", () => {
  test("cut in two at every byte", () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const stream = new PacketStream(LIMIT);
      expect([...taken(stream, STREAM.subarray(0, cut)), ...taken(stream, STREAM.subarray(cut))]).toEqual(PACKETS);
      expect(stream.pending).toBe(0);
    }
  });

  test.each([1, 2, 3, 5, 7, 19, 20, 21, 64])("in chunks of %i bytes", (size) => {
    const stream = new PacketStream(LIMIT);
    const packets: QuorumPacket[] = [];
    for (let at = 0; at < STREAM.length; at += size) packets.push(...taken(stream, STREAM.subarray(at, at + size)));
    expect(packets).toEqual(PACKETS);
  });

  test("a packet does not change when more bytes arrive, whether it came whole or in parts", () => {
    const [packet] = [SAMPLES[7]?.[2]];
    const bytes = bytesOfHex(SAMPLES[7]?.[1] ?? "");
    for (const cut of [bytes.length, 5]) {
      const stream = new PacketStream(LIMIT);
      const first = [...taken(stream, bytes.slice(0, cut)), ...taken(stream, bytes.slice(cut))];
      for (let i = 0; i < 3; i++) taken(stream, new Uint8Array(bytes).fill(0, 24));
      expect(first[0]).toEqual(packet);
    }
  });

  test("the bytes behind SNAP are handed out, and packets go on behind what is pushed back", () => {
    const stream = new PacketStream(LIMIT);
    const tree = bytesOfHex("00 01 02 03 04 05 06 07");
    stream.push(QuorumPacket.encode(quorumPacket(PacketType.snap, 0x600000004n)));
    stream.push(tree);
    stream.push(QuorumPacket.encode(quorumPacket(PacketType.commit, 0x600000005n)));
    expect(stream.next()?.type).toBe(PacketType.snap);
    const rest = stream.takeRaw();
    expect(rest.subarray(0, 8)).toEqual(tree);
    expect(stream.next()).toBeUndefined();
    stream.push(rest.subarray(8));
    expect(stream.next()).toEqual(quorumPacket(PacketType.commit, 0x600000005n));
  });

  const HEAD = "00000002 00000006 00000001";
  test.each([
    ["data of -2 bytes", `${HEAD} fffffffe`],
    ["data of -2^31 bytes", `${HEAD} 80000000`],
    ["data of 2^31-1 bytes", `${HEAD} 7fffffff`],
    ["data of one byte over the limit", `${HEAD} 001fffff`],
    ["1025 identities", `${HEAD} ffffffff 00000401`],
    ["2^31-1 identities", `${HEAD} ffffffff 7fffffff`],
    ["a scheme of -2 bytes", `${HEAD} ffffffff 00000001 fffffffe`],
    ["an id over the limit", `${HEAD} ffffffff 00000001 00000002 6970 7fffffff`],
  ])("%s: the link is lost as soon as the length is there", (_name, hex) => {
    const stream = new PacketStream(LIMIT);
    const bytes = bytesOfHex(hex);
    stream.push(bytes.subarray(0, -1));
    expect(stream.next()).toBeUndefined();
    stream.push(bytes.subarray(-1));
    stream.push(new Uint8Array(8));
    expect(() => stream.next()).toThrow(/allowed/);
  });

  test("data of exactly the limit is taken", () => {
    const packet = quorumPacket(PacketType.proposal, 1n, new Uint8Array(LIMIT).fill(7));
    const bytes = QuorumPacket.encode(packet);
    const stream = new PacketStream(LIMIT);
    for (let at = 0; at < bytes.length; at += 65536) stream.push(bytes.subarray(at, at + 65536));
    const { type, zxid, data } = present(stream.next(), "a whole packet came");
    expect([type, zxid]).toEqual([packet.type, packet.zxid]);
    expect(equalBytes(present(data, "its data"), present(packet.data, "its data"))).toBe(true);
  });
});

const PACKETS = SAMPLES.map(([, , packet]) => packet);

function taken(stream: PacketStream, chunk: Uint8Array): QuorumPacket[] {
  stream.push(chunk);
  const packets: QuorumPacket[] = [];
  for (let packet = stream.next(); packet !== undefined; packet = stream.next()) packets.push(packet);
  return packets;
}

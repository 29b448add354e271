import { Op } from "../../src/wire/client/numbers.ts";
import { ForwardedRequest, IntData, PacketType, QuorumPacket, quorumPacket } from "../../src/wire/peer/packets.ts";
import { decodeTxn } from "../../src/wire/txnCodec.ts";
import type { Member } from "../peers/ensemble.ts";
import { mntr } from "../peers/fourLetter.ts";
import { waitFor } from "../peers/waiting.ts";
import { type Mistreated, startMistreated } from "./bystanders.ts";
import { Client, withClient } from "./client.ts";
import { zxidOf } from "./members.ts";
import {
  ackEpoch,
  followerInfo,
  followLeader,
  noise,
  PacketLink,
  ScriptedLink,
  startFollowing,
} from "./scriptedPeers.ts";

// What a leader of ours hears on its quorum port from nobody it knows, and from learners that go wrong (peer-protocol 3.5, 4.8 to 4.14,
// 10.11, 10.17; reliability 7). A link is lost; the process, the ensemble and everybody's clients go on.

let mistreated: Mistreated;
let leader: Member;

beforeAll(async () => {
  mistreated = await startMistreated();
  leader = mistreated.leader;
}, 120_000);

afterAll(() => mistreated.dispose());

const STRANGER = 9;
const LIMIT = 2_097_150;
const INFO = QuorumPacket.encode(followerInfo(STRANGER, 0));
const SILENCE = "closed once it has been silent for initLimit";
const AT_ONCE = "closed at once";
const LEADER_INFO = "LEADERINFO";

type Row = readonly [what: string, bytes: Uint8Array, outcome: string];

const FIRST_PACKETS: readonly Row[] = [
  ["a follower", INFO, LEADER_INFO],
  ["an observer", info({ type: PacketType.observerInfo }), LEADER_INFO],
  ["an epoch far ahead", QuorumPacket.encode(followerInfo(STRANGER, 0x7ffffffe)), LEADER_INFO],
  ["a sid that nobody knows, negative", QuorumPacket.encode(followerInfo(-5, 0)), LEADER_INFO],
  ["the last epoch there is", QuorumPacket.encode(followerInfo(STRANGER, 0x7fffffff)), AT_ONCE],
  ["a later configuration", QuorumPacket.encode(followerInfo(STRANGER, 0, { configVersion: 1n })), AT_ONCE],
  ["the leader's own sid", QuorumPacket.encode(followerInfo(3, 0)), AT_ONCE],
  ["a protocol before 3.4", QuorumPacket.encode(followerInfo(STRANGER, 0, { protocolVersion: 1 })), AT_ONCE],
  ["no data", info({ data: null }), AT_ONCE],
  ["no bytes of data", info({ data: new Uint8Array(0) }), AT_ONCE],
  ["11 bytes of data", info({ data: new Uint8Array(11) }), AT_ONCE],
  ...[-2, -0x80000000, LIMIT + 1, 0x7fffffff].map(
    (length): Row => [`data of ${length}`, announcing(12, length), AT_ONCE],
  ),
  ["data of the limit, which never comes", announcing(12, LIMIT), SILENCE],
  ...[1025, 0x7fffffff].map((count): Row => [`${count} identities`, announcing(36, count), AT_ONCE]),
  ["an identity of 2^31-1 bytes", identity(0x7fffffff), AT_ONCE],
  ["an identity of the limit, which never comes", identity(LIMIT), SILENCE],
  ...[-1, 0, ...Object.values(PacketType), 20, 0x7fffffff]
    .filter((type) => type !== PacketType.followerInfo && type !== PacketType.observerInfo)
    .map((type): Row => [`a packet of type ${type}`, info({ type }), AT_ONCE]),
  ["nothing", new Uint8Array(0), SILENCE],
  ["a four-letter word", Buffer.from("ruok"), SILENCE],
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: leader\r\n\r\n"), AT_ONCE],
  ["TLS", Buffer.from(`160301020001000${"1fc03".repeat(99)}`, "hex"), AT_ONCE],
  ...Array.from(
    { length: INFO.length - 1 },
    (_, i): Row => [`FOLLOWERINFO cut at ${i + 1}`, INFO.subarray(0, i + 1), SILENCE],
  ),
];

test("a first packet of every kind, and cut at every byte", async () => {
  const outcomes = await Promise.all(
    FIRST_PACKETS.map(async ([what, bytes]) => [what, await outcomeOf(await dialLeader(), bytes)]),
  );
  expect(outcomes).toEqual(FIRST_PACKETS.map(([what, , outcome]) => [what, outcome]));
}, 60_000);

test("a first packet that ends at every byte, and noise that ends", async () => {
  const cuts = Array.from({ length: INFO.length }, (_, i) => INFO.subarray(0, i));
  const noises = Array.from({ length: 20 }, (_, i) => noise(i + 1, 5_000));
  await Promise.all(
    [...cuts, ...noises].map(async (bytes) => {
      const link = await dialLeader();
      link.socket.end(bytes);
      expect(await link.untilClosed()).toHaveLength(0);
    }),
  );
}, 60_000);

test("a first packet that comes byte by byte is one", async () => {
  const link = await PacketLink.dial(leader.quorumPort);
  await link.link.sendByByte(INFO);
  expect((await link.next())?.type).toBe(PacketType.leaderInfo);
  link.close();
}, 60_000);

test("learners that stop in the middle of big packets hold no more than these", async () => {
  const links = await Promise.all(Array.from({ length: 20 }, dialLeader));
  for (const link of links) link.send(announcing(12, LIMIT), new Uint8Array(LIMIT - 5));
  for (const link of links) await link.untilClosed();
}, 60_000);

const AFTER_LEADER_INFO: readonly Row[] = [
  ["ACKEPOCH without data", QuorumPacket.encode(quorumPacket(PacketType.ackEpoch, 0n)), AT_ONCE],
  ["ACKEPOCH of 3 bytes", QuorumPacket.encode(quorumPacket(PacketType.ackEpoch, 0n, new Uint8Array(3))), AT_ONCE],
  ["ACKEPOCH of a later epoch, once the quorum is there", QuorumPacket.encode(ackEpoch(1000, 0n)), "SNAP"],
  ["a second FOLLOWERINFO", INFO, AT_ONCE],
  ["an ACK", QuorumPacket.encode(quorumPacket(PacketType.ack, 1n)), AT_ONCE],
  ["a REQUEST", QuorumPacket.encode(quorumPacket(PacketType.request, -1n, new Uint8Array(20))), AT_ONCE],
  ["data of 2^31-1", announcing(12, 0x7fffffff, PacketType.ackEpoch), AT_ONCE],
  ["nothing", new Uint8Array(0), SILENCE],
];

test("after LEADERINFO", async () => {
  const outcomes = await Promise.all(
    AFTER_LEADER_INFO.map(async ([what, bytes]) => {
      const link = await PacketLink.dial(leader.quorumPort);
      await startFollowing(link, STRANGER);
      return [what, await outcomeOf(link.link, bytes)];
    }),
  );
  expect(outcomes).toEqual(AFTER_LEADER_INFO.map(([what, , outcome]) => [what, outcome]));
}, 60_000);

const LIVES = "goes on";
const LOST = "closed";

const FROM_A_LEARNER: readonly Row[] = [
  ["noise", noise(7, 5_000), LOST],
  ["a packet with data of 2^31-1", announcing(12, 0x7fffffff, PacketType.ping), LOST],
  ["FOLLOWERINFO", INFO, LIVES],
  ["an unknown type", packet(99, 0n, new Uint8Array(3)), LIVES],
  ["PROPOSAL", packet(PacketType.proposal, 1n, new Uint8Array(40)), LIVES],
  ["COMMIT of what nobody proposed", packet(PacketType.commit, 0x7fffffff_00000000n), LIVES],
  ["ACK of what nobody proposed", packet(PacketType.ack, 0x7fffffff_00000000n), LIVES],
  ["ACK of -1", packet(PacketType.ack, -1n), LIVES],
  ["PING answer without data", packet(PacketType.ping, 0n), LOST],
  ["PING answer of 11 bytes", packet(PacketType.ping, 0n, new Uint8Array(11)), LOST],
  ["PING answer with sessions nobody opened", packet(PacketType.ping, 0n, new Uint8Array(24)), LIVES],
  ["REQUEST without data", packet(PacketType.request, -1n), LOST],
  ["REQUEST of 15 bytes", packet(PacketType.request, -1n, new Uint8Array(15)), LOST],
  ["REQUEST of an unknown type", request(77), LIVES],
  ["REQUEST to read", request(Op.getData), LIVES],
  ["REVALIDATE of 11 bytes", packet(PacketType.revalidate, -1n, new Uint8Array(11)), LOST],
  ["REVALIDATE of a session nobody opened", packet(PacketType.revalidate, -1n, new Uint8Array(12)), LIVES],
];

test("from a learner that was in step", async () => {
  const outcomes = await Promise.all(
    FROM_A_LEARNER.map(async ([what, bytes], i) => {
      const link = await followLeader(leader.quorumPort, 20 + i, await zxidOf(leader));
      link.link.send(bytes);
      return [what, await livesOn(link)];
    }),
  );
  expect(outcomes).toEqual(FROM_A_LEARNER.map(([what, , outcome]) => [what, outcome]));
  await untilLearners(2);
}, 60_000);

test("a REQUEST whose body cannot be read becomes an error under a zxid of its own", async () => {
  const client = await Client.open(leader.clientPort);
  const link = await followLeader(leader.quorumPort, STRANGER, await zxidOf(leader));
  const { sessionId } = client.session;
  link.link.send(request(Op.create, sessionId));
  for (;;) {
    const { zxid, data } = await link.awaits(PacketType.proposal);
    const txn = decodeTxn(data ?? new Uint8Array(0));
    if (txn.clientId !== sessionId) continue;
    expect({ zxid: txn.zxid, cxid: txn.cxid, body: txn.body }).toEqual({ zxid, cxid: 5, body: { type: -1, err: -5 } });
    break;
  }
  link.close();
  await client.close();
}, 60_000);

test("a second learner with the sid of a live one: both are served", async () => {
  const link = await followLeader(leader.quorumPort, 2, await zxidOf(leader));
  await untilLearners(3);
  await withClient(mistreated.ensemble.member(2).clientPort, (client) => client.create("/through-the-first"));
  for (let seen = false; !seen; ) {
    const { data } = await link.awaits(PacketType.proposal);
    seen = Buffer.from(data ?? []).includes("/through-the-first");
  }
  link.close();
  await untilLearners(2);
}, 60_000);

test("a learner that goes silent is let go after syncLimit", async () => {
  const link = await followLeader(leader.quorumPort, STRANGER, await zxidOf(leader));
  await untilLearners(3);
  await link.link.untilClosed();
  await untilLearners(2);
}, 60_000);

test("a learner that reads nothing is let go, and what waits for it is bounded", async () => {
  const link = await followLeader(leader.quorumPort, STRANGER, await zxidOf(leader));
  link.link.socket.pause();
  await withClient(leader.clientPort, async (client) => {
    await client.create("/big");
    for (let i = 0; i < 300; i++) await client.set("/big", "x".repeat(200_000));
  });
  await untilLearners(2);
  link.close();
}, 60_000);

test("nobody else has noticed", () => mistreated.expectUnmoved(), 60_000);

function dialLeader(): Promise<ScriptedLink> {
  return ScriptedLink.dial(leader.quorumPort);
}

/** Whether it is closed well before, or only after, initLimit (6 s); or what is answered. */
async function outcomeOf(link: ScriptedLink, bytes: Uint8Array): Promise<string> {
  const start = performance.now();
  link.send(bytes);
  const answer = await link.bytes();
  const isEarly = performance.now() - start < 3_000;
  link.close();
  if (answer === undefined) return isEarly ? AT_ONCE : SILENCE;
  const type = new DataView(answer.buffer, answer.byteOffset).getInt32(0);
  if (type === PacketType.leaderInfo) return LEADER_INFO;
  return type === PacketType.snap ? "SNAP" : `a packet of type ${type}`;
}

/** A leader pings twice a tick; who gets the second ping from now was not let go for what it said. */
async function livesOn(link: PacketLink): Promise<string> {
  try {
    await link.awaits(PacketType.ping);
    await link.awaits(PacketType.ping);
    return LIVES;
  } catch {
    return LOST;
  } finally {
    link.close();
  }
}

async function untilLearners(count: number): Promise<void> {
  await waitFor(`${count} learners`, 30_000, async () => {
    return Number((await mntr(leader.clientPort)).get("zk_learners")) === count ? true : undefined;
  });
}

function packet(type: number, zxid: bigint, data: Uint8Array | null = null): Uint8Array {
  return QuorumPacket.encode(quorumPacket(type, zxid, data));
}

function info(over: Partial<QuorumPacket>): Uint8Array {
  return QuorumPacket.encode({ ...followerInfo(STRANGER, 0), ...over });
}

/** FOLLOWERINFO, or another type, that says `length` at `offset` and ends four bytes behind. */
function announcing(offset: number, length: number, type: number = PacketType.followerInfo): Uint8Array {
  const bytes = new Uint8Array(offset + 8);
  bytes.set(info({ type }).subarray(0, offset));
  new DataView(bytes.buffer).setInt32(offset, length);
  return bytes;
}

/** FOLLOWERINFO with one identity whose scheme is announced to be that long. */
function identity(length: number): Uint8Array {
  const bytes = Uint8Array.from(announcing(36, 1));
  new DataView(bytes.buffer).setInt32(40, length);
  return bytes;
}

/** A REQUEST with a body of three bytes, too few for any record. */
function request(type: number, sessionId = 0n): Uint8Array {
  const head = ForwardedRequest.encode({ sessionId, cxid: 5, type });
  return packet(PacketType.request, -1n, Buffer.concat([head, IntData.encode({ value: 9 }).subarray(1)]));
}

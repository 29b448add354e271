import { ForwardedRequest, PacketType, QuorumPacket } from "../../src/wire/peer/packets.ts";
import { modeOf } from "../peers/fourLetter.ts";
import { residentMiB } from "../peers/memory.ts";
import { waitFor } from "../peers/waiting.ts";
import { Client } from "./client.ts";
import { createTxn, type Led, leaderInfo, packet, ScriptedLeader, snapshotStream } from "./scriptedLeader.ts";
import { noise, type PacketLink } from "./scriptedPeers.ts";

// A follower of ours under a leader that goes wrong (peer-protocol 3.3, 3.8 to 3.10, 4.6, 4.15, 10.3, 10.4, 10.13, 10.14, 10.16;
// reliability 7). Where Java's process ends (codes 12 and 13) ours loses the link and looks for a leader again.

let leader: ScriptedLeader;
let pid: number;
/** Where the follower's disk stands: what it must tell the next leader. */
let stands = 0n;

beforeAll(async () => {
  leader = await ScriptedLeader.start({ tickTime: 500, initLimit: 8, syncLimit: 6 });
  pid = leader.follower.pid;
}, 60_000);

afterAll(() => leader.stop());

afterEach(() => {
  expect({ running: leader.follower.running(), pid: leader.follower.pid }).toEqual({ running: true, pid });
  expect(residentMiB(pid)).toBeLessThan(300);
});

test("a leader as it should be: its history and its broadcast are taken, logged and shown", async () => {
  const led = await leader.lead();
  expect(led.lastZxid).toBe(0n);
  led.link.send(packet(PacketType.diff, 0n), led.proposal(1, "/kept"), led.commit(1));
  await led.establish();
  led.link.send(led.proposal(2, "/kept/too"), led.commit(2));
  expect((await led.link.awaits(PacketType.ack)).zxid).toBe(led.proposal(2, "").zxid);
  expect(await shown(led, 3, "/kept/too", "/never")).toEqual([true, false]);
  led.link.close();
}, 60_000);

type Wrong = readonly [what: string, packets: (led: Led) => readonly (QuorumPacket | Uint8Array)[]];

const INSTEAD_OF_LEADER_INFO: readonly (readonly [what: string, bytes: () => Uint8Array])[] = [
  ["nothing, and the end", () => new Uint8Array(0)],
  ["NEWLEADER", () => QuorumPacket.encode(packet(PacketType.newLeader, 1n))],
  ["UPTODATE", () => QuorumPacket.encode(packet(PacketType.upToDate, -1n))],
  ["an unknown type", () => QuorumPacket.encode(packet(99, 1n))],
  ["LEADERINFO without data", () => QuorumPacket.encode({ ...leaderInfo(leader.promised + 1), data: null })],
  ["LEADERINFO of 3 bytes", () => QuorumPacket.encode({ ...leaderInfo(leader.promised + 1), data: new Uint8Array(3) })],
  ["an epoch below the one promised", () => QuorumPacket.encode(leaderInfo(leader.promised - 1))],
  ["data of -2", () => announcing(-2)],
  ["data of 2^31-1", () => announcing(0x7fffffff)],
  ["data of one more than the limit", () => announcing(2_097_151)],
  ["noise", () => noise(5, 5_000)],
];

test.each(INSTEAD_OF_LEADER_INFO)(
  "instead of LEADERINFO: %s",
  async (_what, bytes) => {
    const link = await leader.accept();
    await link.awaits(PacketType.followerInfo);
    const wrong = bytes();
    if (wrong.length === 0) link.link.socket.end();
    else link.link.send(wrong);
    await expectLoss(link);
  },
  60_000,
);

test("LEADERINFO that ends at every byte", async () => {
  const whole = QuorumPacket.encode(leaderInfo(leader.promised + 1));
  for (let length = 1; length < whole.length; length++) {
    const link = await leader.accept();
    await link.awaits(PacketType.followerInfo);
    link.link.socket.end(whole.subarray(0, length));
    await expectLoss(link);
  }
}, 60_000);

const SNAPSHOT = snapshotStream(["/never"]);

const INSTEAD_OF_HISTORY: readonly Wrong[] = [
  ["nothing: after initLimit", () => []],
  ["an unknown type", () => [packet(99, 1n)]],
  ["PROPOSAL", (led) => [led.proposal(1, "/never")]],
  ["NEWLEADER", (led) => [led.newLeader]],
  ["data of 2^31-1", () => [announcing(0x7fffffff)]],
  ["SNAP with another signature", () => [packet(PacketType.snap, stands), changed(SNAPSHOT, -1, 0x20)]],
  ["SNAP with a node that has no parent", () => [packet(PacketType.snap, stands), snapshotStream(["/nobody/never"])]],
  [
    "SNAP of 2^31-1 sessions, which never come: after initLimit",
    () => [packet(PacketType.snap, stands), Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
  ],
  ["SNAP of noise", () => [packet(PacketType.snap, stands), Uint8Array.of(0, 0, 0, 0), noise(11, 5_000)]],
  ["UPTODATE before NEWLEADER", () => [diff(), packet(PacketType.upToDate, -1n)]],
  ["a proposal without a transaction", (led) => [diff(), { ...led.proposal(1, ""), data: null }]],
  [
    "a proposal of noise",
    (led) => [diff(), { ...led.proposal(1, ""), data: noise(1, 60) }, led.commit(1), led.newLeader],
  ],
  [
    "a proposal of a type that nobody has",
    (led) => [diff(), { ...led.proposal(1, ""), data: unknownTxn(led) }, led.commit(1), led.newLeader],
  ],
  [
    "a proposal under another zxid than its own",
    (led) => [diff(), { ...led.proposal(1, "/never"), zxid: led.proposal(2, "").zxid }, led.newLeader],
  ],
  ["a gap", (led) => [diff(), led.proposal(1, "/never"), led.commit(1), led.proposal(3, "/never3")]],
  ["a zxid twice", (led) => [diff(), led.proposal(1, "/never"), led.proposal(1, "/never")]],
  ["COMMIT without a proposal", (led) => [diff(), led.commit(1)]],
  [
    "COMMIT of the second first",
    (led) => [diff(), led.proposal(1, "/never"), led.proposal(2, "/never2"), led.commit(2)],
  ],
];

test.each(INSTEAD_OF_HISTORY)(
  "instead of the history: %s",
  async (_what, wrong) => {
    const led = await leader.lead();
    expect(led.lastZxid).toBe(stands);
    say(led, wrong(led));
    await expectLoss(led.link);
  },
  60_000,
);

test("SNAP that ends in each of its parts", async () => {
  for (let length = 0; length < SNAPSHOT.length; length += 37) {
    const led = await leader.lead();
    expect(led.lastZxid).toBe(stands);
    led.link.send(packet(PacketType.snap, stands));
    led.link.link.socket.end(SNAPSHOT.subarray(0, length));
    await expectLoss(led.link);
  }
}, 120_000);

const IN_THE_BROADCAST: readonly Wrong[] = [
  ["nothing: after syncLimit", () => []],
  ["data of 2^31-1", () => [announcing(0x7fffffff)]],
  ["noise", () => [noise(9, 5_000)]],
  ["a gap", (led) => [led.proposal(2, "/never")]],
  ["a proposal of noise", (led) => [{ ...led.proposal(1, ""), data: noise(1, 60) }, led.commit(1)]],
  ["a proposal of a type that nobody has", (led) => [{ ...led.proposal(1, ""), data: unknownTxn(led) }, led.commit(1)]],
  [
    "a proposal under another zxid than its own",
    (led) => [{ ...led.proposal(1, ""), data: createTxn(stands + 9n, "/never") }, led.commit(1)],
  ],
  ["a proposal without a transaction", (led) => [{ ...led.proposal(1, ""), data: null }]],
  ["a REVALIDATE answer of 3 bytes", () => [packet(PacketType.revalidate, -1n, new Uint8Array(3))]],
];

test.each(IN_THE_BROADCAST)(
  "in the broadcast: %s",
  async (_what, wrong) => {
    const led = await leader.lead();
    expect(led.lastZxid).toBe(stands);
    await led.sync();
    say(led, wrong(led));
    await expectLoss(led.link);
  },
  60_000,
);

test("COMMIT of another than the next: the proposal stays, as any that was logged, until a leader cuts it", async () => {
  const led = await leader.lead();
  await led.sync();
  led.link.send(led.proposal(1, "/never"), led.proposal(2, "/never2"));
  await led.link.awaits(PacketType.ack);
  await led.link.awaits(PacketType.ack);
  led.link.send(led.commit(2));
  await expectLoss(led.link);
  const next = await leader.lead();
  expect(next.lastZxid).toBe(led.proposal(2, "").zxid);
  next.link.send(packet(PacketType.trunc, stands));
  await next.establish();
  expect(await shown(next, 1, "/kept/too", "/never", "/never2")).toEqual([true, false, false]);
  next.link.close();
}, 60_000);

test("what nobody asked for is ignored", async () => {
  const led = await leader.lead();
  expect(led.lastZxid).toBe(stands);
  await led.sync();
  led.link.send(
    led.commit(1),
    packet(99, 1n, new Uint8Array(5)),
    packet(PacketType.sync, 0n),
    packet(PacketType.revalidate, -1n, new Uint8Array(9)),
    packet(PacketType.revalidate, -1n),
    packet(PacketType.upToDate, -1n),
    packet(PacketType.inform, 1n, new Uint8Array(5)),
    packet(PacketType.ping, 0n),
  );
  expect((await led.link.awaits(PacketType.ping)).data).toHaveLength(0);
  led.link.send(led.proposal(1, "/as-before"), led.commit(1));
  await led.link.awaits(PacketType.ack);
  expect(await shown(led, 2, "/as-before")).toEqual([true]);
  led.link.close();
}, 60_000);

test("TRUNC to what it never had: it asks the next leader for everything, and takes it byte by byte", async () => {
  const refused = await leader.lead();
  expect(refused.lastZxid).toBe(stands);
  refused.link.send(packet(PacketType.trunc, stands + 0x1000n));
  await expectLoss(refused.link);
  const led = await leader.lead();
  expect(led.lastZxid).toBe(0n);
  const head = QuorumPacket.encode(packet(PacketType.snap, stands));
  await led.link.link.sendByByte(Buffer.concat([head, snapshotStream(["/streamed"])]));
  await led.establish();
  expect(await shown(led, 1, "/streamed", "/kept")).toEqual([true, false]);
  led.link.close();
}, 60_000);

function say({ link }: Led, wrong: readonly (QuorumPacket | Uint8Array)[]): void {
  link.link.send(...wrong.map((part) => (part instanceof Uint8Array ? part : QuorumPacket.encode(part))));
}

/** The follower ends the link. That it looks for a leader again shows when the next test accepts its next link. */
async function expectLoss(link: PacketLink): Promise<void> {
  await link.link.untilClosed();
}

/** Which of the paths a client of the follower sees; the transaction `counter` opens its session. */
async function shown(led: Led, counter: number, ...paths: readonly string[]): Promise<readonly boolean[]> {
  const { clientPort } = leader.follower;
  await waitFor("the follower to serve", 20_000, () => modeOf(clientPort));
  const opening = Client.open(clientPort);
  const { data } = await led.link.awaits(PacketType.request);
  const { sessionId } = ForwardedRequest.decode(data?.subarray(0, 16) ?? new Uint8Array(0));
  const opened = led.sessionProposal(counter, sessionId);
  led.link.send(opened, led.commit(counter));
  const client = await opening;
  const seen: boolean[] = [];
  for (const path of paths) seen.push((await client.exists(path)) !== undefined);
  client.drop();
  stands = opened.zxid;
  return seen;
}

function diff(): QuorumPacket {
  return packet(PacketType.diff, stands);
}

/** A packet that says its data has this length, and ends four bytes behind. */
function announcing(length: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, PacketType.diff);
  view.setInt32(12, length);
  return bytes;
}

function unknownTxn(led: Led): Uint8Array {
  const bytes = createTxn(led.proposal(1, "").zxid, "/never");
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(28, 77);
  return bytes;
}

/** The same with one byte set; counted from the end where the offset is negative. */
function changed(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset < 0 ? copy.length + offset : offset] = value;
  return copy;
}

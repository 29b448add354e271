import { toServerId } from "../../src/base/ids.ts";
import { zxidOf } from "../../src/base/zxid.ts";
import { PeerState } from "../../src/wire/election/messages.ts";
import { encodeNotification } from "../../src/wire/election/notification.ts";
import type { Member } from "../peers/ensemble.ts";
import { freePort } from "../peers/ports.ts";
import { waitFor } from "../peers/waiting.ts";
import { type Mistreated, startMistreated } from "./bystanders.ts";
import { withClient } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { ElectionLink, framed, initialMessage, noise, ScriptedLink, ScriptedListener } from "./scriptedPeers.ts";

// What a leader of ours hears on its election port from strangers (peer-protocol 1.1, 1.2, 1.5, 2.1, 2.2, 2.7; reliability 7).

let mistreated: Mistreated;
let leader: Member;

beforeAll(async () => {
  mistreated = await startMistreated();
  leader = mistreated.leader;
}, 120_000);

afterAll(() => mistreated.dispose());

/** Larger than every member's sid: its connections are kept. */
const STRANGER = 9;
const HELLO = initialMessage(STRANGER, 1);
const AT_ONCE = "closed at once";
const SILENCE = "closed once it has been silent for syncLimit";

type Row = readonly [what: string, bytes: Uint8Array, outcome: string];

const INITIAL_MESSAGES: readonly Row[] = [
  ["a protocol version that nobody has", withLong(HELLO, 0, -3n), AT_ONCE],
  ["the leader's own sid", initialMessage(3, 1), AT_ONCE],
  ["a smaller sid, to be dialled back where nobody listens", initialMessage(0, 1), AT_ONCE],
  ["a sid of -1", initialMessage(-1, 1), AT_ONCE],
  ...[0, -1, -0x80000000, 2049, 0x7fffffff].map(
    (length): Row => [`an address of ${length} bytes`, withInt(HELLO, 16, length), AT_ONCE],
  ),
  ...["127.0.0.1", ":1", "a:b", "127.0.0.1:99999", "::1:1", "a:1|b", "\0"].map(
    (text): Row => [`the address ${JSON.stringify(text)}`, withAddress(text), AT_ONCE],
  ),
  ["noise", Buffer.concat([Uint8Array.of(0xff), noise(3, 5_000)]), AT_ONCE],
  ["nothing", new Uint8Array(0), SILENCE],
  ...Array.from({ length: HELLO.length - 1 }, (_, i): Row => [`cut at ${i + 1}`, HELLO.subarray(0, i + 1), SILENCE]),
];

test("an initial message of every kind, and cut at every byte", async () => {
  const outcomes = await Promise.all(
    INITIAL_MESSAGES.map(async ([what, bytes]) => {
      const link = await ScriptedLink.dial(leader.electionPort);
      const start = performance.now();
      link.send(bytes);
      expect(await link.untilClosed()).toHaveLength(0);
      return [what, performance.now() - start < 2_000 ? AT_ONCE : SILENCE];
    }),
  );
  expect(outcomes).toEqual(INITIAL_MESSAGES.map(([what, , outcome]) => [what, outcome]));
}, 60_000);

test("an initial message that ends at every byte", async () => {
  await Promise.all(
    Array.from({ length: HELLO.length }, async (_, i) => {
      const link = await ScriptedLink.dial(leader.electionPort);
      link.socket.end(HELLO.subarray(0, i));
      expect(await link.untilClosed()).toHaveLength(0);
    }),
  );
}, 60_000);

test("a stranger with a larger sid gets answers, also byte by byte and in the form of 3.4", async () => {
  const bareSid = new Uint8Array(8);
  bareSid[7] = STRANGER;
  for (const [hello, question] of [
    [HELLO, LOOKING],
    [bareSid, OTHER_LOOKING],
  ] as const) {
    const link = await ScriptedLink.dial(leader.electionPort);
    await link.sendByByte(Buffer.concat([hello, framed(question)]));
    await expectAnswer(new ElectionLink(link));
    link.close();
  }
}, 60_000);

test("a stranger with a smaller sid is dialled back where it says", async () => {
  const port = await freePort();
  const listener = await ScriptedListener.open(port);
  const announced = await ScriptedLink.dial(leader.electionPort);
  announced.send(initialMessage(0, port));
  await announced.untilClosed();
  const back = await waitFor("the leader to dial", 30_000, () => listener.take());
  const hello = (await back.bytes()) ?? new Uint8Array(0);
  expect(Buffer.from(hello).toString("latin1")).toContain(`127.0.0.1:${leader.electionPort}`);
  const link = new ElectionLink(back);
  link.send(LOOKING);
  await expectAnswer(link);
  link.close();
  listener.close();
}, 60_000);

test("a second connection of one sid ends the first", async () => {
  const first = await ElectionLink.dial(leader.electionPort, STRANGER);
  first.send(LOOKING);
  await expectAnswer(first);
  const second = await ElectionLink.dial(leader.electionPort, STRANGER);
  await first.link.untilClosed();
  second.send(LOOKING);
  await expectAnswer(second);
  second.close();
}, 60_000);

const LOOKING = notification(PeerState.looking);
/** In other words, or it would count as the same question and be answered once. */
const OTHER_LOOKING = notification(PeerState.looking, "", 2n);
/** A frame that ends the connection, behind all that was answered before it. */
const FATAL = framed(new Uint8Array(0));
const IGNORED = "dropped, and the connection goes on";
const ANSWERED = "answered";

const FRAMES: readonly Row[] = [
  ...[0, -1, -0x80000000, 524_289, 0x7fffffff].map(
    (length): Row => [`a frame of ${length}`, framed(LOOKING, length), AT_ONCE],
  ),
  ["a frame of the limit", framed(padded(524_288)), ANSWERED],
  ...[1, 27, 29, 35, 37, 39].map((length): Row => [`${length} bytes`, framed(LOOKING.subarray(0, length)), IGNORED]),
  ...[28, 36, 40].map((length): Row => [`${length} bytes`, framed(LOOKING.subarray(0, length)), ANSWERED]),
  ["43 bytes of version 2", framed(LOOKING.subarray(0, 43)), IGNORED],
  ["a state that nobody has", framed(withInt(LOOKING, 0, 7)), IGNORED],
  ...[-1, LOOKING.length - 43, 0x7fffffff].map(
    (length): Row => [`a configuration of ${length} bytes`, framed(withInt(LOOKING, 40, length)), IGNORED],
  ),
  ["a configuration of nonsense", framed(notification(PeerState.looking, "server.x=?\nversion=-")), ANSWERED],
  ["a vote for nobody", framed(withLong(LOOKING, 4, 77n)), ANSWERED],
  ["an epoch far ahead", framed(withLong(LOOKING, 28, 0x7fffffffn)), ANSWERED],
  ["a round far ahead", framed(withLong(LOOKING, 20, 2n ** 62n)), ANSWERED],
  ["word of another leader", framed(withLong(notification(PeerState.leading), 28, 0x7fffffffn)), ANSWERED],
];

test("a notification of every kind", async () => {
  const outcomes = await Promise.all(
    FRAMES.map(async ([what, bytes], i) => {
      const link = await ElectionLink.dial(leader.electionPort, STRANGER + 1 + i);
      link.link.send(bytes, framed(OTHER_LOOKING), FATAL);
      return [what, [AT_ONCE, IGNORED, ANSWERED][await answersOf(link)]];
    }),
  );
  expect(outcomes).toEqual(FRAMES.map(([what, , outcome]) => [what, outcome]));
}, 60_000);

test("a flood of notifications is not answered one by one", async () => {
  const link = await ElectionLink.dial(leader.electionPort, STRANGER);
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => framed(LOOKING)));
  link.link.send(many, FATAL);
  expect(await answersOf(link)).toBeLessThan(2_000);
}, 60_000);

test("nobody else has noticed, and the next election is as any other", async () => {
  await mistreated.expectUnmoved();
  await leader.kill();
  const next = await mistreated.ensemble.waitServing();
  await withClient(next.clientPort, (client) => client.create("/after"));
  await leader.start();
  await leader.waitServing();
  expect((await expectEqualTrees(mistreated.ensemble)).has("/after")).toBe(true);
}, 120_000);

async function expectAnswer(link: ElectionLink): Promise<void> {
  expect(await link.next()).toMatchObject({ state: PeerState.leading, leader: 3n });
}

/** How many answers came before the connection was closed. */
async function answersOf(link: ElectionLink): Promise<number> {
  let count = 0;
  for (let answer = await link.next(); answer !== undefined; answer = await link.next()) {
    expect(answer).toMatchObject({ state: PeerState.leading, leader: 3n });
    count++;
  }
  return count;
}

function notification(state: PeerState, config = "", electionEpoch = 1n): Uint8Array {
  const leader = toServerId(BigInt(STRANGER));
  return encodeNotification({ state, leader, zxid: zxidOf(1, 5), electionEpoch, peerEpoch: 1n, version: 2, config });
}

function withAddress(text: string): Uint8Array {
  const bytes = Buffer.concat([HELLO.subarray(0, 20), Buffer.from(text)]);
  return withInt(bytes, 16, text.length);
}

function withInt(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  new DataView(changed.buffer).setInt32(offset, value);
  return changed;
}

function withLong(bytes: Uint8Array, offset: number, value: bigint): Uint8Array {
  const changed = Uint8Array.from(bytes);
  new DataView(changed.buffer).setBigInt64(offset, value);
  return changed;
}

/** The same message with zeros behind it. */
function padded(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(LOOKING);
  return bytes;
}

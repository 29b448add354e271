import { asciiBytes, bytesOfHex, hexBytes } from "../../base/bytes.ts";
import { toServerId } from "../../base/ids.ts";
import { toZxid } from "../../base/zxid.ts";
import { PeerState } from "./messages.ts";
import { decodeNotification, encodeNotification, type Notification } from "./notification.ts";

const CONFIG = "server.1=127.0.0.1:2888:3888:participant;0.0.0.0:2181\nversion=0";

/** The vote of peer-protocol 2.1: LOOKING for (3, 0x100000005), round 1, peer epoch 1. */
const VOTE: Notification = {
  state: PeerState.looking,
  leader: toServerId(3n),
  zxid: toZxid(0x100000005n),
  electionEpoch: 1n,
  peerEpoch: 1n,
  version: 2,
  config: CONFIG,
};
const FORTY = "00000000 0000000000000003 0000000100000005 0000000000000001 0000000000000001 00000002";

test("the bytes of the chapter's example", () => {
  const config = "x".repeat(176);
  const bytes = encodeNotification({ ...VOTE, config });
  expect(bytes).toHaveLength(220);
  expect(hexBytes(bytes.subarray(0, 44))).toBe(`${FORTY}000000b0`.replaceAll(" ", ""));
  expect(decodeNotification(bytes)).toEqual({ ...VOTE, config });
});

test.each([
  [
    "an observer's placeholders",
    { leader: toServerId(-(2n ** 63n)), zxid: toZxid(-(2n ** 63n)), peerEpoch: -(2n ** 63n) },
  ],
  [
    "extremes",
    { zxid: toZxid(2n ** 63n - 1n), electionEpoch: -1n, peerEpoch: 2n ** 63n - 1n, state: PeerState.observing },
  ],
  ["a state of 1", { state: PeerState.following }],
  ["a state of 2", { state: PeerState.leading }],
  ["no config", { config: "" }],
  ["a config beyond ASCII", { config: "server.1=h\u00f6st:1:2\n" }],
])("%s survive the way there and back", (_, fields) => {
  const notification = { ...VOTE, ...fields };
  expect(decodeNotification(encodeNotification(notification))).toEqual(notification);
});

/** A payload of `length` bytes cut from a long one, its version field replaced. */
function payload(length: number, version: number): Uint8Array {
  const whole = new Uint8Array(64).fill(0x5a);
  whole.set(bytesOfHex(FORTY));
  new DataView(whole.buffer).setInt32(36, version);
  new DataView(whole.buffer).setInt32(40, 3);
  return whole.subarray(0, length);
}

/** What peer-protocol 2.2 says of a version 2 message of each length; 36 is read although Java drops it. */
function outcome(length: number, version: number): string {
  const read = decodeNotification(payload(length, version));
  return read === undefined
    ? "dropped"
    : `version ${read.version}, epoch ${read.peerEpoch}, config ${read.config.length}`;
}

test("every length from 0 to 60, version 2 with three bytes of config", () => {
  for (let length = 0; length <= 60; length++) {
    let expected = "dropped";
    if (length === 28 || length === 36 || length === 40) expected = "version 0, epoch 1, config 0";
    if (length >= 47) expected = "version 2, epoch 1, config 3";
    expect([length, outcome(length, 2)]).toEqual([length, expected]);
  }
});

test("every length from 0 to 60, version 1", () => {
  for (let length = 0; length <= 60; length++) {
    let expected = "dropped";
    if (length === 28 || length === 36 || length === 40) expected = "version 0, epoch 1, config 0";
    if (length > 40) expected = "version 1, epoch 1, config 0";
    expect([length, outcome(length, 1)]).toEqual([length, expected]);
  }
});

test("28 bytes: the peer epoch is the zxid's", () => {
  const bytes = payload(28, 2).slice();
  new DataView(bytes.buffer).setBigInt64(12, 0x700000001n);
  expect(decodeNotification(bytes)?.peerEpoch).toBe(7n);
  new DataView(bytes.buffer).setBigInt64(12, -1n);
  expect(decodeNotification(bytes)?.peerEpoch).toBe(-1n);
});

test.each([
  [0, 44, "", true],
  [1, 44, "", false],
  [-1, 60, "", false],
  [-(2 ** 31), 60, "", false],
  [2 ** 31 - 1, 60, "", false],
  [16, 60, "ZZZZZZZZZZZZZZZZ", true],
  [17, 60, "", false],
  [60, 60, "", false],
  [2, 60, "ZZ", true],
])("config length %i in %i bytes", (configLength, length, config, accepted) => {
  const bytes = payload(length, 2).slice();
  new DataView(bytes.buffer).setInt32(40, configLength);
  expect(decodeNotification(bytes)?.config).toBe(accepted ? config : undefined);
});

test.each([-1, 4, 256, -(2 ** 31)])("a state of %i drops the message", (state) => {
  const bytes = encodeNotification(VOTE);
  new DataView(bytes.buffer).setInt32(0, state);
  expect(decodeNotification(bytes)).toBeUndefined();
});

test("a payload that is a view into a larger chunk", () => {
  const message = encodeNotification(VOTE);
  const chunk = new Uint8Array(message.length + 20).fill(0xee);
  chunk.set(message, 7);
  expect(decodeNotification(chunk.subarray(7, 7 + message.length))).toEqual(VOTE);
});

test("config bytes that are not UTF-8 do no harm", () => {
  const bytes = encodeNotification({ ...VOTE, config: "abc" });
  bytes.set([0xff, 0xc0, 0x80], 44);
  expect(decodeNotification(bytes)?.leader).toBe(3n);
  expect(asciiBytes("abc")).toHaveLength(bytes.length - 44);
});

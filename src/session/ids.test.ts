import { hexBytes } from "../base/bytes.ts";
import { toServerId, toSessionId } from "../base/ids.ts";
import { SessionIds } from "./ids.ts";
import { passwordMatches, sessionPassword } from "./password.ts";
import { negotiate } from "./timeouts.ts";

test.each([
  [3n, 123456789, 0x0300075bcd150000n],
  [1n, 0, 0x0100000000000000n],
  [127n, 0xff_ffff_ffff, 0x7fffffffffff0000n],
  [255n, 1, toSessionId(0xff00000000010000n)],
  // Only the low byte of the sid and the low 40 bits of the clock count.
  [0x203n, 2 ** 40 + 5.75, 0x0300000000050000n],
  // The container owner and 0 are nobody's id.
  [128n, 0, toSessionId(0x8000000000000001n)],
  [0n, 0, 1n],
])("first id of server %d at %d ms", (sid, wallMs, id) => {
  const ids = new SessionIds(toServerId(sid), wallMs);
  expect([ids.next(), ids.next(), ids.next()]).toEqual([id, id + 1n, id + 2n]);
});

test("the reserved id is skipped in mid-run too", () => {
  const ids = new SessionIds(toServerId(127n), 0xff_ffff_ffff);
  let id = ids.next();
  for (let i = 0; i < 0xffff; i++) id = ids.next();
  expect(id).toBe(0x7fffffffffffffffn);
  expect(ids.next()).toBe(toSessionId(0x8000000000000001n));
});

test.each([
  [0x1n, "054cc74a37327db215e702e20c73f005"],
  [0x01000013f7260002n, "527720a16562eb812ccff7384f35a5e7"],
  [0x0300001f6bdb0000n, "87ce22fc086b68e33d8effe691a67890"],
  [0xffffffffffffffffn, "20f62cb5648dc2d771471c8a2486a9ee"],
])("password of session %d", (value, password) => {
  const id = toSessionId(value);
  expect(hexBytes(sessionPassword(id))).toBe(password);
  expect(passwordMatches(id, sessionPassword(id))).toBe(true);
});

test("a password that is short, long, empty or wrong in one byte does not match", () => {
  const id = toSessionId(0x0300001f6bdb0000n);
  const password = sessionPassword(id);
  expect(passwordMatches(id, password.subarray(0, 15))).toBe(false);
  expect(passwordMatches(id, Uint8Array.from([...password, 0]))).toBe(false);
  expect(passwordMatches(id, new Uint8Array(0))).toBe(false);
  for (let i = 0; i < 16; i++) {
    const wrong = password.slice();
    wrong[i] = (wrong[i] ?? 0) ^ 1;
    expect(passwordMatches(id, wrong)).toBe(false);
  }
});

test("session 0 has no password", () => {
  const nobody = toSessionId(0n);
  expect(passwordMatches(nobody, sessionPassword(nobody))).toBe(false);
});

test.each([
  [10_000, 10_000],
  [1, 4000],
  [0, 4000],
  [-2147483648, 4000],
  [40_000, 40_000],
  [40_001, 40_000],
  [2147483647, 40_000],
])("a client that asks for %i ms gets %i", (requested, granted) => {
  expect(negotiate(requested, 4000, 40_000)).toBe(granted);
});

import { hexBytes } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import { SessionTouches } from "./touches.ts";

test("a ping answer names each touched session once, with its last time-out, and only once", () => {
  const touches = new SessionTouches();
  expect(touches.take()).toEqual(new Uint8Array(0));
  touches.touch(toSessionId(0x0100000000000001n), 4000);
  touches.touch(toSessionId(-1n), 40_000);
  touches.touch(toSessionId(0x0100000000000001n), 30_000);
  expect(hexBytes(touches.take())).toBe("010000000000000100007530" + "ffffffffffffffff00009c40");
  expect(touches.take()).toEqual(new Uint8Array(0));
});

test("what does not fit into one packet comes with the next", () => {
  const touches = new SessionTouches();
  for (let i = 1; i <= 90_000; i++) touches.touch(toSessionId(BigInt(i)), 4000);
  expect(touches.take()).toHaveLength(87_381 * 12);
  expect(touches.take()).toHaveLength((90_000 - 87_381) * 12);
});

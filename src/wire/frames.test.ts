import { bytesOfHex } from "../base/bytes.ts";
import { Frames } from "./frames.ts";

function check(
  limits: readonly [number, number],
  hex: string,
  cut: number,
): { frames: string[]; refused: number | undefined } {
  const stream = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const frames = new Frames(limits[0], limits[1]);
  const seen: string[] = [];
  for (let at = 0; at < stream.length; at += cut) {
    frames.push(stream.subarray(at, at + cut));
    for (let whole = frames.isWhole; frames.next(); whole = frames.isWhole) {
      expect(whole).toBe(true);
      seen.push(
        Array.from(frames.bytes.subarray(frames.start, frames.end), (b) => b.toString(16).padStart(2, "0")).join(""),
      );
    }
  }
  return { frames: seen, refused: frames.refusedLength };
}

const THREE = "00000002aabb" + "00000000" + "00000003010203";

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 100])("three frames in chunks of %i bytes", (cut) => {
  expect(check([0, 16], THREE, cut)).toEqual({ frames: ["aabb", "", "010203"], refused: undefined });
});

test.each([
  ["ffffffff", -1],
  ["80000000", -(2 ** 31)],
  ["7fffffff", 2 ** 31 - 1],
  ["00000011", 17],
])("length %s is refused and nothing after it is read", (hex, refused) => {
  expect(check([0, 16], `00000001ee${hex}${THREE}`, 3)).toEqual({ frames: ["ee"], refused });
});

test("a length at the limit is accepted, one below the least is not", () => {
  expect(check([1, 3], "00000003010203", 1)).toEqual({ frames: ["010203"], refused: undefined });
  expect(check([1, 3], "00000000", 1)).toEqual({ frames: [], refused: 0 });
});

test.each([
  ["nothing more", "00000002aabb"],
  ["half of the next", "00000002aabb000000"],
])("a stream that waits for %s lets go of what it handed out", (_, hex) => {
  const chunk = bytesOfHex(hex);
  const frames = new Frames(0, 16);
  frames.push(chunk);
  expect([frames.next(), frames.bytes]).toEqual([true, chunk]);
  expect([frames.next(), frames.bytes.length]).toEqual([false, 0]);
});

test("the long behind the first int, once it is there, at any place of a chunk", () => {
  const bytes = Uint8Array.from([9, 9, 1, 2, 3, 4, 255, 255, 255, 255, 255, 255, 255, 254, 7]).subarray(2);
  for (let length = 0; length <= bytes.length; length++) {
    const frames = new Frames(0, 16);
    frames.push(bytes.subarray(0, length));
    expect(frames.peekLong()).toBe(length < 12 ? undefined : -2n);
  }
});

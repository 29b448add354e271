import { DecodeError, fixed, fixedByte, fixedInt, fixedLong } from "./index.ts";

const Header = fixed("Header", { magic: fixedInt, kind: fixedByte, id: fixedLong });

test.each([
  [{ magic: 0x5a4b4c47, kind: 1, id: 0n }, "5a4b4c47010000000000000000"],
  [{ magic: -1, kind: -128, id: -1n }, "ffffffff80ffffffffffffffff"],
  [{ magic: -2147483648, kind: 127, id: 2n ** 63n - 1n }, "800000007f7fffffffffffffff"],
  [{ magic: 2147483647, kind: 0, id: -(2n ** 63n) }, "7fffffff008000000000000000"],
  [{ magic: 0, kind: 0, id: 2n ** 53n + 1n }, "00000000000020000000000001"],
])("%p is %s, at any offset", (value, hex) => {
  for (const offset of [0, 1, 7]) {
    const bytes = new Uint8Array(offset + 13 + 2).fill(0xee).subarray(0, offset + 13);
    Header.write(bytes, offset, value);
    expect(Buffer.from(bytes).toString("hex")).toBe("ee".repeat(offset) + hex);
    expect(Header.read(bytes, offset)).toEqual(value);
  }
});

test("the size is the sum of the fields, without padding", () => expect(Header.size).toBe(13));

test("cut at every byte it is a DecodeError, also when memory goes on behind", () => {
  const memory = new Uint8Array(20);
  for (let length = 0; length < 13; length++) {
    expect(() => Header.read(memory.subarray(0, length))).toThrow(
      new DecodeError(`Header at offset 0: needs 13 bytes, ${length} remain`),
    );
  }
  expect(() => Header.read(memory, 8)).toThrow(new DecodeError("Header at offset 8: needs 13 bytes, 12 remain"));
  expect(() => Header.read(memory, 30)).toThrow(new DecodeError("Header at offset 30: needs 13 bytes, 0 remain"));
});

test("writing where there is no room, or a number that does not fit, is a fault of the caller", () => {
  const value = { magic: 0, kind: 0, id: 0n };
  expect(() => Header.write(new Uint8Array(13), 1, value)).toThrow(RangeError);
  expect(() => Header.write(new Uint8Array(13), 0, { ...value, magic: 2 ** 31 })).toThrow("out of range");
  expect(() => Header.write(new Uint8Array(13), 0, { ...value, kind: 128 })).toThrow("out of range");
});

import { DEFAULT_MAX_LENGTH, DecodeError, Reader, Writer } from "./index.ts";

type Primitive = "byte" | "bool" | "int" | "long" | "float" | "double" | "ustring" | "buffer" | "count";

/** What Java's jute writes for a value (client-protocol 1.1). */
const PRIMITIVES: readonly (readonly [Primitive, unknown, string])[] = [
  ["byte", 0, "00"],
  ["byte", 127, "7f"],
  ["byte", -128, "80"],
  ["byte", -1, "ff"],
  ["bool", true, "01"],
  ["bool", false, "00"],
  ["int", 0, "00000000"],
  ["int", 10000, "00002710"],
  ["int", -1, "ffffffff"],
  ["int", 2147483647, "7fffffff"],
  ["int", -2147483648, "80000000"],
  ["long", 0n, "0000000000000000"],
  ["long", 0x01000013f7260002n, "01000013f7260002"],
  ["long", -1n, "ffffffffffffffff"],
  ["long", 2n ** 63n - 1n, "7fffffffffffffff"],
  ["long", -(2n ** 63n), "8000000000000000"],
  ["long", 2n ** 53n + 1n, "0020000000000001"],
  ["float", 1.5, "3fc00000"],
  ["float", Number.NEGATIVE_INFINITY, "ff800000"],
  ["double", -2.5, "c004000000000000"],
  ["double", Number.NaN, "7ff8000000000000"],
  ["ustring", null, "ffffffff"],
  ["ustring", "", "00000000"],
  ["ustring", "/", "000000012f"],
  ["ustring", "/a", "000000022f61"],
  ["ustring", "world", "00000005776f726c64"],
  ["ustring", "\u0000", "0000000100"],
  ["ustring", "é€", "00000005c3a9e282ac"],
  ["ustring", "\ufeffa", "00000004efbbbf61"],
  ["buffer", null, "ffffffff"],
  ["buffer", new Uint8Array(0), "00000000"],
  ["buffer", new Uint8Array([0, 255]), "0000000200ff"],
  ["count", -1, "ffffffff"],
  ["count", 0, "00000000"],
];

test.each(PRIMITIVES)("%s %p is %s", (primitive, value, hex) => {
  expect(hexOf(written(primitive, value))).toBe(hex);
  expect(readAs(primitive, bytesOf(hex))).toEqual(value);
});

test.each(PRIMITIVES)("%s %p lies anywhere in a chunk and in the memory below it", (primitive, value, hex) => {
  const size = hex.length / 2;
  const chunk = bytesOf(`eeeeee${hex}eeee`).subarray(1);
  const reader = new Reader(chunk, 2, 2 + size);
  expect(primitive === "count" ? reader.count(1) : reader[primitive]()).toEqual(value);
  expect(reader.offset).toBe(2 + size);
  expect(reader.remaining).toBe(0);
});

test.each(PRIMITIVES)("%s %p cut anywhere is a DecodeError", (primitive, _value, hex) => {
  const bytes = bytesOf(`${hex}00`);
  for (let end = 0; end < hex.length / 2; end++) {
    expect(() => readWithin(primitive, new Reader(bytes, 0, end))).toThrow(DecodeError);
  }
});

test.each([
  ["int", "0000", "int at offset 0: needs 4 bytes, 2 remain"],
  ["ustring", "0000000361", "ustring at offset 4: needs 3 bytes, 1 remain"],
  ["ustring", "fffffffe", "ustring at offset 0: length -2, allowed are -1 (null) to 2097150"],
  ["buffer", "80000000", "buffer at offset 0: length -2147483648, allowed are -1 (null) to 2097150"],
  ["buffer", "7fffffff00", "buffer at offset 0: length 2147483647, allowed are -1 (null) to 2097150"],
  ["buffer", "001fffff", "buffer at offset 0: length 2097151, allowed are -1 (null) to 2097150"],
  ["buffer", "001ffffe", "buffer at offset 4: needs 2097150 bytes, 0 remain"],
] as const)("%s of %s is refused: %s", (primitive, hex, message) => {
  expect(() => readAs(primitive, bytesOf(hex))).toThrow(new DecodeError(message));
});

test("a length at the limit is accepted and one above it is not", () => {
  const bytes = new Uint8Array(4 + DEFAULT_MAX_LENGTH + 1);
  new DataView(bytes.buffer).setInt32(0, DEFAULT_MAX_LENGTH);
  expect(new Reader(bytes).buffer()?.length).toBe(DEFAULT_MAX_LENGTH);
  expect(new Reader(bytes).ustring()?.length).toBe(DEFAULT_MAX_LENGTH);
  expect(() => new Reader(bytes, 0, bytes.length, DEFAULT_MAX_LENGTH - 1).buffer()).toThrow(DecodeError);
  new DataView(bytes.buffer).setInt32(0, DEFAULT_MAX_LENGTH + 1);
  expect(() => new Reader(bytes).buffer()).toThrow(DecodeError);
});

test("every byte but 0 is true", () => {
  for (let byte = 0; byte < 256; byte++) expect(new Reader(new Uint8Array([byte])).bool()).toBe(byte !== 0);
});

test.each([
  ["ffffffff", 1, -1],
  ["fffffffe", 1, 0],
  ["80000000", 1, 0],
  ["0000000200000000", 2, 2],
  ["00000000", 1000, 0],
])("count of %s with items of at least %i bytes is %i", (hex, minimumItemSize, count) => {
  expect(new Reader(bytesOf(hex)).count(minimumItemSize)).toBe(count);
});

test.each([
  ["0000000300000000", 2, "vector at offset 0: count 3, the bytes that remain hold at most 2"],
  ["7fffffff00000000000000000000", 1, "vector at offset 0: count 2147483647, the bytes that remain hold at most 10"],
])("a count of %s with items of at least %i bytes is refused", (hex, minimumItemSize, message) => {
  expect(() => new Reader(bytesOf(hex)).count(minimumItemSize)).toThrow(new DecodeError(message));
});

test("a buffer is a view and text is not", () => {
  const bytes = bytesOf("0000000161000000012f");
  const reader = new Reader(bytes);
  const view = reader.buffer();
  const text = reader.ustring();
  bytes.fill(0x7a);
  expect(view).toEqual(bytesOf("7a"));
  expect(text).toBe("/");
});

test("skip and rest move the reader, within its end", () => {
  const reader = new Reader(bytesOf("0102030405"), 1, 4);
  reader.skip(1);
  expect(reader.rest()).toEqual(bytesOf("0304"));
  expect(reader.rest()).toEqual(new Uint8Array(0));
  expect(() => reader.skip(1)).toThrow(new DecodeError("skip at offset 4: needs 1 bytes, 0 remain"));
  expect(() => reader.skip(-1)).toThrow(DecodeError);
});

test("a reader can be pointed at other bytes, in the same memory or not", () => {
  const chunk = bytesOf("00000001000000020000000300000004");
  const reader = new Reader(chunk, 4, 8);
  expect(reader.int()).toBe(2);
  reader.reset(chunk, 8);
  expect([reader.int(), reader.int(), reader.remaining]).toEqual([3, 4, 0]);
  reader.reset(chunk.subarray(2, 8), 2);
  expect(reader.int()).toBe(2);
  reader.reset(bytesOf("ff00000009"), 1);
  expect(reader.int()).toBe(9);
});

test.each([
  [-1, 4],
  [3, 2],
  [0, 5],
])("a range from %i to %i of four bytes is a fault of the caller", (start, end) => {
  expect(() => new Reader(new Uint8Array(4), start, end)).toThrow(RangeError);
  expect(() => new Reader(new Uint8Array(4)).reset(new Uint8Array(4), start, end)).toThrow(RangeError);
});

test("a writer grows, patches and starts over", () => {
  const writer = new Writer(0);
  const start = writer.reserve(4);
  for (let i = 0; i < 100; i++) writer.long(BigInt(i));
  writer.raw(bytesOf("abcd"));
  writer.patchInt(start, writer.length - 4);
  expect(writer.length).toBe(806);
  const copy = writer.toBytes();
  expect(hexOf(copy.subarray(0, 20))).toBe("0000032200000000000000000000000000000001");
  expect(hexOf(copy.subarray(-2))).toBe("abcd");
  expect(writer.written()).toEqual(copy);
  writer.reset();
  writer.byte(7);
  expect(hexOf(writer.written())).toBe("07");
  expect(copy[0]).toBe(0);
});

test.each([-1, 1, 400])("a patch at %i of the four bytes written is a fault of the caller", (offset) => {
  const writer = new Writer();
  writer.int(0);
  expect(() => writer.patchInt(offset, 1)).toThrow(RangeError);
});

function written(primitive: Primitive, value: unknown): Uint8Array {
  const writer = new Writer(1);
  (writer[primitive] as (value: unknown) => void).call(writer, value);
  return writer.toBytes();
}

function readAs(primitive: Primitive, bytes: Uint8Array): unknown {
  return readWithin(primitive, new Reader(bytes));
}

function readWithin(primitive: Primitive, reader: Reader): unknown {
  return primitive === "count" ? reader.count(1) : reader[primitive]();
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

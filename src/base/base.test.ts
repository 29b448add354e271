import { ByteQueue } from "./byteQueue.ts";
import { asciiBytes, bytesOfHex, concatBytes, equalSecret, hex64, hexBytes } from "./bytes.ts";
import { adler32, crc32 } from "./checksum.ts";
import { JavaRandom } from "./javaRandom.ts";
import { javaTrim } from "./javaTrim.ts";
import { counterOf, epochOf, toZxid, zxidOf } from "./zxid.ts";

test.each([
  [0, 1, 0x1n],
  [1, 0, 0x100000000n],
  [5, 9, 0x500000009n],
  [-1, 0xffffffff, -1n],
  [0x7fffffff, 0xfffffffe, 0x7ffffffffffffffen],
])("zxid of epoch %i and counter %i", (epoch, counter, value) => {
  const zxid = zxidOf(epoch, counter);
  expect(zxid).toBe(value);
  expect(epochOf(zxid)).toBe(epoch);
  expect(counterOf(zxid)).toBe(counter);
});

test("a value above 2^63 is a negative zxid", () => expect(toZxid(0xffffffffffffffffn)).toBe(-1n));

describe("checksums", () => {
  const CHECK = asciiBytes("123456789");
  test.each([1, 2, 3, 4, 5, 7, 8])("crc32 and adler32 do not depend on where the bytes are cut (%i)", (cut) => {
    expect(crc32(crc32(0, CHECK, 0, cut), CHECK, cut)).toBe(0xcbf43926);
    expect(adler32(adler32(1, CHECK, 0, cut), CHECK, cut)).toBe(0x091e01de);
  });

  test("adler32 of 100,000 bytes of 0xff stays inside 32 bits", () => {
    const bytes = new Uint8Array(100_000).fill(255);
    expect(adler32(1, bytes)).toBe(plainAdler32(bytes, 0, bytes.length));
  });

  test("both of every length up to 40, from any byte on", () => {
    const bytes = Uint8Array.from({ length: 60 }, (_, i) => (i * 151) & 255);
    for (let start = 0; start < 20; start++) {
      for (let end = start; end <= start + 40; end++) {
        expect(adler32(1, bytes, start, end)).toBe(plainAdler32(bytes, start, end));
        expect(crc32(0, bytes, start, end)).toBe(plainCrc32(bytes, start, end));
      }
    }
  });

  test("the digest of the empty tree (on-disk-formats 7.2)", () => {
    const stat = new Uint8Array(60);
    expect(crc32(0, stat)).toBe(0x04128908);
    expect(crc32(crc32(0, asciiBytes("/zookeeper")), stat)).toBe(0x4db44d58);
  });
});

test.each([
  [0x1n, "054cc74a37327db215e702e20c73f005"],
  [0x01000013f7260002n, "527720a16562eb812ccff7384f35a5e7"],
  [0x0300001f6bdb0000n, "87ce22fc086b68e33d8effe691a67890"],
  [0xffffffffffffffffn, "20f62cb5648dc2d771471c8a2486a9ee"],
])("Java's random bytes for the password of session %d (client-protocol 4.4)", (id, password) => {
  expect(hexBytes(new JavaRandom(id ^ 0xb3415c00n).nextBytes(16))).toBe(password);
});

describe("bytes", () => {
  test("hex both ways", () => expect(hexBytes(bytesOfHex("00 ff 5a4b"))).toBe("00ff5a4b"));
  test("hex64 is unsigned", () => expect(hex64(-1n)).toBe("ffffffffffffffff"));
  test.each([
    ["abc", "abc", true],
    ["abc", "abd", false],
    ["abc", "ab", false],
    ["", "a", false],
  ])("equalSecret %j %j", (a, b, same) => expect(equalSecret(asciiBytes(a), asciiBytes(b))).toBe(same));
});

test("a byte queue gives back what was pushed, whatever the cuts", () => {
  const sent = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff);
  for (const size of [1, 3, 64, 1000, 5000]) {
    const queue = new ByteQueue();
    const taken: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < sent.length; at += size, turn++) {
      queue.push(sent.subarray(at, at + size));
      const take = Math.min(queue.length, turn % 3 === 0 ? 0 : size + (turn % 5));
      taken.push(queue.bytes.slice(queue.start, queue.start + take));
      queue.consume(take);
    }
    taken.push(queue.bytes.slice(queue.start, queue.end));
    expect(concatBytes(taken)).toEqual(sent);
  }
});

test.each([
  [" a b\n", "a b"],
  ["\u0000\u001c/\u0020", "/"],
  ["\u00a0a\u2003", "\u00a0a\u2003"],
  [" \t ", ""],
])("trim as Java does: %j", (text, trimmed) => expect(javaTrim(text)).toBe(trimmed));

/** As RFC 1950 puts it. */
function plainAdler32(bytes: Uint8Array, start: number, end: number): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes.subarray(start, end)) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** Bit by bit. */
function plainCrc32(bytes: Uint8Array, start: number, end: number): number {
  let c = -1;
  for (const byte of bytes.subarray(start, end)) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

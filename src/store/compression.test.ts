import { constants, deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { DecodeError } from "jute-ts";
import { concatBytes } from "../base/bytes.ts";
import { ByteReader, CutShort } from "./byteSource.ts";
import { type Compression, contentOf, type Deflate, packerFor, storedBlocks } from "./compression.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { put, sampleSnapshot } from "./sampleFiles.ts";
import { packBlock, SNAPPY_BLOCK_BYTES, unpackBlock } from "./snappy.ts";

const ZLIB: Deflate = (bytes) => deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
const PACKINGS: readonly Exclude<Compression, "none">[] = ["gz", "snappy"];

/** Numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed | 1; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** Bytes with runs, repeats near and far, and noise. */
function content(seed: number, length: number): Uint8Array {
  const chance = numbers(seed);
  const next = (below: number): number => chance.next().value % below;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const run = Math.min(1 + next(next(4) === 0 ? 3000 : 20), length - at);
    const kind = at === 0 ? 2 : next(3);
    const back = 1 + next(Math.max(1, at));
    const value = next(256);
    for (let i = 0; i < run; i++)
      bytes[at + i] = kind === 0 ? value : kind === 1 ? (bytes[at + i - back] as number) : next(256);
    at += run;
  }
  return bytes;
}

const SIZES = [0, 1, 2, 100, 32_767, 32_768, 32_769, 131_072, 131_073, 700_000];
const CONTENTS = SIZES.map((size, i) => content(i + 1, size));

function packed(compression: Compression, bytes: Uint8Array, chunkBytes = 65_536, deflate = ZLIB): Uint8Array {
  const packer = packerFor(compression, deflate);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) parts.push(packer.push(bytes.subarray(at, at + chunkBytes)));
  return concatBytes([...parts, packer.finish()]);
}

function unpacked(compression: Compression, file: Uint8Array): Uint8Array {
  const directory = new MemoryDirectory("/data");
  put(directory, "file", file);
  const source = contentOf(directory, "file", compression);
  const pieces: Uint8Array[] = [];
  for (let piece = source.next(); piece.length > 0; piece = source.next()) {
    expect(piece.length).toBeLessThan(200_000);
    pieces.push(piece);
  }
  expect(source.next()).toHaveLength(0);
  return concatBytes(pieces);
}

/** What comes of a file: "same", "other", "cut short" or "damaged". */
function outcome(compression: Compression, file: Uint8Array, expected: Uint8Array): string {
  try {
    return Buffer.compare(unpacked(compression, file), expected) === 0 ? "same" : "other";
  } catch (error) {
    if (error instanceof CutShort) return "cut short";
    if (error instanceof DecodeError) return "damaged";
    throw error;
  }
}

describe("gz", () => {
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_HUFFMAN_ONLY, constants.Z_RLE, constants.Z_FIXED];
  test.each([0, 1, 6, 9])("what zlib packs at level %d, in every strategy, is unpacked", (level) => {
    for (const strategy of strategies)
      for (const bytes of CONTENTS)
        expect([level, strategy, bytes.length, outcome("gz", gzipSync(bytes, { level, strategy }), bytes)]).toEqual([
          level,
          strategy,
          bytes.length,
          "same",
        ]);
  });

  test.each([["zlib", ZLIB] as const, ["stored blocks", storedBlocks] as const])(
    "what is packed here by %s, in chunks of any size, zlib unpacks, and so is it here",
    (_, deflate) => {
      for (const bytes of CONTENTS)
        for (const chunk of [1000, 65_536, 70_000]) {
          const file = packed("gz", bytes, chunk, deflate);
          expect(Buffer.compare(gunzipSync(file), bytes)).toBe(0);
          expect(outcome("gz", file, bytes)).toBe("same");
        }
    },
  );

  test("several members are one content, fields of the header are passed over", () => {
    const named = Buffer.from([0x1f, 0x8b, 8, 4 + 8 + 16 + 2, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, 0x61, 0, 0x62, 0, 9, 9]);
    const [empty, small, large] = [gzipSync(""), gzipSync("hello"), CONTENTS.at(-1) as Uint8Array];
    const file = concatBytes([named, small.subarray(10), empty, gzipSync(large), small]);
    expect(outcome("gz", file, concatBytes([Buffer.from("hello"), large, Buffer.from("hello")]))).toBe("same");
  });

  test("it begins as Java's does", () =>
    expect(Buffer.from(packed("gz", sampleSnapshot(5n))).toString("hex")).toMatch(/^1f8b08000000000000ff/));
});

describe("snappy", () => {
  test("a block is what it was, and repeats make it smaller", () => {
    for (const bytes of CONTENTS.map((each) => each.subarray(0, SNAPPY_BLOCK_BYTES)))
      expect(Buffer.compare(unpackBlock(packBlock(bytes)), bytes)).toBe(0);
    expect(packBlock(new Uint8Array(SNAPPY_BLOCK_BYTES)).length).toBeLessThan(2000);
  });

  test("a stream in chunks of any size is what it was", () => {
    for (const bytes of CONTENTS)
      for (const chunk of [1000, 32_768, 70_000])
        expect(outcome("snappy", packed("snappy", bytes, chunk), bytes)).toBe("same");
  });

  // Lengths and offsets in all their forms, which the packer here does not all write.
  test.each([
    ["literal in one byte", "0308616263", "abc"],
    ["literal of one length byte", "03f002616263", "abc"],
    ["literal of two", "03f40200616263", "abc"],
    ["literal of three", "03f8020000616263", "abc"],
    ["literal of four", "03fc02000000616263", "abc"],
    ["copy of one offset byte", "07086162630103", "abcabca"],
    ["copy of two", "07086162630e0300", "abcabca"],
    ["copy of four", "07086162630f03000000", "abcabca"],
    ["copy that overlaps itself", "060061120100", "aaaaaa"],
  ])("%s", (_, hex, text) => expect(Buffer.from(unpackBlock(Buffer.from(hex, "hex"))).toString()).toBe(text));

  test.each([
    ["no length", "80"],
    ["a length without end", "ffffffffffff"],
    ["a length beyond reason", "ffffffff0f"],
    ["a tag that is cut", "03f0"],
    ["a literal that is cut", "03086162"],
    ["more than it said", "0208616263"],
    ["less than it said", "0408616263"],
    ["a copy of nothing", "07086162630100"],
    ["a copy from before the beginning", "07086162630104"],
  ])("a block with %s is damaged", (_, hex) =>
    expect(() => unpackBlock(Buffer.from(hex, "hex"))).toThrow("the snappy data is damaged"),
  );

  test("a run is taken from as many pieces as it lies in, and nothing is allocated for what is not there", () => {
    const pieces = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6)];
    const reader = new ByteReader({ next: () => pieces.shift() ?? new Uint8Array(0) });
    expect([2, 0, 3].map((length) => [...reader.take(length)])).toEqual([[1, 2], [], [3, 4, 5]]);
    // No array is as long.
    expect(() => reader.take(Number.MAX_SAFE_INTEGER)).toThrow(CutShort);
  });

  test("nothing is allocated for a length that its bytes cannot make", () => {
    // A copy of three bytes makes 64 at most.
    expect(() => unpackBlock(Buffer.from("ffffff0700", "hex"))).toThrow("a block of 16777215 bytes");
    const zeros = new Uint8Array(SNAPPY_BLOCK_BYTES);
    expect(unpackBlock(packBlock(zeros))).toEqual(zeros);
  });
});

describe.each(PACKINGS)("%s, what is not whole", (compression) => {
  const bytes = concatBytes([sampleSnapshot(5n), content(7, 600)]);
  const file = packed(compression, bytes, 300);

  test("a file cut at any byte is cut short, or at a chunk's end shorter", () => {
    const outcomes = new Set<string>();
    for (let end = 0; end < file.length; end++) outcomes.add(outcome(compression, file.subarray(0, end), bytes));
    expect([...outcomes].sort()).toEqual(compression === "gz" ? ["cut short"] : ["cut short", "other"]);
  });

  test("a byte changed anywhere breaks nothing but the file", () => {
    for (let at = 0; at < file.length; at++)
      for (const bit of [1, 0x80]) {
        const changed = file.slice();
        changed[at] = (changed[at] as number) ^ bit;
        const found = outcome(compression, changed, bytes);
        // A gzip has a checksum of its own, and bits that say nothing. A snappy stream is left to the seals.
        const allowed = ["damaged", "cut short", "same", ...(compression === "gz" ? [] : ["other"])];
        expect(allowed).toContain(found);
      }
  });
});

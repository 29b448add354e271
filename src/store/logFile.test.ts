import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Writer } from "jute-ts";
import { bytesOfHex, concatBytes } from "../base/bytes.ts";
import { toZxid } from "../base/zxid.ts";
import { LogFile } from "./logFile.ts";
import { logHeader } from "./logRecord.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { put, sampleLog, sampleTxn, writeRecord, zxids } from "./sampleFiles.ts";

const LIMITS = { maxRecordBytes: 2097150, dropDamagedTail: false };

function open(bytes: Uint8Array, options = LIMITS, followedBy?: bigint): LogFile {
  const directory = new MemoryDirectory("/data");
  put(directory, "log.1", bytes);
  return new LogFile(directory, "log.1", options, followedBy === undefined ? undefined : toZxid(followedBy));
}

function payloads(file: LogFile): readonly Uint8Array[] {
  file.checkHeader();
  const found: Uint8Array[] = [];
  for (let entry = file.next(); entry !== undefined; entry = file.next()) found.push(entry.bytes);
  return found;
}

/** What a reader makes of the bytes: `3`, `3 torn`, or the refusal. */
function outcome(bytes: Uint8Array, options = LIMITS): string {
  const file = open(bytes, options);
  try {
    const count = payloads(file).length;
    return file.torn === undefined ? String(count) : `${count} torn`;
  } catch (error) {
    return String(error).replace(/^StoreError: \/data\/log\.1, |; in an ensemble move.*$/g, "");
  }
}

const rezeroed = (bytes: Uint8Array, zeros: number): Uint8Array => concatBytes([bytes, new Uint8Array(zeros)]);

test("the worked example (on-disk-formats 3.6)", () => {
  const log = bytesOfHex(`
    5a4b4c47 00000002 00000000 00000000
    00000000 973b08fa 00000030
    0100000f682d0000 00000000 0000000000000001 000001a20045813a fffffff6 00004e20 00000002 0000000051c6d660 42
    00000000 ad5e0c40 0000005b
    0100000f682d0000 00000001 0000000000000002 000001a20045814d 00000001
    00000002 2f61 00000005 68656c6c6f 00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00 00000001
    00000002 000000007dfc9a42 42`);
  expect(log.length).toBe(181);
  const file = open(log);
  file.checkHeader();
  expect([file.next(), file.next(), file.next()].map((entry) => entry && [entry.zxid, entry.offset])).toEqual([
    [1n, 16],
    [2n, 77],
    undefined,
  ]);
  expect([file.offset, file.torn]).toEqual([181, undefined]);
});

describe("a log that Java 3.9.5 wrote", () => {
  const recorded = new Uint8Array(readFileSync(join(__dirname, "fixtures/java-3.9.5/log.1")));

  test("holds its 45 transactions in order", () => {
    const file = open(recorded);
    file.checkHeader();
    const found: bigint[] = [];
    for (let entry = file.next(); entry !== undefined; entry = file.next()) found.push(entry.zxid);
    expect(found).toEqual(zxids(1, 0x2d));
  });

  test("is written back byte for byte", () => {
    const file = open(recorded);
    const writer = new Writer();
    writer.raw(logHeader());
    for (const payload of payloads(file)) writeRecord(writer, payload);
    expect(writer.length).toBe(file.offset);
    expect(writer.toBytes()).toEqual(recorded.slice(0, file.offset));
    expect(recorded.slice(file.offset).every((byte) => byte === 0)).toBe(true);
  });
});

describe("a log of 5 records", () => {
  const log = sampleLog(zxids(1, 5));
  const ends = zxids(0, 5).map((_, i) => sampleLog(zxids(1, i)).length);

  test.each([0, 4096])("cut anywhere ends at its last whole record (%i zeros behind)", (zeros) => {
    for (let cut = 16; cut <= log.length; cut++) {
      const whole = ends.filter((end) => end <= cut).length - 1;
      // A cut among the zeros at the front of a checksum, with zeros behind, leaves nothing of the record.
      const rest = log.slice(ends[whole], cut);
      const torn = rest.some((byte) => byte !== 0);
      expect([cut, outcome(rezeroed(log.slice(0, cut), zeros))]).toEqual([cut, torn ? `${whole} torn` : `${whole}`]);
    }
  });

  test.each([0, 4096])("cut before the header ends, it is no log unless nothing but a cut header (%i)", (zeros) => {
    for (let cut = 0; cut < 16; cut++) {
      const file = open(log.slice(0, cut));
      expect(file.isUnborn()).toBe(true);
      expect(() => file.checkHeader()).toThrow(`only ${cut} bytes`);
      const padded = open(rezeroed(log.slice(0, cut), zeros + 16));
      expect(padded.isUnborn()).toBe(false);
    }
  });

  test.each([0, 4096])("no flipped byte of a record goes unnoticed (%i zeros behind)", (zeros) => {
    for (const flip of [0x01, 0x42, 0x80, 0xff]) {
      for (let at = 16; at < log.length; at++) {
        const bytes = rezeroed(log, zeros);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const found = outcome(bytes);
        // An end-of-record byte that became 0 is what a crash leaves before the byte is written, if nothing follows.
        const asTorn = flip === 0x42 && at === log.length - 1;
        expect([at, flip, found]).toEqual([at, flip, asTorn ? "4 torn" : expect.stringMatching(/^offset \d+: /)]);
      }
    }
  });

  test("a flipped byte of the header matters in the magic only", () => {
    for (let at = 0; at < 16; at++) {
      const bytes = log.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      expect(outcome(bytes)).toBe(at < 4 ? "offset 0: no log: it does not start with ZKLG" : "5");
    }
  });

  test("a zeroed record in the middle is damage, at the end it was never written", () => {
    const [, , start = 0, end = 0] = ends;
    expect(outcome(log.slice().fill(0, start, end))).toBe(
      `offset ${start}: no record, but more data at offset ${end + 4}`,
    );
    expect(outcome(rezeroed(log, 100).fill(0, ends[4]))).toBe("4");
  });

  test("what lies behind the zeros counts, unless the next log is known to go on with the next transaction", () => {
    const [, , start = 0, end = 0] = ends;
    const holed = log.slice().fill(0, start, end);
    const count = (followedBy: bigint) => payloads(open(holed, LIMITS, followedBy)).length;
    expect(count(3n)).toBe(2);
    for (const other of [2n, 4n, 6n, 0x100000001n]) expect(() => count(other)).toThrow("no record, but more data");
  });

  test("a last record with a wrong checksum is refused, or dropped when asked for; one in the middle never is", () => {
    const dropping = { ...LIMITS, dropDamagedTail: true };
    const flipped = (record: number): Uint8Array => {
      const bytes = rezeroed(log, 100);
      const at = (ends[record] ?? 0) + 20;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    expect(outcome(flipped(4))).toMatch(/^offset \d+: the checksum of a last record/);
    expect(outcome(flipped(4), dropping)).toBe("4 torn");
    expect(outcome(flipped(3), dropping)).toMatch(/^offset \d+: the checksum of a record/);
  });
});

test.each([
  [-2, "a record claims -2 bytes, allowed are 32 to 2097150 (jute.maxbuffer)"],
  [-1, "a record claims -1 bytes, allowed are 32 to 2097150 (jute.maxbuffer)"],
  [31, "a record claims 31 bytes, allowed are 32 to 2097150 (jute.maxbuffer); if the record is good, start once with"],
  [2097151, "a record claims 2097151 bytes, allowed are 32 to 2097150 (jute.maxbuffer); if the record is good, start"],
])("a length of %i", (length, expected) => {
  const writer = new Writer();
  writer.raw(logHeader());
  writer.long(1n);
  writer.int(length);
  expect(outcome(writer.toBytes())).toContain(`offset 16: ${expected}`);
});

test("records of the largest size and many small ones, across the reader's windows", () => {
  const writer = new Writer();
  writer.raw(logHeader());
  const sizes = [2_000_000, 1, 250_000, 262_144, 3, ...Array.from({ length: 5000 }, (_, i) => i % 300)];
  for (const [i, size] of sizes.entries()) writeRecord(writer, sampleTxn(BigInt(i + 1), size).bytes);
  const found = payloads(open(writer.toBytes()));
  expect(found.map((payload) => payload.length)).toEqual(sizes.map((size) => size + sampleTxn(1n, 0).bytes.length));
});

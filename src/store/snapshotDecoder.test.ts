import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOfHex, concatBytes } from "../base/bytes.ts";
import { adler32 } from "../base/checksum.ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { NodeRecord } from "../wire/nodeRecord.ts";
import { Recollection, sampleNode, sampleSnapshot } from "./sampleFiles.ts";
import { SnapshotDecoder, type SnapshotSections, type SnapshotSink } from "./snapshotDecoder.ts";
import { SnapshotEncoder, type SnapshotForm } from "./snapshotEncoder.ts";

const LIMIT = 2097150;
const recorded = new Uint8Array(readFileSync(join(__dirname, "fixtures/java-3.9.5/snapshot.2d")));

/** Encodes again what is decoded, node bytes put together from their parts. */
class Copy implements SnapshotSink {
  readonly sessions: { id: ReturnType<typeof toSessionId>; timeoutMs: number }[] = [];
  readonly acls: { key: bigint; acl: readonly ACL[] }[] = [];
  readonly nodes: Uint8Array[] = [];

  session(id: bigint, timeoutMs: number): void {
    this.sessions.push({ id: toSessionId(id), timeoutMs });
  }

  acl(key: bigint, acl: readonly ACL[]): void {
    this.acls.push({ key, acl });
  }

  node({ path, data, aclKey, stat }: NodeRecord): void {
    const text = new TextEncoder().encode(path);
    const head = new DataView(new ArrayBuffer(16));
    head.setInt32(0, text.length);
    head.setInt32(4, data === null ? -1 : data.length);
    head.setBigInt64(8, aclKey);
    const parts = [head.buffer.slice(0, 4), text, head.buffer.slice(4, 8), data ?? [], head.buffer.slice(8), stat];
    this.nodes.push(concatBytes(parts.map((part) => Uint8Array.from(new Uint8Array(part)))));
  }

  encode(form: SnapshotForm, sections: SnapshotSections): Uint8Array {
    const encoder = new SnapshotEncoder(form);
    return concatBytes([
      encoder.begin(this.sessions, this.acls),
      ...this.nodes.map((bytes) => encoder.nodes(bytes)),
      encoder.end(sections.digest, sections.lastZxid ?? toZxid(0n)),
    ]);
  }
}

function decodeFile(sink: SnapshotSink, bytes: Uint8Array, chunk = bytes.length): SnapshotSections {
  const decoder = new SnapshotDecoder(sink, "file", LIMIT);
  for (let at = 0; at < bytes.length; at += chunk) decoder.push(bytes.slice(at, at + chunk));
  return decoder.finish();
}

/** The error of decoding, or "good". */
function verdict(bytes: Uint8Array): string {
  try {
    decodeFile(new Recollection(), bytes);
    return "good";
  } catch (error) {
    return String(error);
  }
}

describe("a snapshot that Java 3.9.5 wrote", () => {
  test("is understood", () => {
    const found = new Recollection();
    const sections = decodeFile(found, recorded);
    expect(sections.lastZxid).toBe(0x2dn);
    expect(sections.digest).toMatchObject({ zxid: 0x2dn, version: 2 });
    expect(found.nodes).toHaveLength(23);
    expect(found.nodes).toEqual(
      expect.arrayContaining(["=", "/a=after the move", "/café-漢=u", "/null=null", "/empty=", "/stays=here"]),
    );
    expect(found.sessions).toEqual([0x100000c50e80001n]);
  });

  test.each([1, 2, 3, 7, 64, 100, 1000])("is written back byte for byte, read in chunks of %i", (chunk) => {
    const copy = new Copy();
    const sections = decodeFile(copy, recorded, chunk);
    expect(copy.encode("file", sections)).toEqual(recorded);
  });
});

test("the worked example: a fresh database of 3.8.0 (on-disk-formats 4.4)", () => {
  const zeros = (count: number): string => "00".repeat(count);
  const snapshot = bytesOfHex(`
    5a4b534e 00000002 ffffffffffffffff 00000000 00000001
    0000000000000001 00000001 00000001 00000005 776f726c64 00000006 616e796f6e65
    00000000 00000000 ffffffffffffffff ${zeros(60)}
    0000000a 2f7a6f6f6b6565706572 00000000 ffffffffffffffff ${zeros(60)}
    00000011 2f7a6f6f6b65657065722f636f6e666967 00000000 0000000000000001 ${zeros(40)} ffffffff ${zeros(16)}
    00000010 2f7a6f6f6b65657065722f71756f7461 00000000 ffffffffffffffff ${zeros(60)}
    00000001 2f 00000000 b8a23b49 00000001 2f
    0000000000000000 00000002 0000000000000000 00000000 95b93d59 00000001 2f`);
  expect(snapshot.length).toBe(457);
  const found = new Recollection();
  expect(decodeFile(found, snapshot)).toEqual({ digest: undefined, lastZxid: undefined });
  expect(found.nodes).toEqual(["=", "/zookeeper=", "/zookeeper/config=", "/zookeeper/quota="]);
  expect(found.acls).toEqual(["1 1 world:anyone"]);
});

describe("the sections are told by the bytes that are left (R8)", () => {
  const whole = sampleSnapshot(9n);
  const upToSeal1 = whole.slice(0, whole.length - 54);
  const withZxidOnly = seal(concatBytes([upToSeal1, bytesOfHex("0000000000000009")]));

  test.each([
    [0, upToSeal1, undefined, undefined],
    [21, withZxidOnly, undefined, 9n],
    [33, whole.slice(0, whole.length - 21), 9n, undefined],
    [54, whole, 9n, 9n],
  ])("%i", (length, bytes, digestZxid, lastZxid) => {
    expect(bytes.length - upToSeal1.length).toBe(length);
    const sections = decodeFile(new Recollection(), bytes);
    expect([sections.digest?.zxid, sections.lastZxid]).toEqual([digestZxid, lastZxid]);
  });

  test.each([1, 13, 34, 55, 4000])("%i is unknown", (length) =>
    expect(verdict(concatBytes([upToSeal1, new Uint8Array(length)]))).toBe(
      `DecodeError: snapshot: ${length} bytes after its first seal, known are 0, 21, 33 and 54`,
    ),
  );
});

/** Appends Adler-32 of everything and the terminator. */
function seal(bytes: Uint8Array): Uint8Array {
  const sum = new DataView(new ArrayBuffer(8));
  sum.setUint32(4, adler32(1, bytes));
  return concatBytes([bytes, new Uint8Array(sum.buffer), bytesOfHex("00000001 2f")]);
}

test("no flipped byte goes unnoticed: the seals cover the header too", () => {
  for (const bytes of [recorded, sampleSnapshot(3n)]) {
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 0x41;
      expect([at, verdict(flipped)]).toEqual([at, expect.stringMatching(/^DecodeError: /)]);
    }
  }
});

test("a file cut anywhere is refused, except where an older release ends", () => {
  const length = recorded.length;
  for (let cut = 0; cut < length; cut++) {
    const older = cut === length - 54 || cut === length - 21;
    expect([cut, verdict(recorded.slice(0, cut))]).toEqual([
      cut,
      older ? "good" : expect.stringMatching(/^DecodeError/),
    ]);
  }
});

describe("the stream behind SNAP (peer-protocol 3.8)", () => {
  const copy = new Copy();
  const stream = copy.encode("stream", decodeFile(copy, recorded));
  const behind = bytesOfHex("0000000a 0000000100000000 ffffffff ffffffff");

  test("has no header and no seals, and is signed", () => {
    expect(stream.slice(0, 8)).toEqual(recorded.slice(16, 24));
    expect(stream.slice(-19)).toEqual(bytesOfHex("00000001 2f 0000000a 42656e57617348657265"));
    expect(stream.length).toBe(recorded.length - 54 - 13 - 16 + 14);
  });

  test.each([1, 5, 64, 5000])("tells where it ends, in chunks of %i", (chunk) => {
    const all = concatBytes([stream, behind]);
    const again = new Copy();
    const decoder = new SnapshotDecoder(again, "stream", LIMIT);
    let at = 0;
    let done = false;
    while (!done) {
      done = decoder.push(all.slice(at, at + chunk));
      at = Math.min(all.length, at + chunk);
      expect(done).toBe(at >= stream.length);
    }
    expect(decoder.consumed).toBe(stream.length);
    expect(decoder.rest()).toEqual(all.slice(stream.length, at));
    expect(again.nodes).toEqual(copy.nodes);
  });

  test("with another signature is refused", () => {
    const forged = stream.slice();
    forged[forged.length - 1] = 0x66;
    expect(() => new SnapshotDecoder(new Recollection(), "stream", LIMIT).push(forged)).toThrow(
      "not signed BenWasHere",
    );
  });
});

describe("bad input", () => {
  const begin = (nodes: readonly Uint8Array[]): Uint8Array =>
    concatBytes([new SnapshotEncoder("stream").begin([], []), ...nodes]);
  const push = (bytes: Uint8Array, limit = LIMIT): boolean =>
    new SnapshotDecoder(new Recollection(), "stream", limit).push(bytes);

  test.each([
    ["a first node that is not the root", [sampleNode("/a", "")], 'unexpected path "/a"'],
    ["a second root", [sampleNode("", ""), sampleNode("", "")], 'unexpected path ""'],
    ["a relative path", [sampleNode("", ""), sampleNode("a", "")], 'unexpected path "a"'],
    ["no path", [bytesOfHex("ffffffff 00")], "a node without a path"],
    ["a path of 2^31-1 bytes", [bytesOfHex("7fffffff 00")], "path of 2147483647 bytes"],
    ["a path of -2 bytes", [bytesOfHex("fffffffe 00")], "path of -2 bytes"],
    ["data of 2^31-1 bytes", [bytesOfHex("00000000 7fffffff")], "data of 2147483647 bytes"],
  ])("%s", (_, nodes, message) => expect(() => push(begin(nodes))).toThrow(message));

  test("an ACL entry may not be longer than the limit", () => {
    const acl = Array.from({ length: 100 }, () => ({ perms: 31, id: { scheme: "world", id: "anyone" } }));
    const bytes = new SnapshotEncoder("stream").begin([], [{ key: 1n, acl }]);
    expect(push(bytes)).toBe(false);
    expect(() => push(bytes, 1000)).toThrow("an ACL of more than 1000 bytes");
  });

  test("counts of -1 are none, and a huge count allocates nothing", () => {
    expect(push(bytesOfHex("ffffffff ffffffff"))).toBe(false);
    expect(push(bytesOfHex("7fffffff"))).toBe(false);
    expect(push(bytesOfHex("00000000 7fffffff 0000000000000001 7fffffff"))).toBe(false);
  });
});

test.each([1, 7, 100, 1000, 100_000])(
  "each node is announced before it comes, in the same bytes, %i at a time",
  (chunk) => {
    const names = Array.from({ length: 200 }, (_, i) => `/node${i}`);
    const nodes = ["", ...names].map((path) => sampleNode(path, "x".repeat(path.length)));
    const encoder = new SnapshotEncoder("stream");
    const bytes = concatBytes([encoder.begin([], []), ...nodes, encoder.end(undefined, toZxid(0n))]);
    const sink = new Announced();
    const decoder = new SnapshotDecoder(sink, "stream", LIMIT);
    for (let at = 0; at < bytes.length; at += chunk) decoder.push(bytes.slice(at, at + chunk));
    expect(sink.surprises).toEqual([""]);
    expect(sink.nodes.length).toBe(201);
    if (chunk > bytes.length) expect(sink.announced).toEqual(names);
  },
);

class Announced extends Recollection {
  readonly announced: string[] = [];
  /** Paths that came without having been announced. */
  readonly surprises: string[] = [];
  private bytes: Uint8Array = new Uint8Array(0);
  private ahead: string[] = [];

  readonly lookAhead = {
    room: () => 5 - this.ahead.length,
    get isFull(): boolean {
      return this.room() === 0;
    },
    begin: (bytes: Uint8Array): void => {
      this.bytes = bytes;
      this.ahead = [];
    },
    expect: (start: number, end: number): void => {
      const path = new TextDecoder().decode(this.bytes.subarray(start, end));
      this.ahead.push(path);
      this.announced.push(path);
    },
    fetchSlots(): void {},
  };

  override node(record: NodeRecord): void {
    super.node(record);
    const isExpected = record.bytes === this.bytes && this.ahead[0] === record.path;
    if (isExpected) this.ahead.shift();
    else this.surprises.push(record.path);
  }
}

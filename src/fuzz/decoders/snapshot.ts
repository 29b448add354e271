import { buffer, int, long, ustring, vector, Writer } from "jute-ts";
import { asciiBytes, concatBytes, viewOf } from "../../base/bytes.ts";
import { adler32 } from "../../base/checksum.ts";
import { toSessionId } from "../../base/ids.ts";
import { ZXID_ZERO } from "../../base/zxid.ts";
import { contentOf } from "../../store/compression.ts";
import { MemoryDirectory } from "../../store/memoryDirectory.ts";
import { sampleSnapshot } from "../../store/sampleFiles.ts";
import { SnapshotDecoder, type SnapshotSections, type SnapshotSink } from "../../store/snapshotDecoder.ts";
import {
  SNAPSHOT_TERMINATOR,
  type SnapshotAcl,
  SnapshotEncoder,
  type SnapshotForm,
  type SnapshotSession,
  STREAM_SIGNATURE_BYTES,
} from "../../store/snapshotEncoder.ts";
import { ACL, StatPersisted } from "../../wire/client/shared.ts";
import type { NodeRecord } from "../../wire/nodeRecord.ts";
import { agreed } from "../chunks.ts";
import { type Decoder, decoder } from "../decoder.ts";
import { choice, constant, type Grammar, repeated, sequence, word } from "../grammar.ts";
import { recordedFile } from "../recorded.ts";

const text = (value: string): Grammar => constant(asciiBytes(value));
const PATH = choice(ustring, sequence(word(2), text("/a")), sequence(word(4), text("/a/b")));
const NODE: Grammar = sequence(PATH, buffer, long, StatPersisted);
const SESSIONS = choice(word(0), sequence(word(1), long, int), sequence(word(2), long, int, long, int));
const ACLS = choice(
  word(0),
  sequence(word(1), long, vector(ACL)),
  sequence(word(2), long, vector(ACL), long, vector(ACL)),
);
const CONTENT = sequence(SESSIONS, ACLS, word(0), buffer, long, StatPersisted, repeated(NODE, 3));
const END = constant(SNAPSHOT_TERMINATOR);
const SEAL = sequence(word(0), word(0), END);
const HEADER = constant(Uint8Array.of(0x5a, 0x4b, 0x53, 0x4e, 0, 0, 0, 2, 255, 255, 255, 255, 255, 255, 255, 255));
const FILE: Grammar = sequence(
  HEADER,
  CONTENT,
  END,
  SEAL,
  choice(sequence(), sequence(long, int, long, SEAL), sequence(long, int, long, SEAL, long, SEAL)),
);

const LIMIT = 2_097_150;
const HEADER_BYTES = 16;
const SLASH = 0x2f;
/** A seal of 13, and the 54 bytes of digest and last zxid with theirs. */
const SECTIONS_BYTES = 13 + 54;
/** A window and pieces of a fixed size; a snappy block may announce 22 bytes for each of its own. */
const PACKED_EXTRA = 512 * 1024;
const STREAM_EXTRA = 64 * 1024;

export const SNAPSHOTS: readonly Decoder[] = [
  decoder({
    name: "snapshotStream",
    executions: 100_000,
    grammars: [sequence(CONTENT, END, constant(STREAM_SIGNATURE_BYTES))],
    recorded: [streamOf(recordedFile("snapshot.2d"))],
    decode: (bytes, random) => agreed(bytes, random, streamIn),
    again: (found) => kept(streamIn([encoded(found, "stream")]), found),
    extraBytes: STREAM_EXTRA,
  }),
  decoder({
    name: "snapshotFile",
    executions: 80_000,
    grammars: [FILE],
    recorded: [sampleSnapshot(7n), recordedFile("snapshot.2d")],
    repair: repairSeals,
    decode: (bytes, random) => agreed(bytes, random, fileIn),
    again: (found) => kept(fileIn([encoded(found, "file")]), found),
    extraBytes: STREAM_EXTRA,
  }),
  ...(["gz", "snappy"] as const).map((compression) =>
    decoder({
      name: `snapshot.${compression}`,
      executions: 10_000,
      grammars: [],
      recorded: [recordedFile(`snapshot.2d.${compression}`)],
      decode: (bytes) => unpackedLength(bytes, compression),
      extraBytes: PACKED_EXTRA,
    }),
  ),
];

interface Content {
  readonly sessions: readonly SnapshotSession[];
  readonly acls: readonly SnapshotAcl[];
  readonly nodes: readonly SnapshotNode[];
  readonly sections: SnapshotSections | undefined;
  readonly consumed: number;
}

interface SnapshotNode {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly aclKey: bigint;
  readonly stat: Uint8Array;
}

/** What a snapshot held, copied. */
class Found implements SnapshotSink, Content {
  readonly sessions: SnapshotSession[] = [];
  readonly acls: SnapshotAcl[] = [];
  readonly nodes: SnapshotNode[] = [];
  sections: SnapshotSections | undefined;
  consumed = 0;

  session(id: bigint, timeoutMs: number): void {
    this.sessions.push({ id: toSessionId(id), timeoutMs });
  }

  acl(key: bigint, acl: readonly ACL[]): void {
    this.acls.push({ key, acl });
  }

  node({ path, data, aclKey, stat }: NodeRecord): void {
    this.nodes.push({ path, data: data === null ? null : data.slice(), aclKey, stat: stat.slice() });
  }
}

function streamIn(chunks: readonly Uint8Array[]): Content | undefined {
  const found = new Found();
  const snapshot = new SnapshotDecoder(found, "stream", LIMIT);
  for (const chunk of chunks) {
    if (!snapshot.push(chunk)) continue;
    found.consumed = snapshot.consumed;
    return found;
  }
  return undefined;
}

function fileIn(chunks: readonly Uint8Array[]): Content {
  const found = new Found();
  const snapshot = new SnapshotDecoder(found, "file", LIMIT);
  for (const chunk of chunks) snapshot.push(chunk);
  found.sections = snapshot.finish();
  return found;
}

function encoded(found: Content, form: SnapshotForm): Uint8Array {
  const encoder = new SnapshotEncoder(form);
  const nodes = new Writer(256);
  for (const { path, data, aclKey, stat } of found.nodes) {
    nodes.ustring(path);
    nodes.buffer(data);
    nodes.long(aclKey);
    nodes.raw(stat);
  }
  return concatBytes([
    encoder.begin(found.sessions, found.acls),
    encoder.nodes(nodes.toBytes()),
    encoder.end(found.sections?.digest, found.sections?.lastZxid ?? ZXID_ZERO),
  ]);
}

/** What is written always has all sections, and text may have got longer: neither is compared. */
function kept(repeated: Content | undefined, { sections, consumed }: Content): Content | undefined {
  return repeated && { ...repeated, sections, consumed };
}

/** A stream of what a file holds: what lies between its header and its first seal, signed. */
function streamOf(file: Uint8Array): Uint8Array {
  return concatBytes([file.subarray(HEADER_BYTES, file.length - SECTIONS_BYTES), STREAM_SIGNATURE_BYTES]);
}

/** Right checksums wherever a seal seems to be: eight bytes before the text that ends each, with the upper four zero. */
function repairSeals(bytes: Uint8Array): void {
  const view = viewOf(bytes);
  for (let at = 8; at + SNAPSHOT_TERMINATOR.length <= bytes.length; at++) {
    if (bytes[at + 4] !== SLASH || view.getInt32(at) !== 1) continue;
    if (view.getInt32(at - 8) === 0) view.setUint32(at - 4, adler32(1, bytes, 0, at - 8));
  }
}

/** Reads to the end as a start does; nothing of it is kept. */
function unpackedLength(bytes: Uint8Array, compression: "gz" | "snappy"): number {
  const directory = new MemoryDirectory("/d");
  directory.write("snapshot", 0, bytes);
  directory.resize("snapshot", bytes.length);
  const content = contentOf(directory, "snapshot", compression);
  let length = 0;
  for (let piece = content.next(); piece.length > 0; piece = content.next()) length += piece.length;
  return length;
}

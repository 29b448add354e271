import type { DecodeError } from "jute-ts";
import { CutShort, readOrDamaged } from "./byteSource.ts";
import { type Compression, contentOf } from "./compression.ts";
import type { Directory } from "./directory.ts";
import { compressionOf } from "./names.ts";
import { SNAPPY_HEADER } from "./snappy.ts";
import { SnapshotDecoder, type SnapshotSections, type SnapshotSink } from "./snapshotDecoder.ts";
import { SNAPSHOT_TERMINATOR } from "./snapshotEncoder.ts";

/**
 * Reads a snapshot, packed or plain, into a sink in slices and verifies its seals. DecodeError when it is damaged or cannot be
 * read, CutShort when its packing ends too early: the next older one is tried, with a fresh sink (on-disk-formats 4.9).
 */
export function* readSnapshot(
  directory: Directory,
  name: string,
  sink: SnapshotSink,
  maxLength: number,
): Generator<void, SnapshotSections> {
  const compression = compressionOf(name);
  const decoder = new SnapshotDecoder(sink, "file", maxLength);
  const size = readOrDamaged(() => directory.size(name));
  const content = contentOf(directory, name, compression);
  try {
    for (let piece = content.next(); piece.length > 0; piece = content.next()) {
      decoder.push(piece);
      if (compression === "none") sink.progress?.(decoder.consumed / size);
      yield;
    }
  } finally {
    directory.release(name);
  }
  if (compression === "snappy" && !decoder.isFileComplete) throw new CutShort("the file ends too early");
  return decoder.finish();
}

/**
 * Java's cheap test: of a plain file whether it was written to its end, of a packed one whether it begins as such, which it
 * also does when it was cut (on-disk-formats 4.9).
 */
export function looksWhole(directory: Directory, name: string): boolean {
  const mark = MARKS[compressionOf(name)];
  try {
    const size = directory.size(name);
    if (size < 10) return false;
    const found = directory.read(name, mark.atEnd ? size - mark.bytes.length : 0, mark.bytes.length);
    directory.release(name);
    return mark.bytes.every((byte, i) => byte === found[i]);
  } catch {
    // What cannot be read may well be whole: it must not be taken for a snapshot that never came to its end.
    return true;
  }
}

/** Whether a snapshot that could not be read had been written to its end, and so proves that its transactions happened. */
export function wasWhole(directory: Directory, name: string, failure: DecodeError): boolean {
  return !(failure instanceof CutShort) && looksWhole(directory, name);
}

const MARKS: Readonly<Record<Compression, { readonly bytes: Uint8Array; readonly atEnd: boolean }>> = {
  none: { bytes: SNAPSHOT_TERMINATOR, atEnd: true },
  gz: { bytes: Uint8Array.of(0x1f, 0x8b), atEnd: false },
  snappy: { bytes: SNAPPY_HEADER.subarray(0, 8), atEnd: false },
};

import { DecodeError } from "jute-ts";
import type { Directory } from "./directory.ts";
import { SnapshotDecoder, type SnapshotSections, type SnapshotSink } from "./snapshotDecoder.ts";
import { SNAPSHOT_TERMINATOR } from "./snapshotEncoder.ts";

/**
 * Reads a snapshot into a sink in slices and verifies its seals. DecodeError when it is damaged or cannot be read: the next
 * older one is tried, with a fresh sink (on-disk-formats 4.9).
 */
export function* readSnapshot(
  directory: Directory,
  name: string,
  sink: SnapshotSink,
  maxLength: number,
): Generator<void, SnapshotSections> {
  const decoder = new SnapshotDecoder(sink, "file", maxLength);
  const size = readable(() => directory.size(name));
  for (let at = 0; at < size; ) {
    const chunk = readable(() => directory.read(name, at, CHUNK_BYTES));
    if (chunk.length === 0) throw new DecodeError(`the file ended at ${at} of ${size} bytes`);
    at += chunk.length;
    decoder.push(chunk);
    yield;
  }
  directory.release(name);
  return decoder.finish();
}

/** Java's cheap test: whether the file was written to its end. */
export function looksWhole(directory: Directory, name: string): boolean {
  try {
    const size = directory.size(name);
    if (size < 10) return false;
    const tail = directory.read(name, size - SNAPSHOT_TERMINATOR.length, SNAPSHOT_TERMINATOR.length);
    directory.release(name);
    return SNAPSHOT_TERMINATOR.every((byte, i) => byte === tail[i]);
  } catch {
    // What cannot be read may well be whole: it must not be taken for a snapshot that never came to its end.
    return true;
  }
}

/** A device that cannot give the bytes back is one more kind of damage. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error));
  }
}

const CHUNK_BYTES = 128 * 1024;

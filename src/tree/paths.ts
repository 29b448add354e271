import { Writer } from "jute-ts";
import { crc32 } from "../base/checksum.ts";

/** Words about paths. The root is "" in files and digests and "/" for clients; both name it everywhere in this room. */

/** Everything before the last slash; "" for a top-level path, which is the root (on-disk-formats 5.3). */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The path that events and clients use for a parent: the root is "/" there (client-protocol 6.3). */
export function shownPath(path: string): string {
  return path === "" ? "/" : path;
}

/** Whether a node counts in the tree digest: all but what lies below /zookeeper (on-disk-formats 7.1). */
export function isDigested(path: string): boolean {
  return !path.startsWith("/zookeeper/");
}

/**
 * A path as bytes and checksums: what the path table compares. One is re-used for every look-up.
 * The bytes are jute's, three for each half of a surrogate pair, so that different strings have different bytes.
 */
export class PathKey {
  bytes: Uint8Array;
  /** The path is bytes[start, end). */
  start: number;
  end: number;
  /** CRC-32 of the path, as int32. */
  crc: number;
  private readonly writer: Writer;

  constructor() {
    this.writer = new Writer(512);
    this.bytes = this.writer.bytes;
    this.start = 0;
    this.end = 0;
    this.crc = 0;
  }

  set(path: string): void {
    this.setText(path);
    this.crc = crc32(0, this.bytes, this.start, this.end) | 0;
  }

  /** The bytes are not copied: they must stay as they are until the look-up is over. */
  setBytes(bytes: Uint8Array, start: number, end: number): void {
    this.setRange(bytes, start, end);
    this.crc = crc32(0, bytes, start, end) | 0;
  }

  /** As `set`, but the CRC is the caller's to fill in. */
  setText(path: string): void {
    this.writer.reset();
    this.writer.ustring(path);
    this.setRange(this.writer.bytes, LENGTH_BYTES, this.writer.length);
  }

  /** As `setBytes`, but the CRC is the caller's to fill in. */
  setRange(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** Where the last slash is; below `start` when there is none. */
  lastSlash(): number {
    let at = this.end - 1;
    while (at >= this.start && this.bytes[at] !== SLASH) at--;
    return at;
  }
}

/** The text whose UTF-16 units, each encoded on its own, are these bytes; the inverse of what PathKey does. */
export function textOfUnits(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; ) {
    // Adding to a text letter by letter costs several times as much for long ones.
    const units: number[] = [];
    for (const stop = Math.min(at + CHUNK_BYTES, end); at < stop; ) {
      const first = bytes[at] as number;
      if (first < 0x80) {
        units.push(first);
        at += 1;
      } else if (first < 0xe0) {
        units.push(((first & 0x1f) << 6) | ((bytes[at + 1] as number) & 0x3f));
        at += 2;
      } else {
        const middle = ((bytes[at + 1] as number) & 0x3f) << 6;
        units.push(((first & 0x0f) << 12) | middle | ((bytes[at + 2] as number) & 0x3f));
        at += 3;
      }
    }
    text += String.fromCharCode(...units);
  }
  return text;
}

/** How many UTF-16 units such bytes hold. */
export function countUnits(bytes: Uint8Array, start: number, end: number): number {
  let units = 0;
  for (let at = start; at < end; at++) if (((bytes[at] as number) & 0xc0) !== 0x80) units++;
  return units;
}

/** What `ustring` puts before the text. */
const LENGTH_BYTES = 4;
const CHUNK_BYTES = 4096;
export const SLASH = 0x2f;

import { cachedText, LONGEST_CACHED, latin1Slice, SHORTEST_CACHED } from "./textCache.ts";

/**
 * Text as Java's jute reads and writes it.
 *
 * Reading is UTF-8 with U+FFFD for what is malformed and no stripping of a BOM. It differs from Node's decoder in one
 * point: an encoded surrogate (ED A0..BF xx) is one sequence of three bytes and becomes one U+FFFD, not three.
 * Writing encodes each UTF-16 unit on its own, so that a surrogate pair leaves as 3 + 3 bytes.
 */

/** The text of bytes[start, end), which lie in `view` from `base` on. Never fails. */
export function decodeText(bytes: Uint8Array, view: DataView, base: number, start: number, end: number): string {
  const length = end - start;
  if (length < SHORTEST_CACHED || length > LONGEST_CACHED) return decodeUncached(bytes, start, end);
  return cachedText(bytes, view, base + start, length) ?? decodeUtf8(bytes, start, end);
}

/** The number of bytes that `text` takes when written, its length prefix not counted. */
export function encodedLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) length += unit >= 0x800 ? 2 : 1;
  }
  return length;
}

/** Writes `text` at `start`; the caller has made room for `encodedLength(text)` bytes. */
export function encodeText(text: string, bytes: Uint8Array, start: number): void {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    }
  }
}

function decodeUncached(bytes: Uint8Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    if ((bytes[i] as number) >= 0x80) return decodeUtf8(bytes, start, end);
  }
  return latin1Slice.call(bytes, start, end);
}

function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const units = Buffer.allocUnsafe((end - start) * 2);
  let length = 0;
  for (let at = start; at < end; ) {
    const size = sequenceLength(bytes, at, end);
    let point = codePoint(bytes, at, size);
    at += size < 0 ? -size : size;
    if (point >= 0x10000) {
      const high = 0xd7c0 + (point >> 10);
      units[length++] = high;
      units[length++] = high >> 8;
      point = 0xdc00 | (point & 0x3ff);
    }
    units[length++] = point;
    units[length++] = point >> 8;
  }
  return units.toString("utf16le", 0, length);
}

/** Length of the sequence at `at`; negative when it is malformed: so many bytes share one U+FFFD. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const wanted = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (wanted === 0) return -1;
  for (let i = 1; i < wanted; i++) {
    if (at + i === end || !continues(bytes, at, i)) return -i;
  }
  return wanted;
}

/** Whether the byte `i` after the first byte at `at` can follow there: neither overlong nor above U+10FFFF. */
function continues(bytes: Uint8Array, at: number, i: number): boolean {
  const byte = bytes[at + i] as number;
  if (byte < 0x80 || byte > 0xbf) return false;
  if (i > 1) return true;
  const first = bytes[at] as number;
  if (first === 0xe0) return byte >= 0xa0;
  if (first === 0xf0) return byte >= 0x90;
  return first !== 0xf4 || byte <= 0x8f;
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  if (size < 0) return REPLACEMENT;
  const first = bytes[at] as number;
  if (size === 1) return first;
  let point = first & (0x7f >> size);
  for (let i = 1; i < size; i++) point = (point << 6) | ((bytes[at + i] as number) & 0x3f);
  return point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point;
}

const REPLACEMENT = 0xfffd;

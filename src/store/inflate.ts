import { DecodeError } from "jute-ts";
import { unreachable } from "../base/assert.ts";
import { crc32 } from "../base/checksum.ts";
import type { ByteReader, ByteSource } from "./byteSource.ts";

/**
 * The content of a gzip file (RFC 1951, RFC 1952), unpacked piece by piece as it is asked for. Written here because recovery reads
 * in slices and does not wait: node:zlib unpacks either whole files or by callback. DecodeError on anything that is no gzip, on a
 * wrong checksum, and on a file that ends too early.
 */
export class GunzipSource implements ByteSource {
  private readonly input: ByteReader;
  /** The last 32 KiB that were given, and behind them what is being unpacked. */
  private readonly window: Uint8Array = new Uint8Array(WINDOW_BYTES + PIECE_BYTES + LONGEST_MATCH);
  private end = 0;
  private summed = 0;
  private bits = 0;
  private bitCount = 0;
  private state: "header" | "block" | "stored" | "coded" | "trailer" = "header";
  private isLast = false;
  private stored = 0;
  private literals: Code = FIXED.literals;
  private distances: Code = FIXED.distances;
  private crc = 0;
  private members = 0;

  constructor(input: ByteReader) {
    this.input = input;
  }

  next(): Uint8Array {
    this.slide();
    const start = this.end;
    const target = start + PIECE_BYTES;
    while (this.end < target && this.step(target));
    this.sum();
    return this.window.slice(start, this.end);
  }

  /** Makes room behind the 32 KiB that a match may reach back into. */
  private slide(): void {
    const kept = Math.min(this.end, WINDOW_BYTES);
    this.window.copyWithin(0, this.end - kept, this.end);
    this.end = kept;
    this.summed = kept;
  }

  /** False when there is nothing to unpack any more. */
  private step(target: number): boolean {
    switch (this.state) {
      case "header":
        return this.header();
      case "block":
        return this.block();
      case "stored":
        return this.copyStored(target);
      case "coded":
        return this.decode(target);
      case "trailer":
        return this.trailer();
      default:
        return unreachable(this.state);
    }
  }

  /** One member follows another until the file ends (RFC 1952 2.2). */
  private header(): boolean {
    const { input } = this;
    if (this.members > 0 && input.isAtEnd) return false;
    const head = new Uint8Array(10);
    input.fill(head);
    if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) throw new DecodeError("no gzip: it does not start so");
    const flags = head[3] as number;
    if ((flags & EXTRA) !== 0) for (let left = input.byte() + 256 * input.byte(); left > 0; left--) input.byte();
    if ((flags & NAME) !== 0) while (input.byte() !== 0);
    if ((flags & COMMENT) !== 0) while (input.byte() !== 0);
    if ((flags & HEADER_CRC) !== 0) input.fill(head, 0, 2);
    this.state = "block";
    this.isLast = false;
    this.crc = 0;
    this.members++;
    return true;
  }

  private trailer(): boolean {
    this.sum();
    const end = new Uint8Array(8);
    // What is left of the last byte is padding; a whole byte is never held back.
    this.bits = 0;
    this.bitCount = 0;
    this.input.fill(end);
    const crc =
      ((end[0] as number) | ((end[1] as number) << 8) | ((end[2] as number) << 16) | ((end[3] as number) << 24)) >>> 0;
    if (crc !== this.crc) throw new DecodeError("the gzip checksum is wrong");
    this.state = "header";
    return true;
  }

  /** Takes what was unpacked since the last call into the member's checksum. */
  private sum(): void {
    this.crc = crc32(this.crc, this.window, this.summed, this.end);
    this.summed = this.end;
  }

  private block(): boolean {
    if (this.isLast) {
      this.state = "trailer";
      return true;
    }
    this.isLast = this.take(1) === 1;
    const type = this.take(2);
    if (type === 3) throw damaged("block of an unknown type");
    if (type === 0) this.openStored();
    else this.openCoded(type === 1);
    return true;
  }

  private openStored(): void {
    this.bits = 0;
    this.bitCount = 0;
    const { input } = this;
    const length = input.byte() + 256 * input.byte();
    const check = input.byte() + 256 * input.byte();
    if ((length ^ check) !== 0xffff) throw damaged("stored block with a wrong length");
    this.stored = length;
    this.state = "stored";
  }

  private copyStored(target: number): boolean {
    const count = Math.min(this.stored, target - this.end);
    this.input.fill(this.window, this.end, this.end + count);
    this.end += count;
    this.stored -= count;
    if (this.stored === 0) this.state = "block";
    return true;
  }

  private openCoded(isFixed: boolean): void {
    const codes = isFixed ? FIXED : this.readCodes();
    this.literals = codes.literals;
    this.distances = codes.distances;
    this.state = "coded";
  }

  private readCodes(): Codes {
    const literalCount = this.take(5) + 257;
    const distanceCount = this.take(5) + 1;
    const lengthCount = this.take(4) + 4;
    const lengths = new Uint8Array(19);
    for (let i = 0; i < lengthCount; i++) lengths[LENGTH_ORDER[i] as number] = this.take(3);
    const all = this.readLengths(codeOf(lengths), literalCount + distanceCount);
    return { literals: codeOf(all.subarray(0, literalCount)), distances: codeOf(all.subarray(literalCount)) };
  }

  /** Code lengths, themselves coded, with runs (RFC 1951 3.2.7). */
  private readLengths(code: Code, count: number): Uint8Array {
    const lengths = new Uint8Array(count);
    for (let i = 0; i < count; ) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) throw damaged("run of nothing");
      const value = symbol === 16 ? (lengths[i - 1] as number) : 0;
      const run = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
      if (i + run > count) throw damaged("run that is too long");
      lengths.fill(value, i, i + run);
      i += run;
    }
    return lengths;
  }

  /** Literals and matches until the block or the room ends; a match may reach over `target` by its length. */
  private decode(target: number): boolean {
    while (this.end < target) {
      const symbol = this.symbol(this.literals);
      if (symbol < 256) this.window[this.end++] = symbol;
      else if (symbol === 256) {
        this.state = "block";
        return true;
      } else this.match(symbol - 257);
    }
    return true;
  }

  private match(lengthSymbol: number): void {
    const base = LENGTH_BASE[lengthSymbol];
    if (base === undefined) throw damaged("length of no meaning");
    const length = base + this.take(LENGTH_EXTRA[lengthSymbol] as number);
    const distanceSymbol = this.symbol(this.distances);
    const reach = DISTANCE_BASE[distanceSymbol];
    if (reach === undefined) throw damaged("distance of no meaning");
    const distance = reach + this.take(DISTANCE_EXTRA[distanceSymbol] as number);
    const { window } = this;
    let to = this.end;
    let from = to - distance;
    if (from < 0) throw damaged("match before the beginning");
    for (const stop = to + length; to < stop; ) window[to++] = window[from++] as number;
    this.end = to;
  }

  private symbol(code: Code): number {
    while (this.bitCount < code.longest) {
      // Near the end of a member fewer bits than the longest code may be left.
      const entry = code.table[this.bits & code.mask] as number;
      if ((entry & 15) !== 0 && (entry & 15) <= this.bitCount) return this.taken(entry);
      this.bits |= this.input.byte() << this.bitCount;
      this.bitCount += 8;
    }
    const entry = code.table[this.bits & code.mask] as number;
    if ((entry & 15) === 0) throw damaged("code of no meaning");
    return this.taken(entry);
  }

  private taken(entry: number): number {
    this.bits >>>= entry & 15;
    this.bitCount -= entry & 15;
    return entry >>> 4;
  }

  private take(count: number): number {
    while (this.bitCount < count) {
      this.bits |= this.input.byte() << this.bitCount;
      this.bitCount += 8;
    }
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.bitCount -= count;
    return value;
  }
}

/** A Huffman code: `table` at the next bits (the first is the lowest) holds `symbol << 4 | length`, 0 where no code begins so. */
interface Code {
  readonly table: Uint16Array;
  readonly longest: number;
  readonly mask: number;
}

interface Codes {
  readonly literals: Code;
  readonly distances: Code;
}

/** The canonical code of these lengths, 0 for symbols that do not occur (RFC 1951 3.2.2). */
function codeOf(lengths: Uint8Array): Code {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  const longest = counts.findLastIndex((count) => count > 0);
  if (longest < 0) return { table: new Uint16Array(1), longest: 0, mask: 0 };
  const next = new Uint32Array(17);
  for (let length = 1; length < 16; length++)
    next[length + 1] = ((next[length] as number) + (counts[length] as number)) << 1;
  if ((next[longest + 1] as number) > 2 << longest) throw damaged("code with too many words");
  const table = new Uint16Array(1 << longest);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const word = reversed(next[length] as number, length);
    next[length] = (next[length] as number) + 1;
    for (let at = word; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  });
  return { table, longest, mask: table.length - 1 };
}

function reversed(word: number, length: number): number {
  let result = 0;
  for (let i = 0; i < length; i++) result |= ((word >>> i) & 1) << (length - 1 - i);
  return result;
}

function damaged(what: string): DecodeError {
  return new DecodeError(`the gzip data is damaged: a ${what}`);
}

const WINDOW_BYTES = 32 * 1024;
const PIECE_BYTES = 128 * 1024;
const LONGEST_MATCH = 258;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const HEADER_CRC = 2;
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_BASE = [...LENGTH_EXTRA.keys()].map((i) =>
  i === 28 ? 258 : LENGTH_EXTRA.slice(0, i).reduce((base, extra) => base + (1 << extra), 3),
);
const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
const DISTANCE_BASE = DISTANCE_EXTRA.map((_, i) =>
  DISTANCE_EXTRA.slice(0, i).reduce((base, extra) => base + (1 << extra), 1),
);
const FIXED: Codes = {
  literals: codeOf(Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))),
  distances: codeOf(new Uint8Array(30).fill(5)),
};

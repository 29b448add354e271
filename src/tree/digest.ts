import { crc32, crc32Shares } from "../base/checksum.ts";
import { highOf, longOf, lowOf } from "../base/long.ts";
import type { NodeStat } from "./nodeStat.ts";
import { PathKey } from "./paths.ts";

/** The digest of a tree: the sum of its nodes' digests modulo 2^64 (on-disk-formats 7.2). */
export class TreeDigest {
  private high = 0;
  /** 0 .. 2^32 - 1 */
  private low = 0;

  set(value: bigint): void {
    this.high = highOf(value);
    this.low = lowOf(value) >>> 0;
  }

  copy(other: TreeDigest): void {
    this.high = other.high;
    this.low = other.low;
  }

  add(nodeDigest: number): void {
    this.low += nodeDigest;
    if (this.low < WORD) return;
    this.low -= WORD;
    this.high = (this.high + 1) | 0;
  }

  subtract(nodeDigest: number): void {
    this.low -= nodeDigest;
    if (this.low >= 0) return;
    this.low += WORD;
    this.high = (this.high - 1) | 0;
  }

  replace(before: number, after: number): void {
    this.subtract(before);
    this.add(after);
  }

  /** As a transaction carries it. */
  get signed(): bigint {
    return longOf(this.high, this.low | 0);
  }

  get unsigned(): bigint {
    return BigInt.asUintN(64, this.signed);
  }
}

/** CRC-32 of a path (the root is ""), signed. */
export function pathCrcOf(path: string): number {
  KEY.set(path);
  return KEY.crc;
}

/** CRC-32 of a path and data, signed: where a node's digest begins, whatever its Stat. */
export function contentCrcOf(pathCrc: number, data: Uint8Array | null): number {
  return data === null ? pathCrc : crc32(pathCrc, data) | 0;
}

/**
 * The unsigned 32-bit digest of a node that counts: the CRC-32 goes on from path and data through czxid, mzxid, pzxid, ctime, mtime,
 *
 * version, cversion, aversion and owner (on-disk-formats 7.1). Words of zero, as most nodes have several, cost nothing.
 */
export function digestOfContent(contentCrc: number, stat: NodeStat): number {
  const digest =
    share(0, stat.czxidHigh ^ reversed(~contentCrc)) ^
    share(1, stat.czxidLow) ^
    share(2, stat.mzxidHigh) ^
    share(3, stat.mzxidLow) ^
    share(4, stat.pzxidHigh) ^
    share(5, stat.pzxidLow) ^
    share(6, stat.ctimeHigh) ^
    share(7, stat.ctimeLow) ^
    share(8, stat.mtimeHigh) ^
    share(9, stat.mtimeLow) ^
    share(10, stat.version) ^
    share(11, stat.cversion) ^
    share(12, stat.aversion) ^
    share(13, stat.ownerHigh) ^
    share(14, stat.ownerLow);
  return ~digest >>> 0;
}

/** What a word of the block adds to its CRC. */
function share(word: number, value: number): number {
  if (value === 0) return 0;
  const at = 1024 * word;
  return (
    (SHARES[at + (value >>> 24)] as number) ^
    (SHARES[at + 256 + ((value >>> 16) & 0xff)] as number) ^
    (SHARES[at + 512 + ((value >>> 8) & 0xff)] as number) ^
    (SHARES[at + 768 + (value & 0xff)] as number)
  );
}

/** The same four bytes, the last one first. */
function reversed(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

const WORD = 0x100000000;
const KEY = new PathKey();
const SHARES = crc32Shares(60);

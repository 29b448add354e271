import { crc32, crc32Shares } from "../base/checksum.ts";
import { highOf, longOf, lowOf } from "../base/long.ts";
import type { NodeStat } from "./nodeStat.ts";
import { PathKey } from "./paths.ts";
import type { Stamp } from "./stamp.ts";

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

  /** Whether it is this signed value, in halves. */
  equals(high: number, low: number): boolean {
    return this.high === high && (this.low | 0) === low;
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

/** The same of a node as its creation leaves it: czxid stands for mzxid and pzxid too, ctime for mtime, and no version was raised. */
export function digestOfNew(contentCrc: number, stamp: Stamp, ownerHigh: number, ownerLow: number): number {
  const digest =
    share(0, reversed(~contentCrc)) ^
    share(15, stamp.zxidHigh) ^
    share(16, stamp.zxidLow) ^
    share(17, stamp.timeHigh) ^
    share(18, stamp.timeLow) ^
    share(13, ownerHigh) ^
    share(14, ownerLow);
  return ~digest >>> 0;
}

/** In which bits a digest changes when these bits of pzxid and the creation counter do. */
export function digestChange(pzxidHigh: number, pzxidLow: number, cversion: number): number {
  return share(4, pzxidHigh) ^ share(5, pzxidLow) ^ share(11, cversion);
}

/** What a word of the block adds to its CRC; 15 to 18: see `wordShares`. */
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

/** The shares of the block's 15 words; behind them those of four words of a new node, each together with the words that equal it. */
function wordShares(): Int32Array {
  const shares = new Int32Array(19 * 1024);
  shares.set(crc32Shares(60));
  for (const [i, places] of [CZXID_HIGH, CZXID_LOW, CTIME_HIGH, CTIME_LOW].entries()) {
    const sum = shares.subarray(1024 * (15 + i), 1024 * (16 + i));
    for (const place of places)
      for (let at = 0; at < 1024; at++) sum[at] = (sum[at] as number) ^ (shares[1024 * place + at] as number);
  }
  return shares;
}

/** The same four bytes, the last one first. */
function reversed(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

const WORD = 0x100000000;
const KEY = new PathKey();
/** Where czxid and ctime stand in the block of a node that is as its creation left it. */
const CZXID_HIGH = [0, 2, 4];
const CZXID_LOW = [1, 3, 5];
const CTIME_HIGH = [6, 8];
const CTIME_LOW = [7, 9];
const SHARES = wordShares();

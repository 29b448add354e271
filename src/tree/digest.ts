import { crc32 } from "../base/checksum.ts";
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

/** The unsigned 32-bit digest of a node that counts (on-disk-formats 7.1). */
export function digestOfContent(contentCrc: number, stat: NodeStat): number {
  stat.writeDigestBlock(BLOCK);
  return crc32(contentCrc, BLOCK_BYTES);
}

const WORD = 0x100000000;
const KEY = new PathKey();
const BLOCK_BYTES = new Uint8Array(60);
const BLOCK = new DataView(BLOCK_BYTES.buffer);

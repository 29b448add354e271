import { crc32 } from "../base/checksum.ts";
import type { StatPersisted } from "../wire/client/shared.ts";
import { longOf } from "./long.ts";
import { PathKey } from "./paths.ts";

/** The digest of a tree: the sum of its nodes' digests modulo 2^64 (on-disk-formats 7.2). */
export class TreeDigest {
  private high = 0;
  /** 0 .. 2^32 - 1 */
  private low = 0;

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

  /** As a transaction carries it. */
  get signed(): bigint {
    return longOf(this.high, this.low | 0);
  }

  get unsigned(): bigint {
    return BigInt.asUintN(64, this.signed);
  }
}

/** CRC-32 of a path (the root is "") and data, signed: where a node's digest begins, whatever its Stat. */
export function contentCrcOf(path: string, data: Uint8Array | null): number {
  KEY.set(path);
  return data === null ? KEY.crc : crc32(KEY.crc, data) | 0;
}

/** The unsigned 32-bit digest of a node that counts (on-disk-formats 7.1). */
export function digestOfContent(contentCrc: number, stat: StatPersisted): number {
  BLOCK.setBigInt64(0, stat.czxid);
  BLOCK.setBigInt64(8, stat.mzxid);
  BLOCK.setBigInt64(16, stat.pzxid);
  BLOCK.setBigInt64(24, stat.ctime);
  BLOCK.setBigInt64(32, stat.mtime);
  BLOCK.setInt32(40, stat.version);
  BLOCK.setInt32(44, stat.cversion);
  BLOCK.setInt32(48, stat.aversion);
  BLOCK.setBigInt64(52, stat.ephemeralOwner);
  return crc32(contentCrc, BLOCK_BYTES);
}

const WORD = 0x100000000;
const KEY = new PathKey();
const BLOCK_BYTES = new Uint8Array(60);
const BLOCK = new DataView(BLOCK_BYTES.buffer);

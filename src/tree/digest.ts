import { crc32 } from "../base/checksum.ts";
import type { StatPersisted } from "../wire/client/shared.ts";
import { longOf } from "./long.ts";
import { isDigested, PathKey } from "./paths.ts";

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

/** The unsigned 32-bit digest of one node; 0 for what is left out (on-disk-formats 7.1). */
export function nodeDigestOf(path: string, data: Uint8Array | null, stat: StatPersisted): number {
  if (!isDigested(path)) return 0;
  KEY.set(path === "/" ? "" : path);
  const content = data === null ? KEY.crc : crc32(KEY.crc, data);
  putLongs(BLOCK, 0, [stat.czxid, stat.mzxid, stat.pzxid, stat.ctime, stat.mtime]);
  BLOCK.setInt32(40, stat.version);
  BLOCK.setInt32(44, stat.cversion);
  BLOCK.setInt32(48, stat.aversion);
  BLOCK.setBigInt64(52, stat.ephemeralOwner);
  return crc32(content, BLOCK_BYTES);
}

function putLongs(view: DataView, at: number, values: readonly bigint[]): void {
  for (let i = 0; i < values.length; i++) view.setBigInt64(at + 8 * i, values[i] as bigint);
}

const WORD = 0x100000000;
const KEY = new PathKey();
const BLOCK_BYTES = new Uint8Array(60);
const BLOCK = new DataView(BLOCK_BYTES.buffer);

import { crc32 } from "../base/checksum.ts";
import { PathKey } from "../tree/paths.ts";
import type { StatPersisted } from "../wire/client/shared.ts";

/** CRC-32 of a path (the root is "") and data: where a node's digest begins, and what no change of its Stat touches. */
export function contentCrcOf(path: string, data: Uint8Array | null): number {
  KEY.set(path);
  return data === null ? KEY.crc : crc32(KEY.crc, data) | 0;
}

/** The unsigned 32-bit digest of a node (on-disk-formats 7.1). */
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

const KEY = new PathKey();
const BLOCK_BYTES = new Uint8Array(60);
const BLOCK = new DataView(BLOCK_BYTES.buffer);

import type { Writer } from "jute-ts";
import { crc32 } from "../base/checksum.ts";
import { STAT_BYTES, STAT_PERSISTED_BYTES, type Stat, type StatPersisted } from "../wire/client/shared.ts";
import { longOf } from "./long.ts";
import type { NodeRef, NodeTable } from "./nodeTable.ts";

/** The three forms of what is fixed about a node: as clients see it, as files hold it, as the digest takes it. */

/** cversion, dataLength, numChildren and ephemeralOwner are derived (client-protocol 3.3). */
export function statOf(table: NodeTable, ref: NodeRef): Stat {
  table.writeStat(ref, SCRATCH, 0);
  return {
    czxid: SCRATCH.getBigInt64(0),
    mzxid: SCRATCH.getBigInt64(8),
    ctime: SCRATCH.getBigInt64(16),
    mtime: SCRATCH.getBigInt64(24),
    version: SCRATCH.getInt32(32),
    cversion: SCRATCH.getInt32(36),
    aversion: SCRATCH.getInt32(40),
    ephemeralOwner: SCRATCH.getBigInt64(44),
    dataLength: SCRATCH.getInt32(52),
    numChildren: SCRATCH.getInt32(56),
    pzxid: SCRATCH.getBigInt64(60),
  };
}

export function statPersistedOf(table: NodeTable, ref: NodeRef): StatPersisted {
  table.writeStatPersisted(ref, SCRATCH, 0);
  return {
    czxid: SCRATCH.getBigInt64(0),
    mzxid: SCRATCH.getBigInt64(8),
    ctime: SCRATCH.getBigInt64(16),
    mtime: SCRATCH.getBigInt64(24),
    version: SCRATCH.getInt32(32),
    cversion: SCRATCH.getInt32(36),
    aversion: SCRATCH.getInt32(40),
    ephemeralOwner: SCRATCH.getBigInt64(44),
    pzxid: SCRATCH.getBigInt64(52),
  };
}

/** Milliseconds since 1970. Cheap: the reaper asks it of every TTL node. */
export function mtimeOf(table: NodeTable, ref: NodeRef): bigint {
  table.writeStatPersisted(ref, SCRATCH, 0);
  return SCRATCH.getBigInt64(24);
}

/** The 68 bytes of a Stat. */
export function writeStat(table: NodeTable, ref: NodeRef, out: Writer): void {
  const at = out.reserve(STAT_BYTES);
  table.writeStat(ref, out.view, at);
}

/** The 60 bytes of a StatPersisted. */
export function writeStatPersisted(table: NodeTable, ref: NodeRef, out: Writer): void {
  const at = out.reserve(STAT_PERSISTED_BYTES);
  table.writeStatPersisted(ref, out.view, at);
}

/** The node's digest if it counts: unsigned 32 bits over path, data and a block of 60 bytes (on-disk-formats 7.1). */
export function digestOf(table: NodeTable, ref: NodeRef): number {
  table.writeDigestBlock(ref, DIGEST_VIEW);
  return crc32(table.contentCrc(ref), DIGEST_BYTES);
}

export function ownerOf(table: NodeTable, ref: NodeRef): bigint {
  return longOf(table.ownerHigh(ref), table.ownerLow(ref));
}

const SCRATCH = new DataView(new ArrayBuffer(STAT_BYTES));
const DIGEST_BYTES = new Uint8Array(60);
const DIGEST_VIEW = new DataView(DIGEST_BYTES.buffer);

import type { Writer } from "jute-ts";
import { crc32 } from "../base/checksum.ts";
import { STAT_BYTES, STAT_PERSISTED_BYTES, type Stat, type StatPersisted } from "../wire/client/shared.ts";
import { longOf } from "./long.ts";
import type { NodeRef, NodeTable } from "./nodeTable.ts";
import { kindOf } from "./owners.ts";

/** The three forms of what is fixed about a node: as clients see it, as files hold it, as the digest takes it. */

/** cversion, dataLength, numChildren and ephemeralOwner are derived (client-protocol 3.3). */
export function statOf(table: NodeTable, ref: NodeRef): Stat {
  const children = table.childCount(ref);
  return {
    czxid: table.czxid(ref),
    mzxid: table.mzxid(ref),
    ctime: table.ctime(ref),
    mtime: table.mtime(ref),
    version: table.version(ref),
    cversion: (2 * table.cversion(ref) - children) | 0,
    aversion: table.aversion(ref),
    ephemeralOwner: isEphemeral(table, ref) ? ownerOf(table, ref) : 0n,
    dataLength: Math.max(0, table.dataLength(ref)),
    numChildren: children,
    pzxid: pzxidOf(table, ref),
  };
}

export function statPersistedOf(table: NodeTable, ref: NodeRef): StatPersisted {
  return {
    czxid: table.czxid(ref),
    mzxid: table.mzxid(ref),
    ctime: table.ctime(ref),
    mtime: table.mtime(ref),
    version: table.version(ref),
    cversion: table.cversion(ref),
    aversion: table.aversion(ref),
    ephemeralOwner: ownerOf(table, ref),
    pzxid: pzxidOf(table, ref),
  };
}

/** The 68 bytes of a Stat. */
export function writeStat(table: NodeTable, ref: NodeRef, out: Writer): void {
  const at = out.reserve(STAT_BYTES);
  const { view } = out;
  const children = table.childCount(ref);
  const showsOwner = isEphemeral(table, ref);
  table.writeHead(ref, view, at);
  view.setInt32(at + 36, 2 * table.cversion(ref) - children);
  view.setInt32(at + 40, table.aversion(ref));
  view.setInt32(at + 44, showsOwner ? table.ownerHigh(ref) : 0);
  view.setInt32(at + 48, showsOwner ? table.ownerLow(ref) : 0);
  view.setInt32(at + 52, Math.max(0, table.dataLength(ref)));
  view.setInt32(at + 56, children);
  view.setInt32(at + 60, table.pzxidHigh(ref));
  view.setInt32(at + 64, table.pzxidLow(ref));
}

/** The 60 bytes of a StatPersisted. */
export function writeStatPersisted(table: NodeTable, ref: NodeRef, out: Writer): void {
  const at = out.reserve(STAT_PERSISTED_BYTES);
  table.writeHead(ref, out.view, at);
  writeTail(table, ref, out.view, at + HEAD_BYTES);
  out.view.setInt32(at + 52, table.pzxidHigh(ref));
  out.view.setInt32(at + 56, table.pzxidLow(ref));
}

/** The node's digest if it counts: unsigned 32 bits over path, data and 60 bytes whose pzxid stands third (7.1). */
export function digestOf(table: NodeTable, ref: NodeRef): number {
  table.writeHead(ref, DIGEST_VIEW, 8);
  // The head came 8 bytes late: its two zxids go to the front, ctime, mtime and version stay where they are.
  DIGEST_BYTES.copyWithin(0, 8, 24);
  DIGEST_VIEW.setInt32(16, table.pzxidHigh(ref));
  DIGEST_VIEW.setInt32(20, table.pzxidLow(ref));
  writeTail(table, ref, DIGEST_VIEW, 8 + HEAD_BYTES);
  return crc32(table.contentCrc(ref), DIGEST_BYTES);
}

export function isEphemeral(table: NodeTable, ref: NodeRef): boolean {
  return kindOf(table.ownerHigh(ref), table.ownerLow(ref)) === "ephemeral";
}

export function ownerOf(table: NodeTable, ref: NodeRef): bigint {
  return longOf(table.ownerHigh(ref), table.ownerLow(ref));
}

export function pzxidOf(table: NodeTable, ref: NodeRef): bigint {
  return longOf(table.pzxidHigh(ref), table.pzxidLow(ref));
}

/** cversion, aversion, owner. */
function writeTail(table: NodeTable, ref: NodeRef, view: DataView, at: number): void {
  view.setInt32(at, table.cversion(ref));
  view.setInt32(at + 4, table.aversion(ref));
  view.setInt32(at + 8, table.ownerHigh(ref));
  view.setInt32(at + 12, table.ownerLow(ref));
}

/** czxid, mzxid, ctime, mtime, version. */
const HEAD_BYTES = 36;
const DIGEST_BYTES = new Uint8Array(60);
const DIGEST_VIEW = new DataView(DIGEST_BYTES.buffer);

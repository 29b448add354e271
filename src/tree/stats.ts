import type { Writer } from "jute-ts";
import { longOf } from "../base/long.ts";
import type { Stat, StatPersisted } from "../wire/client/shared.ts";
import { digestOfContent } from "./digest.ts";
import { NodeStat } from "./nodeStat.ts";
import type { NodeRef, NodeTable } from "./nodeTable.ts";

/** A node's numbers, read and written at once; who keeps them makes a NodeStat of his own. */

/** Appends the 68 bytes of a Stat. */
export function writeStat(table: NodeTable, ref: NodeRef, out: Writer): void {
  read(table, ref).write(out);
}

/** Appends the 60 bytes of a StatPersisted. */
export function writeStatPersisted(table: NodeTable, ref: NodeRef, out: Writer): void {
  read(table, ref).writePersisted(out);
}

/** The node's digest if it counts: unsigned 32 bits over path, data and numbers (on-disk-formats 7.1). */
export function digestOf(table: NodeTable, ref: NodeRef): number {
  return digestOfContent(table.contentCrc(ref), read(table, ref));
}

/** As clients see it. */
export function statOf(table: NodeTable, ref: NodeRef): Stat {
  const stat = read(table, ref);
  const { cversion, dataLength, childCount } = stat;
  const ephemeralOwner = stat.showsOwner ? stat.ephemeralOwner : 0n;
  const derived = { cversion: (2 * cversion - childCount) | 0, ephemeralOwner, dataLength, numChildren: childCount };
  return { ...statPersistedOf(table, ref), ...derived };
}

/** As files hold it. */
export function statPersistedOf(table: NodeTable, ref: NodeRef): StatPersisted {
  const stat = read(table, ref);
  const { version, cversion, aversion, ephemeralOwner } = stat;
  return {
    czxid: longOf(stat.czxidHigh, stat.czxidLow),
    mzxid: longOf(stat.mzxidHigh, stat.mzxidLow),
    ctime: longOf(stat.ctimeHigh, stat.ctimeLow),
    mtime: longOf(stat.mtimeHigh, stat.mtimeLow),
    version,
    cversion,
    aversion,
    ephemeralOwner,
    pzxid: longOf(stat.pzxidHigh, stat.pzxidLow),
  };
}

/** Milliseconds since 1970. Cheap: the reaper asks it of every TTL node. */
export function mtimeOf(table: NodeTable, ref: NodeRef): bigint {
  const { mtimeHigh, mtimeLow } = read(table, ref);
  return longOf(mtimeHigh, mtimeLow);
}

export function ownerOf(table: NodeTable, ref: NodeRef): bigint {
  return longOf(table.ownerHigh(ref), table.ownerLow(ref));
}

/** Good until the next call. */
function read(table: NodeTable, ref: NodeRef): NodeStat {
  table.readStat(ref, READ);
  return READ;
}

const READ = new NodeStat();

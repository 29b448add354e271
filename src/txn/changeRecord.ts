import type { NodeStat } from "../tree/nodeStat.ts";
import type { ACL } from "../wire/client/shared.ts";

/** A node as it will be once transaction `zxid` is applied. */
export class ChangeRecord {
  /** The root is "". */
  readonly path: string;
  /** The transaction this state belongs to; NOT_CHANGED while it is only a copy of the committed node. */
  zxid: bigint;
  /** False: deleted. */
  exists: boolean;
  readonly stat: NodeStat;
  /** The number of the next sequential child. Past 2^31 - 1 it goes on where the counter in `stat` stays. */
  sequence: number;
  acl: readonly ACL[] | null = null;
  /** CRC-32 of the path, signed. */
  readonly pathCrc: number;
  /** CRC-32 of path and data. */
  contentCrc = 0;
  /** What the node adds to the tree digest. */
  digest = 0;
  /** Where the committed tree holds the node; -1: nowhere yet. */
  place = -1;
  /** What the record replaced, while its transaction can still be refused. */
  previous: ChangeRecord | undefined = undefined;
  /** ChangeTable's. */
  chained: ChangeRecord | undefined = undefined;

  constructor(path: string, pathCrc: number, zxid: bigint, exists: boolean, stat: NodeStat) {
    this.path = path;
    this.pathCrc = pathCrc;
    this.zxid = zxid;
    this.exists = exists;
    this.stat = stat;
    this.sequence = stat.cversion;
  }
}

/** The same state, to be changed. */
export function copyOf(record: ChangeRecord): ChangeRecord {
  const copy = new ChangeRecord(record.path, record.pathCrc, NOT_CHANGED, true, record.stat.copy());
  copy.sequence = record.sequence;
  copy.acl = record.acl;
  copy.contentCrc = record.contentCrc;
  copy.place = record.place;
  return copy;
}

/** The zxid of a record that is only a copy of the committed node. */
export const NOT_CHANGED = -1n;

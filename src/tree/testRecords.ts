import { Writer } from "jute-ts";
import { viewOf } from "../base/bytes.ts";
import { NodeRecord } from "../wire/nodeRecord.ts";

/** A node as a snapshot holds it; `stat` is 60 bytes. */
export function nodeRecord(path: string, data: Uint8Array | null, aclKey: bigint, stat: Uint8Array): NodeRecord {
  const writer = new Writer(256);
  writer.ustring(path);
  const pathLength = writer.length - 4;
  writer.buffer(data);
  writer.long(aclKey);
  writer.raw(stat);
  const bytes = writer.toBytes();
  const record = new NodeRecord();
  record.move(bytes, viewOf(bytes), 0, pathLength, data === null ? -1 : data.length);
  return record;
}

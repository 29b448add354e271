import { Writer } from "jute-ts";
import { viewOf } from "../base/bytes.ts";
import { sealRecord } from "./logRecord.ts";
import { RecordGroup } from "./recordGroup.ts";
import { sampleTxn, writeRecord } from "./sampleFiles.ts";

const ZXIDS = [1n, 0x7fffffffn, 0xffffffffn, 0x3_0000_0001n, -1n];

test("a group, once sealed, is the records of the log", () => {
  const sizes = [0, 1, 100, 70_000];
  const txns = sizes.map((size, i) => sampleTxn(0x3_0000_0001n + BigInt(i), size));
  const group = new RecordGroup();
  for (const txn of txns) group.add(txn);
  const records = new Uint8Array(group.take());
  for (let at = 0; at < records.length; ) at = sealRecord(records, viewOf(records), at);
  const expected = new Writer();
  for (const { bytes } of txns) writeRecord(expected, bytes);
  expect(records).toEqual(expected.toBytes());
});

test.each(ZXIDS)("until then zxid %p stands where the checksum will", (zxid) => {
  const group = new RecordGroup();
  group.add(sampleTxn(zxid));
  expect(new DataView(group.take()).getBigInt64(0)).toBe(zxid);
});

test("what was taken is gone, and stays as it is", () => {
  const group = new RecordGroup();
  group.add(sampleTxn(1n));
  const first = group.take();
  expect(group.length).toBe(0);
  group.add(sampleTxn(2n));
  expect(new DataView(first).getBigInt64(0)).toBe(1n);
  expect(new DataView(group.take()).getBigInt64(0)).toBe(2n);
});

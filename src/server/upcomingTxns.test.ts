import { concatBytes } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { DataTree } from "../tree/dataTree.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import type { TxnRecord } from "../wire/txnRecord.ts";
import type { TxnBody, TxnBytes } from "../wire/txnValue.ts";
import { UpcomingTxns } from "./upcomingTxns.ts";

const MANY = 100;

/** Every fifth is to be decoded. */
function bodyAt(i: number): TxnBody {
  if (i % 5 === 4) return { type: 2, path: `/n${i}` };
  return { type: 5, path: `/n${i}`, data: null, version: i };
}

function bytesAt(i: number): Uint8Array {
  const header = { clientId: toSessionId(1n), cxid: i, zxid: toZxid(BigInt(i + 1)), timeMs: 5n };
  return encodeTxn({ ...header, body: bodyAt(i), digest: { version: 2, treeDigest: 0n } }).slice();
}

/** As a log gives them: so many at a time in one memory. */
function entriesIn(runs: readonly number[]): readonly TxnBytes[] {
  const entries: TxnBytes[] = [];
  for (const count of runs) {
    const parts = Array.from({ length: count }, (_, k) => bytesAt(entries.length + k));
    const memory = concatBytes(parts);
    let at = 0;
    for (const { length } of parts) {
      entries.push({ zxid: toZxid(BigInt(entries.length + 1)), bytes: memory.subarray(at, at + length) });
      at += length;
    }
  }
  return entries;
}

function said(record: TxnRecord | undefined): string {
  if (record === undefined) return "to be decoded";
  const path = String.fromCharCode(...record.bytes.subarray(record.pathAt, record.pathEnd));
  return `${path} ${record.version}`;
}

const EXPECTED = Array.from({ length: MANY }, (_, i) => (i % 5 === 4 ? "to be decoded" : `/n${i} ${i}`));

test.each([
  ["in one memory", [MANY]],
  ["each in its own", Array.from({ length: MANY }, () => 1)],
  ["in runs", [1, 31, 32, 33, 3]],
])("each record says what its transaction says: %s", (_, runs) => {
  const { lookAhead } = new DataTree();
  const upcoming = new UpcomingTxns();
  const entries = entriesIn(runs);
  const told = entries.map((_, at) => said(upcoming.record(entries, at, lookAhead)));
  expect(told).toEqual(EXPECTED);
});

test("other entries, and a step back, are looked at anew", () => {
  const { lookAhead } = new DataTree();
  const upcoming = new UpcomingTxns();
  const some = entriesIn([MANY]);
  const others = entriesIn([7, MANY - 7]).slice(1);
  const asked = [
    [some, 40],
    [others, 40],
    [some, 41],
    [some, 3],
    [some.slice(2), 3],
  ] as const;
  const told = asked.map(([entries, at]) => said(upcoming.record(entries, at, lookAhead)));
  expect(told).toEqual([40, 41, 41, 3, 5].map((i) => EXPECTED[i]));
});

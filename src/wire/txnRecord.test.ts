import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { decodeTxn, encodeTxn } from "./txnCodec.ts";
import { TxnRecord } from "./txnRecord.ts";
import type { Txn, TxnBody } from "./txnValue.ts";

const DIGEST = { version: 2, treeDigest: -0x123456789n };
const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const CREATE = { path: "/a/b", data: Uint8Array.of(1, 2, 3), acl: OPEN, ephemeral: false, parentCVersion: 7 };

function txn(body: TxnBody): Txn {
  const zxid = toZxid(0x500000009n);
  return { clientId: toSessionId(7n), cxid: 3, zxid, timeMs: 0x1a20045814dn, body, digest: DIGEST };
}

/** What a record says, in the form of a transaction that was decoded. */
function said(record: TxnRecord): unknown {
  const { view, zxidAt, timeAt, bytes, pathAt, pathEnd, data, acl, version, digest } = record;
  const path = String.fromCharCode(...bytes.subarray(pathAt, pathEnd));
  const body = record.isCreate
    ? { path, data, acl, parentCVersion: version, ephemeral: false }
    : { path, data, version };
  return { zxid: view.getBigInt64(zxidAt), timeMs: view.getBigInt64(timeAt), digest, body };
}

function decoded(bytes: Uint8Array): unknown {
  const { zxid, timeMs, digest, body } = decodeTxn(bytes);
  const { type: _, ...rest } = body;
  return { zxid, timeMs, digest, body: rest };
}

test.each<TxnBody>([
  { type: 1, ...CREATE },
  { type: 15, ...CREATE },
  { type: 1, ...CREATE, data: null },
  { type: 1, ...CREATE, data: new Uint8Array(0), acl: [] },
  { type: 1, ...CREATE, acl: null },
  { type: 1, ...CREATE, acl: [...OPEN, { perms: 1, id: { scheme: null, id: "ü" } }] },
  { type: 1, ...CREATE, path: "/", parentCVersion: -1 },
  { type: 5, path: "/a", data: Uint8Array.of(9), version: -3 },
  { type: 5, path: "/a", data: null, version: 0 },
])("says what the transaction says: %j", (body) => {
  const bytes = encodeTxn(txn(body));
  const record = new TxnRecord();
  for (const before of [CREATE, { ...CREATE, acl: null }]) {
    record.move(encodeTxn(txn({ type: 1, ...before })));
    expect(record.move(bytes)).toBe(true);
    expect(said(record)).toEqual(decoded(bytes));
  }
});

test.each<[string, Txn]>([
  ["an ephemeral", txn({ type: 1, ...CREATE, ephemeral: true })],
  ["no digest", { ...txn({ type: 1, ...CREATE }), digest: undefined }],
  ["no digest behind a setData", { ...txn({ type: 5, path: "/a", data: null, version: 0 }), digest: undefined }],
  ["a path that is not ASCII", txn({ type: 1, ...CREATE, path: "/ü" })],
  ["a path that is none", txn({ type: 1, ...CREATE, path: "a" })],
  ["an empty path", txn({ type: 1, ...CREATE, path: "" })],
  ["a container", txn({ type: 19, ...CREATE })],
  ["a TTL node", txn({ type: 21, ...CREATE, ttl: 5n })],
  ["a delete", txn({ type: 2, path: "/a" })],
  ["a new ACL", txn({ type: 7, path: "/a", acl: OPEN, version: 1 })],
  ["a reconfig", txn({ type: 16, path: "/zookeeper/config", data: null, version: -1 })],
  ["a multi", txn({ type: 14, txns: [{ type: 1, ...CREATE }] })],
  ["a session", txn({ type: -10, timeOut: 5 })],
  ["an error", txn({ type: -1, err: -101 })],
])("leaves to be decoded: %s", (_, one) => {
  expect(new TxnRecord().move(encodeTxn(one))).toBe(false);
});

test.each<TxnBody>([
  { type: 1, ...CREATE },
  { type: 5, path: "/a", data: Uint8Array.of(9), version: 1 },
])("bytes that end early or hold more are never taken for another transaction: type %#", (body) => {
  const whole = encodeTxn(txn(body)).slice();
  const record = new TxnRecord();
  for (let end = 0; end < whole.length; end++) expect(record.move(whole.slice(0, end))).toBe(false);
  expect(record.move(Uint8Array.of(...whole, 0))).toBe(false);
  for (const value of [0x7fffffff, -2, -0x80000000]) {
    for (let at = 32; at + 4 <= whole.length; at++) {
      const damaged = whole.slice();
      new DataView(damaged.buffer).setInt32(at, value);
      // What is taken all the same says what decoding says.
      if (record.move(damaged)) expect(said(record)).toEqual(decoded(damaged));
    }
  }
});

test("a record moves from memory to memory and within", () => {
  const one = encodeTxn(txn({ type: 1, ...CREATE }));
  const two = encodeTxn(txn({ type: 5, path: "/b", data: null, version: 4 }));
  const record = new TxnRecord();
  for (const bytes of [one, two, one.slice(), two.slice(), one]) {
    expect(record.move(bytes)).toBe(true);
    expect(said(record)).toEqual(decoded(bytes));
  }
});

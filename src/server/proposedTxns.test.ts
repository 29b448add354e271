import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import { ProposedTxns } from "./proposedTxns.ts";

test("each is given at its commit, in order, whatever was never committed before it", () => {
  const proposed = new ProposedTxns();
  for (let zxid = 1; zxid <= 1000; zxid++) proposed.arrived(BigInt(zxid), bytesOf(zxid));
  for (let zxid = 1; zxid <= 1000; zxid += 3) expect(proposed.take(entry(zxid)).zxid).toBe(BigInt(zxid));
});

test("what did not come over this link is read from its bytes", () => {
  const proposed = new ProposedTxns();
  proposed.arrived(5n, bytesOf(5));
  expect(proposed.take(entry(4)).zxid).toBe(4n);
  expect(proposed.take(entry(5)).zxid).toBe(5n);
  expect(proposed.take(entry(6)).zxid).toBe(6n);
});

test.each([
  ["no bytes", new Uint8Array(0)],
  ["a header cut short", bytesOf(7).subarray(0, 31)],
  ["a body cut short", bytesOf(7).subarray(0, 35)],
  ["a type that nobody has", withType(77)],
  ["another zxid", bytesOf(8)],
])("refused: %s", (_what, bytes) => {
  expect(() => new ProposedTxns().arrived(7n, bytes)).toThrow();
});

function entry(zxid: number): { readonly zxid: ReturnType<typeof toZxid>; readonly bytes: Uint8Array } {
  return { zxid: toZxid(BigInt(zxid)), bytes: bytesOf(zxid) };
}

function bytesOf(zxid: number): Uint8Array {
  return encodeTxn({
    clientId: toSessionId(1n),
    cxid: 1,
    zxid: toZxid(BigInt(zxid)),
    timeMs: 0n,
    body: { type: 2, path: "/a" },
    digest: undefined,
  });
}

function withType(type: number): Uint8Array {
  const bytes = bytesOf(7);
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(28, type);
  return bytes;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DecodeError } from "jute-ts";
import { bytesOfHex, hexBytes } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import type { ACL } from "./client/shared.ts";
import { decodeTxn, encodeBody, encodeTxn } from "./txnCodec.ts";
import type { Txn, TxnBody } from "./txnValue.ts";

const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const OPEN_HEX = "00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65";
const HELLO = Uint8Array.from([0x68, 0x65, 0x6c, 0x6c, 0x6f]);
const DIGEST = { version: 2, treeDigest: 0x2a1b2c3d4en };

function txn(body: TxnBody, digest?: Txn["digest"]): Txn {
  return {
    clientId: toSessionId(0x0100000f682d0000n),
    cxid: 7,
    zxid: toZxid(2n),
    timeMs: 0x01a20045814dn,
    body,
    digest,
  };
}

/** A payload with the header above and these bytes behind it. */
function payload(type: number, rest: string): Uint8Array {
  const header = "0100000f682d0000 00000007 0000000000000002 000001a20045814d";
  return bytesOfHex(`${header} ${(type >>> 0).toString(16).padStart(8, "0")} ${rest}`);
}

function check(value: Txn, hex: string): void {
  const bytes = bytesOfHex(hex);
  expect(hexBytes(encodeTxn(value))).toBe(hexBytes(bytes));
  expect(decodeTxn(bytes)).toEqual(value);
}

test("createSession as proposed (peer-protocol 4.3)", () => {
  const value: Txn = {
    clientId: toSessionId(0x0300012345670000n),
    cxid: 0,
    zxid: toZxid(0x600000001n),
    timeMs: 0x0000018bcfe56800n,
    body: { type: -10, timeOut: 30000 },
    digest: { version: 2, treeDigest: 0x123456789n },
  };
  const header = "03000123 45670000 00000000 00000006 00000001 0000018b cfe56800 fffffff6";
  check(value, `${header} 00007530 00000002 00000001 23456789`);
});

test("create of /a as logged (on-disk-formats 3.6)", () => {
  const body: TxnBody = { type: 1, path: "/a", data: HELLO, acl: OPEN, ephemeral: false, parentCVersion: 1 };
  const value: Txn = { ...txn(body, { version: 2, treeDigest: 0x7dfc9a42n }), cxid: 1 };
  check(
    value,
    `0100000f682d0000 00000001 0000000000000002 000001a20045814d 00000001
     00000002 2f61 00000005 68656c6c6f ${OPEN_HEX} 00 00000001 00000002 00000000 7dfc9a42`,
  );
});

const BODIES: readonly (readonly [string, TxnBody, string])[] = [
  [
    "create2, ephemeral, null data, null ACL",
    { type: 15, path: "/a", data: null, acl: null, ephemeral: true, parentCVersion: -5 },
    "00000002 2f61 ffffffff ffffffff 01 fffffffb",
  ],
  [
    "createContainer, empty data",
    { type: 19, path: "/a", data: new Uint8Array(0), acl: OPEN, parentCVersion: 2 },
    `00000002 2f61 00000000 ${OPEN_HEX} 00000002`,
  ],
  [
    "createTTL",
    { type: 21, path: "/a", data: HELLO, acl: OPEN, parentCVersion: 3, ttl: 60000n },
    `00000002 2f61 00000005 68656c6c6f ${OPEN_HEX} 00000003 000000000000ea60`,
  ],
  ["delete", { type: 2, path: "/c" }, "00000002 2f63"],
  ["deleteContainer", { type: 20, path: "/c" }, "00000002 2f63"],
  ["setData", { type: 5, path: "/m1", data: HELLO, version: 1 }, "00000003 2f6d31 00000005 68656c6c6f 00000001"],
  ["reconfig", { type: 16, path: "/z", data: HELLO, version: -1 }, "00000002 2f7a 00000005 68656c6c6f ffffffff"],
  ["setACL", { type: 7, path: "/a", acl: OPEN, version: 4 }, `00000002 2f61 ${OPEN_HEX} 00000004`],
  [
    "check, once logged outside a multi (ZOOKEEPER-2623)",
    { type: 13, path: "/a", version: 2 },
    "00000002 2f61 00000002",
  ],
  ["error", { type: -1, err: -110 }, "ffffff92"],
  ["createSession", { type: -10, timeOut: 20000 }, "00004e20"],
  ["closeSession", { type: -11, paths: ["/a/e"] }, "00000001 00000004 2f612f65"],
  ["closeSession of nothing", { type: -11, paths: [] }, "00000000"],
  ["closeSession without a body", { type: -11, paths: undefined }, ""],
  [
    "multi",
    {
      type: 14,
      txns: [
        { type: 13, path: "/a", version: 2 },
        { type: 5, path: "/m1", data: Uint8Array.from([0x32, 0x32]), version: 1 },
        { type: 2, path: "/c" },
      ],
    },
    `00000003 0000000d 0000000a 00000002 2f61 00000002
     00000005 00000011 00000003 2f6d31 00000002 3232 00000001 00000002 00000006 00000002 2f63`,
  ],
  [
    "failed multi",
    {
      type: 14,
      txns: [
        { type: 2, path: "/c" },
        { type: -1, err: -103 },
        { type: -1, err: -2 },
      ],
    },
    "00000003 00000002 00000006 00000002 2f63 ffffffff 00000004 ffffff99 ffffffff 00000004 fffffffe",
  ],
  ["empty multi", { type: 14, txns: [] }, "00000000"],
];

describe.each(BODIES)("%s", (_name, body, hex) => {
  const whole = payload(body.type, hex);

  test("both ways, with and without a digest", () => {
    check(txn(body), hexBytes(whole));
    check(txn(body, DIGEST), `${hexBytes(whole)} 00000002 0000002a1b2c3d4e`);
    expect(hexBytes(encodeBody(body))).toBe(hexBytes(bytesOfHex(hex)));
  });

  test("fewer than 12 bytes behind the body are no digest, more than 12 change nothing", () => {
    if (body.type === -11) return expect(() => decodeTxn(payload(-11, `${hex} 0000000200`))).toThrow(DecodeError);
    expect(decodeTxn(payload(body.type, `${hex} 0000000200000000000000`))).toEqual(txn(body));
    expect(decodeTxn(payload(body.type, `${hex} 00000002 0000002a1b2c3d4e ff`))).toEqual(txn(body, DIGEST));
  });

  test("cut at every byte it is refused or read as a shorter legal form", () => {
    for (let end = 0; end < whole.length; end++) {
      const cut = whole.subarray(0, end);
      if (isLegalCut(body, end)) expect(decodeTxn(cut).clientId).toBe(txn(body).clientId);
      else expect(() => decodeTxn(cut)).toThrow(DecodeError);
    }
  });
});

/** closeSession may have no body; create may lack its last field, or a part of it. */
function isLegalCut(body: TxnBody, end: number): boolean {
  if (body.type === -11) return end === 32;
  return body.type === 1 && end >= 32 + encodeBody(body).length - 4;
}

test("create as 3.2 logged it ends before parentCVersion", () => {
  const body: TxnBody = { type: 1, path: "/a", data: HELLO, acl: OPEN, ephemeral: true, parentCVersion: -1 };
  const hex = `00000002 2f61 00000005 68656c6c6f ${OPEN_HEX} 01`;
  expect(decodeTxn(payload(1, hex))).toEqual(txn(body));
  expect(decodeTxn(payload(1, `${hex} 000000`))).toEqual(txn(body));
  expect(() => decodeTxn(payload(15, hex))).toThrow(DecodeError);
});

test.each<[string, string, readonly string[] | undefined, Txn["digest"]]>([
  ["nothing", "", undefined, undefined],
  ["a digest alone", "00000002 0000002a1b2c3d4e", undefined, DIGEST],
  [
    "a small digest, which is also two empty strings",
    "00000002 0000000000000000",
    undefined,
    { version: 2, treeDigest: 0n },
  ],
  [
    "a digest of all ones, which is also two null strings",
    "00000002 ffffffffffffffff",
    undefined,
    { version: 2, treeDigest: -1n },
  ],
  ["a digest that reads as one short string", "00000001 00000004 00000000", ["\0\0\0\0"], undefined],
  ["one path of four bytes", "00000001 00000004 2f612f65", ["/a/e"], undefined],
  ["no path and a digest", "00000000 00000002 0000002a1b2c3d4e", [], DIGEST],
  ["a null vector", "ffffffff", [], undefined],
  ["two paths and a digest", "00000002 00000002 2f61 00000002 2f62 00000002 0000002a1b2c3d4e", ["/a", "/b"], DIGEST],
])("closeSession: %s", (_name, hex, paths, digest) => {
  const read = decodeTxn(payload(-11, hex));
  expect(read.body).toEqual({ type: -11, paths });
  expect(read.digest).toEqual(digest);
});

test.each([
  "00",
  "00000002",
  "00000002 00000002 2f61",
  "00000001 00000002 2f61 ff",
  "7fffffff 00000002 0000002a1b2c3d4e",
])("closeSession with neither paths nor a digest: %s", (hex) =>
  expect(() => decodeTxn(payload(-11, hex))).toThrow(DecodeError),
);

test.each<[string, number, string]>([
  ["type 0", 0, ""],
  ["type 3", 3, "00000002 2f61 00"],
  ["type 22", 22, "00000000"],
  ["type 100", 100, ""],
  ["a null path", 2, "ffffffff"],
  ["setACL inside a multi", 14, `00000001 00000007 0000002c 00000002 2f61 ${OPEN_HEX} 00000004`],
  ["a multi inside a multi", 14, "00000001 0000000e 00000004 00000000"],
  ["closeSession inside a multi", 14, "00000001 fffffff5 00000004 00000000"],
  ["an unknown type inside a multi", 14, "00000001 00000063 00000000"],
  ["a null body inside a multi", 14, "00000001 00000002 ffffffff"],
  ["a body cut inside a multi", 14, "00000001 00000002 00000004 00000002"],
  ["more entries than bytes", 14, "7fffffff 00000002 00000006 00000002 2f63"],
])("%s is refused", (_name, type, hex) => expect(() => decodeTxn(payload(type, hex))).toThrow(DecodeError));

test("every record of a log that Java 3.9.5 wrote, both ways", () => {
  const payloads = logPayloads(readFileSync(join(__dirname, "../store/fixtures/java-3.9.5/log.1")));
  expect(payloads).toHaveLength(45);
  const types = new Set<number>();
  for (const bytes of payloads) {
    const value = decodeTxn(bytes);
    types.add(value.body.type);
    expect(hexBytes(encodeTxn(value))).toBe(hexBytes(bytes));
    expect(value.digest === undefined).toBe(value.body.type === -1);
  }
  expect([...types].sort((a, b) => a - b)).toEqual([-11, -10, -1, 1, 2, 5, 7, 14, 15, 19, 21]);
});

function logPayloads(log: Uint8Array): Uint8Array[] {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const payloads: Uint8Array[] = [];
  for (let at = 16; view.getInt32(at + 8) !== 0; ) {
    const length = view.getInt32(at + 8);
    payloads.push(log.subarray(at + 12, at + 12 + length));
    at += 13 + length;
    if (at + 12 > log.length) break;
  }
  return payloads;
}

import { asciiBytes, bytesOfHex, concatBytes } from "../../base/bytes.ts";
import { closeSessionWrite, createSessionWrite, decodeWrite, deleteContainerWrite, isWriteList } from "./decode.ts";
import { Op } from "./numbers.ts";
import {
  CheckVersionRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  GetDataRequest,
  ReconfigRequest,
  SetACLRequest,
  SetDataRequest,
  SyncRequest,
} from "./requests.ts";
import { type ACL, MultiHeader } from "./shared.ts";

const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const DATA = asciiBytes("x");
const NODE = { path: "/a", data: DATA, acl: OPEN };

test("create as a client sends it (client-protocol 1.9)", () => {
  const body = bytesOfHex(
    "00000002 2f61 00000001 78 00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65 00000000",
  );
  expect(decodeWrite(1, body)).toEqual({ op: 1, ...NODE, flags: 0 });
});

const SINGLE: readonly (readonly [string, number, Uint8Array, object])[] = [
  ["create", 1, CreateRequest.encode({ ...NODE, flags: 3 }), { ...NODE, flags: 3 }],
  ["create2, odd flags", 15, CreateRequest.encode({ ...NODE, flags: 99 }), { ...NODE, flags: 99 }],
  [
    "createContainer, null ACL",
    19,
    CreateRequest.encode({ ...NODE, acl: null, flags: 4 }),
    { ...NODE, acl: null, flags: 4 },
  ],
  ["createTTL", 21, CreateTTLRequest.encode({ ...NODE, flags: 5, ttl: -9n }), { ...NODE, flags: 5, ttl: -9n }],
  ["delete, null path", 2, DeleteRequest.encode({ path: null, version: -1 }), { path: null, version: -1 }],
  [
    "setData, null data",
    5,
    SetDataRequest.encode({ path: "/a", data: null, version: 7 }),
    { path: "/a", data: null, version: 7 },
  ],
  ["setACL", 7, SetACLRequest.encode({ path: "/a", acl: OPEN, version: 7 }), { path: "/a", acl: OPEN, version: 7 }],
  ["sync, null path", 9, SyncRequest.encode({ path: null }), { path: null }],
  [
    "reconfig",
    16,
    ReconfigRequest.encode({ joiningServers: null, leavingServers: "2", newMembers: null, curConfigId: -1n }),
    { joiningServers: null, leavingServers: "2", newMembers: null, curConfigId: -1n },
  ],
  ["createSession", -10, bytesOfHex("00007530"), { timeOut: 30000 }],
];

describe.each(SINGLE)("%s", (_name, op, body, fields) => {
  test("whole", () => expect(decodeWrite(op, body)).toEqual({ op, ...fields }));

  test("bytes left over are ignored", () => {
    const longer = concatBytes([body, DATA]);
    expect(decodeWrite(op, longer)).toEqual({ op, ...fields });
  });

  test("cut at every byte it is undecodable and takes no zxid", () => {
    for (let end = 0; end < body.length; end++) checkRefused(op, body.subarray(0, end), -5, false);
  });
});

test("closeSession has no record", () => {
  expect(decodeWrite(-11, new Uint8Array(0))).toEqual({ op: -11 });
});

test.each([0, 3, 4, 6, 8, 10, 11, 12, 13, 17, 18, 20, 22, 100, 101, 107, -1, 99])("type %i is no write", (op) => {
  checkRefused(op, bytesOfHex("00000002 2f61 ffffffff"), -6, false);
});

test("what a server makes itself decodes at the leader", () => {
  expect(decodeWrite(-10, bytesOfHex("00007530"))).toEqual(createSessionWrite(30000));
  expect(decodeWrite(-11, new Uint8Array(0))).toEqual(closeSessionWrite());
  expect(deleteContainerWrite("/c")).toMatchObject({ op: 20, path: "/c" });
});

describe("multi", () => {
  const plain = { ...NODE, flags: 0 };

  test.each<[string, number, Uint8Array, object]>([
    ["create", 1, CreateRequest.encode({ ...NODE, flags: 2 }), { op: 1, ...NODE, flags: 2 }],
    ["create2", 15, CreateRequest.encode(plain), { op: 15, ...plain }],
    ["create with the container flag", 1, CreateRequest.encode({ ...NODE, flags: 4 }), { op: 19, ...NODE, flags: 4 }],
    ["create2 with the container flag", 15, CreateRequest.encode({ ...NODE, flags: 4 }), { op: 19, ...NODE, flags: 4 }],
    ["createContainer without its flag", 19, CreateRequest.encode(plain), { op: 19, ...plain }],
    ["an empty ACL vector", 1, CreateRequest.encode({ ...plain, acl: [] }), { op: 1, ...plain, acl: [] }],
    ["createTTL", 21, CreateTTLRequest.encode({ ...NODE, flags: 6, ttl: 0n }), { op: 21, ...NODE, flags: 6, ttl: 0n }],
    [
      "createTTL, plain flag",
      21,
      CreateTTLRequest.encode({ ...NODE, flags: 1, ttl: 5n }),
      { op: 1, ...NODE, flags: 1 },
    ],
    [
      "createTTL, container flag",
      21,
      CreateTTLRequest.encode({ ...NODE, flags: 4, ttl: 5n }),
      { op: 19, ...NODE, flags: 4 },
    ],
    ["createTTL, odd flags", 21, CreateTTLRequest.encode({ ...NODE, flags: 7, ttl: 5n }), { op: 1, ...NODE, flags: 7 }],
    [
      "createTTL, null ACL",
      21,
      CreateTTLRequest.encode({ ...NODE, acl: null, flags: 0, ttl: 5n }),
      { op: 1, ...NODE, acl: null, flags: 0 },
    ],
    ["delete", 2, DeleteRequest.encode({ path: "/a", version: 3 }), { op: 2, path: "/a", version: 3 }],
    [
      "setData",
      5,
      SetDataRequest.encode({ path: "/a", data: DATA, version: 3 }),
      { op: 5, path: "/a", data: DATA, version: 3 },
    ],
    ["check", 13, CheckVersionRequest.encode({ path: "/a", version: 3 }), { op: 13, path: "/a", version: 3 }],
  ])("%s", (_name, type, record, op) => {
    const body = multi([type, record], [type, record]);
    expect(decodeWrite(14, body)).toEqual({ op: 14, ops: [op, op] });
    for (let end = 0; end < body.length; end++) checkRefused(14, body.subarray(0, end), -5, true);
  });

  test("an empty one, the done header of any type", () => {
    const body = MultiHeader.encode({ type: 5, done: true, err: 3 });
    expect(decodeWrite(14, body)).toEqual({ op: 14, ops: [] });
  });

  test.each<[string, number, Uint8Array, boolean]>([
    ["null path in check", 13, CheckVersionRequest.encode({ path: null, version: -1 }), true],
    ["null path in setData", 5, SetDataRequest.encode({ path: null, data: DATA, version: -1 }), true],
    ["flags -1", 1, CreateRequest.encode({ ...NODE, flags: -1 }), true],
    ["flags 7", 15, CreateRequest.encode({ ...NODE, flags: 7 }), true],
    ["flags 7 and a null ACL", 15, CreateRequest.encode({ ...NODE, acl: null, flags: 7 }), true],
    ["TTL flag in create", 1, CreateRequest.encode({ ...NODE, flags: 5 }), true],
    ["TTL flag in createContainer", 19, CreateRequest.encode({ ...NODE, flags: 6 }), true],
    ["null ACL in create", 1, CreateRequest.encode({ ...NODE, acl: null, flags: 0 }), false],
    ["null ACL in create2", 15, CreateRequest.encode({ ...NODE, acl: null, flags: 0 }), false],
    ["null ACL in createContainer", 19, CreateRequest.encode({ ...NODE, acl: null, flags: 4 }), false],
    ["getData", Op.getData, GetDataRequest.encode({ path: "/a", watch: false }), true],
    ["setACL", Op.setACL, SetACLRequest.encode({ path: "/a", acl: OPEN, version: 0 }), true],
    ["deleteContainer", Op.deleteContainer, DeleteRequest.encode({ path: "/a", version: 0 }), true],
    ["multi", Op.multi, MultiHeader.encode({ type: -1, done: true, err: -1 }), true],
    ["closeSession", Op.closeSession, new Uint8Array(0), true],
  ])("%s makes all of it undecodable", (_name, type, record, takesZxid) => {
    const good = DeleteRequest.encode({ path: "/a", version: 3 });
    checkRefused(14, multi([2, good], [type, record]), -5, takesZxid);
  });
});

function multi(...ops: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const parts = ops.flatMap(([type, record]) => [MultiHeader.encode({ type, done: false, err: -1 }), record]);
  return concatBytes([...parts, MultiHeader.encode({ type: -1, done: true, err: -1 })]);
}

function checkRefused(op: number, body: Uint8Array, err: number, takesZxid: boolean): void {
  const reason = expect.any(String);
  expect(decodeWrite(op, body)).toEqual({ op: "undecodable", err, takesZxid, reason });
}

test.each([
  ["a delete", "00000002 00 ffffffff 00000002 2f61 ffffffff", true],
  ["a delete of a null path", "00000002 00 ffffffff ffffffff ffffffff", true],
  ["nothing", "", true],
  ["a read", "00000004 00 ffffffff 00000002 2f61 00", false],
  ["a create without an ACL vector", "00000001 00 ffffffff 00000002 2f61 ffffffff ffffffff 00000000", false],
  ["a delete cut short", "00000002 00 ffffffff 00000002 2f", false],
])("what a multiRead holds: %s", (_, hex, isList) => {
  expect(isWriteList(bytesOfHex(`${hex} ffffffff 01 ffffffff`))).toBe(isList);
});

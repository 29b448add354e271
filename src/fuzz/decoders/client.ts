import { Reader, type RecordType, Writer } from "jute-ts";
import { unreachable } from "../../base/assert.ts";
import { ConnectRequest, ConnectResponse } from "../../wire/client/connect.ts";
import { decodeWrite, isWriteList, type SubWrite, type WriteRequest } from "../../wire/client/decode.ts";
import { CreateFlags, Op } from "../../wire/client/numbers.ts";
import * as requests from "../../wire/client/requests.ts";
import * as responses from "../../wire/client/responses.ts";
import { MultiHeader, ReplyHeader, RequestHeader } from "../../wire/client/shared.ts";
import { type Decoder, decoder } from "../decoder.ts";
import { choice, constant, type Grammar, repeated, sequence, word } from "../grammar.ts";

const WRITES: readonly (readonly [op: number, body: Grammar])[] = [
  [Op.create, requests.CreateRequest],
  [Op.create2, requests.CreateRequest],
  [Op.createContainer, requests.CreateRequest],
  [Op.createTTL, requests.CreateTTLRequest],
  [Op.delete, requests.DeleteRequest],
  [Op.setData, requests.SetDataRequest],
  [Op.setACL, requests.SetACLRequest],
  [Op.reconfig, requests.ReconfigRequest],
  [Op.sync, requests.SyncRequest],
  [Op.createSession, requests.CreateSessionRequest],
  [Op.closeSession, sequence()],
];

/** What follows the type in the header of an op, and the header that ends a list. */
const OPEN_HEADER = constant(Uint8Array.of(0, 255, 255, 255, 255));
const END_HEADER = constant(Uint8Array.of(255, 255, 255, 255, 1, 255, 255, 255, 255));

const LIST: Grammar = sequence(
  repeated(
    choice(
      sequence(word(Op.create, Op.create2, Op.createContainer), OPEN_HEADER, requests.CreateRequest),
      sequence(word(Op.createTTL), OPEN_HEADER, requests.CreateTTLRequest),
      sequence(word(Op.delete), OPEN_HEADER, requests.DeleteRequest),
      sequence(word(Op.setData), OPEN_HEADER, requests.SetDataRequest),
      sequence(word(Op.check), OPEN_HEADER, requests.CheckVersionRequest),
    ),
    4,
  ),
  END_HEADER,
);

export const WRITE_BODIES: readonly Grammar[] = [
  ...WRITES.map(([op, body]) => sequence(word(op), body)),
  ...Array.from({ length: 5 }, () => sequence(word(Op.multi), LIST)),
];

const REQUESTS = Object.values<RecordType<unknown>>({ RequestHeader, ...requests });
const RESPONSES = Object.values<RecordType<unknown>>({ ReplyHeader, ConnectResponse, MultiHeader, ...responses });

export const CLIENT: readonly Decoder[] = [
  decoder({
    name: "connect",
    executions: 1_000_000,
    grammars: [ConnectRequest],
    decode: (bytes) => ConnectRequest.decode(bytes),
    again: (value) => ConnectRequest.decode(ConnectRequest.encode(value)),
  }),
  anyOf("requests", 800_000, REQUESTS),
  anyOf("responses", 500_000, RESPONSES),
  decoder({
    name: "writes",
    executions: 1_200_000,
    grammars: WRITE_BODIES,
    decode: (bytes) => acceptedWrite(bytes),
    again: (write) => acceptedWrite(encodeWrite(write)),
  }),
  decoder({
    name: "writeList",
    executions: 920_000,
    grammars: [LIST],
    decode: (bytes) => isWriteList(bytes) || undefined,
  }),
];

/** An int that names one of these records, then the record: for those that are read where they are needed. */
function anyOf(name: string, executions: number, records: readonly RecordType<unknown>[]): Decoder {
  const recordOf = (index: number) => records[(index >>> 0) % records.length] as RecordType<unknown>;
  return decoder<{ readonly index: number; readonly value: unknown }>({
    name,
    executions,
    grammars: records.map((record, index) => sequence(word(index), record)),
    decode(bytes) {
      const reader = new Reader(bytes);
      const index = reader.int();
      return { index, value: recordOf(index).read(reader) };
    },
    again: ({ index, value }) => ({ index, value: recordOf(index).decode(recordOf(index).encode(value)) }),
  });
}

/** A request as a learner forwards it: the op, then its record. */
function acceptedWrite(bytes: Uint8Array): WriteRequest | undefined {
  const reader = new Reader(bytes);
  const write = decodeWrite(reader.int(), bytes, 4);
  return write.op === "undecodable" ? undefined : write;
}

function encodeWrite(write: WriteRequest): Uint8Array {
  const writer = new Writer(256);
  writer.int(write.op);
  writeBody(writer, write);
  return writer.toBytes();
}

function writeBody(writer: Writer, write: WriteRequest): void {
  switch (write.op) {
    case Op.create:
    case Op.create2:
    case Op.createContainer:
      return requests.CreateRequest.write(writer, write);
    case Op.createTTL:
      return requests.CreateTTLRequest.write(writer, write);
    case Op.delete:
      return requests.DeleteRequest.write(writer, write);
    case Op.setData:
      return requests.SetDataRequest.write(writer, write);
    case Op.setACL:
      return requests.SetACLRequest.write(writer, write);
    case Op.multi:
      return writeMulti(writer, write.ops);
    case Op.reconfig:
      return requests.ReconfigRequest.write(writer, write);
    case Op.sync:
      return requests.SyncRequest.write(writer, write);
    case Op.createSession:
      return requests.CreateSessionRequest.write(writer, write);
    case Op.deleteContainer:
      return writer.ustring(write.path);
    case Op.closeSession:
      return;
    default:
      return unreachable(write);
  }
}

function writeMulti(writer: Writer, ops: readonly SubWrite[]): void {
  for (const sub of ops) {
    const type = isOddCreate(sub) ? Op.createTTL : sub.op;
    MultiHeader.write(writer, { type, done: false, err: -1 });
    if (isOddCreate(sub)) requests.CreateTTLRequest.write(writer, { ...sub, ttl: 0n });
    else if (sub.op === Op.check) requests.CheckVersionRequest.write(writer, sub);
    else writeBody(writer, sub);
  }
  MultiHeader.write(writer, { type: -1, done: true, err: -1 });
}

/** A create that only a createTTL without a TTL flag can become (client-protocol 3.10). */
function isOddCreate(sub: SubWrite): sub is Extract<SubWrite, { readonly acl: unknown; readonly flags: number }> {
  if (sub.op !== Op.create && sub.op !== Op.createContainer) return false;
  return sub.acl === null || sub.flags < 0 || sub.flags > CreateFlags.container;
}

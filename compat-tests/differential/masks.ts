import { DecodeError, Reader, type RecordType, Writer } from "jute-ts";
import { toSessionId } from "../../src/base/ids.ts";
import { passwordMatches } from "../../src/session/password.ts";
import { ConnectResponse } from "../../src/wire/client/connect.ts";
import { Op, Xid } from "../../src/wire/client/numbers.ts";
import {
  Create2Response,
  CreateResponse,
  ExistsResponse,
  GetACLResponse,
  GetChildren2Response,
  GetChildrenResponse,
  GetDataResponse,
  GetEphemeralsResponse,
  SetACLResponse,
  SetDataResponse,
  WhoAmIResponse,
} from "../../src/wire/client/responses.ts";
import { type ACL, MultiHeader, ReplyHeader, type Stat } from "../../src/wire/client/shared.ts";

/**
 * What may differ between two servers that were told the same is taken out of a frame: times become 0 or 1, session ids the number
 * of the session, a session's own password one fixed text; lists whose order client-protocol leaves open are sorted. Everything
 * else stays as it came. A body that is not, byte for byte, the encoding of what it decodes to is not touched at all.
 */
export class Masks {
  /** Session ids of one server, in the order in which the sessions were opened. */
  private readonly sessions = new Map<bigint, bigint>();

  /** The number of a session; the next one when it is new. */
  sessionNumber(id: bigint): bigint {
    const known = this.sessions.get(id);
    if (known !== undefined) return known;
    const number = FIRST_NUMBER + BigInt(this.sessions.size);
    this.sessions.set(id, number);
    return number;
  }

  /** The answer to a ConnectRequest. */
  handshake(frame: Uint8Array): Uint8Array {
    return rewritten(ConnectResponse, frame, (answer) => {
      if (answer.sessionId === 0n || answer.passwd === null) return answer;
      const passwd = passwordMatches(toSessionId(answer.sessionId), answer.passwd) ? OWN_PASSWORD : answer.passwd;
      return { ...answer, sessionId: this.sessionNumber(answer.sessionId), passwd };
    });
  }

  /** The reply to a request of a type, or an event. */
  frame(frame: Uint8Array, type: number): Uint8Array {
    if (frame.length < 16) return frame;
    const { xid, err } = ReplyHeader.decode(frame);
    if (xid === Xid.notification || (err !== 0 && type !== Op.multiRead)) return frame;
    return Buffer.concat([frame.subarray(0, 16), this.body(type, frame.subarray(16))]);
  }

  private body(type: number, body: Uint8Array): Uint8Array {
    if (body.length === 0) return body;
    if (type === Op.multi || type === Op.multiRead) return this.results(body);
    const rewrite = this.rewrites.get(type);
    return rewrite === undefined ? body : rewrite(body);
  }

  private results(body: Uint8Array): Uint8Array {
    const writer = new Writer();
    try {
      const reader = new Reader(body);
      for (;;) {
        const header = MultiHeader.read(reader);
        MultiHeader.write(writer, header);
        if (header.done) break;
        if (header.type === Op.error) writer.int(reader.int());
        else writer.raw(this.result(header.type, reader));
      }
      writer.raw(reader.rest());
      return writer.toBytes();
    } catch (error) {
      if (error instanceof DecodeError) return body;
      throw error;
    }
  }

  private result(type: number, reader: Reader): Uint8Array {
    const start = reader.offset;
    const record = MULTI_RESULTS.get(type);
    if (record === undefined) return new Uint8Array(0);
    record.read(reader);
    return this.body(type, reader.bytes.slice(start, reader.offset));
  }

  private stat(stat: Stat): Stat {
    return {
      ...stat,
      ctime: stat.ctime === 0n ? 0n : 1n,
      mtime: stat.mtime === 0n ? 0n : 1n,
      ephemeralOwner: this.sessions.get(stat.ephemeralOwner) ?? stat.ephemeralOwner,
    };
  }

  private withStat<T extends { readonly stat: Stat }>(record: RecordType<T>): (body: Uint8Array) => Uint8Array {
    return (body) => rewritten(record, body, (value) => ({ ...value, stat: this.stat(value.stat) }));
  }

  private readonly rewrites: ReadonlyMap<number, (body: Uint8Array) => Uint8Array> = new Map([
    [Op.create2, this.withStat(Create2Response)],
    [Op.createContainer, this.withStat(Create2Response)],
    [Op.createTTL, this.withStat(Create2Response)],
    [Op.exists, this.withStat(ExistsResponse)],
    [Op.getData, this.withStat(GetDataResponse)],
    [Op.setData, this.withStat(SetDataResponse)],
    [Op.setACL, this.withStat(SetACLResponse)],
    [
      Op.getACL,
      (body: Uint8Array) =>
        rewritten(GetACLResponse, body, ({ acl, stat }) => ({ acl: loginsSorted(acl), stat: this.stat(stat) })),
    ],
    [
      Op.getChildren,
      (body: Uint8Array) => rewritten(GetChildrenResponse, body, ({ children }) => ({ children: sorted(children) })),
    ],
    [
      Op.getChildren2,
      (body: Uint8Array) =>
        rewritten(GetChildren2Response, body, ({ children, stat }) => ({
          children: sorted(children),
          stat: this.stat(stat),
        })),
    ],
    [
      Op.getEphemerals,
      (body: Uint8Array) =>
        rewritten(GetEphemeralsResponse, body, ({ ephemerals }) => ({ ephemerals: sorted(ephemerals) })),
    ],
    [
      Op.whoAmI,
      (body: Uint8Array) =>
        rewritten(WhoAmIResponse, body, ({ clientInfo }) => ({
          clientInfo: sortedBy(clientInfo ?? [], ({ authScheme, user }) => `${authScheme} ${user}`),
        })),
    ],
  ]);
}

function rewritten<T>(record: RecordType<T>, body: Uint8Array, change: (value: T) => T): Uint8Array {
  try {
    const value = record.decode(body);
    return Buffer.compare(record.encode(value), body) === 0 ? record.encode(change(value)) : body;
  } catch (error) {
    if (error instanceof DecodeError) return body;
    throw error;
  }
}

function sorted(texts: readonly (string | null)[] | null): readonly (string | null)[] | null {
  return texts === null ? null : sortedBy(texts, (text) => `${text}`);
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** An `auth` entry became one entry a login, in any order (client-protocol 3.8): neighbours with one scheme and one mask are sorted. */
function loginsSorted(acl: readonly ACL[] | null): readonly ACL[] | null {
  if (acl === null) return null;
  const runs: ACL[][] = [];
  for (const entry of acl) {
    const last = runs.at(-1);
    const alike = last?.[0]?.id.scheme === entry.id.scheme && last[0].perms === entry.perms;
    if (alike && entry.id.scheme === "digest") last.push(entry);
    else runs.push([entry]);
  }
  return runs.flatMap((run) => sortedBy(run, ({ id }) => `${id.id}`));
}

const MULTI_RESULTS: ReadonlyMap<number, { read(reader: Reader): unknown }> = new Map<
  number,
  { read(reader: Reader): unknown }
>([
  [Op.create, CreateResponse],
  [Op.create2, Create2Response],
  [Op.setData, SetDataResponse],
  [Op.getData, GetDataResponse],
  [Op.getChildren, GetChildrenResponse],
]);
// No id that a server makes begins so.
const FIRST_NUMBER = 0x7e57_0000_0000_0001n;
const OWN_PASSWORD = new Uint8Array(16).fill(0xaa);

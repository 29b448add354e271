import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOfHex, hexBytes } from "../base/bytes.ts";
import type { SessionId } from "../base/ids.ts";
import { toSessionId } from "../base/ids.ts";
import { AclRules } from "../tree/aclCheck.ts";
import { DataTree } from "../tree/dataTree.ts";
import { ConnectResponse } from "../wire/client/connect.ts";
import { closeSessionWrite, createSessionWrite, decodeWrite } from "../wire/client/decode.ts";
import { Op } from "../wire/client/numbers.ts";
import { AuthPacket } from "../wire/client/requests.ts";
import { type Id, REQUEST_HEADER_BYTES, RequestHeader } from "../wire/client/shared.ts";
import { decodeTxn, encodeTxn } from "../wire/txnCodec.ts";
import { Preparer } from "./preparer.ts";
import type { PrepareRequest } from "./request.ts";
import { TestSessions } from "./testWorld.ts";

/**
 * What clients sent to a Java 3.9.5 server, and the log it wrote: the same requests, prepared here under the same zxids and
 * times, have to give the same bytes, digests included.
 */
const TRANSCRIPT = readFileSync(join(__dirname, "../wire/fixtures/java-3.9.5/client.txt"), "utf8");
const LOG = readFileSync(join(__dirname, "../store/fixtures/java-3.9.5/log.1"));

describe.each([1, 2, 7, 1000])("with at most %i transactions outstanding", (lag) => {
  test("the bytes of Java's log", () => {
    const tree = new DataTree();
    const sessions = new TestSessions();
    const options = {
      digestEnabled: true,
      extendedTypesEnabled: true,
      emulates353: false,
      enforceQuota: false,
      warnQuota: () => {},
      reconfigEnabled: false,
      reconfig: undefined,
      maxTxnBytes: 2097150,
    };
    const preparer = new Preparer(tree, sessions, new AclRules(), options);
    const requests = requestsOf(TRANSCRIPT);
    const waiting: Uint8Array[] = [];
    let compared = 0;
    for (const expected of payloadsOf(LOG)) {
      const java = decodeTxn(expected);
      const request = requests.get(keyOf(java.clientId, java.cxid));
      if (request === undefined) throw new Error(`no request for ${java.clientId} ${java.cxid}`);
      const bytes = encodeTxn(preparer.prepare(request, java.zxid, Number(java.timeMs)));
      if (java.body.type === Op.closeSession) expect(sorted(bytes)).toEqual(sorted(expected));
      else expect(hexBytes(bytes)).toBe(hexBytes(expected));
      compared++;
      waiting.push(bytes);
      while (waiting.length >= lag) {
        const txn = decodeTxn(waiting.shift() ?? expected);
        tree.apply(txn);
        preparer.applied(txn.zxid);
      }
    }
    expect(compared).toBe(45);
    expect(tree.digestMismatches).toBe(0);
  });
});

/** The paths of closeSession come in no particular order from Java. */
function sorted(bytes: Uint8Array): object {
  const txn = decodeTxn(bytes);
  return txn.body.type === Op.closeSession ? { ...txn, body: [...(txn.body.paths ?? [])].sort() } : txn;
}

/** Requests by session and cxid; cxid 0 is the session's creation. */
function requestsOf(transcript: string): ReadonlyMap<string, PrepareRequest> {
  const requests = new Map<string, PrepareRequest>();
  const connections = new Map<string, { session: SessionId | undefined; identities: Id[] }>();
  for (const line of transcript.trim().split("\n")) {
    const [name = "", direction, hex = ""] = line.split(" ");
    const frame = bytesOfHex(hex);
    const connection = connections.get(name);
    if (connection === undefined) {
      connections.set(name, { session: undefined, identities: [{ scheme: "ip", id: "127.0.0.1" }] });
    } else if (connection.session === undefined) {
      const { sessionId, timeOut } = ConnectResponse.decode(frame);
      connection.session = toSessionId(sessionId);
      add(requests, connection.session, 0, connection.identities, createSessionWrite(timeOut));
    } else if (direction === ">") {
      const { xid, type } = RequestHeader.decode(frame);
      const body = frame.subarray(REQUEST_HEADER_BYTES);
      if (type === Op.auth) connection.identities.push(digestOf(AuthPacket.decode(body).auth));
      const write = type === Op.closeSession ? closeSessionWrite() : decodeWrite(type, body);
      if (write.op !== Op.sync) add(requests, connection.session, xid, [...connection.identities], write);
    }
  }
  return requests;
}

function add(
  requests: Map<string, PrepareRequest>,
  sessionId: SessionId,
  cxid: number,
  identities: readonly Id[],
  write: PrepareRequest["write"],
): void {
  if (requests.has(keyOf(sessionId, cxid))) return;
  requests.set(keyOf(sessionId, cxid), { sessionId, cxid, identities, owner: "server", write });
}

function keyOf(session: SessionId, cxid: number): string {
  return `${session} ${cxid}`;
}

function digestOf(auth: Uint8Array | null): Id {
  const text = Buffer.from(auth ?? []).toString();
  const hash = createHash("sha1").update(text).digest("base64");
  return { scheme: "digest", id: `${text.slice(0, text.indexOf(":"))}:${hash}` };
}

function payloadsOf(log: Uint8Array): Uint8Array[] {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const payloads: Uint8Array[] = [];
  for (let at = 16; at + 12 <= log.length && view.getInt32(at + 8) !== 0; at += 13 + view.getInt32(at + 8)) {
    payloads.push(log.slice(at + 12, at + 12 + view.getInt32(at + 8)));
  }
  return payloads;
}

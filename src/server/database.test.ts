import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { SnapshotDecoder } from "../store/snapshotDecoder.ts";
import { Err, Op } from "../wire/client/numbers.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import type { SubTxnBody, Txn, TxnBody } from "../wire/txnValue.ts";
import { CommittedLog } from "../zab/committedLog.ts";
import { Database } from "./database.ts";
import { snapshotChunks } from "./snapshotJobs.ts";
import { TestClient } from "./testClient.ts";
import { TestServer } from "./testServer.ts";

const CREATE: TxnBody = { type: Op.create, path: "/a", data: null, acl: [], ephemeral: false, parentCVersion: 1 };
const REFUSED: TxnBody = { type: Op.error, err: Err.marshallingError };

test.each([undefined, { version: 2, treeDigest: 0n }])(
  "an error that Java logged under the zxid before is passed over at recovery; one under its own zxid is not",
  (digest) => {
    const committed = new CommittedLog();
    const database = new Database(committed);
    const recover = (zxid: bigint, body: TxnBody): void => {
      const txn = { clientId: toSessionId(7n), cxid: 1, zxid: toZxid(zxid), timeMs: 0n, body, digest };
      database.txn({ zxid: toZxid(zxid), bytes: encodeTxn(txn) });
    };
    recover(1n, CREATE);
    recover(1n, REFUSED);
    recover(2n, REFUSED);
    recover(2n, REFUSED);
    expect([database.tree.lastProcessedZxid, committed.size]).toEqual([2n, 2]);
    expect(() => recover(4n, REFUSED)).toThrow("no hole");
  },
);

function txn(zxid: number, body: TxnBody): Txn {
  return { clientId: toSessionId(7n), cxid: 1, zxid: toZxid(BigInt(zxid)), timeMs: 5n, body, digest: undefined };
}

/** `parentCVersion`: how many children its parent has had then. */
function create(path: string, parentCVersion: number, ephemeral = false): SubTxnBody {
  return { type: Op.create, path, data: null, acl: OPEN, ephemeral, parentCVersion };
}

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

/** A session with an ephemeral, in a multi too, and its end: all that a snapshot could hold half of. */
const HISTORY: readonly TxnBody[] = [
  create("/a", 1),
  { type: Op.createSession, timeOut: 1000 },
  create("/a/e", 1, true),
  { type: Op.multi, txns: [create("/a/f", 2, true), create("/b", 2), { type: Op.delete, path: "/a/f" }] },
  { type: Op.closeSession, paths: ["/a/e"] },
];

test.each(Array.from(HISTORY, (_, begun) => begun))(
  "a snapshot begun behind %i transactions is whole with the log above its name (ZOOKEEPER-3127, 3144, 3145)",
  (begun) => {
    for (let during = 0; begun + during <= HISTORY.length; during++) {
      const txns = HISTORY.slice(0, begun + during).map((body, index) => txn(index + 1, body));
      const database = new Database(new CommittedLog());
      for (const one of txns.slice(0, begun)) database.apply(one);
      const name = database.tree.lastProcessedZxid;
      const loaded = new Database(new CommittedLog());
      loaded.tree.clear();
      const decoder = new SnapshotDecoder(loaded, "stream", 1 << 20);
      const chunks = snapshotChunks(database, "stream");
      // Sessions are taken down with the first chunk, nodes behind it: all of this is between them.
      decoder.push(chunks.next().value ?? new Uint8Array(0));
      for (const one of txns.slice(begun)) database.apply(one);
      for (const chunk of chunks) decoder.push(chunk);
      loaded.loaded(name);
      for (const one of txns.slice(begun)) loaded.apply(one);
      expect([...loaded.sessions]).toEqual([...database.sessions]);
      expect(loaded.tree.signedDigest).toBe(database.tree.signedDigest);
      expect(loaded.tree.ephemeralCount).toBe(database.tree.ephemeralCount);
    }
  },
);

test("a session is in the table, and in snapshots, from the commit of its createSession on (ZOOKEEPER-2926)", () => {
  const server = new TestServer();
  const { database } = server.server.home;
  const client = new TestClient(server.accept());
  server.arrive(
    client.link,
    client.encode("connect", () => 0n),
  );
  expect(database.sessions.size).toBe(0);
  server.flush();
  expect([...database.sessions]).toEqual([[client.news() && client.sessionId, 10_000]]);
});

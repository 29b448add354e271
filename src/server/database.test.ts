import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { Err, Op } from "../wire/client/numbers.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import type { TxnBody } from "../wire/txnValue.ts";
import { CommittedLog } from "../zab/committedLog.ts";
import { Database } from "./database.ts";

const CREATE: TxnBody = { type: Op.create, path: "/a", data: null, acl: [], ephemeral: false, parentCVersion: 1 };
const REFUSED: TxnBody = { type: Op.error, err: Err.marshallingError };

test("an error that Java logged under the zxid before is passed over at recovery; one under its own zxid is not", () => {
  const committed = new CommittedLog();
  const database = new Database(committed);
  const recover = (zxid: bigint, body: TxnBody): void => {
    const txn = { clientId: toSessionId(7n), cxid: 1, zxid: toZxid(zxid), timeMs: 0n, body, digest: undefined };
    database.txn({ zxid: toZxid(zxid), bytes: encodeTxn(txn) });
  };
  recover(1n, CREATE);
  recover(1n, REFUSED);
  recover(2n, REFUSED);
  recover(2n, REFUSED);
  expect([database.tree.lastProcessedZxid, committed.size]).toEqual([2n, 2]);
  expect(() => recover(4n, REFUSED)).toThrow("no hole");
});

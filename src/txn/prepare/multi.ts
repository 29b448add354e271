import { unreachable } from "../../base/assert.ts";
import type { MultiWrite, SubWrite } from "../../wire/client/decode.ts";
import { Err, Op } from "../../wire/client/numbers.ts";
import type { MultiBody, SubTxnBody } from "../../wire/txnValue.ts";
import type { Preparation } from "../preparation.ts";
import { prepareCheck } from "./check.ts";
import { prepareCreate } from "./create.ts";
import { prepareDelete } from "./delete.ts";
import { prepareSetData } from "./setData.ts";

/**
 * All ops under one zxid, each seeing those before it (client-protocol 3.10). The first that is refused undoes the others: the
 * transaction keeps what stood before it, for the record, then its error, then -2 for each op behind it.
 *
 * -5 is no verdict on an op but a request that could not be understood, and fails the multi as a whole.
 */
export function prepareMulti(on: Preparation, write: MultiWrite): MultiBody | number {
  const txns: SubTxnBody[] = [];
  let failed = false;
  for (const op of write.ops) {
    if (failed) {
      txns.push(NOT_TRIED);
      continue;
    }
    const body = prepareSub(on, op);
    if (body === Err.marshallingError) return body;
    if (typeof body !== "number") {
      txns.push(body);
      continue;
    }
    failed = true;
    on.pending.rollback();
    txns.push({ type: Op.error, err: body });
  }
  return { type: Op.multi, txns };
}

function prepareSub(on: Preparation, op: SubWrite): SubTxnBody | number {
  switch (op.op) {
    case Op.create:
    case Op.create2:
    case Op.createContainer:
    case Op.createTTL:
      return prepareCreate(on, op);
    case Op.delete:
      return prepareDelete(on, op);
    case Op.setData:
      return prepareSetData(on, op);
    case Op.check:
      return prepareCheck(on, op);
    default:
      return unreachable(op);
  }
}

const NOT_TRIED: SubTxnBody = { type: Op.error, err: Err.runtimeInconsistency };

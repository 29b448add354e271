import { int, long, type Type } from "jute-ts";
import * as txns from "../../wire/txn.ts";
import { decodeTxn, encodeTxn } from "../../wire/txnCodec.ts";
import { type Decoder, decoder } from "../decoder.ts";
import { choice, type Grammar, nested, sequence, word } from "../grammar.ts";
import { recordedTxns } from "../recorded.ts";

const SUB_BODIES: readonly (readonly [type: number, body: Type])[] = [
  [1, txns.CreateTxn],
  [15, txns.CreateTxn],
  [19, txns.CreateContainerTxn],
  [21, txns.CreateTTLTxn],
  [2, txns.DeleteTxn],
  [20, txns.DeleteTxn],
  [5, txns.SetDataTxn],
  [13, txns.CheckVersionTxn],
  [-1, txns.ErrorTxn],
];
const BODIES: readonly (readonly [type: number, body: Grammar])[] = [
  ...SUB_BODIES,
  [1, txns.CreateTxnV0],
  [7, txns.SetACLTxn],
  [16, txns.SetDataTxn],
  [-10, txns.CreateSessionTxn],
  [-11, txns.CloseSessionTxn],
  [-11, sequence()],
  ...[0, 1, 2, 3].map((count) => [14, multiOf(count)] as const),
];

/** A whole transaction: header, body, and mostly a digest. */
export const TXNS: readonly Grammar[] = BODIES.map(([type, body]) =>
  sequence(long, int, long, long, word(type), body, choice(sequence(), txns.TxnDigest, txns.TxnDigest)),
);

export const TXN: readonly Decoder[] = [
  decoder({
    name: "txn",
    executions: 600_000,
    grammars: TXNS,
    recorded: recordedTxns(),
    decode: (bytes) => decodeTxn(bytes),
    again: (txn) => decodeTxn(encodeTxn(txn)),
  }),
];

function multiOf(count: number): Grammar {
  const sub = choice(...SUB_BODIES.map(([type, body]) => sequence(word(type), nested(body))));
  return sequence(word(count), ...Array.from({ length: count }, () => sub));
}

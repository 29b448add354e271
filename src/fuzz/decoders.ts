import type { Decoder } from "./decoder.ts";
import { CLIENT } from "./decoders/client.ts";
import { CONFIGS } from "./decoders/config.ts";
import { ELECTION } from "./decoders/election.ts";
import { FILES } from "./decoders/files.ts";
import { PEER } from "./decoders/peer.ts";
import { SNAPSHOTS } from "./decoders/snapshot.ts";
import { TXN } from "./decoders/txn.ts";

/** Everything that reads bytes which somebody else made. */
export const DECODERS: readonly Decoder[] = [
  ...CLIENT,
  ...PEER,
  ...ELECTION,
  ...TXN,
  ...SNAPSHOTS,
  ...FILES,
  ...CONFIGS,
];

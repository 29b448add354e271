import type { ServerId } from "../base/ids.ts";

/**
 * What an election has to know of a configuration. A quorum verifier is one. While a reconfiguration is pending two
 * configurations count (peer-protocol 2.6): that is an electorate too, with the voters of both, quorums where both have one,
 * and the weights of the committed one.
 */
export interface Electorate {
  readonly version: bigint;
  readonly voters: ReadonlySet<ServerId>;
  /** Servers that are no voters count for nothing. */
  containsQuorum(servers: ReadonlySet<ServerId>): boolean;
  /** 0: may not lead. 0 for an unknown server as well. */
  weight(server: ServerId): number;
}

import type { ServerId } from "../base/ids.ts";

/** One configuration as far as counting goes (peer-protocol 6.4). */
export interface QuorumVerifier {
  readonly version: bigint;
  readonly voters: ReadonlySet<ServerId>;
  readonly observers: ReadonlySet<ServerId>;
  /** Whether the voters among `sids`, each named once, are a quorum; everybody else in it is ignored (ZOOKEEPER-2959). */
  containsQuorum(sids: Iterable<ServerId>): boolean;
  /** 0 for a server that votes but is never chosen, and for who is no voter. */
  weight(sid: ServerId): number;
}

/** More than half of the voters; no tie-breaker for even sizes: 4 voters need 3. */
export class Majority implements QuorumVerifier {
  readonly version: bigint;
  readonly voters: ReadonlySet<ServerId>;
  readonly observers: ReadonlySet<ServerId>;
  private readonly half: number;

  constructor(version: bigint, voters: Iterable<ServerId>, observers: Iterable<ServerId> = []) {
    this.version = version;
    this.voters = new Set(voters);
    this.observers = new Set(observers);
    this.half = Math.floor(this.voters.size / 2);
  }

  containsQuorum(sids: Iterable<ServerId>): boolean {
    let count = 0;
    for (const sid of sids) if (this.voters.has(sid)) count++;
    return count > this.half;
  }

  weight(sid: ServerId): number {
    return this.voters.has(sid) ? 1 : 0;
  }
}

import { type ServerId, toServerId } from "../base/ids.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import { PeerState } from "../wire/election/messages.ts";
import type { Electorate } from "./electorate.ts";

/** Whom a server wants to lead, by what that one knows: always copied as received, never computed anew (peer-protocol 2.16). */
export interface Proposal {
  readonly leader: ServerId;
  /** Last logged zxid of `leader`. */
  readonly zxid: Zxid;
  /** Current epoch of `leader`. */
  readonly peerEpoch: bigint;
}

/** A proposal with the round it was made in: what a server stands by. */
export interface CurrentVote extends Proposal {
  readonly electionEpoch: bigint;
}

/** A vote as an election keeps it. */
export interface Vote extends CurrentVote {
  /** State of the server whose vote it is. */
  readonly state: PeerState;
  readonly version: number;
}

/** The order of votes (peer-protocol 2.5): epoch, then zxid, then sid, all signed; the round takes no part. */
export function beats(candidate: Proposal, current: Proposal, electorate: Electorate): boolean {
  if (electorate.weight(candidate.leader) === 0) return false;
  if (candidate.peerEpoch !== current.peerEpoch) return candidate.peerEpoch > current.peerEpoch;
  if (candidate.zxid !== current.zxid) return candidate.zxid > current.zxid;
  return candidate.leader > current.leader;
}

/**
 * Whether two votes are for the same (peer-protocol 2.6). Servers that follow a leader report the zxid and the round of the
 * moment they joined it, so that those two count only while one of the two is LOOKING (ZOOKEEPER-1805); and between a
 * server that fills in the peer epoch late and one that does not send it, only the leader counts.
 */
export function equalVotes(a: Vote, b: Vote): boolean {
  if (a.leader !== b.leader) return false;
  if (a.state === PeerState.looking || b.state === PeerState.looking) {
    return a.zxid === b.zxid && a.electionEpoch === b.electionEpoch && a.peerEpoch === b.peerEpoch;
  }
  if ((a.version === 0) !== (b.version === 0)) return true;
  return a.peerEpoch === b.peerEpoch;
}

/** The servers whose vote equals `vote`. */
export function supportOf(votes: ReadonlyMap<ServerId, Vote>, vote: Vote): Set<ServerId> {
  const support = new Set<ServerId>();
  for (const [server, cast] of votes) if (equalVotes(cast, vote)) support.add(server);
  return support;
}

export function hasQuorum(votes: ReadonlyMap<ServerId, Vote>, vote: Vote, electorate: Electorate): boolean {
  return electorate.containsQuorum(supportOf(votes, vote));
}

/** What a server proposes first (peer-protocol 2.4). Only a voter proposes itself; the others have no one to propose. */
export function initialProposal(
  role: "voter" | "joiner" | "observer",
  self: ServerId,
  lastLoggedZxid: Zxid,
  currentEpoch: number,
): Proposal {
  const nothing = toServerId(NOTHING);
  if (role === "observer") return { leader: nothing, zxid: toZxid(NOTHING), peerEpoch: NOTHING };
  return { leader: role === "voter" ? self : nothing, zxid: lastLoggedZxid, peerEpoch: BigInt(currentEpoch) };
}

/** Loses against everything. */
const NOTHING = -(2n ** 63n);

import { type ServerId, toServerId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { PeerState } from "../wire/election/messages.ts";
import type { Electorate } from "./electorate.ts";
import { beats, equalVotes, hasQuorum, initialProposal, type Proposal, supportOf, type Vote } from "./votes.ts";

const { looking, following, leading } = PeerState;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** A majority of `voters`; server 9 has no weight. */
function majorityOf(...sids: bigint[]): Electorate {
  const voters = new Set(sids.map(toServerId));
  return {
    version: 0n,
    voters,
    containsQuorum: (servers) => [...servers].filter((sid) => voters.has(sid)).length > voters.size / 2,
    weight: (sid) => (voters.has(sid) && sid !== 9n ? 1 : 0),
  };
}

function proposal(peerEpoch: bigint, zxid: bigint, leader: bigint): Proposal {
  return { peerEpoch, zxid: toZxid(zxid), leader: toServerId(leader) };
}

/** Rising; each beats all before it and none after it. */
const RISING: Proposal[] = [
  proposal(LOWEST, LOWEST, 1n),
  proposal(LOWEST, HIGHEST, 1n),
  proposal(-1n, HIGHEST, 3n),
  proposal(0n, LOWEST, 3n),
  proposal(0n, -2n, 2n),
  proposal(0n, 0n, 1n),
  proposal(0n, 0n, 2n),
  proposal(0n, 0x100000000n, 1n),
  proposal(1n, 0n, 1n),
  proposal(1n, 0n, 3n),
  proposal(1n, 0x7fffffffffffffffn, 1n),
  proposal(2n, 0n, 1n),
  proposal(HIGHEST, LOWEST, 1n),
];

test("votes are ordered by epoch, then zxid, then sid, all signed", () => {
  const electorate = majorityOf(1n, 2n, 3n);
  for (const [i, a] of RISING.entries()) {
    for (const [k, b] of RISING.entries()) expect([i, k, beats(a, b, electorate)]).toEqual([i, k, i > k]);
  }
});

test.each([9n, 77n, LOWEST])("a server without weight (%d) beats nobody", (leader) => {
  expect(beats(proposal(5n, 5n, leader), proposal(0n, 0n, 1n), majorityOf(1n, 2n, 9n))).toBe(false);
});

function vote(state: Vote["state"], version: number, leader: bigint, zxid: bigint, round: bigint, epoch: bigint): Vote {
  return { state, version, electionEpoch: round, ...proposal(epoch, zxid, leader) };
}

const BASE = vote(looking, 2, 3n, 7n, 1n, 1n);
test.each<[string, Vote, Vote, boolean]>([
  ["looking: all the same", BASE, vote(looking, 2, 3n, 7n, 1n, 1n), true],
  ["looking: another leader", BASE, vote(looking, 2, 2n, 7n, 1n, 1n), false],
  ["looking: another zxid", BASE, vote(looking, 2, 3n, 8n, 1n, 1n), false],
  ["looking: another round", BASE, vote(looking, 2, 3n, 7n, 2n, 1n), false],
  ["looking: another epoch", BASE, vote(looking, 2, 3n, 7n, 1n, 2n), false],
  ["looking: versions do not count", BASE, vote(looking, 0, 3n, 7n, 1n, 1n), true],
  ["one looking: all the same", BASE, vote(following, 2, 3n, 7n, 1n, 1n), true],
  ["one looking: another zxid", BASE, vote(leading, 2, 3n, 8n, 1n, 1n), false],
  ["one looking: another epoch, version 0", BASE, vote(following, 0, 3n, 7n, 1n, 2n), false],
  ["serving: zxid and round differ", vote(following, 2, 3n, 1n, 5n, 4n), vote(leading, 2, 3n, 2n, 6n, 4n), true],
  ["serving: another epoch", vote(following, 2, 3n, 1n, 5n, 4n), vote(leading, 2, 3n, 1n, 5n, 5n), false],
  ["serving: another leader", vote(following, 2, 3n, 1n, 5n, 4n), vote(following, 2, 1n, 1n, 5n, 4n), false],
  ["serving: one of version 0", vote(following, 0, 3n, 1n, 5n, 4n), vote(leading, 2, 3n, 9n, 6n, 5n), true],
  [
    "serving: one of version 0, another leader",
    vote(following, 0, 3n, 1n, 5n, 4n),
    vote(leading, 2, 2n, 1n, 5n, 4n),
    false,
  ],
  ["serving: both of version 0", vote(following, 0, 3n, 1n, 5n, 4n), vote(leading, 0, 3n, 9n, 6n, 5n), false],
  ["serving: versions 1 and 2", vote(following, 1, 3n, 1n, 5n, 4n), vote(leading, 2, 3n, 9n, 6n, 4n), true],
])("%s", (_, a, b, equal) => {
  expect(equalVotes(a, b)).toBe(equal);
  expect(equalVotes(b, a)).toBe(equal);
});

test("support counts equal votes, a quorum counts voters among them", () => {
  const votes = new Map<ServerId, Vote>([
    [toServerId(1n), BASE],
    [toServerId(2n), vote(looking, 2, 2n, 7n, 1n, 1n)],
    [toServerId(8n), BASE],
  ]);
  expect([...supportOf(votes, BASE)]).toEqual([1n, 8n]);
  expect(hasQuorum(votes, BASE, majorityOf(1n, 2n, 3n))).toBe(false);
  votes.set(toServerId(3n), BASE);
  expect(hasQuorum(votes, BASE, majorityOf(1n, 2n, 3n))).toBe(true);
});

test.each([
  ["voter", 5n, 77n, 6n],
  ["joiner", LOWEST, 77n, 6n],
  ["observer", LOWEST, LOWEST, LOWEST],
] as const)("a %s proposes first", (role, leader, zxid, peerEpoch) => {
  const first = initialProposal(role, toServerId(5n), toZxid(77n), 6);
  expect(first).toEqual({ leader, zxid, peerEpoch });
});

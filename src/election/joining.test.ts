import { PeerState } from "../wire/election/messages.ts";
import { Ensemble } from "./testEnsemble.ts";

/** Server 5 of five looks, round 1; the others say that they serve. Whom does it join? */
function joined(
  votes: readonly (readonly [from: bigint, PeerState, ...vote: [bigint, bigint, bigint, bigint], version: number])[],
): string {
  const ensemble = new Ensemble([1n, 2n, 3n, 4n, 5n]);
  ensemble.start(5n);
  for (const [from, state, leader, epoch, zxid, round, version] of votes) {
    ensemble.say(from, 5n, state, [leader, epoch, zxid, round], version);
  }
  return ensemble.outcomes.get(5n) ?? "looks on";
}

const { looking, following, leading, observing } = PeerState;
test.each<[string, Parameters<typeof joined>[0], string]>([
  [
    "zxid and round differ among those who follow one leader (ZOOKEEPER-1805)",
    [
      [1n, leading, 1n, 1n, 0n, 1n, 2],
      [2n, following, 1n, 1n, 7n, 9n, 2],
      [3n, following, 1n, 1n, 3n, 4n, 2],
    ],
    "following 1 e1 z3 r4",
  ],
  [
    "two epochs for one leader, in rounds that are not mine (ZOOKEEPER-1732)",
    [
      [1n, leading, 1n, 2n, 0n, 3n, 2],
      [2n, following, 1n, 2n, 0n, 3n, 2],
      [3n, following, 1n, 1n, 0n, 3n, 2],
      [4n, following, 1n, 1n, 0n, 3n, 2],
    ],
    "looks on",
  ],
  [
    "and once their epochs are brought up to date (ZOOKEEPER-1818)",
    [
      [1n, leading, 1n, 2n, 0n, 3n, 2],
      [2n, following, 1n, 2n, 0n, 3n, 2],
      [3n, following, 1n, 1n, 0n, 3n, 2],
      [3n, following, 1n, 2n, 0n, 3n, 2],
    ],
    "following 1 e2 z0 r3",
  ],
  [
    "two epochs for one leader, in my round: by the leader alone",
    [
      [1n, leading, 1n, 2n, 0n, 1n, 2],
      [2n, following, 1n, 2n, 0n, 1n, 2],
      [3n, following, 1n, 1n, 0n, 1n, 2],
    ],
    "following 1 e1 z0 r1",
  ],
  [
    "two epochs across versions: by the leader alone",
    [
      [1n, leading, 1n, 2n, 0n, 3n, 2],
      [2n, following, 1n, 2n, 0n, 3n, 2],
      [3n, following, 1n, 1n, 0n, 3n, 0],
    ],
    "following 1 e1 z0 r3",
  ],
  [
    "a quorum follows a leader that is silent (ZOOKEEPER-3537)",
    [
      [2n, following, 1n, 1n, 0n, 1n, 2],
      [3n, following, 1n, 1n, 0n, 1n, 2],
      [4n, following, 1n, 1n, 0n, 1n, 2],
    ],
    "looks on",
  ],
  [
    "a quorum follows a leader that looks itself",
    [
      [2n, following, 1n, 1n, 0n, 1n, 2],
      [3n, following, 1n, 1n, 0n, 1n, 2],
      [4n, following, 1n, 1n, 0n, 1n, 2],
      [1n, looking, 1n, 1n, 0n, 1n, 2],
    ],
    "looks on",
  ],
  [
    "the leader speaks last",
    [
      [2n, following, 1n, 1n, 0n, 8n, 2],
      [3n, following, 1n, 1n, 0n, 8n, 2],
      [1n, leading, 1n, 1n, 0n, 8n, 2],
    ],
    "following 1 e1 z0 r8",
  ],
  [
    "a leader with too few",
    [
      [1n, leading, 1n, 1n, 0n, 1n, 2],
      [2n, following, 1n, 1n, 0n, 1n, 2],
    ],
    "looks on",
  ],
  [
    "they follow me, in my round",
    [
      [1n, following, 5n, 0n, 0n, 1n, 2],
      [2n, following, 5n, 0n, 0n, 1n, 2],
      [3n, following, 5n, 0n, 0n, 1n, 2],
    ],
    "leading 5 e0 z0 r1",
  ],
  [
    "they follow what I was in another round",
    [
      [1n, following, 5n, 0n, 0n, 7n, 2],
      [2n, following, 5n, 0n, 0n, 7n, 2],
      [3n, following, 5n, 0n, 0n, 7n, 2],
    ],
    "looks on",
  ],
  ["a single voice says that I lead", [[1n, following, 5n, 0n, 0n, 1n, 2]], "looks on"],
  [
    "what servers said in an earlier round is forgotten with it",
    [
      [1n, leading, 1n, 1n, 0n, 1n, 2],
      [2n, following, 1n, 1n, 0n, 1n, 2],
      [4n, looking, 4n, 0n, 0n, 5n, 2],
      [3n, following, 1n, 2n, 0n, 5n, 2],
    ],
    "looks on",
  ],
  [
    "observers do not count",
    [
      [1n, leading, 1n, 1n, 0n, 1n, 2],
      [2n, observing, 1n, 1n, 0n, 1n, 2],
      [3n, observing, 1n, 1n, 0n, 1n, 2],
    ],
    "looks on",
  ],
  [
    "a leader that is no member (ZOOKEEPER-3769)",
    [
      [1n, following, 77n, 1n, 0n, 1n, 2],
      [2n, following, 77n, 1n, 0n, 1n, 2],
      [3n, following, 77n, 1n, 0n, 1n, 2],
    ],
    "looks on",
  ],
])("joining: %s", (_, votes, outcome) => expect(joined(votes)).toBe(outcome));

test("a server whose data may be missing takes no part in voting, but follows who leads (ZOOKEEPER-261)", () => {
  const ensemble = new Ensemble([1n, 2n, 3n]);
  ensemble.startAll([
    [1n, 0, 0n],
    [3n, 0, -1n],
  ]);
  ensemble.run(2000);
  expect([...ensemble.outcomes]).toEqual([]);
  ensemble.start(2n);
  ensemble.run(5000);
  expect([...ensemble.outcomes].sort()).toEqual([
    [1n, "following 2 e0 z0 r1"],
    [2n, "leading 2 e0 z0 r1"],
    [3n, "following 2 e0 z0 r1"],
  ]);
});

test("a vote for an unknown server is not taken over", () => {
  const ensemble = new Ensemble([1n, 2n, 3n]);
  ensemble.start(2n);
  ensemble.transcript();
  ensemble.say(1n, 2n, PeerState.looking, [77n, 9n, 9n, 1n]);
  ensemble.say(2n, 2n, PeerState.looking, [3n, 9n, 9n, 1n]);
  const heard = ["0 1>2 looking 77 e9 z9 r1", "0 2>2 looking 3 e9 z9 r1"];
  expect(ensemble.lines).toEqual(heard);
});

test("rounds at the end of their range do no harm", () => {
  const ensemble = new Ensemble([1n, 2n, 3n]);
  ensemble.start(2n);
  ensemble.say(1n, 2n, PeerState.looking, [1n, 0n, 0n, 2n ** 63n - 1n]);
  expect(ensemble.server(2n).round).toBe(2n ** 63n - 1n);
  ensemble.look(2n);
  expect(ensemble.server(2n).round).toBe(-(2n ** 63n));
});

test.each([3, 5])("%i voters with any histories, in any order of delivery, elect the best vote", (size) => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = randomOf(seed * size);
    const sids = Array.from({ length: size }, (_, i) => BigInt(i * 3 + 1));
    const ensemble = new Ensemble(sids);
    const servers = sids.map((sid) => [sid, random(3), BigInt(random(3))] as const);
    ensemble.startAll(servers.toSorted(() => random(3) - 1));
    ensemble.run(10_000, random);
    const [best] = servers.toSorted((a, b) => b[1] - a[1] || Number(b[2] - a[2]) || Number(b[0] - a[0]));
    const vote = best === undefined ? "" : `${best[0]} e${best[1]} z${best[2].toString(16)} r1`;
    const expected = sids.map((sid) => `${sid} ${sid === best?.[0] ? "leading" : "following"} ${vote}`);
    expect([seed, sids.map((sid) => `${sid} ${ensemble.outcomes.get(sid)}`)]).toEqual([seed, expected]);
    expect(ensemble.lines.filter((line) => line.includes("decides")).every((line) => line.startsWith("200 "))).toBe(
      true,
    );
  }
});

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

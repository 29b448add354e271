import { toServerId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { PeerState } from "../wire/election/messages.ts";
import { Ensemble } from "./testEnsemble.ts";

function check(ensemble: Ensemble, expected: string): void {
  expect(ensemble.transcript()).toBe(expected.trim().replaceAll(/^ +/gm, ""));
}

/** Servers 1, 2, 3 at 1000 ms, after the election of 3 and the start of epoch 1. */
function established(): Ensemble {
  const ensemble = new Ensemble([1n, 2n, 3n]);
  ensemble.startAll([
    [1n, 0, 0n],
    [2n, 0, 0n],
    [3n, 0, 0n],
  ]);
  ensemble.run(1000);
  for (const server of ensemble.servers.values()) server.updatePeerEpoch(1);
  ensemble.transcript();
  return ensemble;
}

describe("elections", () => {
  test("three fresh servers: the largest sid leads", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.startAll([
      [1n, 0, 0n],
      [2n, 0, 0n],
      [3n, 0, 0n],
    ]);
    ensemble.run(1000);
    check(
      ensemble,
      `
        0 1>2 looking 1 e0 z0 r1
        0 1>3 looking 1 e0 z0 r1
        0 2>1 looking 2 e0 z0 r1
        0 2>3 looking 2 e0 z0 r1
        0 3>1 looking 3 e0 z0 r1
        0 3>2 looking 3 e0 z0 r1
        0 1>2 looking 2 e0 z0 r1
        0 1>3 looking 2 e0 z0 r1
        0 1>2 looking 3 e0 z0 r1
        0 1>3 looking 3 e0 z0 r1
        0 2>1 looking 3 e0 z0 r1
        0 2>3 looking 3 e0 z0 r1
        200 1 decides following 3 e0 z0 r1
        200 2 decides following 3 e0 z0 r1
        200 3 decides leading 3 e0 z0 r1
      `,
    );
  });

  test("epoch before zxid, zxid before sid", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.startAll([
      [3n, 1, 0x100000009n],
      [2n, 1, 0x10000000an],
      [1n, 2, 0x100000003n],
    ]);
    ensemble.run(1000);
    check(
      ensemble,
      `
        0 3>1 looking 3 e1 z100000009 r1
        0 3>2 looking 3 e1 z100000009 r1
        0 2>1 looking 2 e1 z10000000a r1
        0 2>3 looking 2 e1 z10000000a r1
        0 1>2 looking 1 e2 z100000003 r1
        0 1>3 looking 1 e2 z100000003 r1
        0 3>1 looking 2 e1 z10000000a r1
        0 3>2 looking 2 e1 z10000000a r1
        0 2>1 looking 1 e2 z100000003 r1
        0 2>3 looking 1 e2 z100000003 r1
        0 3>1 looking 1 e2 z100000003 r1
        0 3>2 looking 1 e2 z100000003 r1
        200 3 decides following 1 e2 z100000003 r1
        200 2 decides following 1 e2 z100000003 r1
        200 1 decides leading 1 e2 z100000003 r1
      `,
    );
  });

  test("a late joiner follows the established leader in one round, whatever its own log says", () => {
    const ensemble = established();
    ensemble.stop(1n);
    ensemble.now = 60_000;
    ensemble.start(1n, 1, 0x100000004n);
    ensemble.run(70_000);
    check(
      ensemble,
      `
        60000 1>2 looking 1 e1 z100000004 r1
        60000 1>3 looking 1 e1 z100000004 r1
        60000 2>1 following 3 e1 z0 r1
        60000 3>1 leading 3 e1 z0 r1
        60000 1 decides following 3 e1 z0 r1
      `,
    );
  });

  test("the leader dies: a second round, which it joins when it comes back", () => {
    const ensemble = established();
    ensemble.stop(3n);
    ensemble.look(2n, 1, 0x100000002n);
    ensemble.run(1010);
    ensemble.look(1n, 1, 0x100000007n);
    ensemble.run(3000);
    ensemble.start(3n, 1, 0x100000007n);
    ensemble.run(5000);
    check(
      ensemble,
      `
        1000 2>1 looking 2 e1 z100000002 r2
        1000 2>3 looking 2 e1 z100000002 r2 (lost)
        1000 1>2 following 3 e1 z0 r1
        1010 1>2 looking 1 e1 z100000007 r2
        1010 1>3 looking 1 e1 z100000007 r2 (lost)
        1010 2>1 looking 1 e1 z100000007 r2
        1010 2>3 looking 1 e1 z100000007 r2 (lost)
        1210 1 decides leading 1 e1 z100000007 r2
        1210 2 decides following 1 e1 z100000007 r2
        3000 3>1 looking 3 e1 z100000007 r1
        3000 3>2 looking 3 e1 z100000007 r1
        3000 1>3 leading 1 e1 z100000007 r2
        3000 2>3 following 1 e1 z100000007 r2
        3000 3 decides following 1 e1 z100000007 r2
      `,
    );
  });

  test("a lower round is answered with the proposal of the higher one, and left", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.start(1n);
    for (let round = 2; round <= 4; round++) ensemble.look(1n);
    ensemble.transcript();
    ensemble.start(2n, 0, 5n);
    ensemble.run(1000);
    check(
      ensemble,
      `
        0 2>1 looking 2 e0 z5 r1
        0 2>3 looking 2 e0 z5 r1 (lost)
        0 1>2 looking 1 e0 z0 r4
        0 2>1 looking 2 e0 z5 r4
        0 2>3 looking 2 e0 z5 r4 (lost)
        0 1>2 looking 2 e0 z5 r4
        0 1>3 looking 2 e0 z5 r4 (lost)
        200 1 decides following 2 e0 z5 r4
        200 2 decides leading 2 e0 z5 r4
      `,
    );
  });

  test("a higher round begins anew: with its vote or with one's own first, never with what was adopted before", () => {
    const ensemble = new Ensemble([1n, 2n, 3n, 4n, 5n]);
    ensemble.start(2n);
    ensemble.transcript();
    ensemble.say(3n, 2n, PeerState.looking, [3n, 5n, 0n, 1n]);
    ensemble.say(3n, 2n, PeerState.looking, [3n, 1n, 0n, 2n]);
    ensemble.say(1n, 2n, PeerState.looking, [1n, 0n, 0n, 3n]);
    check(
      ensemble,
      `
        0 3>2 looking 3 e5 z0 r1
        0 2>1 looking 3 e5 z0 r1 (lost)
        0 2>3 looking 3 e5 z0 r1 (lost)
        0 2>4 looking 3 e5 z0 r1 (lost)
        0 2>5 looking 3 e5 z0 r1 (lost)
        0 3>2 looking 3 e1 z0 r2
        0 2>1 looking 3 e1 z0 r2 (lost)
        0 2>3 looking 3 e1 z0 r2 (lost)
        0 2>4 looking 3 e1 z0 r2 (lost)
        0 2>5 looking 3 e1 z0 r2 (lost)
        0 1>2 looking 1 e0 z0 r3
        0 2>1 looking 2 e0 z0 r3 (lost)
        0 2>3 looking 2 e0 z0 r3 (lost)
        0 2>4 looking 2 e0 z0 r3 (lost)
        0 2>5 looking 2 e0 z0 r3 (lost)
      `,
    );
  });

  test("an ensemble of one elects itself", () => {
    const ensemble = new Ensemble([1n]);
    ensemble.start(1n, 4, 0x400000002n);
    ensemble.run(1000);
    check(
      ensemble,
      `
        200 1 decides leading 1 e4 z400000002 r1
      `,
    );
  });

  test("a server without weight never leads", () => {
    const ensemble = new Ensemble([1n, 2n, 3n], new Map([[3n, 0]]));
    ensemble.startAll([
      [1n, 0, 0n],
      [2n, 0, 0n],
      [3n, 0, 9n],
    ]);
    ensemble.run(1000);
    expect([...ensemble.outcomes.values()]).toEqual([
      "following 2 e0 z0 r1",
      "leading 2 e0 z0 r1",
      "following 2 e0 z0 r1",
    ]);
  });
});

describe("time-outs", () => {
  test("alone, it dials after 200 ms, 400, 800 and so on to 60 s", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.start(2n);
    ensemble.run(300_000);
    check(
      ensemble,
      `
        0 2>1 looking 2 e0 z0 r1 (lost)
        0 2>3 looking 2 e0 z0 r1 (lost)
        200 2 dials
        600 2 dials
        1400 2 dials
        3000 2 dials
        6200 2 dials
        12600 2 dials
        25400 2 dials
        51000 2 dials
        102200 2 dials
        162200 2 dials
        222200 2 dials
        282200 2 dials
      `,
    );
  });

  test("what was sent and lost is sent again with the same intervals", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.isLost = () => ensemble.now < 1000;
    ensemble.startAll([
      [2n, 0, 0n],
      [3n, 0, 0n],
    ]);
    ensemble.run(10_000);
    check(
      ensemble,
      `
        0 2>1 looking 2 e0 z0 r1 (lost)
        0 2>3 looking 2 e0 z0 r1 (lost)
        0 3>1 looking 3 e0 z0 r1 (lost)
        0 3>2 looking 3 e0 z0 r1 (lost)
        200 2>1 looking 2 e0 z0 r1 (lost)
        200 2>3 looking 2 e0 z0 r1 (lost)
        200 3>1 looking 3 e0 z0 r1 (lost)
        200 3>2 looking 3 e0 z0 r1 (lost)
        600 2>1 looking 2 e0 z0 r1 (lost)
        600 2>3 looking 2 e0 z0 r1 (lost)
        600 3>1 looking 3 e0 z0 r1 (lost)
        600 3>2 looking 3 e0 z0 r1 (lost)
        1400 2>1 looking 2 e0 z0 r1 (lost)
        1400 2>3 looking 2 e0 z0 r1
        1400 3>1 looking 3 e0 z0 r1 (lost)
        1400 3>2 looking 3 e0 z0 r1
        1400 2>1 looking 3 e0 z0 r1 (lost)
        1400 2>3 looking 3 e0 z0 r1
        1600 2 decides following 3 e0 z0 r1
        1600 3 decides leading 3 e0 z0 r1
      `,
    );
  });

  test("a new election starts with 200 ms again", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.start(2n);
    ensemble.run(5000);
    ensemble.transcript();
    ensemble.look(2n);
    expect(ensemble.server(2n).deadline).toBe(5200);
  });
});

describe("settling", () => {
  /** Server 2 at 0 ms, settling for itself with the vote of 1. */
  function settling(): Ensemble {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.start(2n);
    ensemble.transcript();
    ensemble.say(1n, 2n, PeerState.looking, [2n, 0n, 0n, 1n]);
    expect(ensemble.server(2n).deadline).toBe(200);
    return ensemble;
  }

  test("a better vote reopens the election", () => {
    const ensemble = settling();
    ensemble.run(150);
    ensemble.say(3n, 2n, PeerState.looking, [3n, 0n, 0n, 1n]);
    ensemble.run(350);
    check(
      ensemble,
      `
        0 1>2 looking 2 e0 z0 r1
        150 3>2 looking 3 e0 z0 r1
        150 2>1 looking 3 e0 z0 r1 (lost)
        150 2>3 looking 3 e0 z0 r1 (lost)
        350 2 decides following 3 e0 z0 r1
      `,
    );
  });

  test("any other message is lost, and the quiet time begins again", () => {
    const ensemble = settling();
    ensemble.run(150);
    ensemble.say(1n, 2n, PeerState.looking, [1n, 0n, 0n, 1n]);
    ensemble.run(300);
    ensemble.say(3n, 2n, PeerState.leading, [1n, 0n, 0n, 1n]);
    ensemble.run(1000);
    check(
      ensemble,
      `
        0 1>2 looking 2 e0 z0 r1
        150 1>2 looking 1 e0 z0 r1
        300 3>2 leading 1 e0 z0 r1
        500 2 decides leading 2 e0 z0 r1
      `,
    );
  });

  test("a better vote of an old round reopens it too, and the next time-out repairs that", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.start(2n);
    ensemble.look(2n);
    ensemble.boot(1n);
    ensemble.transcript();
    ensemble.say(1n, 2n, PeerState.looking, [2n, 0n, 0n, 2n]);
    ensemble.say(3n, 2n, PeerState.looking, [3n, 0n, 0n, 1n]);
    ensemble.run(1000);
    check(
      ensemble,
      `
        0 1>2 looking 2 e0 z0 r2
        0 3>2 looking 3 e0 z0 r1
        0 2>3 looking 2 e0 z0 r2 (lost)
        200 2>1 looking 2 e0 z0 r2
        200 2>3 looking 2 e0 z0 r2 (lost)
        400 2 decides leading 2 e0 z0 r2
      `,
    );
  });
});

describe("who gets which answer", () => {
  test("an observer learns of the leader from replies to its question", () => {
    const ensemble = established();
    ensemble.start(7n, 0, 0n, "observer");
    ensemble.run(5000);
    check(
      ensemble,
      `
        1000 7>1 looking nobody r1
        1000 7>2 looking nobody r1
        1000 7>3 looking nobody r1
        1000 1>7 following 3 e1 z0 r1
        1000 2>7 following 3 e1 z0 r1
        1000 3>7 leading 3 e1 z0 r1
        1000 7 decides observing 3 e1 z0 r1
      `,
    );
  });

  test("a looking voter and a looking observer of a higher round do not play ping-pong", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.start(1n);
    ensemble.boot(7n, 0, 0n, "observer");
    for (let round = 1; round <= 3; round++) ensemble.look(7n, 0, 0n, "observer");
    ensemble.onTheWay.length = 0;
    ensemble.transcript();
    ensemble.run(900);
    check(
      ensemble,
      `
        200 1>2 looking 1 e0 z0 r1 (lost)
        200 1>3 looking 1 e0 z0 r1 (lost)
        200 7>1 looking nobody r3
        200 7>2 looking nobody r3 (lost)
        200 7>3 looking nobody r3 (lost)
        200 1>7 looking 1 e0 z0 r1
        200 7>1 looking nobody r3
        600 1>2 looking 1 e0 z0 r1 (lost)
        600 1>3 looking 1 e0 z0 r1 (lost)
        600 7>1 looking nobody r3
        600 7>2 looking nobody r3 (lost)
        600 7>3 looking nobody r3 (lost)
        600 1>7 looking 1 e0 z0 r1
        600 7>1 looking nobody r3
      `,
    );
    ensemble.start(2n);
    ensemble.run(2000);
    check(
      ensemble,
      `
        900 2>1 looking 2 e0 z0 r1
        900 2>3 looking 2 e0 z0 r1 (lost)
        900 1>2 looking 2 e0 z0 r1
        900 1>3 looking 2 e0 z0 r1 (lost)
        1100 1 decides following 2 e0 z0 r1
        1100 2 decides leading 2 e0 z0 r1
        1400 7>1 looking nobody r3
        1400 7>2 looking nobody r3
        1400 7>3 looking nobody r3 (lost)
        1400 1>7 following 2 e0 z0 r1
        1400 2>7 leading 2 e0 z0 r1
        1400 7 decides observing 2 e0 z0 r1
      `,
    );
  });

  test.each([PeerState.looking, PeerState.following, PeerState.leading, PeerState.observing])(
    "a stranger in state %i is answered once with the current vote and this round, and changes nothing",
    (state) => {
      const ensemble = established();
      ensemble.boot(8n);
      ensemble.look(2n, 1, 0x100000001n);
      ensemble.onTheWay.length = 0;
      ensemble.transcript();
      for (let i = 0; i < 50; i++) ensemble.say(8n, 2n, state, [8n, 99n, 99n, 99n]);
      for (let i = 0; i < 50; i++) ensemble.say(8n, 3n, state, [8n, 99n, 99n, 99n]);
      const answers = ensemble.lines.filter((line) => !line.includes(" 8>"));
      expect(answers).toEqual(["1000 2>8 looking 3 e1 z0 r2", "1000 3>8 leading 3 e1 z0 r1"]);
      expect(ensemble.server(2n).round).toBe(2n);
    },
  );

  test("the same question is answered again after 100 ms, another one at once", () => {
    const ensemble = established();
    for (const [now, round] of [
      [2000, 1n],
      [2000, 1n],
      [2099, 1n],
      [2100, 1n],
      [2100, 2n],
      [2100, 1n],
    ] as const) {
      ensemble.now = now;
      ensemble.say(1n, 3n, PeerState.looking, [1n, 1n, 0n, round]);
    }
    check(
      ensemble,
      `
        2000 1>3 looking 1 e1 z0 r1
        2000 3>1 leading 3 e1 z0 r1
        2000 1>3 looking 1 e1 z0 r1
        2099 1>3 looking 1 e1 z0 r1
        2100 1>3 looking 1 e1 z0 r1
        2100 3>1 leading 3 e1 z0 r1
        2100 1>3 looking 1 e1 z0 r2
        2100 3>1 leading 3 e1 z0 r1
        2100 1>3 looking 1 e1 z0 r1
        2100 3>1 leading 3 e1 z0 r1
      `,
    );
  });

  test("servers that serve do not answer one another", () => {
    const ensemble = established();
    ensemble.say(1n, 3n, PeerState.following, [2n, 9n, 9n, 9n]);
    ensemble.say(2n, 3n, PeerState.leading, [2n, 9n, 9n, 9n]);
    ensemble.say(2n, 3n, PeerState.observing, [2n, 9n, 9n, 9n]);
    check(
      ensemble,
      `
        1000 1>3 following 2 e9 z9 r9
        1000 2>3 leading 2 e9 z9 r9
        1000 2>3 observing 2 e9 z9 r9
      `,
    );
  });

  test("votes that come before it looks wait; a stranger gets the vote of the boot", () => {
    const ensemble = new Ensemble([1n, 2n, 3n]);
    ensemble.boot(1n, 3, 0x300000001n);
    ensemble.boot(8n);
    ensemble.say(8n, 1n, PeerState.looking, [8n, 0n, 0n, 1n]);
    ensemble.say(2n, 1n, PeerState.looking, [2n, 3n, 0x300000002n, 1n]);
    ensemble.look(1n, 3, 0x300000001n);
    ensemble.run(1000);
    check(
      ensemble,
      `
        0 8>1 looking 8 e0 z0 r1
        0 1>8 looking 1 e3 z300000001 r0
        0 2>1 looking 2 e3 z300000002 r1
        0 1>2 looking 1 e3 z300000001 r1 (lost)
        0 1>3 looking 1 e3 z300000001 r1 (lost)
        0 1>2 looking 2 e3 z300000002 r1 (lost)
        0 1>3 looking 2 e3 z300000002 r1 (lost)
        200 1 decides following 2 e3 z300000002 r1
      `,
    );
  });

  test("after a handover it answers by the vote it was given, then by the new epoch", () => {
    const ensemble = established();
    const vote = { leader: toServerId(1n), zxid: toZxid(0x100000009n), electionEpoch: -1n, peerEpoch: -1n };
    ensemble.server(3n).setState(PeerState.following, vote);
    ensemble.say(2n, 3n, PeerState.looking, [2n, 1n, 0n, 2n]);
    ensemble.server(3n).updatePeerEpoch(2);
    ensemble.say(2n, 3n, PeerState.looking, [2n, 1n, 0n, 2n]);
    check(
      ensemble,
      `
        1000 2>3 looking 2 e1 z0 r2
        1000 3>2 following 1 e-1 z100000009 r-1
        1000 2>3 looking 2 e1 z0 r2
        1000 3>2 following 1 e2 z100000009 r-1
      `,
    );
  });
});

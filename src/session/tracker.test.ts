import { type SessionId, toSessionId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import { SessionTracker } from "./tracker.ts";

const A = toSessionId(0xan);
const B = toSessionId(-0xbn);
const C = toSessionId(0xcn);

/** When a session tracked at `nowMs` expires: the one millisecond before which `expire` does not name it. */
function expiryOf(tickMs: number, nowMs: number, timeoutMs: number): number {
  const tracker = new SessionTracker(tickMs);
  tracker.track(A, timeoutMs, nowMs);
  const { deadline } = tracker;
  expect(tracker.expire(deadline - 1)).toEqual([]);
  expect(tracker.expire(deadline)).toEqual([A]);
  return deadline;
}

test.each([
  [2000, 0, 4000, 6000],
  [2000, 1, 4000, 6000],
  [2000, 1999, 4000, 6000],
  [2000, 2000, 4000, 8000],
  [2000, 123_456, 4000, 128_000],
  [3000, 5000, 6000, 12_000],
  [100, 0, 99, 100],
  [100, 0, 100, 200],
])("tick %i, tracked at %i with %i ms, expires at %i", (tickMs, nowMs, timeoutMs, expiry) => {
  expect(expiryOf(tickMs, nowMs, timeoutMs)).toBe(expiry);
});

test("a touch moves the deadline on, and `deadline` never lies beyond it", () => {
  const tracker = new SessionTracker(1000);
  tracker.track(A, 4000, 0);
  for (let now = 0; now <= 20_000; now += 700) {
    expect(tracker.expire(now)).toEqual([]);
    expect(tracker.touch(A, 4000, now)).toBe(true);
    expect(tracker.deadline).toBeGreaterThan(now);
  }
  expect(tracker.expire(23_999)).toEqual([]);
  expect(tracker.expire(24_000)).toEqual([A]);
});

test("a reconnect with a shorter time-out expires by the new one", () => {
  const tracker = new SessionTracker(1000);
  tracker.track(A, 40_000, 0);
  tracker.touch(A, 4000, 100);
  expect(tracker.timeoutOf(A)).toBe(4000);
  expect(tracker.deadline).toBe(5000);
  expect(tracker.expire(5000)).toEqual([A]);
});

test("from live to closing to unknown", () => {
  const tracker = new SessionTracker(1000);
  expect(tracker.state(A)).toBe("unknown");
  expect(tracker.touch(A, 4000, 0)).toBe(false);
  expect(tracker.deadline).toBe(NEVER);

  tracker.track(A, 4000, 0);
  expect(tracker.state(A)).toBe("live");
  expect(tracker.expire(5000)).toEqual([A]);
  expect(tracker.state(A)).toBe("closing");
  expect(tracker.deadline).toBe(NEVER);

  expect(tracker.touch(A, 4000, 5001)).toBe(false);
  tracker.track(A, 4000, 5001);
  expect(tracker.state(A)).toBe("closing");
  expect(tracker.expire(99_999)).toEqual([]);

  tracker.remove(A);
  expect(tracker.state(A)).toBe("unknown");
  expect(tracker.size).toBe(0);
});

test("closed by its client, a session is not expired as well", () => {
  const tracker = new SessionTracker(1000);
  tracker.track(A, 4000, 0);
  tracker.track(B, 8000, 0);
  tracker.setClosing(A);
  expect(tracker.state(A)).toBe("closing");
  expect(tracker.deadline).toBe(9000);
  expect(tracker.expire(9000)).toEqual([B]);
});

test("one call catches up with every bucket that came due", () => {
  const tracker = new SessionTracker(1000);
  tracker.track(C, 9000, 0);
  tracker.track(A, 4000, 0);
  tracker.track(B, 4000, 10);
  expect(tracker.expire(1_000_000)).toEqual([A, B, C]);
});

test("many that come due at once expire in pieces, in the same order, and one that is heard from in between does not", () => {
  const tracker = new SessionTracker(1000);
  const ids = Array.from({ length: 10 }, (_, i) => toSessionId(BigInt(i + 1)));
  for (const [i, id] of ids.entries()) tracker.track(id, i < 6 ? 4000 : 6000, 0);
  expect(tracker.expire(7000, 4)).toEqual(ids.slice(0, 4));
  expect(tracker.deadline).toBe(5000);
  const tenth = toSessionId(10n);
  expect(tracker.touch(tenth, 4000, 7000)).toBe(true);
  expect(tracker.expire(7000, 4)).toEqual(ids.slice(4, 8));
  expect(tracker.deadline).toBe(7000);
  expect(tracker.expire(7000, 4)).toEqual(ids.slice(8, 9));
  expect([tracker.deadline, tracker.state(tenth)]).toEqual([12_000, "live"]);
});

test("deadlines tells of live sessions by their last touch, wherever they wait", () => {
  const tracker = new SessionTracker(1000);
  tracker.track(A, 4000, 0);
  tracker.track(B, 4000, 0);
  tracker.track(C, 4000, 0);
  tracker.touch(A, 4000, 3000);
  tracker.setClosing(C);
  expect(new Map(tracker.deadlines())).toEqual(
    new Map([
      [A, 8000],
      [B, 5000],
    ]),
  );
  expect(tracker.size).toBe(3);
});

test("the first owner stays until another one is set", () => {
  const tracker = new SessionTracker(1000);
  const here = { learner: 1 };
  const there = { learner: 1 };
  expect(tracker.checkOwner(A, here)).toBe(false);
  tracker.track(A, 4000, 0);
  expect(tracker.owner(A)).toBeUndefined();
  expect(tracker.checkOwner(A, here)).toBe(true);
  expect(tracker.checkOwner(A, here)).toBe(true);
  expect(tracker.checkOwner(A, there)).toBe(false);
  tracker.setOwner(A, there);
  expect(tracker.owner(A)).toBe(there);
  expect(tracker.checkOwner(A, here)).toBe(false);
  tracker.setOwner(B, here);
  expect(tracker.owner(B)).toBeUndefined();
});

/** The rule itself, without buckets that are filled lazily. */
class Model {
  readonly deadlines = new Map<SessionId, number>();

  touch(id: SessionId, timeoutMs: number, nowMs: number): void {
    this.deadlines.set(id, (Math.floor((nowMs + timeoutMs) / 700) + 1) * 700);
  }

  expire(nowMs: number): SessionId[] {
    const due = [...this.deadlines].filter(([, deadline]) => deadline <= nowMs).map(([id]) => id);
    for (const id of due) this.deadlines.delete(id);
    return due;
  }
}

test.each([1, 2, 3, 4, 5])("any run of touches and ticks expires what the rule says (seed %i)", (seed) => {
  const random = randomOf(seed);
  const tracker = new SessionTracker(700);
  const model = new Model();
  let now = 0;
  for (let step = 0; step < 1000; step++) {
    const id = toSessionId(BigInt(random(40)));
    const timeoutMs = 1400 + random(6) * 1300;
    const dice = random(10);
    if (dice < 6 && tracker.touch(id, timeoutMs, now)) model.touch(id, timeoutMs, now);
    if (dice === 6 && tracker.state(id) === "unknown") {
      tracker.track(id, timeoutMs, now);
      model.touch(id, timeoutMs, now);
    }
    if (dice === 7 && random(20) === 0) {
      tracker.remove(id);
      model.deadlines.delete(id);
    }
    now += random(300);
    const expired = model.expire(now).sort();
    expect(tracker.expire(now).sort()).toEqual(expired);
    for (const gone of expired) tracker.remove(gone);
    const earliest = Math.min(NEVER, ...model.deadlines.values());
    expect(tracker.deadline).toBeLessThanOrEqual(earliest);
    expect(tracker.deadline === NEVER).toBe(earliest === NEVER);
  }
});

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

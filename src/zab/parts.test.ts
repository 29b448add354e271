import { toServerId } from "../base/ids.ts";
import { toZxid, zxidOf } from "../base/zxid.ts";
import { AckTimer } from "./ackTimer.ts";
import { Broadcast } from "./broadcast.ts";
import { CommittedLog, continues } from "./committedLog.ts";
import { Majority } from "./quorum.ts";
import { committedLogOf, textOfZxid, txn, txnsOfText, zxidOfText } from "./testScript.ts";

const ids = (numbers: readonly number[]) => numbers.map((id) => toServerId(BigInt(id)));

describe("majorities (6.4)", () => {
  test.each([
    [[1], [], false],
    [[1], [1], true],
    [[1, 2], [1], false],
    [[1, 2], [1, 2], true],
    [[1, 2, 3], [2], false],
    [[1, 2, 3], [2, 3], true],
    [[1, 2, 3, 4], [1, 2], false],
    [[1, 2, 3, 4], [1, 2, 4], true],
    [[1, 2, 3, 4, 5], [1, 2, 3], true],
    [[1, 2, 3], [1, 8, 9], false],
  ])("voters %j, present %j: %s", (voters, present, quorum) => {
    expect(new Majority(0n, ids(voters)).containsQuorum(new Set(ids(present)))).toBe(quorum);
  });

  test("observers weigh nothing", () => {
    const verifier = new Majority(7n, ids([1, 2]), ids([3]));
    expect(ids([1, 3, 9]).map((sid) => verifier.weight(sid))).toEqual([1, 0, 0]);
    expect([verifier.version, ...verifier.observers]).toEqual([7n, 3n]);
  });
});

describe("the committed log (Z17)", () => {
  test.each([
    ["5:9", "5:10", true],
    ["5:9", "5:11", false],
    ["5:9", "5:9", false],
    ["5:9", "5:8", false],
    ["5:9", "6:1", true],
    ["5:9", "6:7", false],
    ["5:9", "8:1", true],
    ["5:9", "4:10", false],
    ["5:4294967295", "6:0", true],
  ])("%s then %s: %s", (previous, next, fine) => {
    expect(continues(zxidOfText(previous), zxidOfText(next))).toBe(fine);
    const log = committedLogOf(previous);
    expect(log.accepts(zxidOfText(next))).toBe(fine);
    if (!fine) expect(() => log.add(txn(zxidOfText(next)))).toThrow("no hole");
  });

  test("keeps the newest", () => {
    const log = committedLogOf("1:1-1:5000", 500);
    expect([log.size, log.min, log.max]).toEqual([500, zxidOf(1, 4501), zxidOf(1, 5000)]);
    expect(log.after(zxidOf(1, 4997)).map(({ zxid }) => textOfZxid(zxid))).toEqual(["1:4998", "1:4999", "1:5000"]);
    expect(log.after(zxidOf(1, 5000))).toEqual([]);
    expect(log.after(zxidOf(0, 7)).length).toBe(500);
    log.clear();
    expect([log.size, log.min, log.max]).toEqual([0, undefined, undefined]);
    expect(log.accepts(zxidOf(9, 9))).toBe(true);
  });

  test("while held nothing is dropped", () => {
    const log = committedLogOf("1:1-1:3", 3);
    log.hold();
    log.hold();
    for (const entry of txnsOfText("1:4-1:9")) log.add(entry);
    expect(log.min).toBe(zxidOf(1, 1));
    log.release();
    expect(log.min).toBe(zxidOf(1, 1));
    log.release();
    expect([log.min, log.size]).toEqual([zxidOf(1, 7), 3]);
    expect(() => log.release()).toThrow("hold");
  });

  test.each([
    ["", "5:9", true],
    ["5:8-5:9", "5:9", true],
    ["5:8-5:9", "6:0", true],
    ["5:8-5:9", "6:1", false],
    ["5:8-5:9", "5:8", false],
  ])("%j is the history of a tree at %s: %s", (window, zxid, fine) => {
    expect(committedLogOf(window).endsAt(zxidOfText(zxid))).toBe(fine);
  });

  test("clear while held", () => {
    const log = new CommittedLog(2);
    log.hold();
    log.clear();
    for (const entry of txnsOfText("1:1-1:5")) log.add(entry);
    expect(log.size).toBe(5);
    log.release();
    expect(log.size).toBe(2);
  });
});

describe("proposals", () => {
  const verifiers = [new Majority(0n, ids([1, 2, 3]))];
  const [one, two] = [toServerId(1n), toServerId(2n)];

  test("thousands go through in order, and a proposal out of order is refused", () => {
    const broadcast = new Broadcast(zxidOf(6, 0));
    let committed = 0;
    for (let i = 1; i <= 5000; i++) {
      broadcast.propose(txn(zxidOf(6, i)), verifiers);
      if (i % 7 !== 0) continue;
      broadcast.ackUpTo(one, zxidOf(6, i));
      for (let acked = committed + 1; acked <= i - 3; acked++) broadcast.ack(two, zxidOf(6, acked));
      for (let taken = broadcast.takeCommitted(); taken !== undefined; taken = broadcast.takeCommitted()) {
        expect(taken.entry.zxid).toBe(zxidOf(6, ++committed));
      }
      expect([committed, broadcast.outstanding, broadcast.lastCommitted]).toEqual([i - 3, 3, zxidOf(6, i - 3)]);
    }
    expect(() => broadcast.propose(txn(zxidOf(6, 5002)), verifiers)).toThrow("without gap");
  });

  test("acks of a server that is synced again are gone, the others stay", () => {
    const broadcast = new Broadcast(zxidOf(6, 0));
    broadcast.propose(txn(zxidOf(6, 1)), verifiers);
    broadcast.ack(two, zxidOf(6, 1));
    broadcast.forget(two);
    broadcast.ackUpTo(one, zxidOf(6, 1));
    expect(broadcast.takeCommitted()).toBeUndefined();
    broadcast.ack(two, zxidOf(6, 1));
    expect(broadcast.takeCommitted()?.entry.zxid).toBe(zxidOf(6, 1));
  });
});

describe("whether a follower still acks (4.14)", () => {
  /** `p1@0`: proposal 1 sent at 0; `a1`: its ack; `?@n=late`: asked at n. */
  function check(script: string): void {
    const timer = new AckTimer();
    for (const step of script.split(" ")) {
      const [what = "", at = "0"] = step.split("@");
      const zxid = toZxid(BigInt(/\d+/.exec(what)?.[0] ?? "0"));
      if (what === "start") timer.start();
      else if (what.startsWith("p")) timer.proposed(zxid, Number(at));
      else if (what.startsWith("a")) timer.acked(zxid);
      else expect(`${step.split("=")[0]}=${timer.isLate(Number.parseInt(at, 10), 100) ? "late" : "fine"}`).toBe(step);
    }
  }

  test.each([
    ["p1@0 ?@500=fine"],
    ["start ?@500=fine"],
    ["start p1@0 ?@99=fine ?@100=late"],
    ["start p1@0 a1 ?@500=fine"],
    // The successor keeps its own send time, and is the most recently sent.
    ["start p1@0 p2@10 p3@50 ?@99=fine ?@100=late a1 ?@100=fine ?@149=fine ?@150=late a3 ?@999=fine"],
    ["start p1@0 p2@10 a2 ?@99=fine ?@100=late a1 ?@500=fine"],
    ["start p1@0 p2@10 a7 ?@100=late"],
    // Slow, but moving.
    ["start p1@0 p2@90 a1 p3@180 ?@189=fine a2 ?@250=fine a3 ?@999=fine"],
  ])("%s", check);
});

import { planSync, type SyncPlan } from "./syncPlan.ts";
import { committedLogOf, textOfZxid, txnsOfText, zxidOfText } from "./testScript.ts";

/** L, the committed log, the disk log (or why there is none), P, and the plan as `kind zxid: entries / forward from`. */
type Row = readonly [name: string, L: string, window: string, disk: string, P: string, plan: string];

function check([, lastProcessed, window, disk, peer, expected]: Row): void {
  const committedLog = committedLogOf(window);
  const plan = planSync({
    peerZxid: zxidOfText(peer),
    lastProcessed: zxidOfText(lastProcessed),
    lastTxn: committedLog.max ?? zxidOfText(lastProcessed.endsWith(":0") ? "5:9" : lastProcessed),
    committedLog,
    history: disk === "-" ? undefined : disk === "unusable" ? "unusable" : txnsOfText(disk),
  });
  expect(describePlan(plan)).toBe(expected);
}

function describePlan(plan: SyncPlan): string {
  if (plan.kind === "needDiskHistory") return "ask the disk";
  const entries = plan.entries.map(({ zxid }) => textOfZxid(zxid)).join(" ");
  return `${plan.kind} ${textOfZxid(plan.zxid)}:${entries === "" ? "" : ` ${entries}`} / ${textOfZxid(plan.forwardFrom)}`;
}

const ROWS: readonly Row[] = [
  // 2: nothing to do
  ["the same", "5:9", "5:5-5:9", "-", "5:9", "diff 5:9: / 5:9"],
  ["the same fresh epoch", "6:0", "5:5-5:9", "-", "6:0", "diff 6:0: / 6:0"],
  ["two empty servers", "0:0", "", "-", "0:0", "diff 0:0: / 0:0"],
  ["everything, and an empty window behind a fresh epoch", "6:0", "", "-", "5:9", "diff 5:9: / 5:9"],
  // 3: the learner has more
  ["a tail nobody has", "5:9", "5:5-5:9", "-", "5:12", "trunc 5:9: / 5:9"],
  ["the same behind a fresh epoch", "6:0", "5:5-5:9", "-", "5:10", "trunc 5:9: / 5:9"],
  ["an outstanding proposal", "6:2", "5:9 6:1-6:2", "-", "6:4", "trunc 6:2: / 6:2"],
  ["a tail, an empty window", "6:0", "", "-", "5:10", "trunc 5:9: / 5:9"],
  ["a fresh epoch above everything is no tail", "6:2", "6:1-6:2", "-", "7:0", "snap 6:2: / 6:2"],
  // 4: inside the window
  ["a little behind", "5:9", "5:5-5:9", "-", "5:7", "diff 5:9: 5:8 5:9 / 5:9"],
  ["at the oldest", "5:9", "5:5-5:9", "-", "5:5", "diff 5:9: 5:6 5:7 5:8 5:9 / 5:9"],
  ["at the newest, behind a fresh epoch", "6:0", "5:5-5:9", "-", "5:9", "diff 5:9: / 5:9"],
  ["across an epoch", "6:2", "5:8-5:9 6:1-6:2", "-", "5:9", "diff 6:2: 6:1 6:2 / 6:2"],
  ["N: a fresh epoch inside", "6:2", "5:8-5:9 6:1-6:2", "-", "6:0", "diff 6:2: 6:1 6:2 / 6:2"],
  ["N: an epoch without transactions inside", "7:1", "5:8-5:9 7:1", "-", "6:0", "diff 7:1: 7:1 / 7:1"],
  ["a tail of an epoch that went on", "5:9", "5:2-5:4 6:1", "-", "5:6", "snap 5:9: / 5:9"],
  ["a tail of an epoch that has more here", "6:2", "4:9 5:1 6:1-6:2", "-", "5:3", "snap 6:2: / 6:2"],
  // 5: older than the window
  ["older than the window", "5:9", "5:5-5:9", "-", "5:2", "ask the disk"],
  ["an empty server", "5:9", "5:5-5:9", "-", "0:0", "ask the disk"],
  ["the disk reaches the window", "5:9", "5:7-5:9", "5:2-5:7", "5:4", "diff 5:9: 5:5 5:6 5:7 5:8 5:9 / 5:9"],
  ["the disk reaches into the window", "5:9", "5:7-5:9", "5:4-5:9", "5:4", "diff 5:9: 5:5 5:6 5:7 5:8 5:9 / 5:9"],
  [
    "the disk reads no further than the window's oldest",
    "5:9",
    "5:7-5:9",
    "5:6-5:7 9:9",
    "5:6",
    "diff 5:9: 5:7 5:8 5:9 / 5:9",
  ],
  ["the disk ends before the window (ZOOKEEPER-2418)", "5:9", "5:7-5:9", "5:2-5:5", "5:4", "snap 5:9: / 5:9"],
  ["the disk ends just before the window", "5:9", "5:7-5:9", "5:2-5:6", "5:4", "snap 5:9: / 5:9"],
  ["the disk begins above the learner", "5:9", "5:7-5:9", "5:5-5:9", "5:4", "snap 5:9: / 5:9"],
  ["the disk is empty", "5:9", "5:7-5:9", "", "5:4", "snap 5:9: / 5:9"],
  ["the disk is unusable", "5:9", "5:7-5:9", "unusable", "5:4", "snap 5:9: / 5:9"],
  ["the disk has a hole (ZOOKEEPER-2846, 4352)", "5:9", "5:7-5:9", "5:2-5:4 5:6-5:7", "5:3", "snap 5:9: / 5:9"],
  ["a tail found on the disk", "6:2", "6:1-6:2", "5:2-5:4 6:1", "5:3", "diff 6:2: 5:4 6:1 6:2 / 6:2"],
  ["TRUNC from the disk", "7:1", "7:1", "6:1-6:3 6:5-6:6 7:1", "6:4", "snap 7:1: / 7:1"],
  ["TRUNC across epochs is impossible", "6:2", "6:1-6:2", "5:2-5:4 6:1", "5:6", "snap 6:2: / 6:2"],
  ["N on the disk", "6:9", "6:7-6:9", "5:9 6:1-6:7", "6:0", "diff 6:9: 6:1 6:2 6:3 6:4 6:5 6:6 6:7 6:8 6:9 / 6:9"],
  [
    "an empty server, and the disk has it all but a record at or below 0",
    "1:3",
    "1:2-1:3",
    "1:1-1:3",
    "0:0",
    "snap 1:3: / 1:3",
  ],
  ["an empty window: the disk up to the newest", "6:0", "", "5:3-5:9", "5:4", "diff 5:9: 5:5 5:6 5:7 5:8 5:9 / 5:9"],
  ["an empty window: the disk ends early", "6:0", "", "5:3-5:8", "5:4", "snap 6:0: / 6:0"],
];

describe("how a learner is brought up to date (3.6)", () => {
  test.each(ROWS.map((row) => [row[0], row] as const))("%s", (_name, row) => check(row));

  test("TRUNC keeps what both have, and what follows goes out (row 4, walk step 3)", () => {
    // A learner that logged 6:3 and 6:4 of a leader of epoch 6, whose successor has 6:3 too and something else since.
    check(["", "7:1", "6:1-6:3 7:1", "-", "6:5", "snap 7:1: / 7:1"]);
    check(["", "6:9", "6:1-6:9", "-", "6:12", "trunc 6:9: / 6:9"]);
  });

  /** Whatever the situation: a learner that takes the plan ends with the leader's history, and never crosses a hole. */
  test("every plan, applied, gives the leader's history", () => {
    const history = ["4:1-4:3", "5:1-5:2", "7:1-7:4"].flatMap((part) => txnsOfText(part));
    const peers = ["0:0", "4:0", "4:1", "4:3", "4:5", "5:0", "5:1", "5:2", "5:4", "6:0", "7:0", "7:2", "7:4", "7:6"];
    for (let oldest = 0; oldest <= history.length; oldest++) {
      for (const peer of peers) {
        const P = zxidOfText(peer);
        const window = history.slice(oldest);
        const first = history.findLastIndex(({ zxid }) => zxid <= P);
        const plan = planSync({
          peerZxid: P,
          lastProcessed: zxidOfText("7:4"),
          lastTxn: zxidOfText("7:4"),
          committedLog: committedLogOf(window.map(({ zxid }) => textOfZxid(zxid)).join(" ")),
          history: first < 0 ? "unusable" : history.slice(first),
        });
        if (plan.kind === "needDiskHistory") throw new Error("the disk was asked twice");
        if (plan.kind === "snap") continue;
        const kept = history.filter(({ zxid }) => zxid <= (plan.kind === "trunc" && plan.zxid < P ? plan.zxid : P));
        expect([...kept, ...plan.entries].map(({ zxid }) => textOfZxid(zxid))).toEqual(
          history.map(({ zxid }) => textOfZxid(zxid)),
        );
      }
    }
  });
});

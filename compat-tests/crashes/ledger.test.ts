import { Chance } from "../differential/chance.ts";
import { Branch } from "./branch.ts";
import { Ledger } from "./ledger.ts";
import type { Step } from "./steps.ts";

// The judge before its trials: every state that a crash may leave is taken, and no other.

const ROOT = "/judged";
const UNANSWERED = 12;

/** A ledger with its last requests unanswered, and how the branch stood after each request. */
function written(seed: number, count: number): { readonly ledger: Ledger; readonly states: readonly Branch[] } {
  const chance = new Chance(seed);
  const ledger = new Ledger(ROOT);
  const states = [new Branch(ROOT)];
  for (let n = 0; n < count; n++) {
    const step = ledger.next(chance);
    const state = states.at(-1)?.copy() ?? new Branch(ROOT);
    state.apply(step);
    states.push(state);
    if (n < count - UNANSWERED) expect(ledger.answer(({ kind }: Step) => kind !== "refused")).toEqual([]);
  }
  return { ledger, states };
}

const SEEDS = Array.from({ length: 20 }, (_, i) => i);

test.each(SEEDS)(
  "seed %i: everything acknowledged and any beginning of the rest is taken, an older state is not",
  (seed) => {
    for (let more = 0; more <= UNANSWERED; more++) {
      const { ledger, states } = written(seed, 300);
      expect(ledger.settle(states.at(300 - UNANSWERED + more)?.nodes ?? new Map())).toEqual([]);
    }
    const { ledger, states } = written(seed, 300);
    const sure = states[300 - UNANSWERED];
    // The newest that differs: a refused request changes nothing.
    const older = states.slice(0, 300 - UNANSWERED).findLast((state) => sure?.differences(state.nodes).length !== 0);
    expect(ledger.settle(older?.nodes ?? new Map())).not.toEqual([]);
  },
);

type Damage = { readonly what: string; readonly to: (tree: Map<string, string>) => void; readonly found: RegExp };

const DAMAGES: readonly Damage[] = [
  { what: "a node less", to: (tree) => tree.delete(newest(tree, "/n-")), found: /^\S+\/n-\d+ is not there$/ },
  { what: "a node of a pair less", to: (tree) => tree.delete(newest(tree, "/b-")), found: /\/b-\d+ is not there$/ },
  { what: "one twin set", to: (tree) => tree.set(`${ROOT}/left`, "9999"), found: /\/left is 9999, not / },
  { what: "an older value", to: (tree) => tree.set(`${ROOT}/counter1`, "1"), found: /\/counter1 is 1, not / },
  { what: "a part of a refused multi", to: (tree) => tree.set(`${ROOT}/r-7`, "7"), found: /\/r-7 is there$/ },
  { what: "an ephemeral node that was gone", to: (tree) => tree.set(`${ROOT}/e-1`, "1"), found: /\/e-1 is there$/ },
  { what: "a number given twice", to: (tree) => renumber(tree), found: /\/s-\d+ is/ },
];

test.each(DAMAGES)("$what is noticed", ({ to, found }) => {
  const { ledger, states } = written(5, 300);
  const tree = new Map(states[300 - UNANSWERED]?.nodes);
  to(tree);
  expect(ledger.settle(tree).join("\n")).toMatch(new RegExp(found, "m"));
});

test("answers that should have been others", () => {
  const ledger = new Ledger(ROOT);
  expect(ledger.answer(() => true)).toEqual([`${ROOT}: an answer to nothing`]);
  ledger.next(new Chance(1));
  expect(ledger.answer(() => false)).toEqual([expect.stringContaining("refused")]);
});

function newest(tree: ReadonlyMap<string, string>, part: string): string {
  const path = [...tree.keys()].findLast((each) => each.includes(part));
  if (path === undefined) throw new Error(`no ${part} in the tree`);
  return path;
}

function renumber(tree: Map<string, string>): void {
  const path = newest(tree, "/s-");
  tree.set(path.replace(/\d+$/, "0000009999"), tree.get(path) ?? "");
  tree.delete(path);
}

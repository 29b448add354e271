import type { Chance } from "../differential/chance.ts";
import type { MultiOp } from "../ensemble/client.ts";
import type { Branch } from "./branch.ts";

/** One request of a writer. All are granted, but for `refused`: a multi whose last operation cannot be, after others that could. */
export type Step =
  | { readonly kind: "one"; readonly op: MultiOp }
  | { readonly kind: "ephemeral"; readonly path: string; readonly data: string }
  | { readonly kind: "sequential"; readonly prefix: string; readonly data: string }
  | { readonly kind: "together" | "refused"; readonly ops: readonly MultiOp[] }
  | { readonly kind: "endSession" };

/** What makes the nodes that the other steps need. */
export function foundation(root: string): readonly Step[] {
  const paths = [root, ...COUNTERS, ...TWINS, SEQUENCE].map((name) => (name === root ? root : `${root}/${name}`));
  return paths.map((path): Step => ({ kind: "one", op: { op: "create", path, data: "" } }));
}

/**
 * The `n`th step on a branch as it will stand when all that was sent is done. No two steps write the same data. The session ends only
 * where `endIsSeen`: where the tree tells whether it did.
 */
export function nextStep(branch: Branch, n: number, chance: Chance, endIsSeen: boolean): Step {
  const { root } = branch;
  const data = `${n}`.padEnd(chance.once(50) ? 5_000 : chance.below(100), ".");
  const spare = [...branch.nodes.keys()].filter((path) => path.includes("-"));
  const oldest = spare[0];
  if (oldest !== undefined && spare.length > MOST_SPARE) return removal(branch, oldest);
  const set = (name: string): MultiOp => ({ op: "setData", path: `${root}/${name}`, data });
  const create = (name: string): MultiOp => ({ op: "create", path: `${root}/${name}`, data });
  const kind = chance.weighted(WEIGHTS);
  switch (kind) {
    case "count":
      return { kind: "one", op: set(chance.pick(COUNTERS)) };
    case "create":
      return { kind: "one", op: create(`n-${n}`) };
    case "ephemeral":
      return { kind: "ephemeral", path: `${root}/e-${n}`, data };
    case "sequential":
      return { kind: "sequential", prefix: `${root}/${SEQUENCE}/s-`, data };
    case "countTwins":
      return { kind: "together", ops: TWINS.map(set) };
    case "createTwins":
      return { kind: "together", ops: [create(`a-${n}`), create(`b-${n}`)] };
    case "refused":
      return { kind: "refused", ops: [set("left"), create(`r-${n}`), { op: "delete", path: `${root}/absent` }] };
    case "endSession":
      return endIsSeen ? { kind } : { kind: "one", op: set("left") };
  }
}

/** What an operation that is granted does to data by path. */
export function applyOp(nodes: Map<string, string>, op: MultiOp): void {
  if (op.op === "delete") nodes.delete(op.path);
  else nodes.set(op.path, op.data);
}

/** Nodes that were made by one multi go by one. */
function removal(branch: Branch, oldest: string): Step {
  const twin = oldest.replace("/a-", "/b-");
  const paths = twin !== oldest && branch.nodes.has(twin) ? [oldest, twin] : [oldest];
  const ops = paths.map((path): MultiOp => ({ op: "delete", path }));
  const [op] = ops;
  return ops.length === 1 && op !== undefined ? { kind: "one", op } : { kind: "together", ops };
}

const COUNTERS = ["counter0", "counter1", "counter2"];
const TWINS = ["left", "right"];
const SEQUENCE = "sequence";
/** Beyond these each step takes the oldest away. */
const MOST_SPARE = 40;
const WEIGHTS = [
  [40, "count"],
  [20, "create"],
  [10, "ephemeral"],
  [10, "sequential"],
  [30, "countTwins"],
  [20, "createTwins"],
  [10, "refused"],
  [1, "endSession"],
] as const;

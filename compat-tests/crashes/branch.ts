import type { Tree } from "../ensemble/dump.ts";
import { applyOp, type Step } from "./steps.ts";

/** The nodes of one writer as its requests make them, one after the other: what the server's tree is held against. */
export class Branch {
  readonly root: string;
  readonly nodes: Map<string, string>;
  /** Those of the nodes that end with the session. */
  readonly ephemerals: Set<string>;
  /** Whether the last request ended the session. */
  sessionEnded: boolean;
  /** How many sequential nodes were made. */
  private sequence: number;

  constructor(root: string, from?: Branch) {
    this.root = root;
    this.nodes = new Map(from?.nodes);
    this.ephemerals = new Set(from?.ephemerals);
    this.sessionEnded = from?.sessionEnded ?? false;
    this.sequence = from?.sequence ?? 0;
  }

  copy(): Branch {
    return new Branch(this.root, this);
  }

  apply(step: Step): void {
    this.sessionEnded = step.kind === "endSession";
    switch (step.kind) {
      case "one":
        applyOp(this.nodes, step.op);
        break;
      case "ephemeral":
        this.nodes.set(step.path, step.data);
        this.ephemerals.add(step.path);
        break;
      case "sequential":
        this.nodes.set(`${step.prefix}${String(this.sequence++).padStart(10, "0")}`, step.data);
        break;
      case "together":
        for (const op of step.ops) applyOp(this.nodes, op);
        break;
      case "refused":
        break;
      case "endSession":
        for (const path of this.ephemerals) this.nodes.delete(path);
        this.ephemerals.clear();
        break;
    }
    for (const path of this.ephemerals) if (!this.nodes.has(path)) this.ephemerals.delete(path);
  }

  /** How a tree is another one below the root; nothing when it is the same. */
  differences(tree: Tree): readonly string[] {
    const lost = [...this.nodes].flatMap(([path, data]) => {
      const found = tree.get(path);
      if (found === undefined) return [`${path} is not there`];
      return found === data ? [] : [`${path} is ${shown(found)}, not ${shown(data)}`];
    });
    const strange = [...tree.keys()].filter((path) => this.owns(path) && !this.nodes.has(path));
    return [...lost, ...strange.map((path) => `${path} is there`)];
  }

  owns(path: string): boolean {
    return path === this.root || path.startsWith(`${this.root}/`);
  }
}

function shown(data: string): string {
  return data.length > 20 ? `${data.slice(0, 20)}... of ${data.length}` : data;
}

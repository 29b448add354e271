import type { Chance } from "../differential/chance.ts";
import type { Tree } from "../ensemble/dump.ts";
import { Branch } from "./branch.ts";
import { foundation, nextStep, type Step } from "./steps.ts";

/**
 * What one writer has sent and what of it was acknowledged. Requests of one session are done in the order in which they were sent,
 * so after a crash its branch must be what some first ones of them make: all that were acknowledged, and perhaps more.
 */
export class Ledger {
  acknowledged = 0;
  /** As everything acknowledged makes it, and as everything sent does. */
  private sure: Branch;
  private sent: Branch;
  /** Sent and not answered, oldest first. */
  private unanswered: Step[] = [];
  private drawn = 0;

  constructor(root: string) {
    this.sure = new Branch(root);
    this.sent = new Branch(root);
  }

  get inFlight(): number {
    return this.unanswered.length;
  }

  /** After `settle`: whether the server must know the writer's session no more. */
  get sessionEnded(): boolean {
    return this.sure.sessionEnded;
  }

  sessionBegan(): void {
    this.sure.sessionEnded = false;
    this.sent.sessionEnded = false;
  }

  owns(path: string): boolean {
    return this.sure.owns(path);
  }

  /** Draws the next request, which counts as sent from now on. */
  next(chance: Chance): Step {
    const first = foundation(this.sent.root).find((step) => step.kind === "one" && !this.sent.nodes.has(step.op.path));
    const step = first ?? nextStep(this.sent, ++this.drawn, chance, this.endIsSeen);
    this.sent.apply(step);
    this.unanswered.push(step);
    return step;
  }

  /**
   * Whether a node goes with the session that is surely there. One that was only sent may come and go with the end, and the tree
   * is then as it was before both.
   */
  private get endIsSeen(): boolean {
    return [...this.sent.ephemerals].some((path) => this.sure.ephemerals.has(path));
  }

  /** The oldest request was answered, as `grants` reads it; gives what is wrong with the answer. */
  answer(grants: (step: Step) => boolean): readonly string[] {
    const step = this.unanswered.shift();
    if (step === undefined) return [`${this.sent.root}: an answer to nothing`];
    this.sure.apply(step);
    this.acknowledged++;
    const granted = grants(step);
    if (granted === (step.kind !== "refused")) return [];
    return [`${this.sent.root}: ${granted ? "granted" : "refused"}: ${JSON.stringify(step)}`];
  }

  /** Takes the tree found after a crash as where to go on from; gives how it cannot have come about, by the nearest that could. */
  settle(found: Tree): readonly string[] {
    const reached = this.sure.copy();
    let nearest = reached.differences(found);
    for (const step of this.unanswered) {
      if (nearest.length === 0) break;
      reached.apply(step);
      const differences = reached.differences(found);
      if (differences.length < nearest.length) nearest = differences;
    }
    this.sure = reached;
    this.sent = reached.copy();
    this.unanswered = [];
    return nearest;
  }
}

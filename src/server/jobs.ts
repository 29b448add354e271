/**
 * Long work in slices: each `step` does little enough to keep the loop's turn short (house rule: at most 5 ms a turn) and
 * tells whether there is more, whether it waits for something else, or is done.
 */
export interface Job {
  readonly name: string;
  step(): "more" | "waiting" | "done";
  /** It is not wanted any more: lets go of what it holds. */
  cancel(): void;
}

/** The jobs of one server, stepped in turn. */
export class Jobs {
  private readonly running: Job[] = [];
  private readonly later: () => void;

  /** `later` asks the world for a call of `step`. */
  constructor(later: () => void) {
    this.later = later;
  }

  start(job: Job): void {
    this.running.push(job);
    this.later();
  }

  /** Something a waiting job may wait for has happened. */
  wake(): void {
    if (this.running.length > 0) this.later();
  }

  cancel(name: string): void {
    const job = this.running.find((running) => running.name === name);
    if (job === undefined) return;
    this.remove(job);
    job.cancel();
  }

  has(name: string): boolean {
    return this.running.some((job) => job.name === name);
  }

  /** One step of each; true while one of them wants another turn now. */
  step(): boolean {
    let more = false;
    for (const job of [...this.running]) {
      // One before it may have ended it.
      if (!this.running.includes(job)) continue;
      const state = job.step();
      if (state === "done") this.remove(job);
      if (state === "more") more = true;
    }
    return more;
  }

  private remove(job: Job): void {
    const at = this.running.indexOf(job);
    if (at >= 0) this.running.splice(at, 1);
  }
}

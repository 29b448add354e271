/**
 * Fake time: one heap of events ordered by (time, sequence). Everything in a simulated world happens in an event of it, so
 * a run is a function of its seed.
 *
 * `work` is what is on its way by itself (bytes, disk answers, slices); `timer` is what waits for time to pass. A world
 * without pending work is at rest until its next timer.
 */
export type Kind = "work" | "timer";

export class Clock {
  nowMs = 0;
  private readonly heap: Scheduled[] = [];
  private sequence = 0;
  private works = 0;

  /** Runs `run` at `timeMs`, or now if that has passed; after everything that was scheduled for that time before. */
  at(timeMs: number, kind: Kind, run: () => void): Scheduled {
    const entry = new Scheduled(Math.max(timeMs, this.nowMs), this.sequence++, kind, run);
    if (kind === "work") this.works++;
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
    return entry;
  }

  after(delayMs: number, kind: Kind, run: () => void): Scheduled {
    return this.at(this.nowMs + delayMs, kind, run);
  }

  cancel(entry: Scheduled | undefined): void {
    if (entry === undefined || entry.isOver) return;
    entry.isOver = true;
    if (entry.kind === "work") this.works--;
  }

  /** Time moves to the next event, which happens. False: nothing is scheduled any more. */
  step(): boolean {
    const entry = this.next();
    if (entry === undefined) return false;
    this.pop();
    entry.isOver = true;
    if (entry.kind === "work") this.works--;
    this.nowMs = entry.timeMs;
    entry.run();
    return true;
  }

  /** Everything up to `timeMs` happens, then it is `timeMs`. */
  runUntil(timeMs: number): void {
    while (this.nextMs <= timeMs) this.step();
    this.nowMs = Math.max(this.nowMs, timeMs);
  }

  /** The time of the next event; Infinity when there is none. */
  get nextMs(): number {
    return this.next()?.timeMs ?? Number.POSITIVE_INFINITY;
  }

  /** Work that is scheduled. */
  get pendingWork(): number {
    return this.works;
  }

  private next(): Scheduled | undefined {
    while (this.heap[0]?.isOver === true) this.pop();
    return this.heap[0];
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink();
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!this.swapIfEarlier(index, above)) return;
      index = above;
    }
  }

  private sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const a = this.heap[left];
      const b = this.heap[right];
      if (a === undefined) return;
      const child = b !== undefined && isEarlier(b, a) ? right : left;
      if (!this.swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  private swapIfEarlier(lower: number, upper: number): boolean {
    const a = this.heap[lower];
    const b = this.heap[upper];
    if (a === undefined || b === undefined || !isEarlier(a, b)) return false;
    this.heap[lower] = b;
    this.heap[upper] = a;
    return true;
  }
}

export class Scheduled {
  readonly timeMs: number;
  readonly sequence: number;
  readonly kind: Kind;
  readonly run: () => void;
  /** It happened, or was cancelled. */
  isOver = false;

  constructor(timeMs: number, sequence: number, kind: Kind, run: () => void) {
    this.timeMs = timeMs;
    this.sequence = sequence;
    this.kind = kind;
    this.run = run;
  }
}

function isEarlier(a: Scheduled, b: Scheduled): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}

import { event, type ServerEvent } from "./events.ts";

/** Warnings that strangers can cause at will: one line a second, with the number of those it stands for. */
export class Complaints {
  private readonly observe: (event: ServerEvent) => void;
  private quietUntilMs = Number.NEGATIVE_INFINITY;
  private untold = 0;

  constructor(observe: (event: ServerEvent) => void) {
    this.observe = observe;
  }

  tell(name: string, message: string, nowMs: number): void {
    if (nowMs < this.quietUntilMs) {
      this.untold++;
      return;
    }
    const more = this.untold === 0 ? "" : ` (and ${this.untold} more since the last line)`;
    this.observe(event("warn", name, message + more));
    this.untold = 0;
    this.quietUntilMs = nowMs + INTERVAL_MS;
  }
}

const INTERVAL_MS = 1000;

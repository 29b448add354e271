import { NEVER } from "../../base/instant.ts";

/** While a read-only server serves, the others are asked in turn, ever more rarely (client-protocol 9). */
export class ReadWriteSearch {
  dueMs = NEVER;
  private pauseMs = SHORTEST_PAUSE_MS;
  private turn = 0;

  get isOn(): boolean {
    return this.dueMs !== NEVER;
  }

  start(nowMs: number): void {
    this.pauseMs = SHORTEST_PAUSE_MS;
    this.dueMs = nowMs + this.pauseMs;
  }

  stop(): void {
    this.dueMs = NEVER;
  }

  /** A question is due: its turn, counted from 0. */
  next(nowMs: number): number {
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    this.dueMs = nowMs + this.pauseMs;
    return this.turn++;
  }
}

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

import { performance } from "node:perf_hooks";
import type { Instant } from "../base/instant.ts";

/** One server's clock: this machine's, and as far ahead of it as it was told to jump. A test's fake Date does not reach it. */
export class JumpingClock {
  private aheadMs = 0;

  readonly now = (): Instant => {
    const monoMs = performance.now() + this.aheadMs;
    return { monoMs, wallMs: Math.floor(performance.timeOrigin + monoMs) };
  };

  /** RangeError for what no monotonic clock does. */
  jump(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`jumpClock(${ms}): a server's clock only goes on (allowed: milliseconds, 0 or more)`);
    }
    this.aheadMs += ms;
  }
}

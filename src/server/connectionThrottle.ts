import type { ConnectionThrottleSettings } from "../config/features.ts";

/**
 * Whether one more connection may be let in: BlueThrottle (client-protocol 5.4). A bucket of tokens that fills with time; and,
 * if asked for, a probability of being turned away that rises while the bucket is empty and falls while it is full.
 *
 * Invariant: 0 <= tokens <= settings.tokens, however long nobody asked (Java before 3.9.4 overflowed then and refused everybody).
 */
export class ConnectionThrottle {
  private readonly settings: ConnectionThrottleSettings;
  /** Uniform in [0, 1). */
  private readonly random: () => number;
  private tokens: number;
  private filledMs: number;
  private lookedMs: number;
  private dropProbability = 0;

  constructor(settings: ConnectionThrottleSettings, random: () => number, nowMs: number) {
    this.settings = settings;
    this.random = random;
    this.tokens = settings.tokens;
    this.filledMs = nowMs;
    this.lookedMs = nowMs;
  }

  /** Takes the tokens that a connection of this kind costs; false: it is to be closed. */
  admits(kind: "globalSession" | "localSession" | "renewal", nowMs: number): boolean {
    const { tokens, weights, freezeTimeMs } = this.settings;
    if (tokens <= 0) return true;
    const cost = weights === undefined ? 1 : weights[kind];
    this.fill(nowMs);
    if (freezeTimeMs !== -1 && this.isUnlucky(nowMs)) return false;
    if (this.tokens < cost) return false;
    this.tokens -= cost;
    return true;
  }

  private fill(nowMs: number): void {
    const { tokens, fillTimeMs, fillCount } = this.settings;
    const passedMs = nowMs - this.filledMs;
    if (passedMs <= fillTimeMs) return;
    this.tokens = Math.min(tokens, this.tokens + Math.trunc((passedMs * fillCount) / fillTimeMs));
    this.filledMs = nowMs;
  }

  private isUnlucky(nowMs: number): boolean {
    const { tokens, freezeTimeMs, dropIncrease, dropDecrease, decreaseRatio } = this.settings;
    if (nowMs - this.lookedMs > freezeTimeMs) {
      const missing = tokens - this.tokens;
      if (missing === tokens) this.dropProbability = Math.min(1, this.dropProbability + dropIncrease);
      else if (missing <= Math.round(tokens * decreaseRatio)) {
        this.dropProbability = Math.max(0, this.dropProbability - dropDecrease);
      }
      this.lookedMs = nowMs;
    }
    return this.random() < this.dropProbability;
  }
}

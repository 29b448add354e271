import { createHash } from "node:crypto";

/**
 * Everything that happened, as text lines in order. Two runs of one seed must give the same hash; the newest lines are kept
 * for whoever has to read why a run failed.
 */
export class Trace {
  private readonly hash = createHash("sha256");
  private readonly kept: string[] = [];
  private readonly keep: number;
  private readonly echo: ((line: string) => void) | undefined;
  lines = 0;

  /** `keep`: how many of the newest lines to remember. `echo`: is shown every line at once. */
  constructor(keep: number, echo?: (line: string) => void) {
    this.keep = keep;
    this.echo = echo;
  }

  line(nowMs: number, text: string): void {
    const line = `${nowMs.toFixed(3)} ${text}`;
    this.hash.update(line);
    this.hash.update("\n");
    this.lines++;
    this.echo?.(line);
    this.kept.push(line);
    if (this.kept.length > 2 * this.keep) this.kept.splice(0, this.keep);
  }

  get newest(): readonly string[] {
    return this.kept.slice(-this.keep);
  }

  /** Of all lines so far; the trace goes on afterwards. */
  get digest(): string {
    return this.hash.copy().digest("hex");
  }
}

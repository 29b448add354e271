/** Chance for tests: the same seed yields the same numbers on every machine. */
export class Seeded {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer from 0 to `bound` - 1; the bound is at most 65536. */
  below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return (this.state >>> 16) % bound;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  int32(): number {
    return (this.below(65536) << 16) | this.below(65536);
  }
}

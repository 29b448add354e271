/** Chance that can be replayed: one seed yields the same choices everywhere (mulberry32). */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    const [choice] = choices.slice(this.below(choices.length));
    if (choice === undefined) throw new Error("nothing to choose from");
    return choice;
  }

  /** A key of the table, as often as its weight says. */
  weighted<K>(table: readonly (readonly [weight: number, key: K])[]): K {
    let left = this.below(table.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, key] of table) {
      if (left < weight) return key;
      left -= weight;
    }
    throw new Error("weights must be positive integers");
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  int32(): number {
    return this.below(0x1_0000_0000) | 0;
  }
}

/** A seed nobody has tried, unless the variable names one. */
export function seedFrom(variable: string): number {
  const named = process.env[variable];
  return named === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(named);
}

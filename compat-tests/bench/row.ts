import type { Kind } from "../peers/server.ts";

/** What a row does in one run: `rounds` measurements of each program, A B A B, each of `seconds` where time can be chosen. */
export type Effort = { readonly rounds: number; readonly seconds: number };

/** One piece of work and the lines of the table that come out of it. */
export type Row = {
  readonly works: readonly string[];
  measure(effort: Effort): Promise<readonly Line[]>;
};

/** A line of the table, its floor included. `misses` says what stays below the floor; empty when nothing does. */
export type Line = {
  readonly work: string;
  readonly java: string;
  readonly ts: string;
  readonly ratio: string;
  readonly floor: string;
  readonly misses: readonly string[];
  /** Ours to Java's, where the work has latencies: the table's line of p99 gathers them. */
  readonly p99Ratio?: number;
};

export type Both<T> = Readonly<Record<Kind, T>>;

/** Java first: A B A B. */
export const KINDS: readonly Kind[] = ["java", "ts"];

/** Measures both in turn, `rounds` times. */
export async function inTurn<T>(rounds: number, measure: (kind: Kind) => Promise<T>): Promise<Both<readonly T[]>> {
  const results: Record<Kind, T[]> = { java: [], ts: [] };
  for (let round = 0; round < rounds; round++) for (const kind of KINDS) results[kind].push(await measure(kind));
  return results;
}

/** A line of one figure each that is better when it is less; the floor is a share of Java's figure. */
export function lessIsBetter(work: string, unit: string, figures: Both<number>, share: number, floor: string): Line {
  const ratio = figures.ts / figures.java;
  const misses = ratio <= share ? [] : [`${times(ratio)} of at most ${times(share)}`];
  return { work, java: count(figures.java, unit), ts: count(figures.ts, unit), ratio: times(ratio), floor, misses };
}

export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`;
}

export function count(value: number, unit: string): string {
  return `${Math.round(value).toLocaleString("en")} ${unit}`;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that at least the share `q` of all do not pass; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

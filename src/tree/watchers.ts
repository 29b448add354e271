import { present } from "../base/assert.ts";
import { NO_RECORD } from "./records.ts";

/** Who watches anything: a connection's number, which grows for ever, as a small index that is given out again. */
export class Watchers {
  private readonly indices = new Map<number, number>();
  private readonly numbers: number[] = [];
  /** Where each one's list of watches begins. */
  private readonly firsts: number[] = [];
  private readonly vacant: number[] = [];

  get count(): number {
    return this.indices.size;
  }

  /** NO_RECORD when it watches nothing. */
  find(number: number): number {
    return this.indices.get(number) ?? NO_RECORD;
  }

  /** Adds one that is not there, with an empty list. */
  insert(number: number): number {
    const watcher = this.vacant.pop() ?? this.numbers.length;
    this.indices.set(number, watcher);
    this.numbers[watcher] = number;
    this.firsts[watcher] = NO_RECORD;
    return watcher;
  }

  /** Takes out one whose list is empty. */
  remove(watcher: number): void {
    this.indices.delete(this.number(watcher));
    this.vacant.push(watcher);
  }

  number(watcher: number): number {
    return present(this.numbers[watcher], "a watch belongs to a watcher");
  }

  /** The first watch. */
  first(watcher: number): number {
    return this.firsts[watcher] ?? NO_RECORD;
  }

  setFirst(watcher: number, watch: number): void {
    this.firsts[watcher] = watch;
  }
}

import { SlotMap } from "./slotMap.ts";

/**
 * A map that remembers its last look-up. Requests and commits of one session come in runs, and finding a bigint costs a hash of
 * its digits.
 */
export class RecentMap<K, V> {
  private readonly map = new SlotMap<K, V>();
  private lastKey: K | undefined = undefined;
  private lastValue: V | undefined = undefined;

  get size(): number {
    return this.map.size;
  }

  get(key: K): V | undefined {
    if (key === this.lastKey) return this.lastValue;
    this.lastValue = this.map.get(key);
    this.lastKey = key;
    return this.lastValue;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    this.lastKey = undefined;
    this.map.set(key, value);
  }

  delete(key: K): void {
    this.lastKey = undefined;
    this.map.delete(key);
  }
}

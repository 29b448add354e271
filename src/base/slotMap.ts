/**
 * A map for values that come and go by the thousand, in which none outlives its entry.
 *
 * V8's Map leaves its table behind every few dozen changes, with all that was in it at the time, and a table that has survived
 * two collections keeps all later ones alive until the next full collection: with sessions that come and go, every socket
 * was promoted. Here the tables hold numbers only, of slots that are cleared.
 */
export class SlotMap<K, V> {
  private readonly slots = new Map<K, number>();
  private readonly held: (V | undefined)[] = [];
  private readonly vacant: number[] = [];

  get size(): number {
    return this.slots.size;
  }

  get(key: K): V | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? undefined : this.held[slot];
  }

  set(key: K, value: V): void {
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = this.vacant.pop() ?? this.held.length;
      this.slots.set(key, slot);
    }
    this.held[slot] = value;
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    const slot = this.slots.get(key);
    if (slot === undefined) return false;
    this.slots.delete(key);
    this.held[slot] = undefined;
    this.vacant.push(slot);
    return true;
  }

  /** The oldest key's first. Entries may come and go meanwhile. */
  *values(): IterableIterator<V> {
    for (const slot of this.slots.values()) yield this.held[slot] as V;
  }
}

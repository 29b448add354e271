/**
 * A queue whose head leaves in constant time: `Array.shift` moves or trims the whole array, at every request.
 * Invariant: items[head ..] are in it; what lies before is undefined, and is cut off once it is half of the array.
 */
export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  get first(): T | undefined {
    return this.items[this.head];
  }

  get last(): T | undefined {
    return this.length === 0 ? undefined : this.items[this.items.length - 1];
  }

  /** Counted from the head. */
  at(index: number): T | undefined {
    return this.items[this.head + index];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    const item = this.items[this.head];
    if (this.head === this.items.length) return undefined;
    this.items[this.head++] = undefined;
    if (this.head === this.items.length) this.clear();
    else if (this.head >= CUT_AT && 2 * this.head >= this.items.length) this.cut();
    return item;
  }

  clear(): void {
    this.items.length = 0;
    this.head = 0;
  }

  visit(look: (item: T) => void): void {
    for (let i = this.head; i < this.items.length; i++) look(this.items[i] as T);
  }

  private cut(): void {
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}

const CUT_AT = 1024;

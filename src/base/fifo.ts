/**
 * A queue whose both ends move in constant time, in a ring that is used again and again: an array that is emptied gives its memory
 * back, and asks for it anew with the next request.
 *
 * Invariants: `length` items lie from `head` on, around the end of `items`; its length is 0 or a power of two; every other slot is
 * undefined, so that nothing is kept alive. What once was long gives its memory back when it is empty.
 */
export class Fifo<T> {
  length = 0;
  private items: (T | undefined)[] = [];
  private head = 0;

  get first(): T | undefined {
    return this.items[this.head];
  }

  get last(): T | undefined {
    return this.length === 0 ? undefined : this.at(this.length - 1);
  }

  /** Counted from the head. */
  at(index: number): T | undefined {
    return index < this.length ? this.items[(this.head + index) & (this.items.length - 1)] : undefined;
  }

  push(item: T): void {
    if (this.length === this.items.length) this.grow();
    this.items[(this.head + this.length) & (this.items.length - 1)] = item;
    this.length++;
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.length--;
    if (this.length === 0 && this.items.length > MOST_KEPT) this.clear();
    return item;
  }

  clear(): void {
    this.items = [];
    this.head = 0;
    this.length = 0;
  }

  visit(look: (item: T) => void): void {
    for (let i = 0; i < this.length; i++) look(this.at(i) as T);
  }

  private grow(): void {
    const { items, length } = this;
    const grown = new Array<T | undefined>(Math.max(LEAST, 2 * length)).fill(undefined);
    for (let i = 0; i < length; i++) grown[i] = items[(this.head + i) & (length - 1)];
    this.items = grown;
    this.head = 0;
  }
}

const LEAST = 4;
const MOST_KEPT = 4096;

/**
 * Events as an async iterator: what is told while nobody waits is kept, in order and without limit. Every event reaches one
 * caller of `next`.
 */
export class EventStream<T> implements AsyncIterableIterator<T> {
  private readonly kept: T[] = [];
  private readonly waiting: Waiter<T>[] = [];
  private end: { readonly error: unknown } | "done" | undefined;
  private readonly closed: () => Promise<void>;

  /** `closed` is called once, when the consumer stops before the end; `return` waits for it. */
  constructor(closed: () => Promise<void> = async () => {}) {
    this.closed = closed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const event = this.kept.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    const { end } = this;
    if (end === undefined) return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.end = "done";
    return end === "done" ? Promise.resolve(DONE) : Promise.reject(end.error);
  }

  /** Stops: what was kept is dropped, whoever waits is told it is over. */
  async return(): Promise<IteratorResult<T, undefined>> {
    const isFirst = this.end === undefined;
    this.kept.length = 0;
    this.finish();
    this.end = "done";
    if (isFirst) await this.closed();
    return DONE;
  }

  push(event: T): void {
    if (this.end !== undefined) return;
    const waiter = this.waiting.shift();
    if (waiter === undefined) this.kept.push(event);
    else waiter.resolve({ done: false, value: event });
  }

  /** After the events that are kept the iteration ends. */
  finish(): void {
    this.end ??= "done";
    for (const waiter of this.waiting.splice(0)) waiter.resolve(DONE);
  }

  /** After the events that are kept `next` rejects, once. */
  fail(error: unknown): void {
    if (this.end !== undefined) return;
    const first = this.waiting.shift();
    if (first === undefined) {
      this.end = { error };
      return;
    }
    this.end = "done";
    first.reject(error);
    for (const waiter of this.waiting.splice(0)) waiter.resolve(DONE);
  }
}

interface Waiter<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

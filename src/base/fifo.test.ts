import { Fifo } from "./fifo.ts";

function shown(fifo: Fifo<number>): readonly unknown[] {
  const items: number[] = [];
  fifo.visit((item) => items.push(item));
  expect(items.length).toBe(fifo.length);
  expect(items.map((_, i) => fifo.at(i))).toEqual(items);
  return [fifo.first, fifo.last, ...items];
}

test("the first in is the first out", () => {
  const fifo = new Fifo<number>();
  expect([...shown(fifo), fifo.shift(), fifo.at(0)]).toEqual([undefined, undefined, undefined, undefined]);
  for (const item of [1, 2, 3]) fifo.push(item);
  expect(shown(fifo)).toEqual([1, 3, 1, 2, 3]);
  expect(fifo.shift()).toBe(1);
  fifo.push(4);
  expect(shown(fifo)).toEqual([2, 4, 2, 3, 4]);
  for (const item of [2, 3, 4]) expect(fifo.shift()).toBe(item);
  expect(shown(fifo)).toEqual([undefined, undefined]);
  fifo.push(5);
  fifo.clear();
  expect(shown(fifo)).toEqual([undefined, undefined]);
});

test("long queues, whatever the order of coming and going", () => {
  const fifo = new Fifo<number>();
  let next = 0;
  let oldest = 0;
  for (const [pushes, shifts] of [
    [3000, 2000],
    [10, 900],
    [5000, 5109],
    [2, 1],
  ] as const) {
    for (let i = 0; i < pushes; i++) fifo.push(next++);
    for (let i = 0; i < shifts; i++) expect(fifo.shift()).toBe(oldest++);
    expect(shown(fifo).slice(0, 3)).toEqual(next === oldest ? [undefined, undefined] : [oldest, next - 1, oldest]);
  }
});

import { Random } from "../random.ts";
import { Clock } from "./clock.ts";

test("events happen by time, and those of one time in the order they were scheduled", () => {
  const clock = new Clock();
  const random = new Random(7);
  const times = Array.from({ length: 500 }, () => random.below(40));
  const happened: (readonly [number, number])[] = [];
  times.forEach((time, index) => {
    clock.at(time, "timer", () => happened.push([clock.nowMs, index]));
  });
  while (clock.step());
  const expected = times.map((time, index) => [time, index] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  expect(happened).toEqual(expected);
});

test("what was cancelled does not happen and is not pending", () => {
  const clock = new Clock();
  const happened: string[] = [];
  const cancelled = clock.at(1, "work", () => happened.push("cancelled"));
  clock.at(2, "work", () => happened.push("kept"));
  clock.cancel(cancelled);
  clock.cancel(cancelled);
  expect(clock.pendingWork).toBe(1);
  clock.runUntil(10);
  expect(happened).toEqual(["kept"]);
  expect(clock.nowMs).toBe(10);
  expect(clock.pendingWork).toBe(0);
});

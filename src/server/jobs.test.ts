import { type Job, Jobs } from "./jobs.ts";

/** Jobs in words: each step and end goes into one list. */
class Bench {
  readonly seen: string[] = [];
  readonly jobs = new Jobs(() => this.seen.push("later"));

  start(name: string, steps: readonly ("more" | "waiting" | "done")[], during: () => void = () => {}): void {
    const left = [...steps];
    const { seen } = this;
    const job: Job = {
      name,
      step() {
        const state = left.shift() ?? "done";
        seen.push(`${name} ${state}`);
        during();
        return state;
      },
      cancel: () => seen.push(`${name} ends`),
    };
    this.jobs.start(job);
  }

  /** What one call of `step` did. */
  step(): string {
    this.seen.length = 0;
    const more = this.jobs.step();
    return [...this.seen, more ? "more" : "idle"].join(", ");
  }
}

test("a turn is a step of each; it goes on while one wants more", () => {
  const bench = new Bench();
  bench.start("a", ["more", "waiting", "done"]);
  bench.start("b", ["waiting", "waiting"]);
  expect(bench.seen).toEqual(["later", "later"]);
  expect(bench.step()).toBe("a more, b waiting, more");
  expect(bench.step()).toBe("a waiting, b waiting, idle");
  expect(bench.step()).toBe("a done, b done, idle");
  expect(bench.step()).toBe("idle");
});

test("who waits is woken only while there is somebody", () => {
  const bench = new Bench();
  bench.start("a", ["waiting", "done"]);
  bench.step();
  bench.seen.length = 0;
  bench.jobs.wake();
  expect(bench.seen).toEqual(["later"]);
  bench.step();
  bench.seen.length = 0;
  bench.jobs.wake();
  expect(bench.seen).toEqual([]);
});

test("a job that is cancelled is told so once and never stepped again, also not in the turn that ends it", () => {
  const bench = new Bench();
  bench.start("a", ["more"], () => bench.jobs.cancel("b"));
  bench.start("b", ["more"]);
  expect(bench.step()).toBe("a more, b ends, more");
  bench.jobs.cancel("b");
  expect([bench.jobs.has("a"), bench.jobs.has("b"), bench.step()]).toEqual([true, false, "a done, idle"]);
});

test("a job that ends does not take along another that has begun under its name", () => {
  const bench = new Bench();
  bench.start("a", ["done"], () => {
    bench.jobs.cancel("a");
    bench.start("a", ["done"]);
  });
  expect(bench.step()).toBe("a done, a ends, later, idle");
  expect(bench.step()).toBe("a done, idle");
});

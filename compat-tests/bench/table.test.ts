import { readFileSync } from "node:fs";
import { join } from "node:path";
import { p99Line } from "./loads.ts";
import { type Line, lessIsBetter } from "./row.ts";
import { WORKS } from "./rows.ts";
import { markdown, written } from "./table.ts";

// What is printed and kept, without a server: a table that judged wrongly would be believed.

const README = readFileSync(join(__dirname, "README.md"), "utf8");

test("README.md has one line for each work, in order", () => {
  const lines = WORKS.map((work) => README.split(`\n| ${work} |`).length - 1);
  expect(lines).toEqual(WORKS.map(() => 1));
  const places = WORKS.map((work) => README.indexOf(`\n| ${work} |`));
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test("a line takes the place of the one of its work; the rest stays", () => {
  const line = lessIsBetter(WORKS.at(-1) ?? "", "ms", { java: 400, ts: 300 }, 1, "not slower");
  const text = written(README, [line], "1 x 1 s, now");
  expect(text).toContain(`\n${markdown(line, "1 x 1 s, now")}\n`);
  const first = README.split("\n").find((row) => row.startsWith(`| ${WORKS[0]} |`));
  expect(text.split("\n")).toContain(first);
  expect(written(text, [line], "1 x 1 s, now")).toBe(text);
});

test("a work that the table does not have is refused", () => {
  const line = lessIsBetter("juggling", "ms", { java: 1, ts: 1 }, 1, "not slower");
  expect(() => written(README, [line], "")).toThrow('no line "juggling"');
});

test.each([
  [0.4, "yes"],
  [0.41, "no: 0.41x of at most 0.40x"],
  [Number.NaN, "no: NaNx of at most 0.40x"],
])("%d of Java's with a floor of 0.4: %s", (ts, met) => {
  expect(markdown(lessIsBetter("w", "ms", { java: 1, ts }, 0.4, "at most 0.4x"), "now")).toMatch(
    new RegExp(`\\| ${met} \\| now \\|$`),
  );
});

test("p99 is judged over all lines that have one, and names those above Java's", () => {
  const of = (work: string, p99Ratio: number): Line => ({
    ...lessIsBetter(work, "", { java: 1, ts: 1 }, 1, ""),
    p99Ratio,
  });
  expect(p99Line([of("a", 0.5), of("b", 1)]).misses).toEqual([]);
  expect(p99Line([of("a", 0.5), of("b", 1.2)])).toMatchObject({ ratio: "worst 1.20x of 2", misses: ["b 1.20x"] });
});

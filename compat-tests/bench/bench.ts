/**
 * Java and ours side by side: one run, interleaved A B A B, medians. Prints the table of README.md; --write puts it there.
 *
 *   npm run build && node -r ./compat-tests/setup/ts.cjs compat-tests/bench/bench.ts [rounds=3] [seconds=3] [--write] [word ...]
 *
 * With words, only the rows whose work has one of them in it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOADS, p99Line } from "./loads.ts";
import { raiseOpenFiles } from "./openFiles.ts";
import { prepare } from "./programs.ts";
import type { Effort, Line, Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { HEADER, markdown, written } from "./table.ts";

const README = join(__dirname, "README.md");

async function main(args: readonly string[]): Promise<void> {
  const [rounds = "3", seconds = "3", ...words] = args.filter((arg) => arg !== "--write");
  const effort = { rounds: positive("rounds", rounds), seconds: positive("seconds", seconds) };
  const rows = ROWS.filter(
    ({ works }) => words.length === 0 || words.some((word) => works.some((w) => w.includes(word))),
  );
  if (rows.length === 0)
    throw new Error(`no row has ${words.join(" or ")} in it (allowed: words of the works in README.md)`);
  raiseOpenFiles();
  prepare();
  console.log(HEADER);
  const run = `${effort.rounds} x ${effort.seconds} s, ${new Date().toISOString().slice(0, 10)}`;
  const keep = (lines: readonly Line[]): void => {
    for (const line of lines) console.log(markdown(line, run));
    if (args.includes("--write")) writeFileSync(README, written(readFileSync(README, "utf8"), lines, run));
  };
  const loads: Line[] = [];
  const judgesP99 = LOADS.every((row) => rows.includes(row));
  for (const row of rows) {
    loads.push(...(await measured(row, effort, keep)));
    if (judgesP99 && row === LOADS.at(-1)) keep([p99Line(loads)]);
  }
}

/** Each row is kept as soon as it is there: a long run that breaks off loses no more than one. */
async function measured(row: Row, effort: Effort, keep: (lines: readonly Line[]) => void): Promise<readonly Line[]> {
  const lines = await row.measure(effort);
  keep(lines);
  return lines;
}

function positive(name: string, word: string): number {
  const value = Number(word);
  if (!(value > 0)) throw new Error(`${name} is ${word} (allowed: a number above 0)`);
  return value;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

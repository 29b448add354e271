import type { Line } from "./row.ts";

export const HEADER =
  "| work | Java 3.9.5 | TypeKeeper | ratio | at least | met | run |\n| --- | --- | --- | --- | --- | --- | --- |";
const BEGIN = "<!-- measured by bench.ts --write -->";
const END = "<!-- end of what bench.ts writes -->";

/** A line as markdown: whether the floor is met or what stays below it, and the run that measured it. */
export function markdown({ work, java, ts, ratio, floor, misses }: Line, run: string): string {
  const met = misses.length === 0 ? "yes" : `no: ${misses.join("; ")}`;
  return `| ${[work, java, ts, ratio, floor, met, run].join(" | ")} |`;
}

/**
 * The README with the lines, measured by `run`, in the places of those of the same work, between the two markers. Lines of
 * other works stay, with the runs that measured them. Throws when a marker is missing or the table has no line of a work.
 */
export function written(readme: string, lines: readonly Line[], run: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md must hold ${BEGIN} and, below it, ${END}`);
  const old = readme
    .slice(from + BEGIN.length, to)
    .trim()
    .split("\n")
    .filter((text) => text.startsWith("| "));
  const table = lines.reduce<readonly string[]>((rows, line) => replaced(rows, line, run), old);
  return `${readme.slice(0, from)}${BEGIN}\n${table.join("\n")}\n\n${readme.slice(to)}`;
}

function replaced(rows: readonly string[], line: Line, run: string): readonly string[] {
  const at = rows.findIndex((text) => text.startsWith(`| ${line.work} |`));
  if (at < 0) throw new Error(`the table of README.md has no line "${line.work}"`);
  return rows.with(at, markdown(line, run));
}

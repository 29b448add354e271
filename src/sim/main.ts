import { argv, exit, stdout, version } from "node:process";
import { parseArgs } from "node:util";
import { runSeed, type SeedResult } from "./seeds/run.ts";

/**
 * Runs seeds of the simulator: `npm run sim -- --seed 42`, `--to 99` for more of them, `--verbose` for every line of the
 * trace. Exit code 1 when one of them failed.
 */
function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string", default: "1" },
      to: { type: "string" },
      verbose: { type: "boolean", default: false },
    },
  });
  const first = Number(values.seed);
  const last = Number(values.to ?? first);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
    stdout.write("usage: npm run sim -- --seed <number> [--to <number>] [--verbose]\n");
    return 2;
  }
  const echo = values.verbose ? { echo: (line: string) => stdout.write(`${line}\n`) } : {};
  let failed = 0;
  for (let seed = first; seed <= last; seed++) {
    const result = runSeed(seed, echo);
    if (result.failure !== undefined) failed++;
    stdout.write(report(result));
  }
  return failed > 0 ? 1 : 0;
}

function report(result: SeedResult): string {
  const { seed, world, hash, lines, writes, reads, failure, newest } = result;
  const summary = `seed ${seed}: ${world}, ${writes} writes, ${reads} reads, trace ${hash.slice(0, 16)} of ${lines} lines`;
  if (failure === undefined) return `${summary}\n`;
  return `${newest.join("\n")}\n${summary}, node ${version}\nFAILED ${failure}\nagain: npm run sim -- --seed ${seed}\n`;
}

exit(main(argv.slice(2)));

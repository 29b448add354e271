import { entries, runClass } from "./apacheTests.ts";

// node -r ./compat-tests/setup/ts.cjs compat-tests/apacheTests/all.ts [--java] [--whole] [CLASS ...]
// Runs every class of classes.txt that can pass, or those named, and prints what each did. With --whole nothing is left out of them;
// with --java their server is Java's, to see what fails without ours too.

async function main(words: readonly string[]): Promise<void> {
  const named = words.filter((word) => !word.startsWith("--"));
  const server = words.includes("--java") ? "java" : "ts";
  const table = entries();
  const unknown = named.filter((name) => !table.some((entry) => entry.name === name));
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: not in classes.txt`);
  let failures = 0;
  for (const { name, verdict, leftOut } of table) {
    if (named.length === 0 ? verdict === "no" : !named.includes(name)) continue;
    const how = { server, leftOut: words.includes("--whole") ? [] : leftOut.keys() } as const;
    const { passed, failed, seconds } = await runClass(name, how);
    failures += failed.length;
    process.stdout.write(`${name}: ${passed.length} passed, ${failed.length} failed, ${seconds.toFixed(1)} s\n`);
    for (const failure of failed) process.stdout.write(`  ${failure}\n`);
  }
  process.exitCode = failures === 0 ? 0 : 1;
}

void main(process.argv.slice(2));

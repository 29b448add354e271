import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DECODERS } from "./decoders.ts";
import { corpusOf, fuzz } from "./fuzzer.ts";

const CORPUS = readFileSync(join(__dirname, "corpus.txt"), "utf8");
/** New in every run; a fault names it. */
const FRESH = Date.now() % 0x100000000;
const FIXED_SHARE = 0.2;
/** A machine that others use may be slow; what never ends is found by the fuzzer itself. */
const LIMIT_MS = 600_000;

test("ten million executions", () => {
  expect(DECODERS.reduce((sum, { executions }) => sum + executions, 0)).toBe(10_000_000);
});

test("every line of the corpus is some decoder's, and each is there once", () => {
  const names = new Set(DECODERS.map(({ name }) => name));
  const lines = CORPUS.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.filter((line) => !names.has(line.split(" ")[0] ?? ""))).toEqual([]);
  expect(new Set(lines).size).toBe(lines.length);
});

describe.each(DECODERS.map((decoder) => [decoder.name, decoder] as const))("%s", (name, decoder) => {
  const corpus = corpusOf(CORPUS, name);
  const fixed = Math.round(decoder.executions * FIXED_SHARE);

  test.each([
    ["the same inputs in every run", 1, fixed],
    ["new inputs", FRESH, decoder.executions - fixed],
  ])(
    "%s",
    (_what, seed, executions) => {
      const { accepted, refused, ...tally } = fuzz(decoder, corpus, seed, executions);
      expect(tally.executions).toBe(executions);
      // Neither is worth anything alone.
      expect(accepted).toBeGreaterThan(executions / 100);
      expect(refused).toBeGreaterThan(executions / 100);
    },
    LIMIT_MS,
  );
});

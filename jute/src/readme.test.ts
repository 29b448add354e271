import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { transformSync } from "@swc/core";
import * as jute from "./index.ts";

test("the example in the README prints what it says", () => {
  const blocks = readFileSync(join(__dirname, "../README.md"), "utf8").split(/^```.*\n/m);
  const [, example = "", , output = ""] = blocks;
  expect(printed(example)).toBe(output);
});

function printed(example: string): string {
  const { code } = transformSync(example, {
    jsc: { parser: { syntax: "typescript" }, target: "es2023" },
    module: { type: "commonjs" },
  });
  const lines: string[] = [];
  const console = { log: (...values: readonly unknown[]) => lines.push(`${format(...values)}\n`) };
  new Function("require", "exports", "console", code)(() => jute, {}, console);
  return lines.join("");
}

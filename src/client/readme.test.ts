import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import { transformSync } from "@swc/core";
import { spawnFromSource } from "../disk/testThread.ts";
import { openServer } from "../inProcess/inProcess.ts";
import type { InProcessServer } from "../inProcess/server.ts";
import * as library from "./index.ts";

/**
 * Every example of the README is run, each against a server of its own with a connected `zk`. What it prints is what the
 * comments `// => ...` say, in their order.
 */
const EXAMPLES = [...readFileSync(join(__dirname, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code = ""], index) => [`example ${index + 1}: ${code.split("\n")[0]}`, code] as const,
);

let host: InProcessServer;
beforeEach(async () => {
  host = await openServer({}, spawnFromSource);
});
afterEach(() => host.close());

test("there are examples", () => expect(EXAMPLES.length).toBeGreaterThan(10));

test.each(EXAMPLES)("%s", async (_, code) => {
  const said = [...code.matchAll(/\/\/ =>(.*)$/gm)].map(([, text = ""]) => text.trim());
  expect(said.length).toBeGreaterThan(0);
  expect(await printed(code)).toEqual(said);
});

async function printed(example: string): Promise<string[]> {
  const zk = await library.connect(`127.0.0.1:${host.port}`);
  const lines: string[] = [];
  const console = { log: (...values: readonly unknown[]) => lines.push(format(...values)) };
  const { code } = transformSync(example.replaceAll(":2181", `:${host.port}`), {
    jsc: { parser: { syntax: "typescript" }, target: "es2023" },
    module: { type: "commonjs" },
  });
  const required = (name: string): unknown => {
    if (name !== "typekeeper") throw new Error(`an example imports ${name}`);
    return library;
  };
  try {
    // A block of its own: the first example names its client zk too.
    await new AsyncFunction("require", "exports", "console", "zk", `{${code}\n}`)(required, {}, console, zk);
  } finally {
    await zk.close();
  }
  return lines;
}

const AsyncFunction = (async () => {}).constructor as FunctionConstructor;

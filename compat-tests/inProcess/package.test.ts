import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transformSync } from "@swc/core";

// What is built, used by its name as an application does, in processes of their own.

const ROOT = join(__dirname, "..", "..");
const run = promisify(execFile);
let folder: string;

beforeAll(() => {
  // Inside the package: there its own name leads to it.
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "dist", "use-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const USE = `
  const server = await startServer();
  const ensemble = await startEnsemble(3);
  console.log(server.status().mode, ensemble.members.map((member) => member.status().mode).sort().join(" "));
  await Promise.all([server.close(), ensemble.close()]);
  setImmediate(() => console.log("left", process.getActiveResourcesInfo().filter((name) => !/^(FS|TTY|Pipe)/.test(name))));
`;

test.each([
  ["use.cjs", `const { startServer, startEnsemble } = require("typekeeper");\n(async () => {${USE}})();`],
  ["use.mjs", `import { startServer, startEnsemble } from "typekeeper";\n${USE}`],
])("%s: runs, and the process ends by itself with nothing left", async (name, text) => {
  writeFileSync(join(folder, name), text);
  const { stdout, stderr } = await run(process.execPath, [join(folder, name)], { timeout: 60_000 });
  expect([stdout, stderr]).toEqual(["standalone follower follower leader\nleft []\n", ""]);
});

describe("the examples of the README", () => {
  const text = readFileSync(join(ROOT, "src", "inProcess", "README.md"), "utf8");
  const examples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""], at) => ({
    name: `example${at + 1}`,
    code,
    isNodes: code.includes('from "node:test"'),
  }));

  test("there are some for each runner", () => {
    expect(examples.filter(({ isNodes }) => isNodes).length).toBeGreaterThan(0);
    expect(examples.filter(({ isNodes }) => !isNodes).length).toBeGreaterThan(0);
  });

  test("are correct TypeScript for those who use the package", async () => {
    const files = examples.map(({ name, code }) => {
      writeFileSync(join(folder, `${name}.mts`), code);
      return join(folder, `${name}.mts`);
    });
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node,jest"];
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const failed = run(process.execPath, [tsc, "--ignoreConfig", ...options, ...files], { cwd: ROOT });
    await expect(failed.catch(({ stdout }: { stdout: string }) => stdout)).resolves.toMatchObject({ stdout: "" });
  });

  test("run with node:test", async () => {
    const files = examples
      .filter(({ isNodes }) => isNodes)
      .map(({ name, code }) => {
        const file = join(folder, `${name}.test.mjs`);
        writeFileSync(file, javaScript(code, "es6"));
        return file;
      });
    const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap", ...files], { timeout: 60_000 });
    expect(stdout).toMatch(new RegExp(`^# pass ${files.length}$`, "m"));
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  test("run with jest", async () => {
    const mine = examples.filter(({ isNodes }) => !isNodes);
    for (const { name, code } of mine) writeFileSync(join(folder, `${name}.spec.js`), javaScript(code, "commonjs"));
    const config = { rootDir: folder, testMatch: ["**/*.spec.js"], transform: {}, testEnvironment: "node" };
    const jest = join(ROOT, "node_modules", "jest", "bin", "jest.js");
    const args = [jest, "--config", JSON.stringify(config), "--colors=false", "--detectOpenHandles"];
    const { stderr } = await run(process.execPath, args, { cwd: ROOT, timeout: 60_000 });
    expect(stderr).toMatch(new RegExp(`^Test Suites: ${mine.length} passed, ${mine.length} total$`, "m"));
    expect(stderr).not.toMatch(/open handle|did not exit/);
  });
});

function javaScript(code: string, module: "es6" | "commonjs"): string {
  return transformSync(code, {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: module },
  }).code;
}

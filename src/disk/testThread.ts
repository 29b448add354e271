import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Spawn } from "./thread.ts";

/** For tests: the disk's thread run from its source, for a worker does not inherit jest's way of loading TypeScript. */
export const spawnFromSource: Spawn = () => {
  const jute = join(__dirname, "../../jute/src/index.ts");
  const workerData = { jute, worker: join(__dirname, "diskWorker.ts") };
  return new Worker(FROM_SOURCE, { eval: true, workerData });
};

const FROM_SOURCE = `
  const { readFileSync } = require("node:fs");
  const Module = require("node:module");
  const { transformSync } = require("@swc/core");
  const { workerData } = require("node:worker_threads");
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (request, ...rest) => resolve.call(Module, request === "jute-ts" ? workerData.jute : request, ...rest);
  require.extensions[".ts"] = (module, filename) => {
    const options = { filename, jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } };
    module._compile(transformSync(readFileSync(filename, "utf8"), options).code, filename);
  };
  require(workerData.worker);`;

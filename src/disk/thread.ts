import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** How the disk's thread is started. It waits for its assignment, which `Disk` gives it. */
export type Spawn = () => Worker;

/**
 * Without the flags that the process was started with: a test's loader for TypeScript would only slow the thread down. And with
 * a young generation of its own size: what a group of transactions leaves behind is little, but it is collected only when the
 * room is used up, and the main thread's 16 MiB are 38 MiB of resident memory here.
 */
export const spawnThread: Spawn = () =>
  new Worker(join(__dirname, "diskWorker.js"), {
    name: "disk",
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });

/** Three half-spaces of a mebibyte. */
const YOUNG_MIB = 3;

import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** How the disk's thread is started. It waits for its assignment, which `Disk` gives it. */
export type Spawn = () => Worker;

/** Without the flags that the process was started with: a test's loader for TypeScript would only slow the thread down. */
export const spawnThread: Spawn = () => new Worker(join(__dirname, "diskWorker.js"), { name: "disk", execArgv: [] });

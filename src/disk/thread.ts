import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** How the disk's thread is started. It waits for its assignment, which `Disk` gives it. */
export type Spawn = () => Worker;

export const spawnThread: Spawn = () => new Worker(join(__dirname, "diskWorker.js"), { name: "disk" });

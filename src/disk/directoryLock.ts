import { statSync } from "node:fs";
import { createServer } from "node:net";
import { StoreError } from "../store/storeError.ts";

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Keeps a second process of this program off a data directory (on-disk-formats 13). The lock is a listening socket in Linux's abstract
 * namespace, named after the directory's inode: the system drops it with the process, however that ends, and
 * no file lies around to be taken for stale or to confuse Java. Advisory: it does not reach across containers or
 * machines, and elsewhere than on Linux there is none. StoreError when another process holds it.
 */
export function lockDirectory(path: string): Promise<DirectoryLock> {
  if (process.platform !== "linux") return Promise.resolve({ release: () => Promise.resolve() });
  const { dev, ino } = statSync(path, { bigint: true });
  const server = createServer((socket) => socket.destroy()).unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(taken ? new StoreError(`${path}: another server uses this directory; stop it first`) : error);
    });
    const release = (): Promise<void> => new Promise((released) => server.close(() => released()));
    server.listen({ path: `\0typekeeper-data-${dev}-${ino}` }, () => resolve({ release }));
  });
}

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ProcessFacts } from "./server/statusOf.ts";

/** What a server's status tells of files: those of its two `version-2` directories, and the process's open ones. */
export function fileFacts(snapshotPath: string, logPath: string): Omit<ProcessFacts, "version"> {
  const directories = { dataBytes: sizeOf(snapshotPath), logBytes: sizeOf(logPath) };
  return { directories, fileDescriptors: openFiles() };
}

/** 0 for a directory that is gone: a question must not end the server. */
function sizeOf(path: string): number {
  try {
    return readdirSync(path).reduce(
      (sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0;
  }
}

function openFiles(): { readonly open: number; readonly max: number } {
  try {
    return { open: readdirSync("/proc/self/fd").length, max: 1048576 };
  } catch {
    return { open: -1, max: -1 };
  }
}

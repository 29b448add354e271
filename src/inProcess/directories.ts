import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface TestDirectory {
  readonly path: string;
  /** Removes it if it was made for the occasion. */
  release(): Promise<void>;
}

/** The directory of the caller, made when it is absent, or a fresh one among the system's temporary files, named after this process. */
export async function directoryFor(given: string | undefined): Promise<TestDirectory> {
  if (given !== undefined) {
    await mkdir(given, { recursive: true });
    return { path: resolve(given), release: () => Promise.resolve() };
  }
  const path = await mkdtemp(join(tmpdir(), `typekeeper-${process.pid}-`));
  return { path, release: () => rm(path, { recursive: true, force: true }) };
}

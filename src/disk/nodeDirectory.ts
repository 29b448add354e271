import {
  accessSync,
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Directory } from "../store/directory.ts";
import { StoreError } from "../store/storeError.ts";

interface OpenFile {
  readonly fd: number;
  readonly writable: boolean;
}

/**
 * A directory of the file system, with synchronous calls: it belongs into a thread that may wait (reliability 10). A file stays
 * open from its first use until `release`.
 */
export class NodeDirectory implements Directory {
  readonly path: string;
  private readonly open = new Map<string, OpenFile>();

  constructor(path: string) {
    this.path = path;
  }

  list(): readonly string[] {
    return readdirSync(this.path);
  }

  size(name: string): number {
    const known = this.open.get(name);
    return known === undefined ? statSync(join(this.path, name)).size : fstatSync(known.fd).size;
  }

  read(name: string, offset: number, length: number): Uint8Array {
    const { fd } = this.open.get(name) ?? this.openFile(name, false);
    const bytes = new Uint8Array(Math.max(0, Math.min(length, fstatSync(fd).size - offset)));
    let done = 0;
    this.naming(name, () => {
      while (done < bytes.length) {
        const count = readSync(fd, bytes, done, bytes.length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    });
    return done === bytes.length ? bytes : bytes.subarray(0, done);
  }

  write(name: string, offset: number, bytes: Uint8Array): void {
    const fd = this.writable(name);
    this.naming(name, () => {
      // A full disk shows as a short write first and as an error only in the next call (reliability 10).
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
    });
  }

  resize(name: string, length: number): void {
    const fd = this.writable(name);
    this.naming(name, () => ftruncateSync(fd, length));
  }

  sync(name: string): void {
    const fd = this.writable(name);
    this.naming(name, () => fdatasyncSync(fd));
  }

  syncDirectory(): void {
    const fd = openSync(this.path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  rename(from: string, to: string): void {
    this.release(from);
    this.release(to);
    renameSync(join(this.path, from), join(this.path, to));
  }

  remove(name: string): void {
    this.release(name);
    rmSync(join(this.path, name));
  }

  release(name: string): void {
    const file = this.open.get(name);
    if (file === undefined) return;
    this.open.delete(name);
    closeSync(file.fd);
  }

  /** Calls on an open file say what went wrong, but not with which file. */
  private naming(name: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      throw new Error(`${join(this.path, name)}: ${reasonOf(error)}`, { cause: error });
    }
  }

  private writable(name: string): number {
    const known = this.open.get(name);
    if (known?.writable === true) return known.fd;
    this.release(name);
    return this.openFile(name, true).fd;
  }

  private openFile(name: string, writable: boolean): OpenFile {
    const flags = writable ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY;
    const file = { fd: openSync(join(this.path, name), flags, 0o644), writable };
    this.open.set(name, file);
    return file;
  }
}

/**
 * The directory at `path`, made with its parents when it is absent unless `create` is false. StoreError with
 * Java's exit code 3 when it is not there, is none, or cannot be read and written (on-disk-formats 1).
 */
export function openDirectory(path: string, create: boolean): NodeDirectory {
  try {
    if (create) mkdirSync(path, { recursive: true });
    if (!statSync(path).isDirectory()) throw new Error("not a directory");
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StoreError(`${path}: must be a directory that can be read and written: ${reasonOf(error)}`, 3);
  }
  return new NodeDirectory(path);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

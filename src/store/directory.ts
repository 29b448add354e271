/**
 * One directory of files, seen through the few operations that recovery and logging need. All are synchronous: in
 * production a worker thread calls them (a fdatasync in libuv's pool waited a second behind other work, reliability 10), in
 * the simulator they are memory. Errors are thrown; whoever writes treats them as fatal (on-disk-formats D3).
 *
 * Durability is explicit: bytes last after `sync(name)`, names after `syncDirectory()`.
 */
export interface Directory {
  /** For messages: the path as the operator wrote it. */
  readonly path: string;
  list(): readonly string[];
  size(name: string): number;
  /** Up to `length` bytes from `offset`; fewer at the end of the file. */
  read(name: string, offset: number, length: number): Uint8Array;
  /** Writes all bytes at `offset`, creating the file when it is absent and growing it when needed. */
  write(name: string, offset: number, bytes: Uint8Array): void;
  /** Makes the file exactly `length` bytes long, sparse where it grows. */
  resize(name: string, length: number): void;
  /** fdatasync. */
  sync(name: string): void;
  syncDirectory(): void;
  rename(from: string, to: string): void;
  remove(name: string): void;
  /** Lets go of the open handle of a file that will not be written again. */
  release(name: string): void;
}

/** Where one server keeps its files; the same object twice when dataLogDir is dataDir. */
export interface StoreDirectories {
  /** `<dataLogDir>/version-2` */
  readonly log: Directory;
  /** `<dataDir>/version-2`: snapshots and epoch files. */
  readonly snapshot: Directory;
}

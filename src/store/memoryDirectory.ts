import type { Directory } from "./directory.ts";
import { SparseBytes } from "./sparseBytes.ts";

export type DirectoryOperation = "read" | "write" | "resize" | "sync" | "syncDirectory" | "rename" | "remove";

/** Something that was not on stable storage when the machine stopped. */
export interface UnsyncedChange {
  readonly kind: "write" | "resize" | "create" | "rename" | "remove";
  readonly name: string;
  /** Bytes of a write, 0 otherwise. */
  readonly bytes: number;
}

/** What became of it; a number is how many bytes of a write reached the disk. */
export type Fate = "kept" | "lost" | number;

/**
 * The fake twin of a real directory. Everything works at once, but bytes last only after `sync` and names only after
 * `syncDirectory`: `crash` decides what becomes of the rest, change by change.
 */
export class MemoryDirectory implements Directory {
  readonly path: string;
  /** Called before every operation; it may throw as a broken disk does, or have a sync lie by saying "ignore". */
  watch: (operation: DirectoryOperation, name: string) => "perform" | "ignore" = () => "perform";
  /** Room for written bytes (holes take none); a write beyond it is cut short and throws ENOSPC. */
  capacityBytes = Number.POSITIVE_INFINITY;
  private files = new Map<string, MemoryFile>();
  private durable = new Map<string, MemoryFile>();
  private changes: NameChange[] = [];

  constructor(path: string) {
    this.path = path;
  }

  list(): readonly string[] {
    return [...this.files.keys()];
  }

  size(name: string): number {
    return this.existing(name).live.length;
  }

  read(name: string, offset: number, length: number): Uint8Array {
    this.watch("read", name);
    return this.existing(name).live.read(offset, length);
  }

  write(name: string, offset: number, bytes: Uint8Array): void {
    if (this.watch("write", name) === "ignore") return;
    const file = this.files.get(name) ?? this.create(name);
    const room = Math.max(0, this.capacityBytes - this.usedBytes());
    const growth = Math.max(0, offset + bytes.length - file.live.extent);
    const fits = growth <= room ? bytes.length : Math.max(0, bytes.length - (growth - room));
    file.change({ kind: "write", offset, bytes: bytes.slice(0, fits) });
    if (fits < bytes.length) throw new Error(`ENOSPC: no space left on device, write '${this.path}/${name}'`);
  }

  resize(name: string, length: number): void {
    if (this.watch("resize", name) === "ignore") return;
    (this.files.get(name) ?? this.create(name)).change({ kind: "resize", length });
  }

  sync(name: string): void {
    if (this.watch("sync", name) === "perform") this.existing(name).sync();
  }

  syncDirectory(): void {
    if (this.watch("syncDirectory", "") === "ignore") return;
    this.durable = new Map(this.files);
    this.changes = [];
  }

  rename(from: string, to: string): void {
    if (this.watch("rename", from) === "ignore") return;
    const file = this.existing(from);
    this.changeNames({ kind: "rename", name: from, to, file });
  }

  remove(name: string): void {
    if (this.watch("remove", name) === "ignore") return;
    this.changeNames({ kind: "remove", name, file: this.existing(name) });
  }

  release(): void {}

  /** The machine stops: `fate` is asked for every change that was not synced, in the order they were made per file. */
  crash(fate: (change: UnsyncedChange) => Fate): void {
    const names = new Map([...this.durable, ...this.files].map(([name, file]) => [file, name]));
    for (const [file, name] of names) file.crash(name, fate);
    for (const change of this.changes)
      if (fate({ kind: change.kind, name: change.name, bytes: 0 }) !== "lost") applyName(this.durable, change);
    this.files = new Map(this.durable);
    this.changes = [];
  }

  private existing(name: string): MemoryFile {
    const file = this.files.get(name);
    if (file === undefined) throw new Error(`ENOENT: no such file or directory, open '${this.path}/${name}'`);
    return file;
  }

  private create(name: string): MemoryFile {
    const file = new MemoryFile();
    this.changeNames({ kind: "create", name, file });
    return file;
  }

  private changeNames(change: NameChange): void {
    this.changes.push(change);
    applyName(this.files, change);
  }

  private usedBytes(): number {
    let used = 0;
    for (const file of this.files.values()) used += file.live.extent;
    return used;
  }
}

type NameChange =
  | { readonly kind: "create" | "remove"; readonly name: string; readonly file: MemoryFile }
  | { readonly kind: "rename"; readonly name: string; readonly to: string; readonly file: MemoryFile };

type DataChange =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "resize"; readonly length: number };

/** The bytes of one file: as they are read now, and as the disk holds them. */
class MemoryFile {
  live = new SparseBytes();
  private stable = new SparseBytes();
  private changes: DataChange[] = [];

  change(change: DataChange): void {
    this.changes.push(change);
    applyData(this.live, change);
  }

  sync(): void {
    for (const change of this.changes) applyData(this.stable, change);
    this.changes = [];
  }

  crash(name: string, fate: (change: UnsyncedChange) => Fate): void {
    for (const change of this.changes) {
      const bytes = change.kind === "write" ? change.bytes.length : 0;
      const outcome = fate({ kind: change.kind, name, bytes });
      if (outcome === "lost") continue;
      if (outcome === "kept" || change.kind === "resize") applyData(this.stable, change);
      else applyData(this.stable, { ...change, bytes: change.bytes.subarray(0, outcome) });
    }
    this.live = this.stable.copy();
    this.changes = [];
  }
}

function applyData(bytes: SparseBytes, change: DataChange): void {
  if (change.kind === "write") bytes.write(change.offset, change.bytes);
  else bytes.resize(change.length);
}

function applyName(files: Map<string, MemoryFile>, change: NameChange): void {
  if (change.kind !== "create") files.delete(change.name);
  if (change.kind === "create") files.set(change.name, change.file);
  else if (change.kind === "rename") files.set(change.to, change.file);
}

/** The ways one connection can watch one path; they may coexist since 3.9 (client-protocol 6.1). */
export const WatchMode = { standard: 1, persistent: 2, recursive: 4 } as const;

/**
 * One of the two tables: which connection watches which path in which modes.
 * Invariants: a path is listed for a watcher if and only if the watcher is listed for the path; no entry has mode 0;
 * `recursive` counts the entries with that mode, so that nobody looks at ancestors in vain.
 */
export class WatchTable {
  /** Pairs of a path and a connection, as Java counts watches. */
  watchCount = 0;
  private readonly byPath = new Map<string, Map<number, number>>();
  private readonly byWatcher = new Map<number, Set<string>>();
  private recursive = 0;

  get pathCount(): number {
    return this.byPath.size;
  }

  get watcherCount(): number {
    return this.byWatcher.size;
  }

  /** Every watched path with its watchers. */
  *entries(): Iterable<readonly [path: string, watchers: readonly number[]]> {
    for (const [path, watchers] of this.byPath) yield [path, [...watchers.keys()]];
  }

  /** The modes of a watcher on a path; 0 is none. */
  modes(path: string, watcher: number): number {
    return this.byPath.get(path)?.get(watcher) ?? 0;
  }

  add(path: string, watcher: number, mode: number): void {
    this.set(path, watcher, this.modes(path, watcher) | mode);
  }

  /** Takes modes away; others stay. */
  remove(path: string, watcher: number, modes: number): void {
    this.set(path, watcher, this.modes(path, watcher) & ~modes);
  }

  removeWatcher(watcher: number): void {
    for (const path of this.byWatcher.get(watcher) ?? []) this.set(path, watcher, 0);
  }

  /**
   * Adds to `heard` everybody who hears of `path`, and takes their one-shot watches away. Watchers of an ancestor hear it
   * if theirs is recursive.
   */
  collect(path: string, heard: Set<number>): void {
    const here = this.byPath.get(path);
    if (here !== undefined) {
      for (const [watcher, modes] of here) {
        heard.add(watcher);
        if ((modes & WatchMode.standard) !== 0) this.set(path, watcher, modes & ~WatchMode.standard);
      }
    }
    if (this.recursive > 0) this.collectAncestors(path, heard);
  }

  private collectAncestors(path: string, heard: Set<number>): void {
    for (let at = path; at !== "/" && at !== ""; ) {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/"))) || "/";
      for (const [watcher, modes] of this.byPath.get(at) ?? []) {
        if ((modes & WatchMode.recursive) !== 0) heard.add(watcher);
      }
    }
  }

  private set(path: string, watcher: number, modes: number): void {
    const before = this.modes(path, watcher);
    if (before === modes) return;
    this.recursive += recursiveBit(modes) - recursiveBit(before);
    if (before === 0) this.enlist(path, watcher);
    if (modes === 0) this.strike(path, watcher);
    else this.byPath.get(path)?.set(watcher, modes);
  }

  private enlist(path: string, watcher: number): void {
    this.watchCount++;
    if (!this.byPath.has(path)) this.byPath.set(path, new Map());
    const paths = this.byWatcher.get(watcher);
    if (paths === undefined) this.byWatcher.set(watcher, new Set([path]));
    else paths.add(path);
  }

  private strike(path: string, watcher: number): void {
    this.watchCount--;
    const watchers = this.byPath.get(path);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.byPath.delete(path);
    const paths = this.byWatcher.get(watcher);
    paths?.delete(path);
    if (paths?.size === 0) this.byWatcher.delete(watcher);
  }
}

function recursiveBit(modes: number): number {
  return (modes & WatchMode.recursive) === 0 ? 0 : 1;
}

import { type HashKeys, HashTable } from "./hashTable.ts";
import { NO_RECORD, Records } from "./records.ts";
import { WatchedPaths } from "./watchedPaths.ts";
import { Watchers } from "./watchers.ts";

/** The ways one connection can watch one path; they may coexist since 3.9 (client-protocol 6.1). */
export const WatchMode = { standard: 1, persistent: 2, recursive: 4 } as const;

/**
 * One of the two tables: which connection watches which path in which modes. A million watches are no heap objects: a pair of a
 * path and a watcher is a row of int32 words, found by a hash of both unless it is alone on its path.
 *
 * Invariants: a row is in the list of its path and in the list of its watcher; a path or watcher without rows is not there; no
 * row has mode 0; the list of a path is in the order in which the rows came; `recursive` counts the rows with that mode, so
 * that nobody looks at ancestors in vain.
 */
export class WatchTable implements HashKeys {
  /** Pairs of a path and a connection, as Java counts watches. */
  watchCount = 0;
  private readonly paths = new WatchedPaths();
  private readonly watchers = new Watchers();
  private readonly rows = new Records(ROW_WORDS);
  private readonly pairs = new HashTable(this);
  private recursive = 0;
  private soughtPath = NO_RECORD;
  private soughtWatcher = NO_RECORD;

  get pathCount(): number {
    return this.paths.count;
  }

  get watcherCount(): number {
    return this.watchers.count;
  }

  /** What paths and watches take; a watcher's few words are not counted. */
  get bytes(): number {
    return this.rows.bytes + this.pairs.bytes + this.paths.bytes;
  }

  /** Every watched path with its watchers. */
  *entries(): Iterable<readonly [path: string, watchers: readonly number[]]> {
    for (const path of this.paths.all()) {
      const watchers = new Set<number>();
      this.addWatchers(path, MODE_MASK, watchers);
      yield [this.paths.name(path), [...watchers]];
    }
  }

  /** The modes of a watcher on a path; 0 is none. */
  modes(path: string, watcher: number): number {
    const row = this.find(path, watcher);
    return row === NO_RECORD ? 0 : this.modesAt(row);
  }

  add(path: string, watcher: number, mode: number): void {
    const row = this.find(path, watcher);
    if (row === NO_RECORD) this.enlist(watcher, mode);
    else this.setModes(row, this.modesAt(row) | mode);
  }

  /** Takes modes away; others stay. */
  remove(path: string, watcher: number, modes: number): void {
    const row = this.find(path, watcher);
    if (row !== NO_RECORD) this.setModes(row, this.modesAt(row) & ~modes);
  }

  removeWatcher(watcher: number): void {
    const index = this.watchers.find(watcher);
    if (index === NO_RECORD) return;
    for (let row = this.watchers.first(index); row !== NO_RECORD; ) {
      const next = this.rows.word(row, WATCHER_NEXT);
      this.setModes(row, 0);
      row = next;
    }
  }

  /**
   * Adds to `heard` everybody who hears of `path`, and takes their one-shot watches away. Watchers of an ancestor hear it
   * if theirs is recursive.
   */
  collect(path: string, heard: Set<number>): void {
    if (this.watchCount === 0) return;
    const here = this.paths.seek(path);
    if (here !== NO_RECORD) this.collectHere(here, heard);
    if (this.recursive > 0) this.collectAncestors(heard);
  }

  /** A pair's hash; both halves count up from 0, and connections that watch the same paths make whole grids of them. */
  hash(row: number): number {
    return hashOf(this.rows.word(row, PATH), this.watcherAt(row));
  }

  isSought(row: number): boolean {
    return this.rows.word(row, PATH) === this.soughtPath && this.watcherAt(row) === this.soughtWatcher;
  }

  textOf(row: number): string {
    return pairText(this.rows.word(row, PATH), this.watcherAt(row));
  }

  soughtText(): string {
    return pairText(this.soughtPath, this.soughtWatcher);
  }

  private collectHere(path: number, heard: Set<number>): void {
    const first = this.paths.first(path);
    const last = this.rows.word(first, PREVIOUS);
    for (let row = first; ; ) {
      const next = this.rows.word(row, NEXT);
      const modes = this.modesAt(row);
      heard.add(this.watchers.number(this.watcherAt(row)));
      if ((modes & WatchMode.standard) !== 0) this.setModes(row, modes & ~WatchMode.standard);
      if (row === last) return;
      row = next;
    }
  }

  private collectAncestors(heard: Set<number>): void {
    while (!this.paths.isAtRoot()) {
      const path = this.paths.seekParent();
      if (path !== NO_RECORD) this.addWatchers(path, WatchMode.recursive, heard);
    }
  }

  /** Those who watch in one of these modes. */
  private addWatchers(path: number, modes: number, to: Set<number>): void {
    const first = this.paths.first(path);
    let row = first;
    do {
      if ((this.modesAt(row) & modes) !== 0) to.add(this.watchers.number(this.watcherAt(row)));
      row = this.rows.word(row, NEXT);
    } while (row !== first);
  }

  /** The row of a path and a watcher's number, and what `enlist` needs to add it. */
  private find(path: string, watcher: number): number {
    this.soughtPath = this.paths.seek(path);
    this.soughtWatcher = this.watchers.find(watcher);
    if (this.soughtPath === NO_RECORD || this.soughtWatcher === NO_RECORD) return NO_RECORD;
    const first = this.paths.first(this.soughtPath);
    if (this.rows.word(first, NEXT) === first) return this.isSought(first) ? first : NO_RECORD;
    return this.pairs.find(hashOf(this.soughtPath, this.soughtWatcher));
  }

  /** Changes the modes of a row; it goes when none is left. */
  private setModes(row: number, modes: number): void {
    const word = this.rows.word(row, WATCHER);
    this.recursive += recursiveBit(modes) - recursiveBit(word);
    if (modes === 0) this.strike(row);
    else this.rows.setWord(row, WATCHER, (word & ~MODE_MASK) | modes);
  }

  /** Adds the pair that `find` did not find. */
  private enlist(watcherNumber: number, modes: number): void {
    const path = this.soughtPath === NO_RECORD ? this.paths.insert() : this.soughtPath;
    const watcher = this.soughtWatcher === NO_RECORD ? this.watchers.insert(watcherNumber) : this.soughtWatcher;
    const row = this.rows.allocate();
    this.rows.setWord(row, PATH, path);
    this.rows.setWord(row, WATCHER, (watcher << MODE_BITS) | modes);
    this.linkToPath(row, path);
    this.linkToWatcher(row, watcher);
    this.recursive += recursiveBit(modes);
    this.watchCount++;
  }

  private strike(row: number): void {
    this.unlinkFromPath(row);
    this.unlinkFromWatcher(row);
    this.rows.release(row);
    this.watchCount--;
  }

  /** At the end of a ring. */
  private linkToPath(row: number, path: number): void {
    const { paths, rows } = this;
    const first = paths.first(path);
    if (first === NO_RECORD) {
      paths.setFirst(path, row);
      rows.setWord(row, NEXT, row);
      rows.setWord(row, PREVIOUS, row);
      return;
    }
    const last = rows.word(first, PREVIOUS);
    if (last === first) this.pairs.add(first);
    this.pairs.add(row);
    rows.setWord(row, NEXT, first);
    rows.setWord(row, PREVIOUS, last);
    rows.setWord(last, NEXT, row);
    rows.setWord(first, PREVIOUS, row);
  }

  private unlinkFromPath(row: number): void {
    const { paths, rows } = this;
    const path = rows.word(row, PATH);
    const next = rows.word(row, NEXT);
    if (next === row) {
      paths.setFirst(path, NO_RECORD);
      paths.remove(path);
      return;
    }
    const previous = rows.word(row, PREVIOUS);
    this.pairs.remove(row);
    if (previous === next) this.pairs.remove(next);
    rows.setWord(previous, NEXT, next);
    rows.setWord(next, PREVIOUS, previous);
    if (paths.first(path) === row) paths.setFirst(path, next);
  }

  /** At the beginning of a list whose order nobody sees. */
  private linkToWatcher(row: number, watcher: number): void {
    const { watchers, rows } = this;
    const next = watchers.first(watcher);
    rows.setWord(row, WATCHER_NEXT, next);
    rows.setWord(row, WATCHER_PREVIOUS, NO_RECORD);
    if (next !== NO_RECORD) rows.setWord(next, WATCHER_PREVIOUS, row);
    watchers.setFirst(watcher, row);
  }

  private unlinkFromWatcher(row: number): void {
    const { watchers, rows } = this;
    const watcher = this.watcherAt(row);
    const next = rows.word(row, WATCHER_NEXT);
    const previous = rows.word(row, WATCHER_PREVIOUS);
    if (next !== NO_RECORD) rows.setWord(next, WATCHER_PREVIOUS, previous);
    if (previous !== NO_RECORD) rows.setWord(previous, WATCHER_NEXT, next);
    else watchers.setFirst(watcher, next);
    if (next === NO_RECORD && previous === NO_RECORD) watchers.remove(watcher);
  }

  private modesAt(row: number): number {
    return this.rows.word(row, WATCHER) & MODE_MASK;
  }

  private watcherAt(row: number): number {
    return this.rows.word(row, WATCHER) >> MODE_BITS;
  }
}

function recursiveBit(modes: number): number {
  return (modes & WatchMode.recursive) === 0 ? 0 : 1;
}

function hashOf(path: number, watcher: number): number {
  const spread = Math.imul(path, 0x85ebca6b);
  return Math.imul(spread ^ (spread >>> 15) ^ watcher, 0xc2b2ae35);
}

function pairText(path: number, watcher: number): string {
  return `${path} ${watcher}`;
}

const MODE_BITS = 3;
const MODE_MASK = (1 << MODE_BITS) - 1;

const ROW_WORDS = 6;
const PATH = 0;
/** The watcher's index, and the modes in the low bits. */
const WATCHER = 1;
/** Of the path's ring. */
const NEXT = 2;
const PREVIOUS = 3;
/** Of the watcher's list. */
const WATCHER_NEXT = 4;
const WATCHER_PREVIOUS = 5;

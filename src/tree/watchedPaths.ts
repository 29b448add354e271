import { Contents } from "./contents.ts";
import { type HashKeys, HashTable } from "./hashTable.ts";
import { PathKey, SLASH, textOfUnits } from "./paths.ts";
import { NO_RECORD, Records } from "./records.ts";

/**
 * The paths that somebody watches, each once: its bytes in a slab block, and where its list of watches begins. They need not
 * be nodes, so that their text is kept whole.
 *
 * `seek` names the path that `insert` and `seekParent` go on from. The last answer is kept: when something changes, everybody
 * who was told comes back for the same path.
 */
export class WatchedPaths implements HashKeys {
  count = 0;
  private readonly rows = new Records(ROW_WORDS);
  private readonly contents = new Contents();
  private readonly table = new HashTable(this);
  private readonly key = new PathKey();
  /** What the key says, undefined when it says a parent. */
  private text: string | undefined;
  /** The record of the path that the key says. */
  private sought = NO_RECORD;

  get bytes(): number {
    return this.rows.bytes + this.contents.bytes + this.table.bytes;
  }

  /** NO_RECORD when nobody watches it. */
  seek(path: string): number {
    if (path !== this.text) {
      this.key.set(path);
      this.text = path;
      this.sought = this.table.find(this.key.crc);
    }
    return this.sought;
  }

  /** The parent of the sought path, which is not the root, in the text's sense: /a//b lies below /a/. */
  seekParent(): number {
    const { key } = this;
    const slash = key.lastSlash();
    if (slash > key.start) key.setBytes(key.bytes, key.start, slash);
    else key.set("/");
    this.text = undefined;
    this.sought = this.table.find(key.crc);
    return this.sought;
  }

  /** Whether the sought path is the root, by either name. */
  isAtRoot(): boolean {
    const { bytes, start, end } = this.key;
    return start === end || (end - start === 1 && bytes[start] === SLASH);
  }

  /** Adds the sought path, which is not there, with an empty list. */
  insert(): number {
    const { bytes, start, end, crc } = this.key;
    const path = this.rows.allocate();
    this.rows.setWord(path, CRC, crc);
    this.rows.setWord(path, BLOCK, this.contents.store(bytes, start, end, null));
    this.rows.setWord(path, FIRST, NO_RECORD);
    this.table.add(path);
    this.sought = path;
    this.count++;
    return path;
  }

  /** Takes out a path whose list is empty. */
  remove(path: number): void {
    if (path === this.sought) this.sought = NO_RECORD;
    this.table.remove(path);
    this.contents.release(this.rows.word(path, BLOCK), 0);
    this.rows.release(path);
    this.count--;
  }

  name(path: number): string {
    return this.contents.name(this.rows.word(path, BLOCK));
  }

  /** The first watch; NO_RECORD only while the path comes or goes. */
  first(path: number): number {
    return this.rows.word(path, FIRST);
  }

  setFirst(path: number, watch: number): void {
    this.rows.setWord(path, FIRST, watch);
  }

  /** Those that are there while the walk passes. */
  *all(): Iterable<number> {
    for (let path = 0; path < this.rows.count; path++) if (this.first(path) !== NO_RECORD) yield path;
  }

  hash(path: number): number {
    return this.rows.word(path, CRC);
  }

  isSought(path: number): boolean {
    const { bytes, start, end } = this.key;
    return this.contents.isName(this.rows.word(path, BLOCK), bytes, start, end);
  }

  textOf(path: number): string {
    return this.name(path);
  }

  soughtText(): string {
    return textOfUnits(this.key.bytes, this.key.start, this.key.end);
  }
}

const ROW_WORDS = 3;
/** The word that a released record loses: not FIRST, which tells that nothing is there. */
const CRC = 0;
const BLOCK = 1;
const FIRST = 2;

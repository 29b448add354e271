/**
 * Values under whole texts, for the few whose hashes somebody chose so that a table of hashes would walk past them one by one.
 * Nobody can choose texts that collide here too: V8 hashes them with a seed of its own for each process.
 *
 * It does not so with two kinds of strings. One of more than 16,383 characters is hashed by its length, hence a long text is kept
 * in pieces, a trie. One that is a number is hashed by its value, hence a piece begins with a character that no number has.
 */
export class Crowd<T> {
  /** How many values there are. */
  size = 0;
  /** By the last piece, which is shorter than the others. */
  private readonly ends = new Map<string, T>();
  private readonly longer = new Map<string, Crowd<T>>();

  /** Here and below, the text begins at `from`. */
  get(text: string, from = 0): T | undefined {
    const piece = pieceOf(text, from);
    return isLast(piece) ? this.ends.get(piece) : this.longer.get(piece)?.get(text, from + PIECE_UNITS);
  }

  /** Adds a text that is not there. */
  add(text: string, value: T, from = 0): void {
    this.size++;
    const piece = pieceOf(text, from);
    if (isLast(piece)) this.ends.set(piece, value);
    else this.below(piece).add(text, value, from + PIECE_UNITS);
  }

  /** Takes out a text that is there. */
  remove(text: string, from = 0): void {
    this.size--;
    const piece = pieceOf(text, from);
    if (isLast(piece)) {
      this.ends.delete(piece);
      return;
    }
    const below = this.below(piece);
    below.remove(text, from + PIECE_UNITS);
    if (below.size === 0) this.longer.delete(piece);
  }

  private below(piece: string): Crowd<T> {
    let below = this.longer.get(piece);
    if (below === undefined) {
      below = new Crowd<T>();
      this.longer.set(piece, below);
    }
    return below;
  }
}

function pieceOf(text: string, from: number): string {
  return `/${text.slice(from, from + PIECE_UNITS)}`;
}

function isLast(piece: string): boolean {
  return piece.length <= PIECE_UNITS;
}

const PIECE_UNITS = 16_000;

import { DecodeError } from "jute-ts";
import { concatBytes } from "../base/bytes.ts";
import type { Directory } from "./directory.ts";

/** Bytes that are read from the front; an empty piece is the end. DecodeError when they are damaged or cannot be read. */
export interface ByteSource {
  next(): Uint8Array;
}

/** The bytes end before what they are said to hold: a file that was not written to its end. */
export class CutShort extends DecodeError {}

/** Reads, and takes a device that cannot give back what it was given for one more kind of damage: a DecodeError. */
export function readOrDamaged<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error));
  }
}

/** The bytes of a file as they stand. */
export class FileSource implements ByteSource {
  private readonly directory: Directory;
  private readonly name: string;
  private at = 0;

  constructor(directory: Directory, name: string) {
    this.directory = directory;
    this.name = name;
  }

  next(): Uint8Array {
    const bytes = readOrDamaged(() => this.directory.read(this.name, this.at, PIECE_BYTES));
    this.at += bytes.length;
    return bytes;
  }
}

/** A source taken byte by byte or in runs: under the decompressors. */
export class ByteReader {
  private readonly source: ByteSource;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Whether nothing is left. */
  get isAtEnd(): boolean {
    if (this.at === this.bytes.length) {
      this.bytes = this.source.next();
      this.at = 0;
    }
    return this.bytes.length === 0;
  }

  byte(): number {
    if (this.at === this.bytes.length && this.isAtEnd) throw new CutShort("the file ends too early");
    return this.bytes[this.at++] as number;
  }

  /** The next `length` bytes, good until more are read. Nothing is allocated for bytes that are not there. */
  take(length: number): Uint8Array {
    const runs: Uint8Array[] = [];
    for (let left = length; left > 0; ) {
      if (this.isAtEnd) throw new CutShort("the file ends too early");
      const run = this.bytes.subarray(this.at, this.at + left);
      this.at += run.length;
      left -= run.length;
      runs.push(run);
    }
    const [first] = runs;
    return runs.length === 1 && first !== undefined ? first : concatBytes(runs);
  }

  /** Fills `target` from `start` to `end`. */
  fill(target: Uint8Array, start = 0, end = target.length): void {
    for (let at = start; at < end; ) {
      if (this.isAtEnd) throw new CutShort("the file ends too early");
      const run = this.bytes.subarray(this.at, this.at + end - at);
      target.set(run, at);
      this.at += run.length;
      at += run.length;
    }
  }
}

const PIECE_BYTES = 128 * 1024;

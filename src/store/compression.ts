import { ByteQueue } from "../base/byteQueue.ts";
import { concatBytes } from "../base/bytes.ts";
import { crc32 } from "../base/checksum.ts";
import { ByteReader, type ByteSource, FileSource } from "./byteSource.ts";
import type { Directory } from "./directory.ts";
import { GunzipSource } from "./inflate.ts";
import { packBlock, SNAPPY_BLOCK_BYTES, SNAPPY_HEADER, SnappySource } from "./snappy.ts";

/** How a snapshot is packed, told by the last part of its name (on-disk-formats 4.6). */
export type Compression = "none" | "gz" | "snappy";

/** What a snapshot holds once unpacked, from the front. */
export function contentOf(directory: Directory, name: string, compression: Compression): ByteSource {
  const file = new FileSource(directory, name);
  if (compression === "gz") return new GunzipSource(new ByteReader(file));
  return compression === "snappy" ? new SnappySource(new ByteReader(file)) : file;
}

/** Packs a snapshot's bytes as they come. What is returned is written to the file in this order. */
export interface Packer {
  push(bytes: Uint8Array): Uint8Array;
  /** What ends the file. */
  finish(): Uint8Array;
}

/** Deflate blocks of these bytes alone, none of them the last, ending on a whole byte (zlib's Z_SYNC_FLUSH). */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** Blocks that hold the bytes as they are: for worlds without zlib. */
export function storedBlocks(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += LONGEST_STORED) {
    const run = bytes.subarray(at, at + LONGEST_STORED);
    const low = run.length & 255;
    const high = run.length >>> 8;
    parts.push(Uint8Array.of(0, low, high, low ^ 255, high ^ 255), run);
  }
  return concatBytes(parts);
}

export function packerFor(compression: Compression, deflate: Deflate): Packer {
  if (compression === "gz") return new GzipPacker(deflate);
  return compression === "snappy" ? new SnappyPacker() : PLAIN;
}

const PLAIN: Packer = { push: (bytes) => bytes, finish: () => NOTHING };

/** One gzip member, as Java writes it. Chunks know nothing of each other, which costs little at 64 KiB and needs no state. */
class GzipPacker implements Packer {
  private readonly deflate: Deflate;
  private head = GZIP_HEADER;
  private crc = 0;
  private total = 0;

  constructor(deflate: Deflate) {
    this.deflate = deflate;
  }

  push(bytes: Uint8Array): Uint8Array {
    const packed = concatBytes([this.head, this.deflate(bytes)]);
    this.head = NOTHING;
    this.crc = crc32(this.crc, bytes);
    this.total = (this.total + bytes.length) >>> 0;
    return packed;
  }

  finish(): Uint8Array {
    const end = new Uint8Array(LAST_BLOCK.length + 8);
    end.set(LAST_BLOCK);
    const view = new DataView(end.buffer, LAST_BLOCK.length);
    view.setUint32(0, this.crc, true);
    view.setUint32(4, this.total, true);
    return concatBytes([this.head, end]);
  }
}

/** Whole chunks as soon as their bytes are there. */
class SnappyPacker implements Packer {
  private readonly queue = new ByteQueue();
  private head = SNAPPY_HEADER;

  push(bytes: Uint8Array): Uint8Array {
    this.queue.push(bytes);
    return this.take(SNAPPY_BLOCK_BYTES);
  }

  finish(): Uint8Array {
    return this.take(1);
  }

  /** Chunks while there are at least so many bytes for one. */
  private take(least: number): Uint8Array {
    const { queue } = this;
    const parts = [this.head];
    this.head = NOTHING;
    while (queue.length >= least) {
      const count = Math.min(SNAPPY_BLOCK_BYTES, queue.length);
      const packed = packBlock(queue.bytes.subarray(queue.start, queue.start + count));
      const length = new Uint8Array(4);
      new DataView(length.buffer).setInt32(0, packed.length);
      parts.push(length, packed);
      queue.consume(count);
    }
    return concatBytes(parts);
  }
}

const LONGEST_STORED = 0xffff;
const NOTHING: Uint8Array = new Uint8Array(0);
/** Magic, deflate, no flags, no time, no hint, an unknown system: Java's (on-disk-formats 4.6). */
const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** An empty block that is the last. */
const LAST_BLOCK: Uint8Array = Uint8Array.of(3, 0);

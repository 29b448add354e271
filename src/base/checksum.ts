/**
 * The two checksums of ZooKeeper's files and digests. Written here because pure code cannot see node:zlib, and Node's
 * zlib has no Adler-32 at all (on-disk-formats 2, 7.1).
 */

/** CRC-32 (IEEE). Pass the previous result to go on; start with 0. The result is unsigned. */
export function crc32(crc: number, bytes: Uint8Array, start = 0, end = bytes.length): number {
  let c = ~crc;
  let i = start;
  // Slicing by eight: 0.9 ns a byte against 2.5 for the plain loop. The later four do not wait for what came before.
  for (; i + 8 <= end; i += 8) {
    const later =
      (CRC_TABLE[768 + (bytes[i + 4] as number)] as number) ^
      (CRC_TABLE[512 + (bytes[i + 5] as number)] as number) ^
      (CRC_TABLE[256 + (bytes[i + 6] as number)] as number) ^
      (CRC_TABLE[bytes[i + 7] as number] as number);
    c =
      (CRC_TABLE[1792 + ((c ^ (bytes[i] as number)) & 0xff)] as number) ^
      (CRC_TABLE[1536 + (((c >>> 8) ^ (bytes[i + 1] as number)) & 0xff)] as number) ^
      (CRC_TABLE[1280 + (((c >>> 16) ^ (bytes[i + 2] as number)) & 0xff)] as number) ^
      (CRC_TABLE[1024 + (((c >>> 24) ^ (bytes[i + 3] as number)) & 0xff)] as number) ^
      later;
  }
  for (; i < end; i++) c = (c >>> 8) ^ (CRC_TABLE[(c ^ (bytes[i] as number)) & 0xff] as number);
  return ~c >>> 0;
}

/**
 * What each value of each byte of a block of `bytes` adds to the block's CRC-32: 256 numbers a byte, the first byte's first. A
 * checksum is linear: the CRC that the block goes on from, inverted, is to be XORed into its first four bytes, the first its lowest; the XOR of
 * what all bytes add, inverted, is the CRC behind the block. Zeros add nothing, and no byte waits for another.
 */
export function crc32Shares(bytes: number): Int32Array {
  const shares = new Int32Array(256 * bytes);
  shares.set(CRC_TABLE.subarray(0, 256), 256 * (bytes - 1));
  for (let i = 256 * (bytes - 1) - 1; i >= 0; i--) {
    const next = shares[i + 256] as number;
    shares[i] = (next >>> 8) ^ (CRC_TABLE[next & 0xff] as number);
  }
  return shares;
}

/** Adler-32. Pass the previous result to go on; start with 1. The result is unsigned. */
export function adler32(adler: number, bytes: Uint8Array, start = 0, end = bytes.length): number {
  let a = adler & 0xffff;
  let b = adler >>> 16;
  let i = start;
  while (i < end) {
    // 3,800 bytes is the most that cannot overflow 31 bits between two reductions.
    const stop = Math.min(i + 3800, end);
    // Eight bytes by themselves first: byte by byte each addition waits for the one before, and that takes 1.7 times as long.
    for (; i + 8 <= stop; i += 8) {
      let sum = bytes[i] as number;
      let sums = sum;
      sums += sum += bytes[i + 1] as number;
      sums += sum += bytes[i + 2] as number;
      sums += sum += bytes[i + 3] as number;
      sums += sum += bytes[i + 4] as number;
      sums += sum += bytes[i + 5] as number;
      sums += sum += bytes[i + 6] as number;
      sums += sum += bytes[i + 7] as number;
      b += 8 * a + sums;
      a += sum;
    }
    for (; i < stop; i++) {
      a += bytes[i] as number;
      b += a;
    }
    a %= ADLER_MODULUS;
    b %= ADLER_MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}

const ADLER_MODULUS = 65521;
const CRC_TABLE = crcTables();

function crcTables(): Int32Array {
  const table = new Int32Array(2048);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[n] = c;
  }
  for (let n = 0; n < 1792; n++) {
    const before = table[n] as number;
    table[n + 256] = (before >>> 8) ^ (table[before & 0xff] as number);
  }
  return table;
}

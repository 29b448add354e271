import { asciiBytes } from "../base/bytes.ts";
import { crc32 } from "../base/checksum.ts";

/**
 * Names of one length and one CRC-32, as somebody would make them who wants tables to be slow: behind any parent their paths have
 * one CRC too. At most 2^LENGTH / 2^32.
 *
 * A CRC is linear: writing b for a at some place flips the same bits of it whatever the other letters are. Sets of places whose
 * flips cancel out are found by Gauss's elimination, and any of them may be joined.
 */
export function collidingNames(count: number): readonly string[] {
  const neutral = neutralSets();
  return Array.from({ length: count }, (_, k) =>
    nameOf(neutral.reduce((set, more, j) => ((k >> j) & 1 ? set ^ more : set), 0n)),
  );
}

function neutralSets(): readonly bigint[] {
  const pivots: { readonly bit: number; readonly flips: number; readonly places: bigint }[] = [];
  const neutral: bigint[] = [];
  for (let place = 0; place < LENGTH; place++) {
    let places = 1n << BigInt(place);
    let flips = crcOf(nameOf(places)) ^ crcOf(nameOf(0n));
    for (const pivot of pivots) {
      if (((flips >>> pivot.bit) & 1) === 0) continue;
      flips ^= pivot.flips;
      places ^= pivot.places;
    }
    if (flips === 0) neutral.push(places);
    else pivots.push({ bit: 31 - Math.clz32(flips), flips, places });
  }
  return neutral;
}

function nameOf(places: bigint): string {
  return Array.from({ length: LENGTH }, (_, place) => ((places >> BigInt(place)) & 1n ? "b" : "a")).join("");
}

function crcOf(text: string): number {
  return crc32(0, asciiBytes(text));
}

const LENGTH = 52;

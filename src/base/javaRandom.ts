/**
 * `java.util.Random`: a 48-bit linear congruential generator. The session password is its output for a seed made from
 * the session id, so every server of an ensemble must produce Java's sequence (client-protocol 4.4).
 */
export class JavaRandom {
  private state: bigint;

  constructor(seed: bigint) {
    this.state = (seed ^ MULTIPLIER) & MASK;
  }

  /** The next 32 bits, signed. */
  nextInt(): number {
    this.state = (this.state * MULTIPLIER + 0xbn) & MASK;
    return Number(BigInt.asIntN(32, this.state >> 16n));
  }

  /** Fills an array four bytes at a time, low byte first, as `nextBytes` does. */
  nextBytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; ) {
      let word = this.nextInt();
      for (let k = 0; k < 4 && i < length; k++, i++) {
        bytes[i] = word & 0xff;
        word >>= 8;
      }
    }
    return bytes;
  }
}

const MULTIPLIER = 0x5deece66dn;
const MASK = (1n << 48n) - 1n;

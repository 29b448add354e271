/**
 * `java.util.Random`: a 48-bit linear congruential generator. The session password is its output for a seed made from
 * the session id, so every server of an ensemble must produce Java's sequence (client-protocol 4.4).
 */
export class JavaRandom {
  /** 24 bits each: their products are exact. */
  private high: number;
  private low: number;

  constructor(seed: bigint) {
    this.high = Number(BigInt.asUintN(24, seed >> 24n)) ^ MULTIPLIER_HIGH;
    this.low = Number(BigInt.asUintN(24, seed)) ^ MULTIPLIER_LOW;
  }

  /** The next 32 bits, signed. */
  nextInt(): number {
    const low = this.low * MULTIPLIER_LOW + 0xb;
    const high = this.high * MULTIPLIER_LOW + this.low * MULTIPLIER_HIGH + Math.floor(low / TWO_24);
    this.low = low % TWO_24;
    this.high = high % TWO_24;
    return (this.high << 8) | (this.low >> 16);
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

/** 0x5deece66d */
const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const TWO_24 = 2 ** 24;

/**
 * 64-bit values as two 32-bit halves: what is kept or computed often is kept so, because a `bigint` is an allocation and a half is not.
 * A high half is signed; a low half is an int32 whose bits are unsigned.
 *
 * They pass through one word of memory seen in two ways: V8 compiles that to two moves, where DataView's bigint calls are calls.
 */

/** The signed 64-bit value of two halves. */
export function longOf(high: number, low: number): bigint {
  HALVES[HIGH] = high;
  HALVES[LOW] = low;
  return LONG[0] as bigint;
}

export function highOf(value: bigint): number {
  LONG[0] = value;
  return HALVES[HIGH] as number;
}

export function lowOf(value: bigint): number {
  LONG[0] = value;
  return HALVES[LOW] as number;
}

/** Whether (highA, lowA) > (highB, lowB) in signed 64-bit order. */
export function isGreater(highA: number, lowA: number, highB: number, lowB: number): boolean {
  return highA === highB ? lowA >>> 0 > lowB >>> 0 : highA > highB;
}

const LONG = new BigInt64Array(1);
const HALVES = new Int32Array(LONG.buffer);
LONG[0] = 1n;
/** Which half comes first is the machine's. */
const LOW = HALVES[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

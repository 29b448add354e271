/**
 * 64-bit values as two 32-bit halves: the tree stores them so, because a `bigint` is an allocation and a half is not.
 * A high half is signed; a low half is an int32 whose bits are unsigned.
 */

/** The signed 64-bit value of two halves. */
export function longOf(high: number, low: number): bigint {
  SCRATCH.setInt32(0, high);
  SCRATCH.setInt32(4, low);
  return SCRATCH.getBigInt64(0);
}

export function highOf(value: bigint): number {
  SCRATCH.setBigInt64(0, value);
  return SCRATCH.getInt32(0);
}

export function lowOf(value: bigint): number {
  SCRATCH.setBigInt64(0, value);
  return SCRATCH.getInt32(4);
}

/** Whether (highA, lowA) > (highB, lowB) in signed 64-bit order. */
export function isGreater(highA: number, lowA: number, highB: number, lowB: number): boolean {
  return highA === highB ? lowA >>> 0 > lowB >>> 0 : highA > highB;
}

const SCRATCH = new DataView(new ArrayBuffer(8));

import { highOf, lowOf } from "../base/long.ts";

/** When a change happened: the halves of its zxid and of its time in ms. */
export interface Stamp {
  readonly zxidHigh: number;
  readonly zxidLow: number;
  readonly timeHigh: number;
  readonly timeLow: number;
}

export function stampOf(zxid: bigint, timeMs: bigint): Stamp {
  return { zxidHigh: highOf(zxid), zxidLow: lowOf(zxid), timeHigh: highOf(timeMs), timeLow: lowOf(timeMs) };
}

export const UNSTAMPED: Stamp = { zxidHigh: 0, zxidLow: 0, timeHigh: 0, timeLow: 0 };

import { FAILOVER } from "./failover.ts";
import { COLD_START } from "./firstAnswer.ts";
import { GROWTH } from "./growth.ts";
import { LOADS, P99_WORK } from "./loads.ts";
import { MILLION } from "./million.ts";
import type { Row } from "./row.ts";

/** All rows but the one of p99, which is about the rows of loads and follows them. */
export const ROWS: readonly Row[] = [...LOADS, MILLION, COLD_START, ...GROWTH, FAILOVER];

/** The works of the table's lines, in their order. */
export const WORKS: readonly string[] = [
  ...LOADS.flatMap(({ works }) => works),
  P99_WORK,
  ...ROWS.filter((row) => !LOADS.includes(row)).flatMap(({ works }) => works),
];

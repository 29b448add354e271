import { parseQuotaText } from "../tree/quotaStats.ts";
import { Err } from "../wire/client/numbers.ts";
import { LIMITS_NAME, QUOTA_ROOT, STATS_NAME } from "../wire/paths.ts";
import type { Preparation } from "./preparation.ts";

/** -125 if a new node with this data would pass a hard limit; 0 while quotas are not enforced (client-protocol 3.15). */
export function checkQuotaOfCreate(on: Preparation, path: string, data: Uint8Array | null): number {
  return on.options.enforceQuota ? checkQuota(on, path, data === null ? 0 : data.length, 1) : Err.ok;
}

/** The same for data that replaces data. */
export function checkQuotaOfSetData(on: Preparation, path: string, oldLength: number, data: Uint8Array | null): number {
  return on.options.enforceQuota ? checkQuota(on, path, (data === null ? 0 : data.length) - oldLength, 0) : Err.ok;
}

/**
 * Whether setData would write to a stats node what is no stats: a Java server stops at the next change below that quota
 * (hazard H5).
 */
export function spoilsQuotaStats(path: string, data: Uint8Array | null): boolean {
  if (!path.startsWith(QUOTA_ROOT) || !path.endsWith(`/${STATS_NAME}`)) return false;
  return parseQuotaText(data) === undefined;
}

/** Only applied numbers count, so requests in flight can overshoot, as in ZooKeeper. */
function checkQuota(on: Preparation, path: string, moreBytes: number, moreNodes: number): number {
  const root = on.view.quotaRoot(path);
  if (root === undefined) return Err.ok;
  const limits = numbersOf(on, `${QUOTA_ROOT}${root}/${LIMITS_NAME}`);
  if (limits === "absent") return Err.ok;
  if (limits === undefined) return Err.marshallingError;
  const asksCount = moreNodes !== 0 && isLimited(limits, "count", "countHardLimit");
  const asksBytes = moreBytes !== 0 && isLimited(limits, "bytes", "byteHardLimit");
  if (!asksCount && !asksBytes) return Err.ok;
  const stats = numbersOf(on, `${QUOTA_ROOT}${root}/${STATS_NAME}`);
  if (stats === "absent") return Err.ok;
  if (stats === undefined) return Err.marshallingError;
  const exceeds =
    (asksCount && isExceeded(limits, "countHardLimit", stats, "count", moreNodes)) ||
    (asksBytes && isExceeded(limits, "byteHardLimit", stats, "bytes", moreBytes));
  return exceeds ? Err.quotaExceeded : Err.ok;
}

function numbersOf(on: Preparation, path: string): ReadonlyMap<string, bigint> | "absent" | undefined {
  const node = on.view.find(path);
  if (node < 0) return "absent";
  return parseQuotaText(on.view.data(node));
}

function isLimited(limits: ReadonlyMap<string, bigint>, soft: string, hard: string): boolean {
  return (limits.get(soft) ?? NO_LIMIT) > NO_LIMIT || (limits.get(hard) ?? NO_LIMIT) > NO_LIMIT;
}

/** Soft limits only warn. */
function isExceeded(
  limits: ReadonlyMap<string, bigint>,
  hard: string,
  stats: ReadonlyMap<string, bigint>,
  used: string,
  more: number,
): boolean {
  const limit = limits.get(hard) ?? NO_LIMIT;
  return limit > NO_LIMIT && BigInt.asIntN(64, (stats.get(used) ?? NO_LIMIT) + BigInt(more)) > limit;
}

const NO_LIMIT = -1n;

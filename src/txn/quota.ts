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
  const asksCount = moreNodes !== 0 && isLimited(limits, COUNT);
  const asksBytes = moreBytes !== 0 && isLimited(limits, BYTES);
  if (!asksCount && !asksBytes) return Err.ok;
  const stats = numbersOf(on, `${QUOTA_ROOT}${root}/${STATS_NAME}`);
  if (stats === "absent") return Err.ok;
  if (stats === undefined) return Err.marshallingError;
  const passes = (limit: Limit, more: number): boolean => isPassed(on, root, limit, limits, stats, more);
  const exceeds = (asksCount && passes(COUNT, moreNodes)) || (asksBytes && passes(BYTES, moreBytes));
  return exceeds ? Err.quotaExceeded : Err.ok;
}

function numbersOf(on: Preparation, path: string): ReadonlyMap<string, bigint> | "absent" | undefined {
  const node = on.view.find(path);
  if (node < 0) return "absent";
  return parseQuotaText(on.view.data(node));
}

function isLimited(limits: ReadonlyMap<string, bigint>, { soft, hard }: Limit): boolean {
  return (limits.get(soft) ?? NO_LIMIT) > NO_LIMIT || (limits.get(hard) ?? NO_LIMIT) > NO_LIMIT;
}

/** Whether a hard limit is passed; a soft one, which counts where no hard one is, only warns. */
function isPassed(
  on: Preparation,
  root: string,
  { soft, hard, names }: Limit,
  limits: ReadonlyMap<string, bigint>,
  stats: ReadonlyMap<string, bigint>,
  more: number,
): boolean {
  const hardLimit = limits.get(hard) ?? NO_LIMIT;
  const isHard = hardLimit > NO_LIMIT;
  const limit = isHard ? hardLimit : (limits.get(soft) ?? NO_LIMIT);
  const usage = BigInt.asIntN(64, (stats.get(soft) ?? NO_LIMIT) + BigInt(more));
  if (usage <= limit) return false;
  const name = isHard ? names.hard : names.soft;
  on.options.warnQuota(`Quota exceeded: ${root} [current ${soft}=${usage}, ${name}=${limit}]`);
  return isHard;
}

/** Keys of limits and stats nodes, and what the log calls the limits. */
interface Limit {
  /** Names the usage in a stats node too. */
  readonly soft: "count" | "bytes";
  readonly hard: string;
  readonly names: { readonly soft: string; readonly hard: string };
}

const COUNT: Limit = {
  soft: "count",
  hard: "countHardLimit",
  names: { soft: "softCountLimit", hard: "hardCountLimit" },
};
const BYTES: Limit = { soft: "bytes", hard: "byteHardLimit", names: { soft: "softByteLimit", hard: "hardByteLimit" } };
const NO_LIMIT = -1n;

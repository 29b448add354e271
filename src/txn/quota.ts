import { Err } from "../wire/client/numbers.ts";
import { LIMITS_NAME, parentOf, QUOTA_ROOT, STATS_NAME } from "../wire/paths.ts";
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
  return data === null || parseQuota(data) === undefined;
}

/**
 * The numbers of a limits or stats node, such as `count=-1,bytes=-1=;byteHardLimit=20`; undefined if Java cannot parse it.
 * Pairs stand between runs of comma and semicolon; what follows a second equals sign is ignored.
 */
export function parseQuota(data: Uint8Array): ReadonlyMap<string, bigint> | undefined {
  const numbers = new Map<string, bigint>();
  const pairs = splitAt(latin1(data), ",;", true);
  for (const pair of pairs) {
    const [name, text] = splitAt(pair, "=", false);
    if (name === undefined || text === undefined) return undefined;
    const value = text === "" ? NO_LIMIT : parseLong(text);
    if (value === undefined) return undefined;
    numbers.set(name, value);
  }
  return numbers;
}

/** Only applied numbers count, so requests in flight can overshoot, as in ZooKeeper. */
function checkQuota(on: Preparation, path: string, moreBytes: number, moreNodes: number): number {
  const root = quotaRootOf(on, path);
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

/** The deepest quota root at or above a path; the tree as a whole cannot have one (hazard H3). */
function quotaRootOf(on: Preparation, path: string): string | undefined {
  for (let root = path; root !== "" && root !== "/"; root = parentOf(root) ?? "") {
    if (on.view.find(`${QUOTA_ROOT}${root}/${LIMITS_NAME}`) >= 0) return root;
  }
  return undefined;
}

function numbersOf(on: Preparation, path: string): ReadonlyMap<string, bigint> | "absent" | undefined {
  const node = on.view.find(path);
  if (node < 0) return "absent";
  const data = on.view.data(node);
  return data === null ? undefined : parseQuota(data);
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

/** Java's split: runs count as one separator if they may, empty parts at the end are dropped, one at the beginning stays. */
function splitAt(text: string, separators: string, runs: boolean): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && !separators.includes(text.charAt(i))) continue;
    const isInRun = runs && i > 0 && i === start && parts.length > 0;
    if (!isInRun) parts.push(text.slice(start, i));
    start = i + 1;
  }
  while (parts.length > 0 && parts[parts.length - 1] === "") parts.pop();
  return parts;
}

/** Java's parseLong for ASCII digits. */
function parseLong(text: string): bigint | undefined {
  const isNegative = text.startsWith("-");
  let first = isNegative || text.startsWith("+") ? 1 : 0;
  if (first === text.length) return undefined;
  for (let i = first; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < ZERO || unit > ZERO + 9) return undefined;
  }
  while (text.charCodeAt(first) === ZERO) first++;
  if (text.length - first > MOST_DIGITS) return undefined;
  const value = BigInt(text.slice(first)) * (isNegative ? -1n : 1n);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function latin1(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return text;
}

const NO_LIMIT = -1n;
const ZERO = 0x30;
const MOST_DIGITS = 19;

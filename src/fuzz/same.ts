import { equalBytes } from "../base/bytes.ts";

/** The class itself: during a run the global is a counting one, which is slow to ask. */
const Bytes = Uint8Array;

/**
 * Whether two decoded values say the same. Half a surrogate pair counts as U+FFFD: text is written one UTF-16 unit at a time and read
 * as UTF-8, as Java does, so that a character above U+FFFF comes back as two of these.
 */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "string" && typeof b === "string") return blurred(a) === blurred(b);
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Bytes || b instanceof Bytes) return a instanceof Bytes && b instanceof Bytes && equalBytes(a, b);
  return Array.isArray(a) && Array.isArray(b) ? sameItems(a, b) : sameFields(a, b);
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i]));
}

function sameFields(a: Fields, b: Fields): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!(key in b) || !same(a[key], b[key])) return false;
  return true;
}

/** Bytes of text and data in a value, and 8 for everything else in it: what it takes to keep, to a factor. */
export function weightOf(value: unknown): number {
  if (typeof value === "string" || value instanceof Bytes) return 8 + value.length;
  if (!isObject(value)) return 8;
  let weight = 8;
  for (const key of Object.keys(value)) weight += weightOf(value[key]);
  return weight;
}

function blurred(text: string): string {
  return text.replace(/[\ud800-\udfff]/g, "\ufffd");
}

type Fields = { readonly [key: string]: unknown };

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** What a path may look like, and how a sequential name is made (client-protocol 3.2, 3.5). */

/** The full check. A null or empty path fails it. */
export function validatePath(path: string | null): path is string {
  if (path === null || path.length === 0 || path.charCodeAt(0) !== SLASH) return false;
  const length = path.length;
  if (length === 1) return true;
  let nameStart = 1;
  for (let i = 1; i <= length; i++) {
    const unit = i === length ? SLASH : path.charCodeAt(i);
    if (unit !== SLASH) {
      if (isForbidden(unit)) return false;
      continue;
    }
    if (isEmptyOrDots(path, nameStart, i)) return false;
    nameStart = i + 1;
  }
  return true;
}

/**
 * The parent check of create and delete, which is weaker than the full one: everything before the last slash, the empty
 * string for the root. Undefined when there is no slash or a U+0000.
 */
export function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf("/");
  return slash < 0 || path.includes("\0") ? undefined : path.slice(0, slash);
}

/** What stands behind the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The four nodes that are there from the start and stay (client-protocol 3.14). */
export function isProtected(path: string): boolean {
  return path === "/" || path === PROC || path === QUOTA_ROOT || path === CONFIG_NODE;
}

/**
 * The suffix of a sequential name: Java's %010d of the parent's creation counter. A sign counts into the ten characters,
 * so that -1 gives `-000000001`; only -2147483648 takes eleven.
 */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, "0")}` : String(counter).padStart(10, "0");
}

export const PROC = "/zookeeper";
export const QUOTA_ROOT = "/zookeeper/quota";
export const CONFIG_NODE = "/zookeeper/config";
export const LIMITS_NAME = "zookeeper_limits";
export const STATS_NAME = "zookeeper_stats";

/** Control characters, surrogates, the private use area and the specials. Invalid UTF-8 was read as U+FFFD. */
function isForbidden(unit: number): boolean {
  if (unit < 0x20) return true;
  if (unit < 0x7f) return false;
  return unit <= 0x9f || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;
}

function isEmptyOrDots(path: string, start: number, end: number): boolean {
  if (end - start > 2) return false;
  if (end === start) return true;
  return path.charCodeAt(start) === DOT && path.charCodeAt(end - 1) === DOT;
}

const SLASH = 0x2f;
const DOT = 0x2e;

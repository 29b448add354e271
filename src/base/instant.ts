/**
 * What time it is, as one argument. `monoMs` never jumps and times deadlines and sessions; `wallMs` (milliseconds since
 * 1970) is what a transaction stores as ctime and mtime and may jump either way (ZOOKEEPER-1366).
 */
export interface Instant {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** A deadline that never comes. */
export const NEVER = Number.POSITIVE_INFINITY;

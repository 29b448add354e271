import type { Instant } from "../base/instant.ts";

/**
 * The instant of the event being handled. Every event method of `Server` sets it first, so that what happens deeper in the
 * same turn has a time without passing it through rooms that do not care.
 */
export interface Turn {
  at: Instant;
}

import type { ConnectionThrottle } from "./connectionThrottle.ts";
import type { LargeRequests } from "./largeRequests.ts";
import type { RequestThrottle } from "./requestThrottle.ts";

/** Bounds on what clients may cost, from the configuration (client-protocol 4.7, 5.3). */
export interface ClientLimits {
  readonly maxFrameBytes: number;
  /** Connections of one address; 0: no limit. */
  readonly maxConnectionsPerAddress: number;
  /** All connections; 0: no limit. */
  readonly maxConnections: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** A connection without a finished handshake is dropped after this (4.6). */
  readonly sessionlessTimeoutMs: number;
  /** Requests in the pipeline above which a connection that has one there is no longer read. */
  readonly globalOutstandingLimit: number;
  /** What is off unless asked for (5.4, 7.8); undefined: all of it is. */
  readonly gates?: Gates;
}

/** Further conditions on being served. */
export interface Gates {
  readonly connections: ConnectionThrottle;
  readonly largeRequests: LargeRequests;
  readonly requests: RequestThrottle;
  /** An identity of one of these schemes is needed for all but logging in; empty: none is. */
  readonly authSchemes: readonly string[];
  /** What kind of session is made for a new client. */
  readonly newSession: "globalSession" | "localSession";
}

export const IDLE_SWEEP_MS = 1000;

/** A connection whose replies pile up beyond this is not read until they have left. */
export const REPLY_HIGH_WATER_BYTES = 1024 * 1024;

/** What is read of a connection whose next request is not taken up, so that the end of it is noticed. */
export const STALLED_READ_BYTES = 64 * 1024;

/** A connection that lets this much pile up, by watch events say, is dropped (reliability 7, slow reader). */
export const REPLY_HARD_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The session time-out a client gets for the one it asks for (client-protocol 4.2): never below `minMs`, never above
 * `maxMs`; negative requests get the least. Milliseconds.
 */
export function negotiate(requestedMs: number, minMs: number, maxMs: number): number {
  return Math.min(Math.max(requestedMs, minMs), maxMs);
}

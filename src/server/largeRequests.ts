import type { Request } from "./request.ts";

/**
 * What large requests in process have together, bounded (client-protocol 5.4, zookeeper.largeRequestThreshold and
 * largeRequestMaxBytes). A request is in process from its frame to its reply, or to the end of its connection.
 */
export class LargeRequests {
  private readonly thresholdBytes: number;
  private readonly maxBytes: number;
  private readonly held = new Map<Request, number>();
  private heldBytes = 0;

  /** `thresholdBytes`: longer frames are large; -1: none is. */
  constructor(thresholdBytes: number, maxBytes: number) {
    this.thresholdBytes = thresholdBytes;
    this.maxBytes = maxBytes;
  }

  /** False: its connection is to be closed. */
  admits(frameBytes: number): boolean {
    return !this.isLarge(frameBytes) || this.heldBytes + frameBytes <= this.maxBytes;
  }

  /** The request of a frame that was admitted waits. */
  hold(request: Request, frameBytes: number): void {
    if (!this.isLarge(frameBytes)) return;
    this.held.set(request, frameBytes);
    this.heldBytes += frameBytes;
  }

  /** It does not wait any more. */
  release(request: Request): void {
    if (this.held.size === 0) return;
    this.heldBytes -= this.held.get(request) ?? 0;
    this.held.delete(request);
  }

  private isLarge(frameBytes: number): boolean {
    return this.thresholdBytes !== -1 && frameBytes > this.thresholdBytes;
  }
}

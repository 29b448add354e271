import type { LinkEvents } from "../net/network.ts";
import type { ByteLink } from "../server/ports.ts";

/**
 * A link that can be made half-open. While it stalls nothing passes in either direction, ends of the link included, and neither
 * side is told: as TCP with the cable out. When it goes on everything that was written arrives, as TCP sends it again.
 */
export class StallableLink implements ByteLink {
  readonly number: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  private readonly link: ByteLink;
  private stalls = 0;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  /** What the server did meanwhile to a link that it thinks is alive. */
  private ending: "not" | "close" | "destroy" = "not";
  private isPaused = false;
  private missedEnd = false;
  private events: LinkEvents | undefined;

  constructor(link: ByteLink) {
    this.link = link;
    this.number = link.number;
    this.remoteAddress = link.remoteAddress;
    this.remotePort = link.remotePort;
  }

  /** The events of the real link, for whoever listens to this one. */
  eventsFor(events: LinkEvents): LinkEvents {
    this.events = events;
    return {
      bytes: (chunk) => events.bytes(chunk),
      drained: () => events.drained(),
      closed: () => {
        if (this.stalls === 0) events.closed();
        else this.missedEnd = true;
      },
    };
  }

  stall(): void {
    this.stalls++;
    this.link.pause();
  }

  goOn(): void {
    this.stalls--;
    if (this.stalls > 0) return;
    if (this.missedEnd) return this.events?.closed();
    for (const bytes of this.held.splice(0)) this.link.write(bytes);
    this.heldBytes = 0;
    if (this.ending === "close") this.link.close();
    if (this.ending === "destroy") this.link.destroy();
    if (!this.isPaused) this.link.resume();
  }

  /** Both sides hear the end of the link at once. */
  cut(): void {
    this.link.destroy();
  }

  get queuedBytes(): number {
    return this.link.queuedBytes + this.heldBytes;
  }

  write(bytes: Uint8Array): void {
    if (this.stalls === 0) return this.link.write(bytes);
    if (this.ending !== "not") return;
    this.held.push(bytes.slice());
    this.heldBytes += bytes.length;
  }

  close(): void {
    if (this.stalls === 0) this.link.close();
    else if (this.ending === "not") this.ending = "close";
  }

  destroy(): void {
    if (this.stalls === 0) return this.link.destroy();
    this.ending = "destroy";
    this.held = [];
    this.heldBytes = 0;
  }

  pause(): void {
    this.isPaused = true;
    this.link.pause();
  }

  resume(): void {
    this.isPaused = false;
    if (this.stalls === 0) this.link.resume();
  }
}

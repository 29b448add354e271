import { clearTimeout, setTimeout } from "node:timers";
import { type LinkEvents, type Listening, Network } from "../net/network.ts";
import type { ByteLink, HostPort } from "../server/ports.ts";
import { StallableLink } from "./stallableLink.ts";

/**
 * The real network of one server, with cables that can be pulled: its links stall, and dials to severed ports go nowhere. Who
 * dials holds the cable: its end alone lets nothing through either way, and the other end hears nothing.
 */
export class SeverableNetwork {
  private readonly network = new Network();
  private readonly links = new Map<number, StallableLink>();
  /** Links that were dialled, and to which port. */
  private readonly dialled = new Map<StallableLink, number>();
  private readonly unanswered = new Set<UnansweredDial>();
  private severed: ReadonlySet<number>;

  /** `severed`: ports no dial gets through to. */
  constructor(severed: ReadonlySet<number>) {
    this.severed = severed;
  }

  link(number: number): StallableLink | undefined {
    return this.links.get(number);
  }

  /** These ports are the severed ones now. Links to others go on. */
  sever(ports: ReadonlySet<number>): void {
    const before = this.severed;
    this.severed = ports;
    for (const [link, port] of this.dialled) {
      if (ports.has(port) && !before.has(port)) link.stall();
      if (!ports.has(port) && before.has(port)) link.goOn();
    }
    for (const dial of this.unanswered) if (!this.isSevered(dial.addresses)) this.answer(dial);
  }

  listen(host: string | undefined, port: number, backlog: number, accepted: Opened): Promise<Listening> {
    return this.network.listen(host, port, backlog, (link) => this.plug(link, accepted));
  }

  dial(addresses: readonly HostPort[], timeoutMs: number, dialled: Opened, failed: (reason: string) => void): void {
    const opened: Opened = (link) => this.plug(link, dialled, link.remotePort);
    const go = (): void => this.network.dial(addresses, timeoutMs, opened, failed);
    if (!this.isSevered(addresses)) return go();
    const giveUp = (): void => {
      this.unanswered.delete(dial);
      failed("connection timed out");
    };
    const dial: UnansweredDial = { addresses, go, timer: setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS)) };
    this.unanswered.add(dial);
  }

  close(): Promise<void> {
    for (const { timer } of this.unanswered) clearTimeout(timer);
    this.unanswered.clear();
    return this.network.close();
  }

  private isSevered(addresses: readonly HostPort[]): boolean {
    return addresses.some(({ port }) => this.severed.has(port));
  }

  /** As when the next SYN gets through. */
  private answer(dial: UnansweredDial): void {
    clearTimeout(dial.timer);
    this.unanswered.delete(dial);
    dial.go();
  }

  private plug(link: ByteLink, opened: Opened, dialledPort?: number): LinkEvents | undefined {
    const stallable = new StallableLink(link);
    this.links.set(link.number, stallable);
    if (dialledPort !== undefined) this.dialled.set(stallable, dialledPort);
    if (dialledPort !== undefined && this.severed.has(dialledPort)) stallable.stall();
    const events = opened(stallable);
    if (events === undefined) {
      this.unplug(stallable);
      return undefined;
    }
    const closed = (): void => {
      this.unplug(stallable);
      events.closed();
    };
    return stallable.eventsFor({ ...events, closed });
  }

  private unplug(link: StallableLink): void {
    this.links.delete(link.number);
    this.dialled.delete(link);
  }
}

type Opened = (link: ByteLink) => LinkEvents | undefined;

interface UnansweredDial {
  readonly addresses: readonly HostPort[];
  readonly go: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Above this Node's timers fire at once (reliability 10). */
const MAX_TIMER_MS = 0x7fffffff;

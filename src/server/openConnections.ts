import type { Instant } from "../base/instant.ts";
import { SlotMap } from "../base/slotMap.ts";
import { ClientConnection } from "./clientConnection.ts";
import type { ClientLimits } from "./clientLimits.ts";
import { Complaints } from "./complaints.ts";
import type { ByteLink, ClientsPort } from "./ports.ts";
import { ReplyWriters } from "./replyWriters.ts";

/**
 * Every connection of a client from accept to close, and how many there may be: of one address (maxClientCnxns), and in all
 * (maxCnxns; client-protocol 4.7).
 *
 * Invariants
 * - A connection is in it until `remove`, also while its last bytes wait for its client: what costs us something counts.
 * - A number is never given twice.
 */
export class OpenConnections {
  private readonly limits: ClientLimits;
  private readonly tooMany: Complaints;
  private readonly byNumber = new SlotMap<number, ClientConnection>();
  /** Addresses without a connection are not in it. */
  private readonly perAddress = new Map<string, number>();
  private readonly writers = new ReplyWriters();
  private nextNumber = 1;

  constructor(limits: ClientLimits, world: ClientsPort) {
    this.limits = limits;
    this.tooMany = new Complaints((event) => world.observe(event));
  }

  get size(): number {
    return this.byNumber.size;
  }

  get(number: number): ClientConnection | undefined {
    return this.byNumber.get(number);
  }

  /** The oldest first. */
  values(): IterableIterator<ClientConnection> {
    return this.byNumber.values();
  }

  /** Undefined: there are too many, and the link is cut. */
  accept(link: ByteLink, at: Instant): ClientConnection | undefined {
    const excess = this.excessOf(link.remoteAddress);
    if (excess !== undefined) {
      this.tooMany.tell("clients.tooMany", `Too many connections${excess}`, at.monoMs);
      link.destroy();
      return undefined;
    }
    const connection = new ClientConnection(
      this.nextNumber++,
      link,
      this.writers,
      this.limits.maxFrameBytes,
      at.wallMs,
    );
    connection.idleDeadlineMs = at.monoMs + this.limits.sessionlessTimeoutMs;
    connection.touchedMs = at.monoMs;
    this.perAddress.set(link.remoteAddress, this.countOf(link.remoteAddress) + 1);
    this.byNumber.set(connection.number, connection);
    return connection;
  }

  /** It is closed. */
  remove({ number, link }: ClientConnection): void {
    this.byNumber.delete(number);
    const left = this.countOf(link.remoteAddress) - 1;
    if (left > 0) this.perAddress.set(link.remoteAddress, left);
    else this.perAddress.delete(link.remoteAddress);
  }

  /** Which limit one more from this address would break. */
  private excessOf(address: string): string | undefined {
    const { maxConnectionsPerAddress, maxConnections } = this.limits;
    if (maxConnectionsPerAddress > 0 && this.countOf(address) >= maxConnectionsPerAddress) {
      return ` from ${address} - max is ${maxConnectionsPerAddress}`;
    }
    if (maxConnections > 0 && this.size >= maxConnections) return ` - max is ${maxConnections}`;
    return undefined;
  }

  private countOf(address: string): number {
    return this.perAddress.get(address) ?? 0;
  }
}

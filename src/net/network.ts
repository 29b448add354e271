import { connect, createServer, type Server as Listener, type Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { hostPortText } from "../base/hostText.ts";
import { SlotMap } from "../base/slotMap.ts";
import type { ByteLink, HostPort } from "../server/ports.ts";
import { Gathering } from "./gathering.ts";
import { NodeLink } from "./nodeLink.ts";

/** What happens on a link after it is open. */
export interface LinkEvents {
  bytes(chunk: Uint8Array): void;
  drained(): void;
  closed(): void;
}

/**
 * Sockets of one server: listening, dialling, and the events of each link. Knows ports and bytes, nothing of what they
 * mean. Every socket has no delay; errors of a socket are its close.
 */
export class Network {
  private readonly listeners = new Set<Listener>();
  private readonly sockets = new SlotMap<number, Socket>();
  private readonly gathering = new Gathering();
  private nextNumber = 1;
  private isClosed = false;
  /** Listeners and sockets that Node still has. */
  private open = 0;
  private emptied: () => void = () => {};

  /**
   * Listens until `close`. `host` undefined: every address, IPv4 and IPv6. Resolves to the port; rejects with a ListenError
   * when it cannot be bound.
   */
  async listen(
    host: string | undefined,
    port: number,
    backlog: number,
    accepted: (link: ByteLink) => LinkEvents | undefined,
  ): Promise<Listening> {
    const listener = createServer((socket) => this.adopt(socket, this.track(socket), accepted));
    this.open++;
    listener.once("close", () => this.gone());
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        // Node tells no close of what never listened.
        this.gone();
        reject(new ListenError(host, port, error));
      };
      listener.once("error", refused);
      listener.listen({ port, host, backlog: backlog > 0 ? backlog : undefined }, () => {
        listener.off("error", refused);
        listener.on("error", ignore);
        resolve();
      });
    });
    this.listeners.add(listener);
    if (this.isClosed) this.closeListener(listener);
    const address = listener.address();
    const bound = typeof address === "object" && address !== null ? address.port : port;
    return { port: bound, close: () => this.closeListener(listener) };
  }

  /** Dials all addresses at once; the first that answers is handed over, the others are dropped. */
  dial(
    addresses: readonly HostPort[],
    timeoutMs: number,
    dialled: (link: ByteLink) => LinkEvents | undefined,
    failed: (reason: string) => void,
  ): void {
    const race = new Race(addresses.length, failed);
    for (const address of addresses) this.dialOne(address, timeoutMs, race, dialled);
    if (addresses.length === 0) failed("no address");
  }

  /** Stops listening and drops every link. Resolves once Node has let go of all of them, those being dialled or bound included. */
  close(): Promise<void> {
    this.isClosed = true;
    for (const listener of [...this.listeners]) this.closeListener(listener);
    for (const socket of this.sockets.values()) socket.destroy();
    if (this.open === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.emptied = resolve;
    });
  }

  private dialOne(
    { host, port }: HostPort,
    timeoutMs: number,
    race: Race,
    dialled: (link: ByteLink) => LinkEvents | undefined,
  ): void {
    const socket = connect({ host, port });
    const number = this.track(socket);
    const timer = setTimeout(
      () => socket.destroy(new Error("connection timed out")),
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    const lost = (error: Error): void => {
      clearTimeout(timer);
      race.lose(`${host}:${port}: ${error.message}`);
    };
    socket.once("error", lost);
    socket.once("close", () => clearTimeout(timer));
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", lost);
      if (race.win()) this.adopt(socket, number, dialled);
      else socket.destroy();
    });
  }

  private adopt(socket: Socket, number: number, opened: (link: ByteLink) => LinkEvents | undefined): void {
    const link = new NodeLink(socket, number, this.gathering);
    socket.on("error", ignore);
    if (this.isClosed) return link.destroy();
    const events = opened(link);
    if (events === undefined) return;
    socket.on("data", (chunk: Buffer) => events.bytes(chunk));
    socket.on("drain", () => events.drained());
    socket.on("close", () => events.closed());
  }

  /** Until its close, under the number that is given to its link. */
  private track(socket: Socket): number {
    const number = this.nextNumber++;
    this.open++;
    this.sockets.set(number, socket);
    socket.on("close", () => {
      this.sockets.delete(number);
      this.gone();
    });
    return number;
  }

  private gone(): void {
    this.open--;
    if (this.open === 0) this.emptied();
  }

  private closeListener(listener: Listener): void {
    if (this.listeners.delete(listener)) listener.close();
  }
}

/** An address that cannot be listened on, and why, in words for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  constructor(host: string | undefined, port: number, cause: NodeJS.ErrnoException) {
    const why = REASONS.get(cause.code ?? "") ?? cause.message;
    super(`cannot listen on ${host === undefined ? `port ${port}` : hostPortText(host, port)}: ${why}`);
  }
}

export interface Listening {
  readonly port: number;
  close(): void;
}

/** Several dials of which one counts. */
class Race {
  private left: number;
  private over = false;
  private readonly failed: (reason: string) => void;

  constructor(runners: number, failed: (reason: string) => void) {
    this.left = runners;
    this.failed = failed;
  }

  win(): boolean {
    if (this.over) return false;
    this.over = true;
    return true;
  }

  lose(reason: string): void {
    this.left--;
    if (this.left > 0 || this.over) return;
    this.over = true;
    this.failed(reason);
  }
}

/** An error of a socket is its close, which is told anyway. */
function ignore(): void {}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "another process uses the port"],
  ["EADDRNOTAVAIL", "this machine does not have the address"],
  ["EACCES", "not permitted"],
  ["ENOTFOUND", "the name has no address"],
]);
/** Above this Node's timers fire at once (reliability 10). */
const MAX_TIMER_MS = 0x7fffffff;

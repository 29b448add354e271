import type { ServerAddress } from "./connectString.ts";

/**
 * Which server to try next, and when. The list is shuffled once, so that clients spread; then it is gone through in order. All
 * servers are tried before a pause; the pauses grow, with jitter, until a server has answered.
 */
export class Servers {
  readonly count: number;
  private readonly list: ServerAddress[];
  private readonly random: () => number;
  private position = 0;
  private attempts = 0;
  private isFirstRound = true;

  /** `random` gives numbers from 0 to below 1. */
  constructor(servers: readonly ServerAddress[], random: () => number) {
    this.list = [...servers];
    this.count = servers.length;
    this.random = random;
    for (let i = this.list.length - 1; i > 0; i--) this.swap(i, Math.floor(random() * (i + 1)));
  }

  /** How long to wait before `next` is dialled. */
  pauseMs(): number {
    if (this.isFirstRound || this.attempts % this.count !== 0) return 0;
    const longestMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** (this.attempts / this.count));
    return longestMs * (0.5 + this.random() / 2);
  }

  next(): ServerAddress {
    const server = this.list[this.position] as ServerAddress;
    this.position = (this.position + 1) % this.count;
    this.attempts++;
    this.isFirstRound &&= this.attempts < this.count;
    return server;
  }

  /** A server has answered: the next pause is a short one. */
  answered(): void {
    this.attempts = 0;
    this.isFirstRound = false;
  }

  /** The next one dialled is this one. */
  prefer(server: ServerAddress): void {
    const at = this.list.findIndex(({ host, port }) => host === server.host && port === server.port);
    if (at >= 0) this.position = at;
  }

  /** One of the others, in turn: whom to ask whether it serves writes. */
  peek(turn: number): ServerAddress {
    return this.list[(this.position + turn) % this.count] as ServerAddress;
  }

  private swap(i: number, j: number): void {
    const server = this.list[i] as ServerAddress;
    this.list[i] = this.list[j] as ServerAddress;
    this.list[j] = server;
  }
}

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

import { connect as connectTcp, isIP, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { ServerAddress } from "./core/connectString.ts";
import { Session, type SessionEvent, type SessionSettings, type SessionWorld } from "./core/session.ts";

/** The world of one session: a socket at a time, one timer, Math.random. Decides nothing. */
export class Shell implements SessionWorld {
  readonly session: Session;
  private readonly tls: ConnectionOptions | undefined;
  private readonly onChanged: (event: SessionEvent) => void;
  private readonly probes = new Set<Socket>();
  private socket: Socket | undefined;
  private isFlushing = false;
  private timer: NodeJS.Timeout | undefined;
  private armedForMs = Number.POSITIVE_INFINITY;

  constructor(settings: SessionSettings, tls: ConnectionOptions | undefined, changed: (event: SessionEvent) => void) {
    this.tls = tls;
    this.onChanged = changed;
    this.session = new Session(settings, this);
  }

  start(): void {
    this.session.start(performance.now());
    this.arm();
  }

  dial(server: ServerAddress): void {
    const socket = this.open(server);
    this.socket = socket;
    let reason = "closed by the server";
    const ifCurrent = (handle: () => void): void => {
      if (socket !== this.socket) return;
      handle();
      this.arm();
    };
    socket.once(this.openEvent, () => ifCurrent(() => this.session.onDialled(performance.now())));
    socket.on("data", (chunk) => ifCurrent(() => this.session.onBytes(chunk, performance.now())));
    socket.on("error", (error) => {
      reason = reasonOf(error);
    });
    socket.once("close", () =>
      ifCurrent(() => {
        this.socket = undefined;
        this.session.onLost(reason, performance.now());
      }),
    );
  }

  hangUp(): void {
    this.socket?.destroy();
    this.socket = undefined;
    for (const probe of this.probes) probe.destroy();
  }

  /** After the loop has handed out what every socket had to read: what all its readers ask leaves in one write. */
  flush(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    setImmediate(flushNow, this);
  }

  writeOutput(): void {
    this.isFlushing = false;
    if (this.socket === undefined) return;
    const bytes = this.session.takeOutput(performance.now());
    if (bytes.length > 0) this.socket.write(bytes);
    this.arm();
  }

  /** The four-letter word isro, on a connection of its own. */
  search(server: ServerAddress): void {
    const socket = this.open(server);
    this.probes.add(socket);
    let answer = "";
    socket.setTimeout(PROBE_TIMEOUT_MS, () => socket.destroy());
    socket.once(this.openEvent, () => socket.write("isro"));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (answer.length > PROBE_LIMIT) socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.probes.delete(socket);
      this.session.onSearched(server, answer.startsWith("rw"), performance.now());
      this.arm();
    });
  }

  changed(event: SessionEvent): void {
    this.onChanged(event);
    this.arm();
  }

  random(): number {
    return Math.random();
  }

  private open({ host, port }: ServerAddress): Socket {
    const socket =
      this.tls === undefined
        ? connectTcp({ host, port })
        : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...this.tls });
    return socket.setNoDelay(true);
  }

  private get openEvent(): string {
    return this.tls === undefined ? "connect" : "secureConnect";
  }

  /** One timer, for the earliest deadline; it is left alone when the deadline has moved on by the time it fires. */
  private arm(): void {
    const dueMs = this.session.deadline;
    if (dueMs === Number.POSITIVE_INFINITY) clearTimeout(this.timer);
    if (dueMs >= this.armedForMs) return;
    clearTimeout(this.timer);
    this.armedForMs = dueMs;
    const delayMs = Math.min(Math.max(0, Math.ceil(dueMs - performance.now())), MAX_TIMER_MS);
    this.timer = setTimeout(() => this.fire(), delayMs);
  }

  /** A late timer must not overtake what a socket has to read: a server that answered would be taken for a silent one. */
  private fire(): void {
    setImmediate(() => {
      this.armedForMs = Number.POSITIVE_INFINITY;
      const nowMs = performance.now();
      if (nowMs >= this.session.deadline) this.session.onDeadline(nowMs);
      this.arm();
    });
  }
}

function flushNow(shell: Shell): void {
  shell.writeOutput();
}

/** The errors of several addresses come without a message of their own. */
function reasonOf(error: Error & { readonly code?: string }): string {
  return error.message || error.code || error.name;
}

const PROBE_TIMEOUT_MS = 1000;
const PROBE_LIMIT = 64;
/** Above this Node's timers fire at once (reliability 10). */
const MAX_TIMER_MS = 0x7fffffff;

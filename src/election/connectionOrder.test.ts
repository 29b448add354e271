import { asciiBytes } from "../base/bytes.ts";
import { type ServerId, toServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import { ElectionConnections, type ElectionLink } from "./connections.ts";

/**
 * Servers on a network. Each connection keeps the order of its events. "ordered": so do two connections with the same
 * direction between the same two servers, as they do unless packets are lost; "free": they may overtake one another.
 */
class Network {
  readonly servers = new Map<ServerId, ElectionConnections>();
  readonly heard = new Map<string, string>();
  readonly ends: End[] = [];
  private readonly dials: { readonly from: ServerId; readonly to: ServerId }[] = [];
  private readonly order: "ordered" | "free";

  constructor(sids: readonly bigint[], order: "ordered" | "free") {
    this.order = order;
    const members = new Map(sids.map((sid) => [toServerId(sid), [{ host: `zk${sid}`, port: 3888 }]] as const));
    for (const sid of members.keys()) {
      const port = {
        dial: (to: ServerId) => void this.dials.push({ from: sid, to }),
        received: (from: ServerId, payload: Uint8Array) =>
          void this.heard.set(`${from}>${sid}`, String.fromCharCode(...payload)),
      };
      const settings = { sid, address: { host: `zk${sid}`, port: 3888 }, members, initialMessageTimeoutMs: 10_000 };
      this.servers.set(sid, new ElectionConnections(settings, port));
    }
  }

  /** Everybody has a message for everybody else, in the order of `senders`. */
  sendAll(senders: readonly bigint[], text: string): void {
    for (const sender of senders) {
      for (const to of this.servers.keys()) {
        this.servers.get(toServerId(sender))?.send(to, asciiBytes(`${text} of ${sender}`));
      }
    }
  }

  /** Runs until nothing is under way. `pick(n)` chooses one of n possible next events. */
  run(pick: (count: number) => number): void {
    for (;;) {
      const ready = this.ends.filter((end) => this.isReady(end));
      const count = this.dials.length + ready.length;
      if (count === 0) return;
      const choice = pick(count);
      if (choice < this.dials.length) this.connect(choice);
      else ready[choice - this.dials.length]?.step();
    }
  }

  /** Open connections as `dialler>acceptor`. */
  open(): string[] {
    return this.ends.filter((end) => end.isDialler && !end.isClosed).map((end) => `${end.owner}>${end.peer}`);
  }

  cutAll(): void {
    for (const end of this.ends) if (!end.isClosed) end.hear({ kind: "closed" });
  }

  private isReady(end: End): boolean {
    const next = end.events[0];
    if (next === undefined || this.order === "free") return next !== undefined;
    const rivals = this.ends.filter(({ owner, peer }) => owner === end.owner && peer === end.peer);
    return rivals.every(({ events }) => (events[0]?.number ?? NEVER) >= next.number);
  }

  private connect(index: number): void {
    const [{ from, to } = { from: NOBODY, to: NOBODY }] = this.dials.splice(index, 1);
    const dialler = new End(from, to, true, this.servers.get(from));
    const acceptor = new End(to, from, false, this.servers.get(to));
    dialler.other = acceptor;
    acceptor.other = dialler;
    this.ends.push(dialler, acceptor);
  }
}

type Event = { readonly kind: "opened" | "closed" } | { readonly kind: "bytes"; readonly bytes: Uint8Array };
let events = 0;

/** One end of a connection, with what it is about to hear. */
class End implements ElectionLink {
  readonly queuedBytes = 0;
  readonly events: (Event & { readonly number: number })[] = [];
  isClosed = false;
  other: End | undefined = undefined;
  readonly owner: ServerId;
  readonly peer: ServerId;
  readonly isDialler: boolean;
  private readonly server: ElectionConnections | undefined;

  constructor(owner: ServerId, peer: ServerId, isDialler: boolean, server: ElectionConnections | undefined) {
    this.owner = owner;
    this.peer = peer;
    this.isDialler = isDialler;
    this.server = server;
    this.hear({ kind: "opened" });
  }

  hear(event: Event): void {
    if (!this.isClosed) this.events.push({ ...event, number: events++ });
  }

  write(bytes: Uint8Array): void {
    this.other?.hear({ kind: "bytes", bytes });
  }

  close(): void {
    this.isClosed = true;
    this.events.length = 0;
    this.other?.hear({ kind: "closed" });
  }

  step(): void {
    const event = this.events.shift();
    if (event?.kind === "bytes") this.server?.onBytes(this, event.bytes);
    if (event?.kind === "opened" && this.isDialler) this.server?.onDialled(this.peer, this);
    if (event?.kind === "opened" && !this.isDialler) this.server?.onAccepted(this, 0);
    if (event?.kind === "closed") {
      this.isClosed = true;
      this.server?.onClosed(this);
    }
  }
}

const NOBODY = toServerId(0n);

/** One connection a pair, dialled by the larger sid, and everybody has heard everybody's last word. */
function expectSettled(network: Network, text: string): void {
  const sids = [...network.servers.keys()];
  const pairs = sids.flatMap((a) => sids.filter((b) => b < a).map((b) => `${a}>${b}`));
  expect(network.open().sort()).toEqual(pairs.sort());
  for (const [sid, server] of network.servers) {
    expect(server.connected.sort()).toEqual(sids.filter((other) => other !== sid).sort());
    for (const other of sids)
      if (other !== sid) expect(network.heard.get(`${other}>${sid}`)).toBe(`${text} of ${other}`);
  }
}

test.each<[string, bigint[]]>([
  ["both dial", [1n, 2n]],
  ["both dial, the larger one first", [2n, 1n]],
  ["the smaller one dials", [1n]],
  ["the larger one dials", [2n]],
])("two servers: %s, in every order of events, end with one connection", (_, senders) => {
  let orders = 0;
  const choices: { taken: number; count: number }[] = [];
  do {
    let depth = 0;
    const network = new Network([1n, 2n], "ordered");
    network.sendAll(senders, "vote");
    network.run((count) => {
      const choice = choices[depth] ?? { taken: 0, count };
      choices[depth++] = choice;
      return choice.taken;
    });
    for (const sender of senders) expect(network.heard.get(`${sender}>${3n - sender}`)).toBe(`vote of ${sender}`);
    expect(network.open()).toEqual(["2>1"]);
    choices.length = depth;
    orders++;
  } while (advance(choices));
  expect(orders).toBeGreaterThan(1);
});

/** The next combination of choices in depth-first order; false after the last. */
function advance(choices: { taken: number; count: number }[]): boolean {
  for (let last = choices.pop(); last !== undefined; last = choices.pop()) {
    if (last.taken + 1 >= last.count) continue;
    choices.push({ taken: last.taken + 1, count: last.count });
    return true;
  }
  return false;
}

test.each<[number, "ordered" | "free"]>([
  [3, "ordered"],
  [5, "ordered"],
  [3, "free"],
  [5, "free"],
])("%i servers, events %s, cut and repaired: one connection for each pair", (size, order) => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const sids = Array.from({ length: size }, (_, i) => BigInt(i + 1));
    const network = new Network(sids, order);
    network.sendAll(
      sids.toSorted(() => random(3) - 1),
      "first",
    );
    network.run(random);
    if (order === "free") repair(network, random);
    expectSettled(network, "first");

    network.cutAll();
    network.sendAll(sids, "second");
    network.run(random);
    repair(network, random);
    expectSettled(network, "second");
  }
});

/** Time-outs of an election. An old connection that overtakes a newer one ends both: then the next time-out dials. */
function repair(network: Network, random: (below: number) => number): void {
  for (let timeout = 0; timeout < 3; timeout++) {
    for (const server of network.servers.values()) server.dialUndelivered();
    network.run(random);
  }
}

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

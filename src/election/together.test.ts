import { type ServerId, toServerId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { PeerState } from "../wire/election/messages.ts";
import { decodeNotification, encodeNotification } from "../wire/election/notification.ts";
import { ElectionConnections, type ElectionLink } from "./connections.ts";
import { ELECTION_TIMES, FastLeaderElection } from "./fastLeaderElection.ts";
import { initialProposal } from "./votes.ts";

/** Election and connections put together as the README says, over links that take a millisecond. */
class World {
  now = 0;
  readonly servers = new Map<ServerId, Server>();
  readonly ends: End[] = [];
  private readonly agenda: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(sids: readonly bigint[]) {
    for (const sid of sids.map(toServerId)) this.servers.set(sid, new Server(this, sid, new Set(sids.map(toServerId))));
  }

  after(delayMs: number, run: () => void): void {
    const atMs = this.now + delayMs;
    const later = this.agenda.findIndex((entry) => entry.atMs > atMs);
    this.agenda.splice(later < 0 ? this.agenda.length : later, 0, { atMs, run });
  }

  run(untilMs: number): void {
    for (;;) {
      const next = this.agenda[0];
      const timer = Math.min(...[...this.servers.values()].map((server) => server.deadline));
      if (Math.min(next?.atMs ?? untilMs, timer) >= untilMs) break;
      this.now = Math.min(next?.atMs ?? timer, timer);
      if (next !== undefined && next.atMs <= timer) this.agenda.shift()?.run();
      else for (const server of this.servers.values()) server.onTimer();
    }
    this.now = untilMs;
  }

  dial(from: ServerId, to: ServerId): void {
    const [dialler, acceptor] = [this.servers.get(from), this.servers.get(to)];
    if (dialler === undefined) return;
    if (acceptor === undefined || !acceptor.isUp) {
      this.after(1, () => dialler.connections.onDialFailed(to));
      return;
    }
    const [near, far] = [new End(this, dialler), new End(this, acceptor)];
    near.other = far;
    far.other = near;
    this.ends.push(near, far);
    this.after(1, () => {
      dialler.connections.onDialled(to, near);
      acceptor.connections.onAccepted(far, this.now);
    });
  }

  outcomes(): string[] {
    return [...this.servers.values()].map((server) => server.outcome);
  }
}

class Server {
  isUp = false;
  outcome = "looks on";
  readonly connections: ElectionConnections;
  readonly election: FastLeaderElection;
  private readonly world: World;
  private readonly sid: ServerId;

  constructor(world: World, sid: ServerId, voters: ReadonlySet<ServerId>) {
    this.world = world;
    this.sid = sid;
    const address = { host: `zk${sid}`, port: 3888 };
    const members = new Map([...voters].map((voter) => [voter, [{ host: `zk${voter}`, port: 3888 }]] as const));
    this.connections = new ElectionConnections(
      { sid, address, members, initialMessageTimeoutMs: 10_000 },
      {
        dial: (to) => world.dial(sid, to),
        received: (from, payload) => {
          const notification = decodeNotification(payload);
          if (notification !== undefined) this.election.onNotification(from, notification, world.now);
        },
      },
    );
    const electorate = {
      version: 0n,
      voters,
      containsQuorum: (servers: ReadonlySet<ServerId>) => servers.size > voters.size / 2,
      weight: () => 1,
    };
    this.election = new FastLeaderElection(
      { sid, electorate, learnerState: PeerState.following, configText: "version=0", ...ELECTION_TIMES },
      this.vote,
      {
        send: (to, notification) => this.connections.send(to, encodeNotification(notification)),
        dialMissing: () => this.connections.dialUndelivered(),
        decided: ({ leader }, state) => {
          this.outcome = state === PeerState.leading ? "leads" : `follows ${leader}`;
        },
      },
    );
  }

  start(): void {
    this.isUp = true;
    this.election.lookForLeader(this.vote, this.world.now);
  }

  get deadline(): number {
    return Math.min(this.election.deadline, this.connections.deadline);
  }

  onTimer(): void {
    this.connections.onDeadline(this.world.now);
    this.election.onDeadline(this.world.now, this.connections.someDelivered);
  }

  private get vote() {
    return initialProposal("voter", this.sid, toZxid(0n), 0);
  }
}

class End implements ElectionLink {
  readonly queuedBytes = 0;
  isClosed = false;
  other: End | undefined = undefined;
  private readonly world: World;
  private readonly server: Server;

  constructor(world: World, server: Server) {
    this.world = world;
    this.server = server;
  }

  write(bytes: Uint8Array): void {
    const { other } = this;
    if (!this.isClosed) this.world.after(1, () => other?.hear(bytes));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.world.after(1, () => this.other?.cut());
  }

  /** The connection is lost at this end, with all that is under way to it. */
  cut(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.server.connections.onClosed(this);
  }

  private hear(bytes: Uint8Array): void {
    if (!this.isClosed) this.server.connections.onBytes(this, bytes);
  }
}

test.each([3, 5])("%i servers that start within 20 ms of one another agree on the largest before 500 ms", (size) => {
  for (let shift = 0; shift < 20; shift++) {
    const sids = Array.from({ length: size }, (_, i) => BigInt(i + 1));
    const world = new World(sids);
    let order = 0;
    for (const server of world.servers.values()) world.after((7 * order++ + shift * 3) % 20, () => server.start());
    world.run(500);
    expect(world.outcomes()).toEqual(sids.map((sid) => (sid === BigInt(size) ? "leads" : `follows ${size}`)));
  }
});

test("a connection that is cut at any moment of the election delays it to less than 2 s", () => {
  for (let cutMs = 0; cutMs <= 220; cutMs++) {
    for (let index = 0; index < 3; index++) {
      const world = new World([1n, 2n, 3n]);
      for (const server of world.servers.values()) server.start();
      world.after(cutMs, () => {
        const near = world.ends.filter(({ isClosed }) => !isClosed)[2 * index];
        near?.other?.cut();
        near?.cut();
      });
      world.run(2000);
      expect([cutMs, index, world.outcomes()]).toEqual([cutMs, index, ["follows 3", "follows 3", "leads"]]);
    }
  }
});

test("two of three elect; the third, an hour later, finds its leader at once", () => {
  const world = new World([1n, 2n, 3n]);
  for (const sid of [1n, 2n]) world.servers.get(toServerId(sid))?.start();
  world.run(3_600_000);
  expect(world.outcomes()).toEqual(["follows 2", "leads", "looks on"]);
  world.servers.get(toServerId(3n))?.start();
  world.run(3_600_050);
  expect(world.outcomes()).toEqual(["follows 2", "leads", "follows 2"]);
});

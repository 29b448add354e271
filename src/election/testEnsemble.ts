import { type ServerId, toServerId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { PeerState } from "../wire/election/messages.ts";
import { decodeNotification, encodeNotification, type Notification } from "../wire/election/notification.ts";
import type { Electorate } from "./electorate.ts";
import { ELECTION_TIMES, FastLeaderElection } from "./fastLeaderElection.ts";
import { initialProposal } from "./votes.ts";

/** For tests: servers, messages on their way, one clock. Every event is a line of the transcript. */
export class Ensemble {
  now = 0;
  readonly lines: string[] = [];
  readonly servers = new Map<bigint, FastLeaderElection>();
  readonly onTheWay: Message[] = [];
  readonly outcomes = new Map<bigint, string>();
  isLost: (message: Message) => boolean = () => false;
  private readonly electorate: Electorate;

  constructor(voters: readonly bigint[], weights: ReadonlyMap<bigint, number> = new Map()) {
    const ids = new Set(voters.map(toServerId));
    this.electorate = {
      version: 0n,
      voters: ids,
      containsQuorum: (servers) => [...servers].filter((sid) => ids.has(sid)).length > ids.size / 2,
      weight: (sid) => (ids.has(sid) ? (weights.get(sid) ?? 1) : 0),
    };
  }

  /** A process starts. */
  boot(sid: bigint, currentEpoch = 0, zxid = 0n, role: Role = "voter"): void {
    const server = new FastLeaderElection(
      {
        sid: toServerId(sid),
        electorate: this.electorate,
        learnerState: role === "voter" ? PeerState.following : PeerState.observing,
        configText: "version=0",
        ...ELECTION_TIMES,
      },
      initialProposal("voter", toServerId(sid), toZxid(zxid), currentEpoch),
      {
        send: (to, notification) => this.send(sid, to, notification),
        dialMissing: () => this.lines.push(`${this.now} ${sid} dials`),
        decided: ({ leader, zxid: last, electionEpoch, peerEpoch }, state) => {
          const outcome = `${STATES[state]} ${leader} e${peerEpoch} z${last.toString(16)} r${electionEpoch}`;
          this.outcomes.set(sid, outcome);
          this.lines.push(`${this.now} ${sid} decides ${outcome}`);
        },
      },
    );
    this.servers.set(sid, server);
  }

  start(sid: bigint, currentEpoch = 0, zxid = 0n, role: Role = "voter"): void {
    this.boot(sid, currentEpoch, zxid, role);
    this.look(sid, currentEpoch, zxid, role);
  }

  look(sid: bigint, currentEpoch = 0, zxid = 0n, role: Role = "voter"): void {
    this.server(sid).lookForLeader(initialProposal(role, toServerId(sid), toZxid(zxid), currentEpoch), this.now);
  }

  server(sid: bigint): FastLeaderElection {
    const server = this.servers.get(sid);
    if (server === undefined) throw new Error(`no server ${sid}`);
    return server;
  }

  stop(sid: bigint): void {
    this.servers.delete(sid);
  }

  /** Starts all at once, each with its epoch and zxid. */
  startAll(servers: readonly (readonly [sid: bigint, currentEpoch: number, zxid: bigint])[]): void {
    for (const [sid, currentEpoch, zxid] of servers) this.boot(sid, currentEpoch, zxid);
    for (const [sid, currentEpoch, zxid] of servers) this.look(sid, currentEpoch, zxid);
  }

  /** Delivers what is on the way, in the order sent unless `pick` chooses another pair, and fires timers. */
  run(untilMs: number, pick: (count: number) => number = () => 0): void {
    for (;;) {
      const message = this.take(pick);
      if (message !== undefined) {
        this.servers.get(message.to)?.onNotification(toServerId(message.from), message.notification, this.now);
        continue;
      }
      const next = Math.min(...[...this.servers.values()].map((server) => server.deadline));
      if (next > untilMs) break;
      this.now = Math.max(this.now, next);
      for (const [sid, server] of this.servers) server.onDeadline(this.now, this.someDelivered(sid));
    }
    this.now = untilMs;
  }

  /** A message by hand, as from a peer that no machine here plays. */
  say(from: bigint, to: bigint, state: PeerState, vote: readonly [bigint, bigint, bigint, bigint], version = 2): void {
    const [leader, peerEpoch, zxid, electionEpoch] = vote;
    const words = {
      state,
      leader: toServerId(leader),
      zxid: toZxid(zxid),
      electionEpoch,
      peerEpoch,
      version,
      config: "",
    };
    this.lines.push(`${this.now} ${wordsOf(from, to, words)}`);
    this.servers.get(to)?.onNotification(toServerId(from), words, this.now);
  }

  /** The transcript since the last call. */
  transcript(): string {
    return this.lines.splice(0).join("\n");
  }

  /** The oldest message of the pair that the picked one belongs to: connections keep the order. */
  private take(pick: (count: number) => number): Message | undefined {
    const picked = this.onTheWay[pick(this.onTheWay.length)];
    if (picked === undefined) return undefined;
    const first = this.onTheWay.findIndex(({ from, to }) => from === picked.from && to === picked.to);
    return this.onTheWay.splice(first, 1)[0];
  }

  private send(from: bigint, to: ServerId, notification: Notification): void {
    const decoded = decodeNotification(encodeNotification(notification));
    if (decoded === undefined) throw new Error("a notification that does not decode");
    const message = { from, to, notification: decoded };
    const lost = !this.servers.has(to) || this.isLost(message);
    this.lines.push(`${this.now} ${wordsOf(from, to, decoded)}${lost ? " (lost)" : ""}`);
    if (!lost) this.onTheWay.push(message);
  }

  private someDelivered(sid: bigint): boolean {
    return [...this.servers.keys()].some((other) => other !== sid);
  }
}

type Role = "voter" | "observer";

interface Message {
  readonly from: bigint;
  readonly to: bigint;
  readonly notification: Notification;
}

function wordsOf(from: bigint, to: bigint, { state, leader, zxid, electionEpoch, peerEpoch }: Notification): string {
  const whom = leader === LOWEST ? "nobody" : `${leader} e${peerEpoch} z${zxid.toString(16)}`;
  return `${from}>${to} ${STATES[state]} ${whom} r${electionEpoch}`;
}

const STATES = ["looking", "following", "leading", "observing"];
const LOWEST = -(2n ** 63n);

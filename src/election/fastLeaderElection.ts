import { unreachable } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import type { Epoch } from "../base/zxid.ts";
import { NOTIFICATION_VERSION, PeerState } from "../wire/election/messages.ts";
import type { Notification } from "../wire/election/notification.ts";
import type { Electorate } from "./electorate.ts";
import { ReplyLimiter } from "./replyLimiter.ts";
import { beats, type CurrentVote, hasQuorum, type Proposal, type Vote } from "./votes.ts";

/** What an election asks of the world. */
export interface ElectionPort {
  /** Never to this server itself. */
  send(to: ServerId, notification: Notification): void;
  /** Dial every peer that has a message waiting and no connection (peer-protocol 2.9). */
  dialMissing(): void;
  /** The election is over: this server is to lead, follow or observe by this vote. */
  decided(vote: CurrentVote, state: PeerState): void;
}

export interface ElectionSettings {
  readonly sid: ServerId;
  readonly electorate: Electorate;
  /** What this server becomes when another one is elected. */
  readonly learnerState: typeof PeerState.following | typeof PeerState.observing;
  /** The committed configuration, sent with every notification (peer-protocol 6.5.1). */
  readonly configText: string;
  readonly minNotificationIntervalMs: number;
  readonly maxNotificationIntervalMs: number;
  readonly finalizeWaitMs: number;
}

export const ELECTION_TIMES = {
  minNotificationIntervalMs: 200,
  maxNotificationIntervalMs: 60_000,
  finalizeWaitMs: 200,
} as const;

/**
 * Fast leader election (peer-protocol 2).
 *
 *                          ┌───── a better vote ──────┐
 *                          v                          │
 *   idle ─lookForLeader─> looking ─quorum for the─> settling ─200 ms without─> idle
 *    ^                     │       proposal                   a better vote
 *    └─────────────────────┘
 *      a quorum follows a leader, and it says so itself
 *
 * While idle it answers those who look, by the current vote. `state` is what it tells them: after a boot it is
 * LOOKING already, and votes that come in before `lookForLeader` wait for it.
 *
 * Votes of this server for itself go through the same queue as everybody else's. Configurations in notifications are not
 * looked at: without reconfiguration the local one always wins (peer-protocol 2.13, ZOOKEEPER-3829).
 */
export class FastLeaderElection {
  private readonly settings: ElectionSettings;
  private readonly electorate: Electorate;
  private readonly port: ElectionPort;
  private readonly replies = new ReplyLimiter();

  private phase: "idle" | "looking" | "settling" = "idle";
  private state: PeerState = PeerState.looking;
  private current: CurrentVote;
  /** The round of the election: the logical clock. Lost with the process; peers handle any value. */
  private clock = 0n;
  private initial: Proposal;
  private proposal: Proposal;
  /** Votes of this round. */
  private readonly received = new Map<ServerId, Vote>();
  /** Votes of servers that look for nobody, of any round. */
  private readonly outOfElection = new Map<ServerId, Vote>();
  private waitMs = 0;
  private deadlineMs = NEVER;
  private queue: Received[] = [];
  private draining = false;

  /** `bootVote`: what to tell strangers before the first election ends: self, last logged zxid, current epoch. */
  constructor(settings: ElectionSettings, bootVote: Proposal, port: ElectionPort) {
    this.settings = settings;
    this.electorate = settings.electorate;
    this.port = port;
    this.current = { ...bootVote, electionEpoch: 0n };
    this.initial = bootVote;
    this.proposal = bootVote;
  }

  /** Starts an election with `initialProposal` of this moment. Nothing is remembered of earlier ones but the round. */
  lookForLeader(initial: Proposal, nowMs: number): void {
    this.state = PeerState.looking;
    this.phase = "looking";
    this.clock = BigInt.asIntN(64, this.clock + 1n);
    this.initial = initial;
    this.proposal = initial;
    this.received.clear();
    this.outOfElection.clear();
    this.waitMs = this.settings.minNotificationIntervalMs;
    this.deadlineMs = nowMs + this.waitMs;
    this.broadcast();
    this.drain(nowMs);
  }

  /** A notification from the peer whose connection it came on, in any state of this server (peer-protocol 2.7). */
  onNotification(from: ServerId, notification: Notification, nowMs: number): void {
    if (from === this.settings.sid) return;
    const fromLooking = notification.state === PeerState.looking;
    if (!this.electorate.voters.has(from)) {
      this.reply(from, notification, this.words(this.current, this.clock), nowMs);
    } else if (this.state !== PeerState.looking) {
      if (fromLooking) this.reply(from, notification, this.words(this.current, this.current.electionEpoch), nowMs);
    } else {
      const behind = fromLooking && notification.electionEpoch < this.clock;
      if (behind) this.reply(from, notification, this.words(this.proposal, this.clock), nowMs);
      this.queue.push({ from, notification });
      if (this.queue.length > WAITING_LIMIT) this.queue.shift();
      this.drain(nowMs);
    }
  }

  /**
   * `someDelivered`: at least one peer's send queue exists and is empty. Otherwise sending again would only replace what
   * waits, so it dials instead (peer-protocol 2.9).
   */
  onDeadline(nowMs: number, someDelivered: boolean): void {
    if (nowMs < this.deadlineMs) return;
    if (this.phase === "settling") {
      this.decide({ ...this.proposal, electionEpoch: this.clock });
      return;
    }
    this.waitMs = Math.min(2 * this.waitMs, this.settings.maxNotificationIntervalMs);
    this.deadlineMs = nowMs + this.waitMs;
    if (someDelivered) this.broadcast();
    else this.port.dialMissing();
    this.drain(nowMs);
  }

  /** When `onDeadline` is due; NEVER while idle. */
  get deadline(): number {
    return this.deadlineMs;
  }

  /**
   * What to tell those who look, when it does not come from an election here: a role that ended, or a handover by
   * reconfiguration (peer-protocol 6.5.5). Ends an election that is running.
   */
  setState(state: PeerState, vote: CurrentVote): void {
    this.state = state;
    this.current = vote;
    this.phase = "idle";
    this.deadlineMs = NEVER;
    this.queue = [];
  }

  /**
   * The epoch that the leader of the current vote has established. To be called when the leader's broadcast begins, and on
   * a learner once its UPTODATE ack is sent: else those who look see two epochs for one leader and may never find a
   * quorum (peer-protocol 2.12, ZOOKEEPER-1732, ZOOKEEPER-1805).
   */
  updatePeerEpoch(epoch: Epoch): void {
    this.current = { ...this.current, peerEpoch: BigInt(epoch) };
  }

  /** The outcome of the last election. */
  get currentVote(): CurrentVote {
    return this.current;
  }

  get peerState(): PeerState {
    return this.state;
  }

  /** The logical clock. */
  get round(): bigint {
    return this.clock;
  }

  private drain(nowMs: number): void {
    if (this.draining) return;
    this.draining = true;
    while (this.phase !== "idle") {
      const next = this.queue.shift();
      if (next === undefined) break;
      if (this.phase === "settling") this.whileSettling(next, nowMs);
      else this.whileLooking(next, nowMs);
    }
    this.draining = false;
  }

  /** A better vote goes back into the queue and reopens the election; others are lost (peer-protocol 2.10 step 4). */
  private whileSettling(next: Received, nowMs: number): void {
    if (!beats(next.notification, this.proposal, this.electorate)) {
      this.deadlineMs = nowMs + this.settings.finalizeWaitMs;
      return;
    }
    this.queue.push(next);
    this.phase = "looking";
    this.deadlineMs = nowMs + this.waitMs;
  }

  private whileLooking({ from, notification }: Received, nowMs: number): void {
    this.deadlineMs = nowMs + this.waitMs;
    const { voters } = this.electorate;
    if (!voters.has(from) || !voters.has(notification.leader)) return;
    switch (notification.state) {
      case PeerState.looking:
        this.onLooking(from, notification, nowMs);
        break;
      case PeerState.following:
      case PeerState.leading:
        this.onServing(from, notification);
        break;
      case PeerState.observing:
        break;
      default:
        unreachable(notification.state);
    }
  }

  /** peer-protocol 2.10 */
  private onLooking(from: ServerId, notification: Notification, nowMs: number): void {
    // A server whose data may be missing neither votes nor is voted for (ZOOKEEPER-261).
    if (this.initial.zxid === DATA_MISSING || notification.zxid === DATA_MISSING) return;
    const { electionEpoch } = notification;
    if (electionEpoch < this.clock) return;
    if (electionEpoch > this.clock) {
      this.clock = electionEpoch;
      this.received.clear();
      this.propose(beats(notification, this.initial, this.electorate) ? proposalOf(notification) : this.initial);
    } else if (beats(notification, this.proposal, this.electorate)) {
      this.propose(proposalOf(notification));
    }
    this.received.set(from, voteOf(notification, 0));
    const own: Vote = { ...this.proposal, electionEpoch: this.clock, state: PeerState.looking, version: 0 };
    if (!hasQuorum(this.received, own, this.electorate)) return;
    this.phase = "settling";
    this.deadlineMs = nowMs + this.settings.finalizeWaitMs;
  }

  /** peer-protocol 2.11 */
  private onServing(from: ServerId, notification: Notification): void {
    const vote = voteOf(notification, notification.version);
    if (vote.electionEpoch === this.clock) {
      // Version 0 makes votes of servers that already serve comparable by their leader alone.
      this.received.set(from, voteOf(notification, 0));
      if (this.isEstablished(this.received, vote)) {
        this.decide(vote);
        return;
      }
    }
    this.outOfElection.set(from, vote);
    if (!this.isEstablished(this.outOfElection, vote)) return;
    this.clock = vote.electionEpoch;
    this.decide(vote);
  }

  /**
   * A quorum stands by the leader, and the leader itself says that it leads: followers may not know yet that it is gone
   * (ZOOKEEPER-3537).
   */
  private isEstablished(votes: ReadonlyMap<ServerId, Vote>, vote: Vote): boolean {
    if (!hasQuorum(votes, vote, this.electorate)) return false;
    if (vote.leader === this.settings.sid) return vote.electionEpoch === this.clock;
    return votes.get(vote.leader)?.state === PeerState.leading;
  }

  private decide({ leader, zxid, electionEpoch, peerEpoch }: CurrentVote): void {
    const state = leader === this.settings.sid ? PeerState.leading : this.settings.learnerState;
    this.setState(state, { leader, zxid, electionEpoch, peerEpoch });
    this.port.decided(this.current, state);
  }

  private propose(proposal: Proposal): void {
    this.proposal = proposal;
    this.broadcast();
  }

  /** To voters only: observers learn from replies. */
  private broadcast(): void {
    const notification = this.words(this.proposal, this.clock);
    for (const voter of this.electorate.voters) {
      if (voter === this.settings.sid) this.queue.push({ from: voter, notification });
      else this.port.send(voter, notification);
    }
  }

  private reply(to: ServerId, received: Notification, notification: Notification, nowMs: number): void {
    if (this.replies.allows(to, received, notification, nowMs)) this.port.send(to, notification);
  }

  private words({ leader, zxid, peerEpoch }: Proposal, electionEpoch: bigint): Notification {
    const { configText } = this.settings;
    return {
      state: this.state,
      leader,
      zxid,
      electionEpoch,
      peerEpoch,
      version: NOTIFICATION_VERSION,
      config: configText,
    };
  }
}

interface Received {
  readonly from: ServerId;
  readonly notification: Notification;
}

function proposalOf({ leader, zxid, peerEpoch }: Notification): Proposal {
  return { leader, zxid, peerEpoch };
}

function voteOf({ leader, zxid, electionEpoch, peerEpoch, state }: Notification, version: number): Vote {
  return { leader, zxid, electionEpoch, peerEpoch, state, version };
}

const DATA_MISSING = -1n;
/** Notifications that wait for `lookForLeader`; beyond it the oldest are dropped (peer-protocol 0.4). */
const WAITING_LIMIT = 100;

import { present } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import type { ServerSpec } from "../config/config.ts";
import { ElectionConnections } from "../election/connections.ts";
import { FastLeaderElection } from "../election/fastLeaderElection.ts";
import type { Proposal } from "../election/votes.ts";
import { PeerState } from "../wire/election/messages.ts";
import { decodeNotification, encodeNotification } from "../wire/election/notification.ts";
import type { Home } from "./home.ts";
import type { ByteLink, HostPort } from "./ports.ts";

/**
 * The election port: the election machine on top of its connections. It lives as long as the server and answers those who
 * look in every state (peer-protocol 1.9).
 */
export class Voting {
  readonly election: FastLeaderElection;
  private readonly connections: ElectionConnections;
  private readonly home: Home;

  constructor(home: Home, configText: string, decided: (leader: ServerId) => void, boot: Proposal) {
    this.home = home;
    const { config, sid, verifier, world } = home;
    const members = new Map((config.ensemble?.servers ?? []).map((server) => [server.id, electionAddresses(server)]));
    this.connections = new ElectionConnections(
      {
        sid,
        address: present(members.get(sid)?.[0], "this server is in its own configuration"),
        members,
        initialMessageTimeoutMs:
          config.quorumCnxnTimeoutMs >= 0 ? config.quorumCnxnTimeoutMs : config.syncLimit * config.tickTimeMs,
      },
      {
        dial: (peer, addresses) => world.dialElection(peer, addresses, config.cnxTimeoutMs),
        received: (from, payload) => this.received(from, payload),
      },
    );
    const learnerState = config.peerType === "observer" ? PeerState.observing : PeerState.following;
    const settings = {
      sid,
      electorate: verifier,
      learnerState,
      configText,
      minNotificationIntervalMs: config.fastLeaderMinNotificationIntervalMs,
      maxNotificationIntervalMs: config.fastLeaderMaxNotificationIntervalMs,
      finalizeWaitMs: FINALIZE_WAIT_MS,
    } as const;
    this.election = new FastLeaderElection(settings, boot, {
      send: (to, notification) => this.connections.send(to, encodeNotification(notification)),
      dialMissing: () => this.connections.dialUndelivered(),
      decided: (vote) => decided(vote.leader),
    });
  }

  look(initial: Proposal): void {
    this.election.lookForLeader(initial, this.nowMs);
  }

  established(epoch: number): void {
    this.election.updatePeerEpoch(epoch);
  }

  /** A role ended: who asks is told that this server looks, until it does. */
  left(): void {
    this.election.setState(PeerState.looking, this.election.currentVote);
  }

  onAccepted(link: ByteLink): void {
    this.connections.onAccepted(link, this.nowMs);
  }

  onDialled(sid: ServerId, link: ByteLink): void {
    this.connections.onDialled(sid, link);
  }

  onDialFailed(sid: ServerId): void {
    this.connections.onDialFailed(sid);
  }

  onBytes(link: ByteLink, chunk: Uint8Array): void {
    this.connections.onBytes(link, chunk);
  }

  onClosed(link: ByteLink): void {
    this.connections.onClosed(link);
  }

  get deadline(): number {
    return Math.min(this.election.deadline, this.connections.deadline);
  }

  onDeadline(): void {
    this.connections.onDeadline(this.nowMs);
    if (this.nowMs >= this.election.deadline) this.election.onDeadline(this.nowMs, this.connections.someDelivered);
  }

  stop(): void {
    this.connections.close();
  }

  private received(from: ServerId, payload: Uint8Array): void {
    const notification = decodeNotification(payload);
    if (notification !== undefined) this.election.onNotification(from, notification, this.nowMs);
  }

  private get nowMs(): number {
    return this.home.turn.at.monoMs;
  }
}

function electionAddresses(server: ServerSpec): readonly HostPort[] {
  return server.addresses.map(({ host, electionPort }) => ({ host, port: electionPort }));
}

/** Quiet time before an election result is final (peer-protocol 0.4). */
const FINALIZE_WAIT_MS = 200;

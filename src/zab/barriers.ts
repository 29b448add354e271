import type { ServerId } from "../base/ids.ts";
import { type Epoch, type Zxid, zxidOf } from "../base/zxid.ts";
import type { LearnerRole } from "./leaderWorld.ts";
import type { QuorumVerifier } from "./quorum.ts";

/** Who arrives at a barrier. */
export interface Arrival {
  readonly sid: ServerId;
  readonly role: LearnerRole;
}

/**
 * The three agreements a leader needs before it may propose (peer-protocol 3.4): a quorum told its accepted epoch, a quorum
 * promised the new one, a quorum took over the history. Each completes once, and needs the leader itself.
 *
 * Observers and servers outside the configuration never count (ZOOKEEPER-2959). An arrival stays when its link breaks: what it stands
 * for is durable at the peer.
 */
export class Barriers {
  private readonly init: BarriersInit;
  private readonly told: Barrier;
  private readonly promised: Barrier;
  private readonly took: Barrier;
  private candidate: Epoch;

  constructor(init: BarriersInit) {
    const { sid, verifier, pendingVerifier } = init;
    this.init = init;
    this.told = new Barrier(sid, [verifier]);
    this.promised = new Barrier(sid, [verifier]);
    this.took = new Barrier(sid, pendingVerifier === undefined ? [verifier] : [verifier, pendingVerifier]);
    this.candidate = init.acceptedEpoch + 1;
  }

  /** Above every accepted epoch heard of, voters or not; frozen once chosen. */
  get epoch(): Epoch {
    return this.candidate;
  }

  get isChosen(): boolean {
    return this.told.isOpen;
  }

  get newLeaderZxid(): Zxid {
    return zxidOf(this.candidate, 0);
  }

  /** FOLLOWERINFO or OBSERVERINFO. True for the one that completes the choice. */
  tell(from: Arrival, acceptedEpoch: Epoch): boolean {
    if (this.isChosen) return false;
    this.candidate = Math.max(this.candidate, acceptedEpoch + 1);
    return this.told.arrive(from);
  }

  /**
   * Whether a learner's history is newer than this leader's was at its start; then it cannot follow (step 5). Once a quorum promised that
   * quorum has everything committed, and what a latecomer has beyond it is a tail to be cut.
   */
  isAhead(currentEpoch: Epoch, zxid: Zxid): boolean {
    if (this.promised.isOpen) return false;
    const own = this.init.currentEpoch;
    return currentEpoch > own || (currentEpoch === own && zxid > this.init.lastZxid);
  }

  /** ACKEPOCH that is neither ahead nor -1. True for the one that completes the quorum. */
  promise(from: Arrival): boolean {
    return this.promised.arrive(from);
  }

  /** ACK of zxid(epoch, 0). True for the one that completes the quorum. */
  take(from: Arrival): boolean {
    return this.took.arrive(from);
  }
}

/** Part of `LeaderInit`. */
export interface BarriersInit {
  readonly sid: ServerId;
  readonly verifier: QuorumVerifier;
  readonly pendingVerifier: QuorumVerifier | undefined;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;
  readonly lastZxid: Zxid;
}

/** Opens once, when the leader and a quorum of every configuration asked have arrived. */
class Barrier {
  isOpen = false;
  private readonly self: ServerId;
  private readonly verifiers: readonly QuorumVerifier[];
  private readonly arrived = new Set<ServerId>();

  constructor(self: ServerId, verifiers: readonly QuorumVerifier[]) {
    this.self = self;
    this.verifiers = verifiers;
  }

  /** True for the one arrival that opens it. */
  arrive({ sid, role }: Arrival): boolean {
    if (role === "follower") this.arrived.add(sid);
    if (this.isOpen || !this.arrived.has(this.self)) return false;
    this.isOpen = this.verifiers.every((verifier) => verifier.containsQuorum(this.arrived));
    return this.isOpen;
  }
}

import { assert } from "../base/assert.ts";
import { Fifo } from "../base/fifo.ts";
import type { ServerId } from "../base/ids.ts";
import { nextZxid, type Zxid } from "../base/zxid.ts";
import { PacketType, type QuorumPacket, quorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { LinkId } from "./leaderWorld.ts";
import type { QuorumVerifier } from "./quorum.ts";

/** A transaction on its way to a quorum. */
export interface Proposal {
  readonly entry: TxnBytes;
  /** Made for the first follower (`packetOf`). */
  packet: QuorumPacket | undefined;
  /** Each of them must have a quorum: two while a reconfiguration is pending. */
  readonly verifiers: readonly QuorumVerifier[];
  /** Each server once. */
  readonly acked: ServerId[];
  /** Links that wait for SYNC behind this commit. */
  syncs: LinkId[] | undefined;
}

/**
 * The proposals between lastCommitted and lastProposed, and who has them on disk (peer-protocol 4.2, 4.5).
 *
 * Invariants: zxids outstanding are consecutive; they leave in order, each with a quorum in all its configurations; an ack
 * counts only while its server still has the transaction on disk.
 */
export class Broadcast {
  lastProposed: Zxid;
  lastCommitted: Zxid;
  private readonly proposals = new Fifo<Proposal>();

  /** `last`: zxid(epoch, 0), or for a server alone the last transaction. */
  constructor(last: Zxid) {
    this.lastProposed = last;
    this.lastCommitted = last;
  }

  get outstanding(): number {
    return this.proposals.length;
  }

  propose(entry: TxnBytes, verifiers: readonly QuorumVerifier[]): Proposal {
    assert(entry.zxid === nextZxid(this.lastProposed), "proposals follow one another without gap");
    const proposal: Proposal = { entry, packet: undefined, verifiers, acked: [], syncs: undefined };
    this.proposals.push(proposal);
    this.lastProposed = entry.zxid;
    return proposal;
  }

  /** False when there is no such proposal, neither outstanding nor committed before: worth a warning. */
  ack(sid: ServerId, zxid: Zxid): boolean {
    if (this.outstanding === 0 || zxid <= this.lastCommitted) return true;
    const proposal = this.find(zxid);
    if (proposal !== undefined) count(proposal, sid);
    return proposal !== undefined;
  }

  /** Acks everything outstanding up to `zxid`: the leader's own log reached it. */
  ackUpTo(sid: ServerId, zxid: Zxid): void {
    for (let i = 0; i < this.proposals.length; i++) {
      const proposal = this.proposals.at(i);
      if (proposal === undefined || proposal.entry.zxid > zxid) return;
      count(proposal, sid);
    }
  }

  /**
   * Takes back the acks of a server that is synced again: a TRUNC makes it drop what it acked, and it acks everything
   * outstanding anew.
   */
  forget(sid: ServerId): void {
    this.visit(({ acked }) => {
      const at = acked.indexOf(sid);
      if (at >= 0) acked.splice(at, 1);
    });
  }

  /** Removes and returns the oldest proposal if a quorum has it; then it is committed. */
  takeCommitted(): Proposal | undefined {
    const proposal = this.proposals.first;
    if (proposal === undefined || !hasQuorum(proposal)) return undefined;
    this.proposals.shift();
    this.lastCommitted = proposal.entry.zxid;
    return proposal;
  }

  /** Whether a SYNC to `link` has to wait; then it comes with the proposal that is the newest now (peer-protocol 4.9). */
  waitForSync(link: LinkId): boolean {
    const newest = this.proposals.last;
    if (newest === undefined) return false;
    newest.syncs = [...(newest.syncs ?? []), link];
    return true;
  }

  visit(look: (proposal: Proposal) => void): void {
    this.proposals.visit(look);
  }

  private find(zxid: Zxid): Proposal | undefined {
    const oldest = this.proposals.first;
    if (oldest === undefined || zxid > this.lastProposed) return undefined;
    return this.proposals.at(Number(zxid - oldest.entry.zxid));
  }
}

/** The same object for every follower, also for one that joins later. */
export function packetOf(proposal: Proposal): QuorumPacket {
  const { zxid, bytes } = proposal.entry;
  proposal.packet ??= quorumPacket(PacketType.proposal, zxid, bytes);
  return proposal.packet;
}

function count({ acked }: Proposal, sid: ServerId): void {
  if (!acked.includes(sid)) acked.push(sid);
}

function hasQuorum({ verifiers, acked }: Proposal): boolean {
  for (const verifier of verifiers) if (!verifier.containsQuorum(acked)) return false;
  return true;
}

import { DecodeError, Writer } from "jute-ts";
import type { ServerId } from "../base/ids.ts";
import type { Epoch, Zxid } from "../base/zxid.ts";
import { SessionTouches } from "../session/touches.ts";
import type { DiskEvent } from "../store/commands.ts";
import { SnapshotDecoder } from "../store/snapshotDecoder.ts";
import { PacketStream } from "../wire/peer/packetStream.ts";
import { PacketType, QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { EpochName, LearnerRole } from "../zab/leaderWorld.ts";
import { Learner } from "../zab/learner.ts";
import type { LearnerEvent, LearnerWorld } from "../zab/learnerWorld.ts";
import { Database } from "./database.ts";
import { describe, event } from "./events.ts";
import { type Home, localClients, packetLimit } from "./home.ts";
import { showConfig } from "./leading.ts";
import { LearnerPipeline } from "./learnerPipeline.ts";
import type { ByteLink } from "./ports.ts";
import { ProposedTxns } from "./proposedTxns.ts";
import { dropSnapshot, SaveSnapshot } from "./snapshotJobs.ts";

/** How a learner's role ended, and what its tree is worth. */
export interface LearnerEnd {
  readonly reason: string;
  readonly discardMemory: boolean;
}

/** What following asks of the peer around it. */
export interface FollowingPort {
  established(epoch: Epoch): void;
  ended(end: LearnerEnd): void;
  /** Rebuild the database from disk, which was cut; then `onRebuilt`. */
  rebuild(done: () => void): void;
}

/**
 * FOLLOWING and OBSERVING: gives `zab.Learner` its world and runs the learner's pipeline over the one link to the leader.
 * While a SNAP is taken in, the link's bytes are the snapshot's and not packets.
 */
export class Following implements LearnerWorld {
  readonly learner: Learner;
  readonly leaderSid: ServerId;
  private readonly home: Home;
  private readonly role: LearnerRole;
  private readonly link: ByteLink;
  private readonly port: FollowingPort;
  private readonly packets: PacketStream;
  private readonly proposed = new ProposedTxns();
  private readonly touches = new SessionTouches();
  private pipeline: LearnerPipeline;
  private incoming: IncomingSnapshot | undefined;
  private readonly encoded = new Writer(256);
  private isOver = false;

  constructor(home: Home, role: LearnerRole, leaderSid: ServerId, link: ByteLink, port: FollowingPort) {
    this.home = home;
    this.role = role;
    this.leaderSid = leaderSid;
    this.link = link;
    this.port = port;
    this.packets = new PacketStream(packetLimit(home));
    this.learner = new Learner(
      {
        sid: home.sid,
        role,
        configVersion: home.verifier.version,
        tickTimeMs: home.config.tickTimeMs,
        initLimit: home.config.initLimit,
        syncLimit: home.config.syncLimit,
        acceptedEpoch: home.acceptedEpoch,
        currentEpoch: home.currentEpoch,
        lastLoggedZxid: home.journal.lastLogged,
        committedLog: home.committedLog,
        wantSnapshot: home.wantSnapshot,
      },
      this,
    );
    home.localSessions?.clear();
    this.pipeline = this.makePipeline();
  }

  start(): void {
    this.learner.start(this.nowMs);
  }

  get deadline(): number {
    return Math.min(this.learner.deadline, this.pipeline.deadline);
  }

  onDeadline(): void {
    if (this.nowMs >= this.learner.deadline) this.learner.onDeadline(this.nowMs);
    if (this.nowMs >= this.pipeline.deadline) this.pipeline.onDeadline();
  }

  onDisk(diskEvent: DiskEvent): void {
    switch (diskEvent.kind) {
      case "flushed":
        return this.learner.onFlushed(diskEvent.zxid);
      case "epochSaved":
        return this.learner.onEpochSaved(diskEvent.which, diskEvent.epoch, this.nowMs);
      case "truncated":
        return this.port.rebuild(() => this.rebuilt());
      case "truncateRefused":
        return this.learner.onTruncated(undefined, this.nowMs);
      case "snapshotSaved":
        // One of the server's own, due after so many transactions, is none of the learner's business.
        return diskEvent.origin === "leader" ? this.learner.onSnapshotSaved() : undefined;
      default:
        return undefined;
    }
  }

  // The link to the leader.

  onBytes(link: ByteLink, chunk: Uint8Array): void {
    if (this.isOver || link !== this.link) return;
    try {
      if (this.incoming !== undefined) this.feed(this.incoming, chunk);
      else this.packets.push(chunk);
      this.takePackets();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.learner.onLinkClosed(error.message);
    }
  }

  /** The end of a link that an earlier role had, or that came too late, means nothing here. */
  onLinkClosed(link: ByteLink): void {
    if (!this.isOver && link === this.link) this.learner.onLinkClosed("the leader closed the connection");
  }

  // LearnerWorld.

  send(packet: QuorumPacket): void {
    this.encoded.reset();
    QuorumPacket.write(this.encoded, packet);
    this.link.write(this.encoded.written());
  }

  saveEpoch(which: EpochName, epoch: Epoch): void {
    this.home.world.disk({ kind: "saveEpoch", which, epoch });
  }

  append(entry: TxnBytes): void {
    this.home.journal.append(entry);
  }

  commit(entry: TxnBytes): void {
    this.pipeline.commit(this.proposed.take(entry));
    this.home.journal.applied(entry.zxid);
  }

  truncate(zxid: Zxid): void {
    // One that is being written would reach the disk behind the cut, with what was cut.
    dropSnapshot(this.home);
    this.home.world.disk({ kind: "truncate", zxid });
  }

  receiveSnapshot(zxid: Zxid): void {
    const database = new Database(this.home.committedLog, this.home.config.emulate353TTLNodes);
    database.tree.clear();
    this.incoming = { zxid, database, decoder: new SnapshotDecoder(database, "stream", packetLimit(this.home)) };
    const rest = this.packets.takeRaw();
    if (rest.length > 0) this.feed(this.incoming, rest);
  }

  saveSnapshot(zxid: Zxid): void {
    const { home } = this;
    home.database.tree.checksDigests = true;
    if (home.journal.lastLogged !== zxid) home.journal.reset(zxid);
    dropSnapshot(home);
    home.jobs.start(new SaveSnapshot(home.database, zxid, "leader", (command) => home.world.disk(command)));
  }

  /** Reconfiguration is off: the local configuration is the one in force (peer-protocol 8.2, ZOOKEEPER-2819). */
  newLeaderConfig(_text: Uint8Array): void {}

  established(epoch: Epoch): void {
    showConfig(this.home);
    this.home.clients.open(this.pipeline, this.home.database, this.nowMs);
    this.port.established(epoch);
  }

  activateConfig(_entry: TxnBytes, _designatedLeader: ServerId): void {
    this.home.world.observe(
      event("warn", "learner.reconfig", "the leader committed a reconfiguration; this server has it disabled"),
    );
  }

  pinged(ping: QuorumPacket): void {
    this.learner.pong(ping, this.touches.take());
  }

  syncReturned(): void {
    this.pipeline.syncReturned();
  }

  revalidated(data: Uint8Array | null): void {
    this.pipeline.revalidated(data);
  }

  ended(reason: string, then: { readonly discardMemory: boolean; readonly wantSnapshot: boolean }): void {
    this.isOver = true;
    this.home.wantSnapshot = then.wantSnapshot;
    this.link.destroy();
    this.port.ended({ reason, discardMemory: then.discardMemory });
  }

  observe(learnerEvent: LearnerEvent): void {
    this.home.world.observe(event("info", `learner.${learnerEvent.kind}`, describe(learnerEvent)));
  }

  private takePackets(): void {
    while (this.incoming === undefined && !this.isOver) {
      const packet = this.packets.next();
      if (packet === undefined) return;
      this.readTxn(packet);
      this.learner.onPacket(packet, this.nowMs);
    }
  }

  /** The learner itself refuses what has no data, or ignores what is not for its role. */
  private readTxn({ type, zxid, data }: QuorumPacket): void {
    if (data === null) return;
    const isFollower = this.role === "follower";
    const synced = this.learner.isEstablished;
    if (type === PacketType.proposal && (isFollower || !synced)) this.proposed.arrived(zxid, data);
    else if (isFollower && synced) return;
    else if (type === PacketType.inform) this.proposed.arrived(zxid, data);
    else if (type === PacketType.informAndActivate) this.proposed.arrived(zxid, data.subarray(LEADER_BYTES));
  }

  private feed(incoming: IncomingSnapshot, chunk: Uint8Array): void {
    if (!incoming.decoder.push(chunk)) return this.learner.onSnapshotProgress(this.nowMs);
    const { database, decoder, zxid } = incoming;
    database.loaded(zxid);
    database.tree.checksDigests = false;
    this.incoming = undefined;
    this.adopt(database);
    this.packets.push(decoder.rest());
    this.learner.onSnapshotReceived(true, this.nowMs);
  }

  private rebuilt(): void {
    this.adopt(this.home.database);
    this.learner.onTruncated(this.home.journal.lastLogged, this.nowMs);
  }

  private adopt(database: Database): void {
    this.home.database = database;
    this.pipeline = this.makePipeline();
  }

  private makePipeline(): LearnerPipeline {
    const { database, clients, sessionIds, turn } = this.home;
    const { touches, learner } = this;
    const local = localClients(this.home);
    return new LearnerPipeline({ database, clients, sessionIds, turn, touches, learner, local });
  }

  private get nowMs(): number {
    return this.home.turn.at.monoMs;
  }
}

interface IncomingSnapshot {
  readonly zxid: Zxid;
  readonly database: Database;
  readonly decoder: SnapshotDecoder;
}
/** What stands before the transaction in INFORMANDACTIVATE: the designated leader. */
const LEADER_BYTES = 8;

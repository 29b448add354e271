import { DecodeError, Writer } from "jute-ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import { SessionTracker } from "../session/tracker.ts";
import type { DiskEvent } from "../store/commands.ts";
import { decodeWrite } from "../wire/client/decode.ts";
import { Op } from "../wire/client/numbers.ts";
import { PacketStream } from "../wire/peer/packetStream.ts";
import {
  ForwardedRequest,
  PacketType,
  QuorumPacket,
  RevalidateRequest,
  RevalidateResponse,
  TouchedSession,
} from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { Leader } from "../zab/leader.ts";
import type { EpochName, LeaderEvent, LeaderInit, LeaderWorld, LinkId } from "../zab/leaderWorld.ts";
import { describe, event } from "./events.ts";
import { ReadHistory } from "./historyJob.ts";
import { type Home, localClients, packetLimit } from "./home.ts";
import { LeaderPipeline } from "./leaderPipeline.ts";
import type { ByteLink } from "./ports.ts";
import { Reaper } from "./reaper.ts";
import { StreamSnapshot } from "./snapshotJobs.ts";

/**
 * LEADING, and standalone: gives `zab.Leader` its world and runs the leader's pipeline. Learners' links end here: bytes to
 * packets on the way in, each packet encoded once on the way out.
 */
export class Leading implements LeaderWorld {
  readonly leader: Leader;
  readonly pipeline: LeaderPipeline;
  private readonly reaper: Reaper;
  private readonly home: Home;
  private readonly links = new Map<LinkId, LearnerLink>();
  private readonly onEnded: (reason: string) => void;
  private readonly onEstablished: () => void;
  private lastPacket: QuorumPacket | undefined;
  private readonly encoder = new Writer(4096);
  /** `lastPacket` as bytes, for the next follower. */
  private encoded: Uint8Array = NOTHING;

  constructor(home: Home, solo: boolean, onEstablished: () => void, onEnded: (reason: string) => void) {
    this.home = home;
    this.onEstablished = onEstablished;
    this.onEnded = onEnded;
    home.database.removeOrphans();
    home.localSessions?.clear();
    this.leader = new Leader(leaderInit(home, solo), this);
    this.pipeline = new LeaderPipeline({
      database: home.database,
      clients: home.clients,
      leader: this.leader,
      tracker: new SessionTracker(home.config.tickTimeMs),
      sessionIds: home.sessionIds,
      turn: home.turn,
      rules: home.aclRules,
      options: home.prepareOptions,
      local: localClients(home),
      ownIdByte: Number(home.sid & 0xffn),
    });
    this.reaper = new Reaper(
      home.config,
      () => home.database.tree,
      (path) => this.pipeline.reap(path),
    );
  }

  start(): void {
    this.leader.start(this.nowMs);
  }

  get deadline(): number {
    const serving = Math.min(this.pipeline.deadline, this.reaper.deadline);
    return Math.min(this.leader.deadline, this.leader.isEstablished ? serving : Number.POSITIVE_INFINITY);
  }

  onDeadline(): void {
    if (this.nowMs >= this.leader.deadline) this.leader.onDeadline(this.nowMs);
    if (this.leader.isEstablished && this.nowMs >= this.pipeline.deadline) this.pipeline.onDeadline();
    if (this.leader.isEstablished) this.reaper.onDeadline(this.home.turn.at);
  }

  onDisk(diskEvent: DiskEvent): void {
    if (diskEvent.kind === "flushed") this.leader.onFlushed(diskEvent.zxid, this.nowMs);
    if (diskEvent.kind === "epochSaved") this.leader.onEpochSaved(diskEvent.which, diskEvent.epoch, this.nowMs);
  }

  // Learners' links.

  onLearner(link: ByteLink): void {
    this.links.set(link.number, { link, packets: new PacketStream(packetLimit(this.home)) });
    this.leader.onLearnerConnected(link.number, this.nowMs);
  }

  onBytes(link: ByteLink, chunk: Uint8Array): void {
    const learner = this.links.get(link.number);
    if (learner === undefined) return;
    try {
      learner.packets.push(chunk);
      for (let packet = learner.packets.next(); packet !== undefined; packet = learner.packets.next()) {
        this.leader.onPacket(link.number, packet, this.nowMs);
        if (!this.links.has(link.number)) return;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.lose(link.number, error.message);
    }
  }

  onLinkClosed(link: ByteLink): void {
    if (!this.links.delete(link.number)) return;
    this.cancelJobs(link.number);
    this.leader.onLinkClosed(link.number);
  }

  // LeaderWorld.

  send(link: LinkId, packet: QuorumPacket): void {
    if (packet !== this.lastPacket) {
      this.lastPacket = packet;
      this.encoder.reset();
      QuorumPacket.write(this.encoder, packet);
      this.encoded = this.encoder.written();
    }
    this.links.get(link)?.link.write(this.encoded);
  }

  sendSnapshot(link: LinkId): void {
    const learner = this.links.get(link);
    if (learner === undefined) return;
    const progress = (finished: boolean): void => {
      if (finished) this.leader.onSnapshotSent(link, this.nowMs);
      else this.leader.onSnapshotProgress(link, this.nowMs);
    };
    this.home.jobs.start(new StreamSnapshot(this.home.database, learner.link, progress));
  }

  close(link: LinkId, reason: string): void {
    const learner = this.links.get(link);
    if (learner === undefined) return;
    this.links.delete(link);
    this.cancelJobs(link);
    this.home.world.observe(event("info", "leader.close", `closing learner ${learner.link.remoteAddress}: ${reason}`));
    learner.link.destroy();
  }

  saveEpoch(which: EpochName, epoch: number): void {
    this.home.world.disk({ kind: "saveEpoch", which, epoch });
  }

  append(entry: TxnBytes): void {
    this.home.journal.append(entry);
  }

  commit(entry: TxnBytes): void {
    this.pipeline.commit(entry);
    this.home.journal.applied(entry.zxid);
  }

  readLog(link: LinkId, from: Zxid): void {
    const { home } = this;
    const job = new ReadHistory(link, home, from, (history) => this.leader.onLogRead(link, history, this.nowMs));
    home.jobs.start(job);
  }

  established(zxid: Zxid): void {
    const { database, clients, config } = this.home;
    database.tree.lastProcessedZxid = zxid;
    this.pipeline.adoptSessions();
    this.reaper.start(this.nowMs);
    if (config.ensemble !== undefined) showConfig(this.home);
    if (config.ensemble === undefined || config.leaderServes) clients.open(this.pipeline, database, this.nowMs);
    this.onEstablished();
  }

  ended(reason: string): void {
    this.onEnded(reason);
  }

  /** A learner's client wants something (peer-protocol 4.8). What does not decode gets an error txn of its own (10.17). */
  request(link: LinkId, _sid: bigint, packet: QuorumPacket): void {
    const data = packet.data ?? NOTHING;
    const head = decodeHead(data);
    if (head === undefined) return this.lose(link, "REQUEST shorter than its head");
    const { cxid, type } = head;
    if (type === Op.sync) return this.leader.syncRequested(link);
    if (!FORWARDED.has(type)) return this.ignore(link, type);
    const write = decodeWrite(type, data.subarray(FORWARDED_HEAD_BYTES));
    if (write.op === Op.sync) return;
    this.pipeline.forwarded(toSessionId(head.sessionId), cxid, packet.authinfo ?? [], link, write);
  }

  touched(_link: LinkId, sessions: Uint8Array): void {
    for (let at = 0; at + TOUCHED_BYTES <= sessions.length; at += TOUCHED_BYTES) {
      const { sessionId, timeOut } = TouchedSession.decode(sessions.subarray(at, at + TOUCHED_BYTES));
      this.pipeline.touched(toSessionId(sessionId), timeOut);
    }
  }

  revalidate(link: LinkId, packet: QuorumPacket): void {
    try {
      const { sessionId, timeOut } = RevalidateRequest.decode(packet.data ?? NOTHING);
      const valid = this.pipeline.renew(toSessionId(sessionId), timeOut, link);
      const data = RevalidateResponse.encode({ sessionId, valid });
      this.leader.reply(link, { type: PacketType.revalidate, zxid: packet.zxid, data, authinfo: null });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.lose(link, error.message);
    }
  }

  /** Its sessions keep their owner: they belong to a link that is never used again, so clients revalidate (5.6). */
  learnerGone(_link: LinkId): void {}

  observe(leaderEvent: LeaderEvent): void {
    this.home.world.observe(event("info", `leader.${leaderEvent.kind}`, describe(leaderEvent)));
  }

  private ignore(link: LinkId, type: number): void {
    this.home.world.observe(
      event("warn", "leader.ignoredRequest", `REQUEST of type ${type} from link ${link} ignored`),
    );
  }

  /** Nobody waits for what was being sent, or read for it. */
  private cancelJobs(link: LinkId): void {
    this.home.jobs.cancel(StreamSnapshot.nameFor(link));
    this.home.jobs.cancel(ReadHistory.nameFor(link));
  }

  private lose(link: LinkId, reason: string): void {
    this.close(link, reason);
    this.leader.onLinkClosed(link);
  }

  private get nowMs(): number {
    return this.home.turn.at.monoMs;
  }
}

interface LearnerLink {
  readonly link: ByteLink;
  readonly packets: PacketStream;
}

function leaderInit(home: Home, solo: boolean): LeaderInit {
  const { config } = home;
  return {
    sid: home.sid,
    solo,
    verifier: home.verifier,
    pendingVerifier: undefined,
    configText: home.configText,
    tickTimeMs: config.tickTimeMs,
    initLimit: config.initLimit,
    syncLimit: config.syncLimit,
    acceptedEpoch: home.acceptedEpoch,
    currentEpoch: home.currentEpoch,
    lastZxid: home.journal.lastLogged,
    committedLog: home.committedLog,
    diskHistory: config.snapshotSizeFactor >= 0,
    maxConcurrentSnapSyncs: 10,
    maxConcurrentDiffSyncs: 100,
  };
}

/** Clients read the configuration in force from its node; it is each server's own, no transaction writes it (peer-protocol 3.9). */
export function showConfig({ database, configText, verifier, turn }: Home): void {
  database.tree.setConfigNode(configText, toZxid(verifier.version), BigInt(Math.trunc(turn.at.wallMs)));
}

function decodeHead(data: Uint8Array): ForwardedRequest | undefined {
  return data.length < FORWARDED_HEAD_BYTES ? undefined : ForwardedRequest.decode(data);
}

const NOTHING = new Uint8Array(0);
const FORWARDED_HEAD_BYTES = 16;
const TOUCHED_BYTES = 12;
/** What becomes a transaction; check and deleteContainer an error, for the learner waits for one (ZOOKEEPER-2623, CVE-2026-79993). */
const FORWARDED: ReadonlySet<number> = new Set<number>([
  Op.create,
  Op.create2,
  Op.createContainer,
  Op.createTTL,
  Op.delete,
  Op.setData,
  Op.setACL,
  Op.multi,
  Op.reconfig,
  Op.createSession,
  Op.closeSession,
  Op.check,
  Op.deleteContainer,
]);

import { Writer } from "jute-ts";
import { type ServerId, toServerId, toSessionId } from "../../src/base/ids.ts";
import { type Epoch, toZxid, zxidOf } from "../../src/base/zxid.ts";
import { SnapshotEncoder } from "../../src/store/snapshotEncoder.ts";
import { StatPersisted } from "../../src/wire/client/shared.ts";
import { PeerState } from "../../src/wire/election/messages.ts";
import { IntData, PacketType, PROTOCOL_VERSION, type QuorumPacket, quorumPacket } from "../../src/wire/peer/packets.ts";
import { encodeTxn } from "../../src/wire/txnCodec.ts";
import { freePorts } from "../peers/ports.ts";
import type { PeerServer } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { ElectionLink, PacketLink, ScriptedListener } from "./scriptedPeers.ts";

/** A follower of ours, alone with a script that has the voice of the leader of three: it follows again whenever it lost the last link. */
export class ScriptedLeader {
  readonly follower: PeerServer;
  private readonly electionPort: number;
  private readonly quorum: ScriptedListener;
  private voter: ElectionLink | undefined;
  private stopped = false;
  private epoch: Epoch = 10;

  private constructor(follower: PeerServer, electionPort: number, quorum: ScriptedListener) {
    this.follower = follower;
    this.electionPort = electionPort;
    this.quorum = quorum;
  }

  static async start(config: Readonly<Record<string, string | number>>): Promise<ScriptedLeader> {
    const ports = await freePorts(6);
    const [, electionPort = 0, , , leaderPort = 0] = ports;
    const servers = [1, 2, 3].map((id) => [`server.${id}`, `127.0.0.1:${ports[2 * id - 2]}:${ports[2 * id - 1]}`]);
    const quorum = await ScriptedListener.open(leaderPort);
    const follower = await startTypekeeperServer({ config: { ...Object.fromEntries(servers), ...config }, myid: 1 });
    const leader = new ScriptedLeader(follower, electionPort, quorum);
    void leader.vote();
    return leader;
  }

  /** The follower's next link, before a word was said on it. Rejects when it does not come, or when the follower has ended. */
  async accept(): Promise<PacketLink> {
    const { follower, quorum } = this;
    const link = await waitFor("the follower's next link", 30_000, () => {
      if (!follower.running()) throw new Error(`the follower has ended:\n${follower.tail()}`);
      return quorum.take();
    });
    return new PacketLink(link);
  }

  /** Its next link, on which it has promised a new epoch. */
  async lead(): Promise<Led> {
    const link = await this.accept();
    await link.awaits(PacketType.followerInfo);
    const epoch = ++this.epoch;
    link.send(leaderInfo(epoch));
    const { zxid } = await link.awaits(PacketType.ackEpoch);
    return new Led(link, epoch, zxid);
  }

  /** The epoch last promised. */
  get promised(): Epoch {
    return this.epoch;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.voter?.close();
    this.quorum.close();
    await this.follower.stop();
  }

  /** Server 3, which every vote prefers, and which is always looking when the follower is. */
  private async vote(): Promise<void> {
    while (!this.stopped) {
      try {
        this.voter = await ElectionLink.dial(this.electionPort, 3);
        for (
          let heard = await this.voter.next(FOREVER_MS);
          heard !== undefined;
          heard = await this.voter.next(FOREVER_MS)
        ) {
          const { state, electionEpoch } = heard;
          const vote = { leader: LEADER, zxid: zxidOf(1000, 0), peerEpoch: 1000n, electionEpoch };
          if (state === PeerState.looking) this.voter.say({ state: PeerState.looking, ...vote });
        }
      } catch {
        // It has not begun to listen, or the test is over.
      }
      await pause(20);
    }
  }
}

/** A link whose follower has promised `epoch`, and told its last logged zxid. */
export class Led {
  readonly link: PacketLink;
  readonly epoch: Epoch;
  readonly lastZxid: bigint;

  constructor(link: PacketLink, epoch: Epoch, lastZxid: bigint) {
    this.link = link;
    this.epoch = epoch;
    this.lastZxid = lastZxid;
  }

  get newLeader(): QuorumPacket {
    return quorumPacket(PacketType.newLeader, zxidOf(this.epoch, 0));
  }

  /** DIFF of nothing, and the follower follows. */
  async sync(): Promise<void> {
    this.link.send(packet(PacketType.diff, this.lastZxid));
    await this.establish();
  }

  /** Behind the history: NEWLEADER, UPTODATE, and their acks. */
  async establish(): Promise<void> {
    this.link.send(this.newLeader);
    await this.link.awaits(PacketType.ack);
    this.link.send(packet(PacketType.upToDate, -1n));
    await this.link.awaits(PacketType.ack);
  }

  /** The transaction `counter` of this epoch: it makes a node. */
  proposal(counter: number, path: string): QuorumPacket {
    return quorumPacket(PacketType.proposal, zxidOf(this.epoch, counter), createTxn(zxidOf(this.epoch, counter), path));
  }

  /** The transaction `counter` of this epoch: it opens a session. */
  sessionProposal(counter: number, sessionId: bigint): QuorumPacket {
    const zxid = zxidOf(this.epoch, counter);
    const body = { type: -10, timeOut: 600_000 } as const;
    return quorumPacket(
      PacketType.proposal,
      zxid,
      encodeTxn({ clientId: toSessionId(sessionId), cxid: 0, zxid, timeMs: TIME_MS, body, digest: undefined }),
    );
  }

  commit(counter: number): QuorumPacket {
    return packet(PacketType.commit, zxidOf(this.epoch, counter));
  }
}

export function leaderInfo(epoch: Epoch): QuorumPacket {
  return quorumPacket(PacketType.leaderInfo, zxidOf(epoch, 0), IntData.encode({ value: PROTOCOL_VERSION }));
}

export function packet(type: number, zxid: bigint, data: Uint8Array | null = null): QuorumPacket {
  return quorumPacket(type, zxid, data);
}

export function createTxn(zxid: bigint, path: string): Uint8Array {
  return encodeTxn({
    clientId: toSessionId(0x300000000000001n),
    cxid: 1,
    zxid: toZxid(zxid),
    timeMs: TIME_MS,
    body: { type: 1, path, data: Buffer.from(path), acl: OPEN, ephemeral: false, parentCVersion: -1 },
    digest: undefined,
  });
}

/** What follows SNAP: no session, one ACL, and these nodes under the root. */
export function snapshotStream(paths: readonly string[]): Uint8Array {
  const encoder = new SnapshotEncoder("stream");
  const nodes = new Writer(1024);
  for (const path of ["", "/zookeeper", "/zookeeper/config", "/zookeeper/quota", ...paths]) {
    nodes.ustring(path);
    nodes.buffer(Buffer.from(path));
    nodes.long(1n);
    StatPersisted.write(nodes, NO_STAT);
  }
  return Buffer.concat([
    encoder.begin([], [{ key: 1n, acl: OPEN }]),
    encoder.nodes(nodes.toBytes()),
    encoder.end(undefined, toZxid(0n)),
  ]);
}

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const NO_STAT = {
  czxid: 0n,
  mzxid: 0n,
  ctime: 0n,
  mtime: 0n,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  pzxid: 0n,
};
const LEADER: ServerId = toServerId(3n);
const TIME_MS = 1_700_000_000_000n;
const FOREVER_MS = 3_600_000;

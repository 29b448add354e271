import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { toServerId } from "../../src/base/ids.ts";
import { type Epoch, toZxid, zxidOf } from "../../src/base/zxid.ts";
import { encodeInitialMessage } from "../../src/wire/election/initialMessage.ts";
import { PeerState } from "../../src/wire/election/messages.ts";
import { decodeNotification, encodeNotification, type Notification } from "../../src/wire/election/notification.ts";
import { Frames } from "../../src/wire/frames.ts";
import { PacketStream } from "../../src/wire/peer/packetStream.ts";
import {
  IntData,
  LearnerInfo,
  PacketType,
  PROTOCOL_VERSION,
  QuorumPacket,
  quorumPacket,
} from "../../src/wire/peer/packets.ts";

/** A connection whose other side is under test: sends any bytes, in one piece or several, and awaits what comes. */
export class ScriptedLink {
  readonly socket: Socket;
  private chunks: Uint8Array[] = [];
  private over = false;
  private wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.chunks.push(chunk);
      this.wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.over = true;
      this.wake();
    });
  }

  static async dial(port: number): Promise<ScriptedLink> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new ScriptedLink(socket);
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Each byte in a segment of its own. */
  async sendByByte(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes)
      await new Promise<void>((resolve) => this.socket.write(Uint8Array.of(byte), () => resolve()));
  }

  get isClosed(): boolean {
    return this.over;
  }

  /** What came since the last call, at least a byte; undefined once the other side has closed. */
  async bytes(timeoutMs = PATIENCE_MS): Promise<Uint8Array | undefined> {
    if (this.chunks.length === 0 && !this.over) {
      await wokenWithin(timeoutMs, "nothing came", (wake) => {
        this.wake = wake;
      });
    }
    const { chunks } = this;
    this.chunks = [];
    return chunks.length === 0 ? undefined : Buffer.concat(chunks);
  }

  /** Until the other side has closed; gives all that came before. */
  async untilClosed(timeoutMs = PATIENCE_MS): Promise<Uint8Array> {
    const all: Uint8Array[] = [];
    for (let bytes = await this.bytes(timeoutMs); bytes !== undefined; bytes = await this.bytes(timeoutMs))
      all.push(bytes);
    return Buffer.concat(all);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A scripted link of the quorum port. */
export class PacketLink {
  readonly link: ScriptedLink;
  private readonly packets = new PacketStream(0x7fffffff);

  constructor(link: ScriptedLink) {
    this.link = link;
  }

  static async dial(port: number): Promise<PacketLink> {
    return new PacketLink(await ScriptedLink.dial(port));
  }

  /** All in one piece. */
  send(...packets: readonly QuorumPacket[]): void {
    this.link.send(...packets.map((packet) => QuorumPacket.encode(packet)));
  }

  /** The next packet; undefined once the other side has closed. */
  async next(timeoutMs = PATIENCE_MS): Promise<QuorumPacket | undefined> {
    for (;;) {
      const packet = this.packets.next();
      if (packet !== undefined) return packet;
      const bytes = await this.link.bytes(timeoutMs);
      if (bytes === undefined) return undefined;
      this.packets.push(bytes);
    }
  }

  /** The next packet of that type; others on the way are dropped. Rejects when the other side closes instead. */
  async awaits(type: number): Promise<QuorumPacket> {
    for (;;) {
      const packet = await this.next();
      if (packet === undefined) throw new Error(`closed where a packet of type ${type} was awaited`);
      if (packet.type === type) return packet;
    }
  }

  close(): void {
    this.link.close();
  }
}

/** FOLLOWERINFO of a server with this sid, as 3.9 sends it. */
export function followerInfo(sid: number, acceptedEpoch: Epoch, over: Partial<LearnerInfo> = {}): QuorumPacket {
  const info = { serverId: BigInt(sid), protocolVersion: PROTOCOL_VERSION, configVersion: 0n, ...over };
  return quorumPacket(PacketType.followerInfo, zxidOf(acceptedEpoch, 0), LearnerInfo.encode(info));
}

export function ackEpoch(currentEpoch: number, lastZxid: bigint): QuorumPacket {
  return quorumPacket(PacketType.ackEpoch, lastZxid, IntData.encode({ value: currentEpoch }));
}

/**
 * Goes through the handshake as a follower that has everything up to `lastZxid`, until UPTODATE. Gives the link: the leader sends it
 * what it sends to followers, and hears nothing from it unless a test speaks.
 */
export async function followLeader(port: number, sid: number, lastZxid: bigint): Promise<PacketLink> {
  const link = await PacketLink.dial(port);
  const { zxid } = await startFollowing(link, sid);
  link.send(ackEpoch(-1, lastZxid));
  await link.awaits(PacketType.newLeader);
  link.send(quorumPacket(PacketType.ack, zxid));
  await link.awaits(PacketType.upToDate);
  link.send(quorumPacket(PacketType.ack, zxid));
  return link;
}

/** Until LEADERINFO, which it gives. */
export async function startFollowing(link: PacketLink, sid: number): Promise<QuorumPacket> {
  link.send(followerInfo(sid, 0));
  return link.awaits(PacketType.leaderInfo);
}

/** One end of an election connection, with the voice of the server `sid`. */
export class ElectionLink {
  readonly link: ScriptedLink;
  private readonly frames = new Frames(1, 0x7fffffff);

  constructor(link: ScriptedLink) {
    this.link = link;
  }

  /** Dials and says who it is; `port` is where it could be dialled back. */
  static async dial(electionPort: number, sid: number, port = 1): Promise<ElectionLink> {
    const link = await ScriptedLink.dial(electionPort);
    link.send(initialMessage(sid, port));
    return new ElectionLink(link);
  }

  /** A payload behind its length. */
  send(payload: Uint8Array): void {
    this.link.send(framed(payload));
  }

  say(notification: Partial<Notification>): void {
    this.send(encodeNotification({ ...SILENT, ...notification }));
  }

  /** The next notification; undefined once the other side has closed. */
  async next(timeoutMs = PATIENCE_MS): Promise<Notification | undefined> {
    for (;;) {
      if (this.frames.next()) {
        const { bytes, start, end } = this.frames;
        return decodeNotification(bytes.slice(start, end));
      }
      const bytes = await this.link.bytes(timeoutMs);
      if (bytes === undefined) return undefined;
      this.frames.push(bytes);
    }
  }

  close(): void {
    this.link.close();
  }
}

export function initialMessage(sid: number, port: number): Uint8Array {
  return encodeInitialMessage(toServerId(BigInt(sid)), { host: "127.0.0.1", port });
}

export function framed(payload: Uint8Array, length = payload.length): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setInt32(0, length);
  return Buffer.concat([head, payload]);
}

/** Accepts on a port of the loopback and hands each connection out in order. */
export class ScriptedListener {
  private readonly server: Server;
  private readonly waiting: ScriptedLink[] = [];

  private constructor(server: Server) {
    this.server = server;
    server.on("connection", (socket) => this.waiting.push(new ScriptedLink(socket)));
  }

  static async open(port: number): Promise<ScriptedListener> {
    const server = createServer();
    const listener = new ScriptedListener(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return listener;
  }

  /** The oldest connection that was not handed out yet. */
  take(): ScriptedLink | undefined {
    return this.waiting.shift();
  }

  close(): void {
    for (const link of this.waiting) link.close();
    this.server.close();
  }
}

function wokenWithin(timeoutMs: number, what: string, hand: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} within ${timeoutMs} ms`)), timeoutMs);
    hand(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Bytes of no meaning, the same for the same seed. */
export function noise(seed: number, length: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

const SILENT: Notification = {
  state: PeerState.looking,
  leader: toServerId(0n),
  zxid: toZxid(0n),
  electionEpoch: 1n,
  peerEpoch: 0n,
  version: 2,
  config: "",
};
/** How long a script waits for what must come. */
const PATIENCE_MS = 30_000;

import { type ServerId, toServerId } from "../base/ids.ts";
import { NEVER } from "../base/instant.ts";
import {
  type ElectionAddress,
  encodeInitialMessage,
  type InitialMessage,
  InitialMessageReader,
} from "../wire/election/initialMessage.ts";
import { NOTIFICATION_LENGTH_LIMIT } from "../wire/election/messages.ts";
import { Frames } from "../wire/frames.ts";

/** One open connection of the election port. It is known by its identity. */
export interface ElectionLink {
  /** Bytes written that the system has not taken yet. */
  readonly queuedBytes: number;
  /** Copies the bytes. */
  write(bytes: Uint8Array): void;
  /** Closes once everything written has left. Nothing more is heard of the link. */
  close(): void;
}

export interface ConnectionsPort {
  /** Try the addresses, 5 s each. Answered later by `onDialled` or `onDialFailed`; never twice at once for one sid. */
  dial(sid: ServerId, addresses: readonly ElectionAddress[]): void;
  /** One notification. The payload is a view that is valid during the call. */
  received(from: ServerId, payload: Uint8Array): void;
}

export interface ConnectionsSettings {
  readonly sid: ServerId;
  /** This server's own election address, as the configuration spells it: what others dial back. */
  readonly address: ElectionAddress;
  /** Election addresses of all members, observers included. */
  readonly members: ReadonlyMap<ServerId, readonly ElectionAddress[]>;
  /** How long a dialler may take for its initial message: syncLimit ticks by default (peer-protocol 0.4). */
  readonly initialMessageTimeoutMs: number;
}

/**
 * The connections of the election port: one for each pair of servers, the one dialled by the larger sid (peer-protocol 1).
 *
 *   accepted ── initial message ──> sid larger:  kept, it replaces the connection there was
 *                                   sid smaller: closed, so is the connection there was; dialled back
 *                                   own sid, garbage, silence: closed
 *   dialled  ── own initial message written ──> sid smaller: kept
 *                                               sid larger:  closed; it dials back
 *
 * There is no timer for dialling again: only a message to send, `dialUndelivered`, or a smaller sid that dials in starts a
 * dial, and a dial that fails is forgotten.
 *
 * Each peer has room for one undelivered message; a newer one replaces it. The last one handed to a connection is sent
 * once more when a new connection finds nothing waiting, as it may have been lost with the old one.
 * Invariants: a sid has at most one connection and one dial under way. A peer's `link` is a key of `workers`. Peers that
 * are no members are forgotten with their connection.
 */
export class ElectionConnections {
  private readonly settings: ConnectionsSettings;
  private readonly port: ConnectionsPort;
  private readonly initialMessage: Uint8Array;
  /** Accepted, not identified; in the order of their deadlines. */
  private readonly unidentified = new Map<ElectionLink, Unidentified>();
  private readonly workers = new Map<ElectionLink, Worker>();
  private readonly peers = new Map<ServerId, Peer>();
  private readonly dialling = new Set<ServerId>();
  private anonymousSid = -1n;
  private closed = false;

  constructor(settings: ConnectionsSettings, port: ConnectionsPort) {
    this.settings = settings;
    this.port = port;
    this.initialMessage = encodeInitialMessage(settings.sid, settings.address);
  }

  /** Queues the payload of a notification, replacing an undelivered one, and dials when there is no connection. */
  send(to: ServerId, payload: Uint8Array): void {
    if (this.closed || to === this.settings.sid) return;
    const peer = this.peerOf(to);
    peer.queued = payload;
    if (peer.link !== undefined) this.deliver(peer);
    else this.dial(to, this.settings.members.get(to));
    this.forgetStranger(to);
  }

  /** Dials every peer that has a queue and no connection, and tries again what a full connection held back. */
  dialUndelivered(): void {
    for (const [sid, peer] of this.peers) {
      if (peer.link !== undefined) this.deliver(peer);
      else this.dial(sid, this.settings.members.get(sid));
    }
  }

  /** Whether at least one peer has been sent everything meant for it (peer-protocol 2.9). */
  get someDelivered(): boolean {
    for (const peer of this.peers.values()) if (peer.queued === undefined) return true;
    return false;
  }

  /** Sids with a connection in use. */
  get connected(): ServerId[] {
    return [...this.workers.values()].map((worker) => worker.sid);
  }

  onAccepted(link: ElectionLink, nowMs: number): void {
    if (this.closed || this.unidentified.size >= UNIDENTIFIED_LIMIT) {
      link.close();
      return;
    }
    const deadlineMs = nowMs + this.settings.initialMessageTimeoutMs;
    this.unidentified.set(link, { reader: new InitialMessageReader(), deadlineMs });
  }

  onDialled(sid: ServerId, link: ElectionLink): void {
    this.dialling.delete(sid);
    const isMineToKeep = sid < this.settings.sid;
    // A larger sid that has dialled in meanwhile would tear that connection down again for this one.
    const isAnnounced = !this.closed && (isMineToKeep || this.peers.get(sid)?.link === undefined);
    if (isAnnounced) link.write(this.initialMessage);
    if (isAnnounced && isMineToKeep) this.keep(sid, link);
    else link.close();
  }

  onDialFailed(sid: ServerId): void {
    this.dialling.delete(sid);
    this.forgetStranger(sid);
  }

  onBytes(link: ElectionLink, chunk: Uint8Array): void {
    const worker = this.workers.get(link);
    if (worker !== undefined) this.onFrames(worker, chunk);
    else this.onInitialBytes(link, chunk);
  }

  /** The connection ended or failed. Nothing is dialled: see above. */
  onClosed(link: ElectionLink): void {
    this.unidentified.delete(link);
    this.forget(link);
  }

  /** When a silent dialler's time is over. */
  get deadline(): number {
    for (const { deadlineMs } of this.unidentified.values()) return deadlineMs;
    return NEVER;
  }

  onDeadline(nowMs: number): void {
    for (const [link, { deadlineMs }] of this.unidentified) {
      if (deadlineMs > nowMs) return;
      this.unidentified.delete(link);
      link.close();
    }
  }

  /** Closes everything and stays closed. */
  close(): void {
    this.closed = true;
    for (const link of this.unidentified.keys()) link.close();
    for (const link of this.workers.keys()) link.close();
    this.unidentified.clear();
    this.workers.clear();
    this.peers.clear();
  }

  private onInitialBytes(link: ElectionLink, chunk: Uint8Array): void {
    const outcome = this.unidentified.get(link)?.reader.push(chunk);
    if (outcome === undefined || outcome.kind === "incomplete") return;
    this.unidentified.delete(link);
    if (outcome.kind === "refused") link.close();
    else this.onIdentified(link, outcome.message, outcome.rest);
  }

  private onIdentified(link: ElectionLink, { sid: announced, addresses }: InitialMessage, rest: Uint8Array): void {
    const sid = announced === ANONYMOUS ? toServerId(this.anonymousSid--) : announced;
    const stranger = !this.settings.members.has(sid);
    if (sid === this.settings.sid || (stranger && this.strangers >= STRANGER_LIMIT)) {
      link.close();
    } else if (sid > this.settings.sid) {
      this.keep(sid, link);
      this.onBytes(link, rest);
    } else {
      link.close();
      this.drop(this.peers.get(sid)?.link);
      this.dial(sid, addresses.length > 0 ? addresses : this.settings.members.get(sid));
    }
  }

  private onFrames(worker: Worker, chunk: Uint8Array): void {
    const { sid, link, frames } = worker;
    frames.push(chunk);
    // What a frame leads to may end this connection.
    while (this.workers.get(link) === worker && frames.next()) {
      this.port.received(sid, frames.bytes.subarray(frames.start, frames.end));
    }
    if (frames.refusedLength !== undefined && this.workers.get(link) === worker) this.drop(link);
  }

  /** The connection with this peer from now on. */
  private keep(sid: ServerId, link: ElectionLink): void {
    const peer = this.peerOf(sid);
    this.drop(peer.link);
    peer.link = link;
    this.workers.set(link, { sid, link, frames: new Frames(1, NOTIFICATION_LENGTH_LIMIT) });
    this.peers.set(sid, peer);
    peer.queued ??= peer.lastSent;
    this.deliver(peer);
  }

  /** Remembered as sent before it is written: a write may fail without a word (peer-protocol 1.5). */
  private deliver(peer: Peer): void {
    const { link, queued } = peer;
    if (link === undefined || queued === undefined || link.queuedBytes > FULL_BYTES) return;
    peer.lastSent = queued;
    peer.queued = undefined;
    link.write(framed(queued));
  }

  private dial(sid: ServerId, addresses: readonly ElectionAddress[] | undefined): void {
    if (this.closed || addresses === undefined || this.dialling.has(sid)) return;
    this.dialling.add(sid);
    this.port.dial(sid, addresses);
  }

  private drop(link: ElectionLink | undefined): void {
    if (link === undefined) return;
    this.forget(link);
    link.close();
  }

  /**
   * Takes out this connection alone, never the one that has replaced it (peer-protocol 1.6): what was replaced is no worker
   * any more.
   */
  private forget(link: ElectionLink): void {
    const worker = this.workers.get(link);
    if (worker === undefined) return;
    this.workers.delete(link);
    this.peerOf(worker.sid).link = undefined;
    this.forgetStranger(worker.sid);
  }

  private forgetStranger(sid: ServerId): void {
    if (!this.settings.members.has(sid) && this.peers.get(sid)?.link === undefined) this.peers.delete(sid);
  }

  private get strangers(): number {
    let count = 0;
    for (const sid of this.peers.keys()) if (!this.settings.members.has(sid)) count++;
    for (const sid of this.dialling) if (!this.settings.members.has(sid)) count++;
    return count;
  }

  private peerOf(sid: ServerId): Peer {
    const known = this.peers.get(sid);
    if (known !== undefined) return known;
    const peer: Peer = { link: undefined, queued: undefined, lastSent: undefined };
    this.peers.set(sid, peer);
    return peer;
  }
}

interface Unidentified {
  readonly reader: InitialMessageReader;
  readonly deadlineMs: number;
}

interface Worker {
  readonly sid: ServerId;
  readonly link: ElectionLink;
  readonly frames: Frames;
}

interface Peer {
  link: ElectionLink | undefined;
  /** Not handed to a connection yet. */
  queued: Uint8Array | undefined;
  lastSent: Uint8Array | undefined;
}

function framed(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length);
  new DataView(bytes.buffer).setInt32(0, payload.length);
  bytes.set(payload, 4);
  return bytes;
}

/** The sid of an observer without one: it gets a private, negative one (peer-protocol 1.8). */
const ANONYMOUS = 2n ** 63n - 1n;
/** A peer that does not read gets no more than this, plus the newest message once it does. */
const FULL_BYTES = 65_536;
const UNIDENTIFIED_LIMIT = 256;
/** Servers with a sid that no configuration knows: joiners before their reconfiguration, at most this many at a time. */
const STRANGER_LIMIT = 64;

import { concatBytes } from "../../base/bytes.ts";
import type { DiskCommand, DiskEvent } from "../../store/commands.ts";
import type { Random } from "../random.ts";
import type { Cluster } from "../world/cluster.ts";

/** Makes a world that breaks its promises: what the checkers do not find with it, they would not find in a server. */
export type Spoil = (cluster: Cluster, random: Random) => void;

/** Deliberate faults, each of a kind that a wrong server or a wrong disk has had. */
export const SPOILS: Readonly<Record<string, Spoil>> = {
  "a disk whose sync is a lie": (cluster) => {
    for (const { disk } of cluster.nodes) disk.vices.liesAboutSync = true;
  },
  /** ZOOKEEPER-3911, ZOOKEEPER-4646: acknowledged before it is on disk. */
  "a log that is acknowledged before it is written": (cluster) => {
    for (const { disk } of cluster.nodes) disk.vices.answersEarly = true;
  },
  /** ZOOKEEPER-2307: a promise that a restart forgets. */
  "epochs that are not written": (cluster) =>
    pretend(cluster, (command) =>
      command.kind === "saveEpoch" ? [{ kind: "epochSaved", which: command.which, epoch: command.epoch }] : undefined,
    ),
  /** ZOOKEEPER-3642: a leader's tree that is in memory only. */
  "a leader's snapshot that is not written": (cluster) => {
    for (const { disk } of cluster.nodes) disk.vices.pretends = withoutSnapshots();
  },
  "a log that now and then loses a transaction": (cluster, random) =>
    pretend(cluster, (command) => (command.kind === "append" && random.chance(0.01) ? flushed(command) : undefined)),
  "a network that loses a server's events": (cluster) => {
    cluster.network.filter = (bytes, link) => (link.remoteHost.startsWith("c") ? withoutEvents(bytes) : bytes);
  },
  "a network that swaps a server's replies": (cluster) => {
    cluster.network.filter = (bytes, link) => (link.remoteHost.startsWith("c") ? swapped(bytes) : bytes);
  },
  "a network that changes one digit of what is read": (cluster, random) => {
    cluster.network.filter = (bytes, link) =>
      link.remoteHost.startsWith("c") && random.chance(0.02) ? withAnotherDigit(bytes) : bytes;
  },
};

/** One disk's: it drops what belongs to a leader's snapshot, and says that it is saved. */
function withoutSnapshots(): (command: DiskCommand) => readonly DiskEvent[] | undefined {
  let isDropping = false;
  return (command) => {
    if (command.kind === "beginSnapshot") isDropping = command.origin === "leader";
    if (!isDropping) return undefined;
    if (command.kind === "beginSnapshot" || command.kind === "snapshotChunk") return [];
    if (command.kind !== "endSnapshot") return undefined;
    isDropping = false;
    return [{ kind: "snapshotSaved", zxid: command.zxid, origin: "leader", bytes: 0 }];
  };
}

function pretend(cluster: Cluster, pretends: (command: DiskCommand) => readonly DiskEvent[] | undefined): void {
  for (const { disk } of cluster.nodes) disk.vices.pretends = pretends;
}

function flushed(command: Extract<DiskCommand, { kind: "append" }>): readonly DiskEvent[] {
  const last = command.entries.at(-1);
  return last === undefined ? [] : [{ kind: "flushed", zxid: last.zxid, count: command.entries.length, fsyncMs: 0 }];
}

/** A server writes whole frames, several of them at once. */
function framesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + view.getInt32(at);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

function withoutEvents(bytes: Uint8Array): Uint8Array {
  const isEvent = (frame: Uint8Array): boolean =>
    frame[4] === 255 && frame[5] === 255 && frame[6] === 255 && frame[7] === 255;
  return concatBytes(framesOf(bytes).filter((frame) => !isEvent(frame)));
}

function swapped(bytes: Uint8Array): Uint8Array {
  return concatBytes([...framesOf(bytes)].reverse());
}

/** The data of clients is `w` and a number. */
function withAnotherDigit(bytes: Uint8Array): Uint8Array {
  const at = bytes.indexOf(0x77);
  const digit = bytes[at + 1];
  if (at < 0 || digit === undefined || digit < 0x30 || digit > 0x39) return bytes;
  const changed = bytes.slice();
  changed[at + 1] = digit ^ 1;
  return changed;
}

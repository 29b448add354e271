import type { Writer } from "jute-ts";
import { highOf, isGreater, longOf, lowOf } from "../base/long.ts";
import { STAT_BYTES, STAT_PERSISTED_BYTES } from "../wire/client/shared.ts";
import type { Stamp } from "./stamp.ts";

/**
 * A node's numbers at one moment, as the tree stores them, and the forms they take: as clients see them, and as files hold
 * them. Zxids and times are two int32 halves each: as bigints they were the dearest part of preparing
 * a write.
 */
export class NodeStat {
  czxidHigh = 0;
  czxidLow = 0;
  mzxidHigh = 0;
  mzxidLow = 0;
  ctimeHigh = 0;
  ctimeLow = 0;
  mtimeHigh = 0;
  mtimeLow = 0;
  pzxidHigh = 0;
  pzxidLow = 0;
  version = 0;
  /** The creation counter, not what clients see (client-protocol 3.3). */
  cversion = 0;
  aversion = 0;
  /** The owner as it is stored, in halves. */
  ownerHigh = 0;
  ownerLow = 0;
  /** Whether it is a session, which clients see: the marks of containers and TTL nodes are 0 to them (client-protocol 3.3). */
  showsOwner = false;
  /** 0 for null data. */
  dataLength = 0;
  childCount = 0;

  /** As stored: containers and TTL nodes have special values (owners.ts). */
  get ephemeralOwner(): bigint {
    return this.ownerHigh === 0 && this.ownerLow === 0 ? 0n : longOf(this.ownerHigh, this.ownerLow);
  }

  set ephemeralOwner(owner: bigint) {
    this.ownerHigh = highOf(owner);
    this.ownerLow = lowOf(owner);
  }

  copy(): NodeStat {
    const copy = new NodeStat();
    copy.czxidHigh = this.czxidHigh;
    copy.czxidLow = this.czxidLow;
    copy.mzxidHigh = this.mzxidHigh;
    copy.mzxidLow = this.mzxidLow;
    copy.ctimeHigh = this.ctimeHigh;
    copy.ctimeLow = this.ctimeLow;
    copy.mtimeHigh = this.mtimeHigh;
    copy.mtimeLow = this.mtimeLow;
    copy.pzxidHigh = this.pzxidHigh;
    copy.pzxidLow = this.pzxidLow;
    copy.version = this.version;
    copy.cversion = this.cversion;
    copy.aversion = this.aversion;
    copy.ownerHigh = this.ownerHigh;
    copy.ownerLow = this.ownerLow;
    copy.showsOwner = this.showsOwner;
    copy.dataLength = this.dataLength;
    copy.childCount = this.childCount;
    return copy;
  }

  /** czxid, mzxid, pzxid, ctime and mtime of a node that `stamp` makes. */
  create(stamp: Stamp): void {
    this.czxidHigh = stamp.zxidHigh;
    this.czxidLow = stamp.zxidLow;
    this.ctimeHigh = stamp.timeHigh;
    this.ctimeLow = stamp.timeLow;
    this.modify(stamp);
    this.setPzxid(stamp);
  }

  /** mzxid and mtime. */
  modify(stamp: Stamp): void {
    this.mzxidHigh = stamp.zxidHigh;
    this.mzxidLow = stamp.zxidLow;
    this.mtimeHigh = stamp.timeHigh;
    this.mtimeLow = stamp.timeLow;
  }

  setPzxid(stamp: Stamp): void {
    this.pzxidHigh = stamp.zxidHigh;
    this.pzxidLow = stamp.zxidLow;
  }

  /** Never lowers it (on-disk-formats 5.3). */
  raisePzxid(stamp: Stamp): void {
    if (isGreater(stamp.zxidHigh, stamp.zxidLow, this.pzxidHigh, this.pzxidLow)) this.setPzxid(stamp);
  }

  /** Appends the 68 bytes that clients see; cversion is derived (client-protocol 3.3). */
  write(out: Writer): void {
    const at = out.reserve(STAT_BYTES);
    const { view } = out;
    this.writeHead(view, at, at + 16);
    view.setInt32(at + 36, 2 * this.cversion - this.childCount);
    view.setInt32(at + 40, this.aversion);
    view.setInt32(at + 44, this.showsOwner ? this.ownerHigh : 0);
    view.setInt32(at + 48, this.showsOwner ? this.ownerLow : 0);
    view.setInt32(at + 52, this.dataLength);
    view.setInt32(at + 56, this.childCount);
    this.writePzxid(view, at + 60);
  }

  /** Appends the 60 bytes that files hold. */
  writePersisted(out: Writer): void {
    const at = out.reserve(STAT_PERSISTED_BYTES);
    const { view } = out;
    this.writeHead(view, at, at + 16);
    this.writeStored(view, at + 36);
    this.writePzxid(view, at + 52);
  }

  /** czxid and mzxid, and elsewhere ctime, mtime and version. */
  private writeHead(view: DataView, at: number, times: number): void {
    view.setInt32(at, this.czxidHigh);
    view.setInt32(at + 4, this.czxidLow);
    view.setInt32(at + 8, this.mzxidHigh);
    view.setInt32(at + 12, this.mzxidLow);
    view.setInt32(times, this.ctimeHigh);
    view.setInt32(times + 4, this.ctimeLow);
    view.setInt32(times + 8, this.mtimeHigh);
    view.setInt32(times + 12, this.mtimeLow);
    view.setInt32(times + 16, this.version);
  }

  private writeStored(view: DataView, at: number): void {
    view.setInt32(at, this.cversion);
    view.setInt32(at + 4, this.aversion);
    view.setInt32(at + 8, this.ownerHigh);
    view.setInt32(at + 12, this.ownerLow);
  }

  private writePzxid(view: DataView, at: number): void {
    view.setInt32(at, this.pzxidHigh);
    view.setInt32(at + 4, this.pzxidLow);
  }
}

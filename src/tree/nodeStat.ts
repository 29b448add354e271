import type { Writer } from "jute-ts";
import { STAT_BYTES } from "../wire/client/shared.ts";
import { highOf, isGreater, lowOf } from "./long.ts";
import { kindOf } from "./owners.ts";
import type { Stamp } from "./stamp.ts";

/**
 * A node's numbers at one moment, as the tree stores them. Zxids and times are two int32 halves each: as bigints they were
 * the dearest part of preparing a write.
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
  /** As stored: containers and TTL nodes have special values (owners.ts). */
  ephemeralOwner = 0n;
  /** 0 for null data. */
  dataLength = 0;
  childCount = 0;

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
    copy.ephemeralOwner = this.ephemeralOwner;
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

  /** Appends the 68 bytes that clients see; cversion and ephemeralOwner are derived (client-protocol 3.3). */
  write(out: Writer): void {
    const at = out.reserve(STAT_BYTES);
    const { view } = out;
    const owner = this.ephemeralOwner;
    const ownerHigh = owner === 0n ? 0 : highOf(owner);
    const ownerLow = owner === 0n ? 0 : lowOf(owner);
    const showsOwner = kindOf(ownerHigh, ownerLow) === "ephemeral";
    view.setInt32(at, this.czxidHigh);
    view.setInt32(at + 4, this.czxidLow);
    view.setInt32(at + 8, this.mzxidHigh);
    view.setInt32(at + 12, this.mzxidLow);
    view.setInt32(at + 16, this.ctimeHigh);
    view.setInt32(at + 20, this.ctimeLow);
    view.setInt32(at + 24, this.mtimeHigh);
    view.setInt32(at + 28, this.mtimeLow);
    view.setInt32(at + 32, this.version);
    view.setInt32(at + 36, 2 * this.cversion - this.childCount);
    view.setInt32(at + 40, this.aversion);
    view.setInt32(at + 44, showsOwner ? ownerHigh : 0);
    view.setInt32(at + 48, showsOwner ? ownerLow : 0);
    view.setInt32(at + 52, this.dataLength);
    view.setInt32(at + 56, this.childCount);
    view.setInt32(at + 60, this.pzxidHigh);
    view.setInt32(at + 64, this.pzxidLow);
  }

  /** The 60 bytes of the node's digest, where pzxid stands third (on-disk-formats 7.1). */
  writeDigestBlock(view: DataView): void {
    const owner = this.ephemeralOwner;
    view.setInt32(0, this.czxidHigh);
    view.setInt32(4, this.czxidLow);
    view.setInt32(8, this.mzxidHigh);
    view.setInt32(12, this.mzxidLow);
    view.setInt32(16, this.pzxidHigh);
    view.setInt32(20, this.pzxidLow);
    view.setInt32(24, this.ctimeHigh);
    view.setInt32(28, this.ctimeLow);
    view.setInt32(32, this.mtimeHigh);
    view.setInt32(36, this.mtimeLow);
    view.setInt32(40, this.version);
    view.setInt32(44, this.cversion);
    view.setInt32(48, this.aversion);
    view.setInt32(52, owner === 0n ? 0 : highOf(owner));
    view.setInt32(56, owner === 0n ? 0 : lowOf(owner));
  }
}

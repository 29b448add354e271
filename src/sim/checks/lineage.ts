import { equalBytes } from "../../base/bytes.ts";
import { counterOf, toZxid, type Zxid } from "../../base/zxid.ts";
import type { DiskCommand } from "../../store/commands.ts";
import { PacketType } from "../../wire/peer/packets.ts";
import type { TxnBytes } from "../../wire/txnValue.ts";
import type { Cluster, ClusterWatcher } from "../world/cluster.ts";
import type { Node } from "../world/node.ts";
import { type TappedPacket, zxidText } from "../world/wiretap.ts";

/**
 * Every transaction that was ever logged anywhere, and which one its proposer had logged before it: the history behind a
 * transaction is known although its server got it as a whole tree.
 */
export class Lineage implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly links = new Map<Zxid, Link>();
  private readonly last = new Map<Node, Zxid>();
  /** The transaction that zxid(epoch, 0) stands for: a new leader's tree is named so, and so it is sent. */
  private readonly named = new Map<Zxid, Zxid>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  booted(node: Node): void {
    this.last.delete(node);
  }

  diskAsked(node: Node, command: DiskCommand): void {
    if (command.kind === "append") for (const entry of command.entries) this.logged(node, entry);
    if (command.kind === "truncate") this.last.set(node, command.zxid);
    if (command.kind === "endSnapshot" && command.zxid > this.lastOf(node)) this.last.set(node, command.zxid);
  }

  packet({ from, packet }: TappedPacket): void {
    const zxid = toZxid(packet.zxid);
    if (packet.type !== PacketType.snap || counterOf(zxid) !== 0) return;
    const node = this.cluster.nodes.find(({ host }) => host === from);
    let last = node === undefined ? undefined : this.lastOf(node);
    // What the sender has proposed meanwhile is not in the tree.
    while (last !== undefined && last > zxid) last = this.links.get(last)?.previous;
    if (last !== undefined) this.named.set(zxid, this.transaction(last));
  }

  /** A leader begins its epoch with `last`. */
  begins(zxid: Zxid, last: Zxid): void {
    this.named.set(zxid, this.transaction(last));
  }

  /** The transaction that a zxid stands for. */
  transaction(zxid: Zxid): Zxid {
    return this.named.get(zxid) ?? zxid;
  }

  /** The transactions in (after, upTo], in order; undefined: nobody knows. */
  history(after: Zxid, upTo: Zxid): readonly TxnBytes[] | undefined {
    const found: TxnBytes[] = [];
    for (let zxid = this.transaction(upTo); zxid > after; ) {
      const link = this.links.get(zxid);
      if (link === undefined) return undefined;
      found.push({ zxid, bytes: link.bytes });
      zxid = this.transaction(link.previous);
    }
    return found.reverse();
  }

  /**
   * The proposer logs first: what is known of a zxid is by its word. Equal zxids are equal transactions [Z2], but for a server
   * alone: what it lost unsynced it may number again.
   */
  private logged(node: Node, { zxid, bytes }: TxnBytes): void {
    const known = this.links.get(zxid);
    if (known === undefined || this.cluster.nodes.length === 1)
      this.links.set(zxid, { bytes: bytes.slice(), previous: this.lastOf(node) });
    else if (!equalBytes(known.bytes, bytes)) {
      this.cluster.fail(`server ${node.id} logs ${zxidText(zxid)}, and it is another transaction [Z2]`);
    }
    this.last.set(node, zxid);
  }

  private lastOf(node: Node): Zxid {
    return this.last.get(node) ?? node.disk.durable ?? toZxid(0n);
  }
}

interface Link {
  readonly bytes: Uint8Array;
  readonly previous: Zxid;
}

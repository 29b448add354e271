import { equalBytes } from "../../base/bytes.ts";
import { counterOf, type Epoch, epochOf, toZxid, type Zxid } from "../../base/zxid.ts";
import { Database } from "../../server/database.ts";
import type { Server } from "../../server/server.ts";
import type { Upstream } from "../../server/upstream.ts";
import type { DiskEvent } from "../../store/commands.ts";
import { readEpoch } from "../../store/epochFiles.ts";
import { IntData, PacketType } from "../../wire/peer/packets.ts";
import { decodeTxn } from "../../wire/txnCodec.ts";
import type { TxnBytes } from "../../wire/txnValue.ts";
import { CommittedLog } from "../../zab/committedLog.ts";
import type { Cluster, ClusterWatcher } from "../world/cluster.ts";
import type { Node } from "../world/node.ts";
import { type TappedPacket, zxidText } from "../world/wiretap.ts";
import { Lineage } from "./lineage.ts";
import { Model } from "./model.ts";

/**
 * What holds among servers at every moment (reliability 3, peer-protocol 8.1). The names in brackets are of that table.
 *
 * The one history is what servers apply while they serve clients: the first to apply a zxid defines it, all others must
 * apply the same bytes there, in order and without a hole [Z1-Z6, Z13]. A server that begins to serve must have all of it
 * up to its zxid, which the digest of its tree proves [Z7, Z15, Z20].
 */
export class Replication implements ClusterWatcher {
  readonly model: Model;
  private readonly cluster: Cluster;
  private readonly lineage: Lineage;
  private readonly reference = new Database(new CommittedLog());
  private readonly history = new Map<Zxid, Uint8Array>();
  private readonly order: Zxid[] = [];
  private readonly digests: { readonly zxid: Zxid; readonly digest: bigint }[] = [];
  private readonly serving = new Map<Node, Serving>();
  private readonly leaders = new Map<Epoch, string>();
  private readonly durable = new Map<Node, Durable>();
  private boots = 0;
  private pretended: Zxid | undefined;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.lineage = new Lineage(cluster);
    cluster.watch(this.lineage);
    this.model = new Model((what) => cluster.fail(what));
    this.digests.push({ zxid: MIN, digest: this.reference.tree.digest });
  }

  /** An empty tree stands at `last` without any history: for a scenario that begins near the end of an epoch. */
  pretend(last: Zxid): void {
    this.pretended = last;
    this.lineage.begins(last, toZxid(0n));
  }

  /** The newest transaction that any server has served. */
  get lastZxid(): Zxid {
    return this.order.at(-1) ?? toZxid(0n);
  }

  booted(node: Node): void {
    this.serving.delete(node);
    this.durable.set(node, { boot: ++this.boots, flushed: undefined });
    this.checkEpochFiles(node);
  }

  diskAnswered(node: Node, event: DiskEvent): void {
    const durable = this.durable.get(node);
    if (durable !== undefined && event.kind === "flushed") durable.flushed = event.zxid;
    if (durable !== undefined && event.kind === "truncated") durable.flushed = undefined;
    if (event.kind === "epochSaved") this.checkEpochFiles(node);
  }

  afterTurn(node: Node, server: Server, died: boolean): void {
    this.checkLeader(node, server);
    const { home } = server;
    if (home.database.tree.digestMismatches > 0) this.fail(`server ${node.id} met a digest that is not its tree's`);
    if (home.currentEpoch > home.acceptedEpoch) this.fail(`server ${node.id}: currentEpoch above acceptedEpoch [Z9]`);
    const { serving: upstream } = home.clients;
    if (upstream === undefined) this.serving.delete(node);
    else this.checkServing(node, server, upstream, died);
  }

  /** [Z12]: what a follower acknowledges is on its disk; before it acknowledges NEWLEADER so is the epoch. */
  packet({ from, packet }: TappedPacket): void {
    const node = this.cluster.nodes.find(({ host }) => host === from);
    if (node === undefined || node.isObserver) return;
    const zxid = toZxid(packet.zxid);
    if (packet.type === PacketType.ackEpoch) this.checkPromise(node, packet.data);
    if (packet.type !== PacketType.ack) return;
    const { flushed } = this.durable.get(node) ?? {};
    if (counterOf(zxid) === 0) {
      const current = readEpoch(node.disk.files, "currentEpoch");
      if (current !== epochOf(zxid))
        this.fail(`server ${node.id} acks epoch ${epochOf(zxid)}; its file says ${current}`);
    } else if (flushed === undefined || flushed < zxid) {
      this.fail(`server ${node.id} acks ${zxidText(zxid)} before it is on disk [Z12]`);
    }
  }

  /** All running servers stand at the same transaction with the same tree and the same sessions. */
  differences(): readonly string[] {
    const states = this.cluster.nodes.flatMap((node) => {
      const { server } = node;
      if (server === undefined || server.home.clients.serving === undefined)
        return [`server ${node.id} does not serve`];
      const { tree, sessions } = server.home.database;
      if (this.ordinary(tree.lastProcessedZxid) !== this.lastZxid) {
        return [`server ${node.id} is at ${zxidText(tree.lastProcessedZxid)}, not ${zxidText(this.lastZxid)}`];
      }
      const known = [...this.model.sessions.keys()].sort().join();
      if ([...sessions.keys()].sort().join() !== known) return [`server ${node.id} has other sessions`];
      return tree.digest === this.digestAt(this.lastZxid) ? [] : [`server ${node.id} has another tree`];
    });
    return states;
  }

  /** The newest transaction that is <= `zxid`: zxid(epoch, 0) belongs to none. */
  private ordinary(zxid: Zxid): Zxid {
    return counterOf(zxid) === 0 ? (this.order.findLast((known) => known <= zxid) ?? toZxid(0n)) : zxid;
  }

  /** [Z8] */
  private checkLeader(node: Node, { peer }: Server): void {
    if (peer.role.kind !== "leading" || !peer.role.leading.leader.isEstablished || this.cluster.nodes.length === 1)
      return;
    const { epoch } = peer.role.leading.leader;
    if (epoch === undefined) return this.fail(`server ${node.id} leads without an epoch`);
    const name = `${node.id} in its run ${this.durable.get(node)?.boot}`;
    const known = this.leaders.get(epoch);
    if (known === undefined) this.leaders.set(epoch, name);
    else if (known !== name) this.fail(`server ${name} leads epoch ${epoch}, so does server ${known} [Z8]`);
  }

  /** Whoever died in the middle of a turn may have applied a transaction and not yet kept its bytes. */
  private checkServing(node: Node, server: Server, upstream: Upstream, died: boolean): void {
    const { home } = server;
    const { tree } = home.database;
    const { committedLog } = home;
    const zxid = tree.lastProcessedZxid;
    const known = this.serving.get(node);
    if (known?.upstream === upstream && known.zxid === zxid) return;
    const isGoingOn = known?.upstream === upstream;
    if (isGoingOn && zxid < known.zxid) this.fail(`server ${node.id} went back to ${zxidText(zxid)} [Z3]`);
    if (!isGoingOn) this.begins(node, server);
    const after = isGoingOn ? known.zxid : toZxid(MIN);
    const entries = committedLog.after(after).filter((entry) => entry.zxid <= zxid);
    for (const entry of entries) this.applied(node, entry);
    if (died && !this.history.has(zxid)) return;
    if (isGoingOn && entries.at(-1)?.zxid !== zxid && zxid !== this.pretended)
      this.fail(`server ${node.id}: ${zxidText(zxid)} is not in its log`);
    if (counterOf(zxid) !== 0 && !this.history.has(zxid) && zxid !== this.pretended) {
      this.fail(`server ${node.id} serves ${zxidText(zxid)}, which nobody committed`);
    }
    if (tree.digest !== this.digestAt(zxid)) this.fail(`server ${node.id} has another tree at ${zxidText(zxid)} [Z1]`);
    this.serving.set(node, { upstream, zxid });
  }

  /** Who begins to serve makes all of its history the history, also what it got as a whole tree. */
  private begins(node: Node, { home, peer }: Server): void {
    const { lastProcessedZxid } = home.database.tree;
    const isNewLeader = peer.role.kind === "leading" && counterOf(lastProcessedZxid) === 0;
    if (isNewLeader) this.lineage.begins(lastProcessedZxid, home.journal.lastLogged);
    const history = this.lineage.history(this.lastZxid, lastProcessedZxid);
    if (history === undefined) {
      return this.fail(`server ${node.id} serves ${zxidText(lastProcessedZxid)}, which nobody logged`);
    }
    for (const entry of history) this.applied(node, entry);
  }

  private applied(node: Node, { zxid, bytes }: TxnBytes): void {
    const known = this.history.get(zxid);
    if (known !== undefined) {
      if (!equalBytes(known, bytes)) this.fail(`server ${node.id} has another transaction ${zxidText(zxid)} [Z2]`);
      return;
    }
    const { lastZxid } = this;
    const isNext =
      zxid === lastZxid + 1n ||
      (epochOf(zxid) > epochOf(lastZxid) && (counterOf(zxid) === 1 || zxid - 1n === this.pretended));
    if (!isNext && this.order.length > 0) {
      return this.fail(`server ${node.id} applies ${zxidText(zxid)} after ${zxidText(lastZxid)} [Z6, Z13]`);
    }
    this.checkQuorum(zxid);
    const copy = bytes.slice();
    const txn = decodeTxn(copy);
    this.history.set(zxid, copy);
    this.order.push(zxid);
    this.model.apply(txn);
    this.reference.apply(txn);
    if (this.reference.tree.digestMismatches > 0)
      this.fail(`${zxidText(zxid)} carries a digest that is not the tree's`);
    this.digests.push({ zxid, digest: this.reference.tree.digest });
  }

  /** [Z11]: what is served is on the disks of more than half of the voters, whether they run or not. */
  private checkQuorum(zxid: Zxid): void {
    const voters = this.cluster.nodes.filter((node) => !node.isObserver);
    const having = voters.filter(({ disk }) => disk.durable !== undefined && disk.durable >= zxid);
    if (2 * having.length > voters.length) return;
    this.fail(`${zxidText(zxid)} is served and on the disks of ${having.length} of ${voters.length} voters only [Z11]`);
  }

  /** Of the tree after the newest transaction <= `zxid`. */
  private digestAt(zxid: bigint): bigint | undefined {
    for (let i = this.digests.length - 1; i >= 0; i--) {
      const entry = this.digests[i];
      if (entry !== undefined && entry.zxid <= zxid) return entry.digest;
    }
    return undefined;
  }

  /** [Z9] on disk, at every instant. */
  private checkEpochFiles(node: Node): void {
    const { files } = node.disk;
    const accepted = readEpoch(files, "acceptedEpoch");
    const current = readEpoch(files, "currentEpoch");
    if (current !== undefined && (accepted ?? -1) < current) {
      this.fail(`server ${node.id} has currentEpoch ${current} and acceptedEpoch ${accepted} on disk [Z9]`);
    }
  }

  /** No ACKEPOCH before the epoch is on disk [Z10]. */
  private checkPromise(node: Node, data: Uint8Array | null): void {
    const accepted = readEpoch(node.disk.files, "acceptedEpoch");
    const current = data === null ? -1 : IntData.decode(data).value;
    if (accepted === undefined || accepted <= current) {
      this.fail(`server ${node.id} promises an epoch; its file says ${accepted}, current ${current} [Z10]`);
    }
  }

  private fail(what: string): void {
    this.cluster.fail(what);
  }
}

interface Serving {
  readonly upstream: Upstream;
  readonly zxid: Zxid;
}

interface Durable {
  readonly boot: number;
  /** The last zxid of this run known to be synced. */
  flushed: Zxid | undefined;
}

const MIN = toZxid(-(2n ** 63n));

import type { SessionId } from "../../base/ids.ts";
import { epochOf, toZxid } from "../../base/zxid.ts";
import { Err, EventType } from "../../wire/client/numbers.ts";
import type { Stat } from "../../wire/client/shared.ts";
import type { Txn } from "../../wire/txnValue.ts";
import type { Call, Fired, SimClient } from "../world/client.ts";
import { type Answer, isWrite, opText, resultTypeOf } from "../world/clientOps.ts";
import type { Cluster, ClusterWatcher } from "../world/cluster.ts";
import type { Watch } from "../world/watchTable.ts";
import { zxidText } from "../world/wiretap.ts";
import type { Model, ModelNode } from "./model.ts";

/**
 * What ZooKeeper promises to clients (reliability 8), checked at every answer against the model of the one history: a write
 * is the transaction at the zxid of its reply, once, behind all that were answered before it was asked; a read is the
 * model at that zxid, all of Stat included; zxids of a session never go back, on whatever server; an event comes before any
 * reply that knows of the change. That replies come in the order of requests is the client's own check.
 */
export class Histories implements ClusterWatcher {
  /** Writes with success, for whoever wants to see that a run did something. */
  writes = 0;
  reads = 0;
  /** The highest zxid of any answered write, and what it was when each call began. */
  private highest = 0n;
  private readonly floors = new Map<Call, bigint>();
  private readonly cluster: Cluster;
  private readonly model: Model;
  private readonly seen = new Map<SessionId, bigint>();
  private readonly over = new Set<SessionId>();
  /** Per session and xid, the zxid of the transaction it became: at most one [S6]. */
  private readonly done = new Map<string, bigint>();

  constructor(cluster: Cluster, model: Model) {
    this.cluster = cluster;
    this.model = model;
  }

  started(call: Call): void {
    if (isWrite(call.op) || call.op.kind === "sync") this.floors.set(call, this.highest);
  }

  lost(_client: SimClient, calls: readonly Call[]): void {
    for (const call of calls) this.floors.delete(call);
  }

  answered(call: Call, answer: Answer): void {
    if (!this.endsLocal(call)) this.checkFloor(call, answer);
    this.forward(call.client, answer.zxid, opText(call.op));
    if (this.over.has(call.sessionId)) this.fail(call, "is answered after its session ended");
    if (this.endsLocal(call)) this.floors.delete(call);
    else if (isWrite(call.op)) this.checkWrite(call, answer);
    else this.checkRead(call, answer);
    this.checkWatches(call.client, answer.zxid);
    if (call.op.kind === "close" && answer.err === 0) this.over.add(call.sessionId);
  }

  fired(client: SimClient, event: Fired): void {
    // What setWatches found; it may tell of one node twice, once for each list (client-protocol 6.5).
    if (event.zxid === -1n) return;
    if (client.watches.heard(event).length === 0) this.cluster.fail(`${client.name} hears of ${event.path} unasked`);
    this.forward(client, event.zxid, "event");
    const watches = client.watches.heard(event);
    const due = watches.some((watch) => this.dueZxid(watch, event.zxid) === event.zxid);
    if (!due)
      this.cluster.fail(`${client.name} hears of ${event.path} at ${zxidText(event.zxid)}: nothing happened there`);
    this.checkWatches(client, event.zxid - 1n);
  }

  rewatched(client: SimClient, zxid: bigint, relativeZxid: bigint): void {
    this.forward(client, zxid, "setWatches");
    for (const watch of client.watches.all()) {
      const node = this.model.at(watch.path, zxid);
      if (!isUnchanged(watch, node, relativeZxid)) {
        this.cluster.fail(`${client.name} was not told of ${watch.path} (${watch.kind}) by setWatches`);
      }
    }
  }

  /** Of a world at rest: how many watches the clients of a server believe they have, and what the server has. */
  watchDifferences(): readonly string[] {
    return this.cluster.nodes.flatMap(({ id, host, server }) => {
      const clients = this.cluster.clients.filter((client) => client.isOpen && client.server === host);
      const believed = clients.reduce((sum, { watches }) => sum + watches.serverSide, 0);
      const kept = server?.home.clients.watches.watchCount;
      return kept === believed ? [] : [`server ${id} has ${kept} watches, its clients ${believed}`];
    });
  }

  /** [S5] */
  private forward(client: SimClient, zxid: bigint, what: string): void {
    const before = this.seen.get(client.sessionId) ?? 0n;
    if (zxid < before && zxid >= 0n) {
      this.cluster.fail(`${client.name} went back from ${zxidText(before)} to ${zxidText(zxid)} (${what})`);
    }
    if (zxid > before) this.seen.set(client.sessionId, zxid);
  }

  /**
   * A write comes behind every write that was answered before it was asked for. So does what a sync lets its client see,
   * unless the leader changed meanwhile: it is not asked of a quorum (reliability 8).
   */
  private checkFloor(call: Call, { zxid }: Answer): void {
    const floor = this.floors.get(call);
    this.floors.delete(call);
    if (floor === undefined) return;
    const isLate = isWrite(call.op) ? zxid <= floor : zxid < floor && epochOf(toZxid(zxid)) === epochOf(toZxid(floor));
    if (isLate) this.fail(call, `is at ${zxidText(zxid)}; ${zxidText(floor)} was answered before it was asked`);
    if (isWrite(call.op) && zxid > this.highest) this.highest = zxid;
  }

  private checkWrite(call: Call, answer: Answer): void {
    const txn = this.model.txns.get(toZxid(answer.zxid));
    const mine = txn !== undefined && txn.clientId === call.sessionId && txn.cxid === call.xid;
    if (!mine) return this.fail(call, `is no transaction at ${zxidText(answer.zxid)}`);
    const key = `${call.sessionId} ${call.xid}`;
    if (this.done.has(key)) this.fail(call, "was done twice [S6]");
    this.done.set(key, answer.zxid);
    if (answer.err === 0) this.writes++;
    this.checkOutcome(call, answer, txn);
  }

  /** The end of a session that no transaction made is none. */
  private endsLocal({ op, sessionId }: Call): boolean {
    if (op.kind !== "close") return false;
    return ![...this.model.txns.values()].some(({ clientId, body }) => clientId === sessionId && body.type === -10);
  }

  private checkOutcome(call: Call, answer: Answer, { body }: Txn): void {
    const { op } = call;
    if (op.kind === "multi")
      return this.checkMulti(call, answer, body.type === 14 && !body.txns.some((sub) => sub.type === -1));
    if (answer.err !== 0) {
      const logged = body.type === -1 ? body.err : 0;
      // A learner tells why its local session is unknown to the leader (client-protocol 4.8).
      const isTold = answer.err === Err.ephemeralOnLocalSession && logged === Err.sessionExpired;
      if (logged !== answer.err && !isTold) this.fail(call, `answered ${answer.err}, logged ${body.type}`);
      return;
    }
    if (op.kind !== "close" && !TYPES[op.kind]?.includes(body.type)) this.fail(call, `became type ${body.type}`);
    if (op.kind === "set") this.checkStat(call, this.model.at(op.path, answer.zxid), answer.stat);
    if (op.kind !== "create" || typeof answer.path !== "string") return;
    const node = this.model.at(answer.path, answer.zxid);
    if (node?.czxid !== answer.zxid || node.text !== op.text) this.fail(call, `made another node ${answer.path}`);
    if (op.stat) this.checkStat(call, node, answer.stat);
  }

  private checkMulti(call: Call, { results }: Answer, worked: boolean): void {
    if (call.op.kind !== "multi") return;
    const failed = results?.some(({ type }) => type === opcodeError) ?? false;
    if (failed === worked) this.fail(call, `answered ${failed ? "an error" : "success"}, logged the other`);
    if (results?.length !== call.op.ops.length) this.fail(call, `has ${results?.length} results`);
    if (failed) return;
    call.op.ops.forEach((op, index) => {
      if (results?.[index]?.type !== resultTypeOf(op))
        this.fail(call, `has a result of type ${results?.[index]?.type}`);
    });
  }

  private checkRead(call: Call, answer: Answer): void {
    this.reads++;
    const { op } = call;
    if (op.kind === "sync") return;
    if (!("path" in op)) return;
    const node = this.model.at(op.path, answer.zxid);
    if (node === undefined) {
      if (answer.err !== Err.noNode) this.fail(call, `found a node at ${zxidText(answer.zxid)} where there is none`);
      return;
    }
    if (answer.err !== 0)
      return this.fail(call, `answered ${answer.err} at ${zxidText(answer.zxid)}; the node is there`);
    this.checkStat(call, node, answer.stat);
    if (op.kind === "get" && answer.text !== node.text) this.fail(call, `read ${answer.text}, not ${node.text}`);
    const children = answer.children?.toSorted().join();
    if (op.kind === "children" && children !== [...node.children].sort().join())
      this.fail(call, `saw children ${children}`);
  }

  private checkStat(call: Call, node: ModelNode | undefined, stat: Stat | undefined): void {
    if (node === undefined || stat === undefined) return this.fail(call, "has no Stat, or no node");
    const expected = {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: node.cversion,
      aversion: 0,
      ephemeralOwner: node.owner,
      dataLength: node.text.length,
      numChildren: node.children.size,
      pzxid: node.pzxid,
    };
    const shown = text({ ...stat });
    if (shown !== text(expected)) this.fail(call, `has Stat ${shown}, not ${text(expected)}`);
  }

  /** No watch may have been due at or before `zxid`: its event would have come first. */
  private checkWatches(client: SimClient, zxid: bigint): void {
    for (const watch of client.watches.all()) {
      const due = this.dueZxid(watch, zxid);
      if (due === undefined) continue;
      const at = `${zxidText(due)}, at ${zxidText(zxid)}`;
      this.cluster.fail(`${client.name} was not told of ${watch.path} (${watch.kind}) at ${at}`);
    }
  }

  private dueZxid({ kind, path, sinceZxid }: Watch, upTo: bigint): bigint | undefined {
    return this.model.firstChange(path, FIRES[kind], sinceZxid, upTo)?.zxid;
  }

  private fail(call: Call, what: string): void {
    this.cluster.fail(`${call.client.name}, request ${call.xid} (${opText(call.op)}) ${what}`);
  }
}

/** What setWatches finds nothing to tell about (client-protocol 6.5). */
function isUnchanged({ kind }: Watch, node: ModelNode | undefined, relativeZxid: bigint): boolean {
  switch (kind) {
    case "exist":
      return node === undefined;
    case "data":
      return node !== undefined && node.mzxid <= relativeZxid;
    case "child":
      return node !== undefined && node.pzxid <= relativeZxid;
  }
}

function text(value: object): string {
  return JSON.stringify(value, (_key, field: unknown) => (typeof field === "bigint" ? `${field}n` : field));
}

const FIRES = {
  data: [EventType.nodeDataChanged, EventType.nodeDeleted],
  exist: [EventType.nodeCreated, EventType.nodeDataChanged, EventType.nodeDeleted],
  child: [EventType.nodeChildrenChanged, EventType.nodeDeleted],
} as const;
const opcodeError = -1;
const TYPES: Readonly<Record<string, readonly number[]>> = { create: [1, 15, 19, 21], delete: [2], set: [5] };

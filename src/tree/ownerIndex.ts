import { type SessionId, toSessionId } from "../base/ids.ts";
import { NO_NODE, type NodeRef, type NodeTable } from "./nodeTable.ts";
import { kindOf, type NodeKind } from "./owners.ts";
import { ownerOf } from "./stats.ts";

/**
 * Ephemerals by session, containers and TTL nodes each by themselves: lists threaded through the nodes. The newest node comes
 * first.
 */
export class OwnerIndex {
  /** Ephemerals of all sessions. */
  ephemerals = 0;
  private readonly table: NodeTable;
  private readonly sessions = new Map<SessionId, NodeRef>();
  private containers: NodeRef = NO_NODE;
  private ttls: NodeRef = NO_NODE;

  constructor(table: NodeTable) {
    this.table = table;
  }

  /** Adds a node whose owner is set. */
  add(ref: NodeRef): void {
    const kind = this.kind(ref);
    if (kind === "persistent") return;
    const head = this.head(kind, ref);
    if (head !== NO_NODE) {
      this.table.setOwnerNext(ref, head);
      this.table.setOwnerPrevious(head, ref);
    }
    this.setHead(kind, ref, ref);
    if (kind === "ephemeral") this.ephemerals++;
  }

  remove(ref: NodeRef): void {
    const kind = this.kind(ref);
    if (kind === "persistent") return;
    const next = this.table.ownerNext(ref);
    const previous = this.table.ownerPrevious(ref);
    if (next !== NO_NODE) this.table.setOwnerPrevious(next, previous);
    if (previous === NO_NODE) this.setHead(kind, ref, next);
    else this.table.setOwnerNext(previous, next);
    if (kind === "ephemeral") this.ephemerals--;
  }

  ephemeralsOf(session: SessionId): readonly NodeRef[] {
    return this.listed(this.sessions.get(session) ?? NO_NODE);
  }

  /** Sessions that own ephemerals. */
  owners(): readonly SessionId[] {
    return [...this.sessions.keys()];
  }

  containerNodes(): readonly NodeRef[] {
    return this.listed(this.containers);
  }

  ttlNodes(): readonly NodeRef[] {
    return this.listed(this.ttls);
  }

  private listed(head: NodeRef): readonly NodeRef[] {
    const refs: NodeRef[] = [];
    for (let ref = head; ref !== NO_NODE; ref = this.table.ownerNext(ref)) refs.push(ref);
    return refs;
  }

  private kind(ref: NodeRef): NodeKind {
    return kindOf(this.table.ownerHigh(ref), this.table.ownerLow(ref), this.table.emulates353);
  }

  private session(ref: NodeRef): SessionId {
    return toSessionId(ownerOf(this.table, ref));
  }

  private head(kind: NodeKind, ref: NodeRef): NodeRef {
    if (kind === "container") return this.containers;
    if (kind === "ttl") return this.ttls;
    return this.sessions.get(this.session(ref)) ?? NO_NODE;
  }

  private setHead(kind: NodeKind, member: NodeRef, head: NodeRef): void {
    if (kind === "container") this.containers = head;
    else if (kind === "ttl") this.ttls = head;
    else if (head === NO_NODE) this.sessions.delete(this.session(member));
    else this.sessions.set(this.session(member), head);
  }
}

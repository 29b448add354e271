import type { Zxid } from "../base/zxid.ts";
import { type Stamp, stampOf } from "../tree/stamp.ts";
import { Err } from "../wire/client/numbers.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { ChangeRecord } from "./changeRecord.ts";
import type { Pending } from "./pending.ts";
import type { AclRules, CommittedView, PrepareOptions, PrepareRequest, SessionView } from "./request.ts";

/** What preparing has at hand, whatever the request. */
export interface PrepareParts {
  readonly view: CommittedView;
  readonly pending: Pending;
  readonly sessions: SessionView;
  readonly rules: AclRules;
  readonly options: PrepareOptions;
}

/** One request being prepared: what the handler of each op may ask. Its checks answer with an error code, 0 for none. */
export class Preparation {
  readonly request: PrepareRequest;
  readonly zxid: Zxid;
  /** What the nodes that the transaction changes are marked with. */
  readonly stamp: Stamp;
  private readonly parts: PrepareParts;

  constructor(parts: PrepareParts, request: PrepareRequest, zxid: Zxid, timeMs: bigint) {
    this.parts = parts;
    this.request = request;
    this.zxid = zxid;
    this.stamp = stampOf(zxid, timeMs);
  }

  get view(): CommittedView {
    return this.parts.view;
  }

  get pending(): Pending {
    return this.parts.pending;
  }

  get sessions(): SessionView {
    return this.parts.sessions;
  }

  get options(): PrepareOptions {
    return this.parts.options;
  }

  /** The leader's check of the session, first step of nearly every op (client-protocol 3.1). */
  checkSession(): number {
    const { sessionId, owner } = this.request;
    if (this.sessions.state(sessionId) !== "live") return Err.sessionExpired;
    return this.sessions.checkOwner(sessionId, owner) ? Err.ok : Err.sessionMoved;
  }

  /** Ephemeral nodes need a session that the whole ensemble knows. `upgradable`: one that it does not know could have become one. */
  checkGlobalSession(upgradable: boolean): number {
    const { sessionId } = this.request;
    if (this.sessions.state(sessionId) !== "live") return Err.sessionExpired;
    if (this.sessions.isGlobal(sessionId)) return this.checkSession();
    return upgradable && this.sessions.isLocalHere(sessionId) ? Err.ephemeralOnLocalSession : Err.sessionExpired;
  }

  permits(node: ChangeRecord, permission: number): boolean {
    return this.parts.rules.permits(node.acl, permission, this.request.identities);
  }

  fixUpAcl(acl: readonly ACL[] | null): readonly ACL[] | number {
    return this.parts.rules.fixUp(acl, this.request.identities);
  }
}

/** Version -1 matches everything, any other number only itself (client-protocol 3.6). */
export function matchesVersion(expected: number, current: number): boolean {
  return expected === -1 || expected === current;
}

/** One more, in 32 bits. */
export function nextVersion(current: number): number {
  return (current + 1) | 0;
}

import type { SessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import { Err } from "../wire/client/numbers.ts";
import type { ACL, Id } from "../wire/client/shared.ts";
import type { ChangeRecord, Pending } from "./pending.ts";
import type { AclRules, CommittedView, PrepareOptions, PrepareRequest, SessionView } from "./request.ts";

/** One request being prepared: what the handler of each op may ask. Its checks answer with an error code, 0 for none. */
export class Preparation {
  readonly view: CommittedView;
  readonly pending: Pending;
  readonly sessions: SessionView;
  readonly rules: AclRules;
  readonly options: PrepareOptions;
  readonly sessionId: SessionId;
  readonly identities: readonly Id[];
  readonly owner: unknown;
  readonly zxid: Zxid;
  /** Wall clock. */
  readonly timeMs: bigint;

  constructor(
    view: CommittedView,
    pending: Pending,
    sessions: SessionView,
    rules: AclRules,
    options: PrepareOptions,
    request: PrepareRequest,
    zxid: Zxid,
    timeMs: bigint,
  ) {
    this.view = view;
    this.pending = pending;
    this.sessions = sessions;
    this.rules = rules;
    this.options = options;
    this.sessionId = request.sessionId;
    this.identities = request.identities;
    this.owner = request.owner;
    this.zxid = zxid;
    this.timeMs = timeMs;
  }

  /** The leader's check of the session, first step of nearly every op (client-protocol 3.1). */
  checkSession(): number {
    if (this.sessions.state(this.sessionId) !== "live") return Err.sessionExpired;
    return this.sessions.checkOwner(this.sessionId, this.owner) ? Err.ok : Err.sessionMoved;
  }

  /** Ephemeral nodes need a session that the whole ensemble knows. */
  checkGlobalSession(): number {
    if (this.sessions.state(this.sessionId) !== "live" || !this.sessions.isGlobal(this.sessionId)) {
      return Err.sessionExpired;
    }
    return this.checkSession();
  }

  permits(node: ChangeRecord, permission: number): boolean {
    return this.rules.permits(node.acl, permission, this.identities);
  }

  fixUpAcl(acl: readonly ACL[] | null): readonly ACL[] | number {
    return this.rules.fixUp(acl, this.identities);
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

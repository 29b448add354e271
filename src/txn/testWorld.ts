import { NO_SESSION, type SessionId, toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import { AclRules } from "../tree/aclCheck.ts";
import { DataTree } from "../tree/dataTree.ts";
import type {
  CheckWrite,
  CreateTTLWrite,
  CreateWrite,
  DeleteWrite,
  SetACLWrite,
  SetDataWrite,
  SubWrite,
} from "../wire/client/decode.ts";
import { CreateFlags, Err, Op, Perms } from "../wire/client/numbers.ts";
import type { ACL, Id } from "../wire/client/shared.ts";
import { decodeTxn, encodeTxn } from "../wire/txnCodec.ts";
import type { Txn, TxnBody } from "../wire/txnValue.ts";
import { Preparer } from "./preparer.ts";
import type { PrepareOptions, PrepareRequest, SessionView } from "./request.ts";

/** A tree, its preparer and sessions that tests can kill: transactions are applied when the test says so. */
export class TestWorld {
  readonly tree = new DataTree();
  readonly sessions = new TestSessions();
  readonly preparer: Preparer;
  readonly outstanding: Txn[] = [];
  private counter = 0;

  constructor(options: Partial<PrepareOptions> = {}, rules = new AclRules()) {
    this.preparer = new Preparer(this.tree, this.sessions, rules, { ...DEFAULTS, ...options });
  }

  prepare(write: PrepareRequest["write"] | TestWrite, from: Partial<PrepareRequest> = {}): Txn {
    this.counter++;
    const whole = "body" in write ? write : { ...write, body: new Uint8Array(0) };
    const request = {
      sessionId: ALICE,
      cxid: this.counter,
      identities: NOBODY,
      owner: "server 1",
      ...from,
      write: whole,
    };
    const txn = this.preparer.prepare(
      request,
      toZxid(0x500000000n + BigInt(this.counter)),
      1_700_000_000_000 + this.counter,
    );
    this.outstanding.push(txn);
    return txn;
  }

  /** Applies the oldest `count` outstanding transactions, all by default. */
  apply(count = this.outstanding.length): void {
    for (const txn of this.outstanding.splice(0, count)) {
      this.tree.apply(txn);
      if (txn.body.type === Op.closeSession) this.sessions.states.delete(txn.clientId);
      this.preparer.applied(txn.zxid);
    }
  }

  /** Prepares and applies. */
  do(write: PrepareRequest["write"] | TestWrite, from: Partial<PrepareRequest> = {}): Txn {
    const txn = this.prepare(write, from);
    this.apply();
    return txn;
  }
}

/** The transaction's body as others get it: from its bytes. */
export function told(txn: Txn): TxnBody {
  return decodeTxn(encodeTxn(txn)).body;
}

type WithoutBody<T> = T extends unknown ? Omit<T, "body"> : never;
export type TestWrite = WithoutBody<PrepareRequest["write"]>;

export class TestSessions implements SessionView {
  readonly states = new Map<SessionId, "live" | "closing">([
    [ALICE, "live"],
    [BOB, "live"],
    [LOCAL, "live"],
    [CLOSING, "closing"],
  ]);
  readonly tracked: unknown[] = [];
  moved: SessionId = NO_SESSION;
  /** A local session of this server's own clients; LOCAL is another server's unless named here. */
  localHere: SessionId = NO_SESSION;

  state(id: SessionId): "live" | "closing" | "unknown" {
    return this.states.get(id) ?? "unknown";
  }

  isGlobal(id: SessionId): boolean {
    return id !== LOCAL;
  }

  isLocalHere(id: SessionId): boolean {
    return id === this.localHere;
  }

  checkOwner(id: SessionId): boolean {
    return id !== this.moved;
  }

  setClosing(id: SessionId): void {
    if (this.states.has(id)) this.states.set(id, "closing");
  }

  track(id: SessionId, timeOutMs: number, owner: unknown): void {
    this.states.set(id, "live");
    this.tracked.push([id, timeOutMs, owner]);
  }
}

export const ALICE = toSessionId(0x0100000000000001n);
export const BOB = toSessionId(-0x0100000000000001n);
export const LOCAL = toSessionId(3n);
export const CLOSING = toSessionId(4n);
export const STRANGER = toSessionId(5n);

export const NOBODY: readonly Id[] = [{ scheme: "ip", id: "127.0.0.1" }];
export const SUPER: readonly Id[] = [...NOBODY, { scheme: "super", id: "" }];
export const OPEN: readonly ACL[] = [{ perms: Perms.all, id: { scheme: "world", id: "anyone" } }];

/** An ACL that gives everybody these permissions only. */
export function only(perms: number): readonly ACL[] {
  return [{ perms, id: { scheme: "world", id: "anyone" } }];
}

type CreateFields = { flags?: number; acl?: readonly ACL[] | null; data?: Uint8Array | null };

export function create(path: string | null, fields: CreateFields = {}, op: 1 | 15 | 19 = 1): CreateWrite {
  return { op, path, data: null, acl: OPEN, flags: op === 19 ? CreateFlags.container : 0, ...fields };
}

export function createTTL(path: string | null, ttl: bigint, fields: CreateFields = {}): CreateTTLWrite {
  return { op: Op.createTTL, path, data: null, acl: OPEN, flags: CreateFlags.persistentWithTTL, ttl, ...fields };
}

export function ephemeral(path: string, acl: readonly ACL[] = OPEN): CreateWrite {
  return create(path, { flags: CreateFlags.ephemeral, acl });
}

export function remove(path: string | null, version = -1): DeleteWrite {
  return { op: Op.delete, path, version };
}

export function setData(path: string | null, data: Uint8Array | null = null, version = -1): SetDataWrite {
  return { op: Op.setData, path, data, version };
}

export function check(path: string | null, version = -1): CheckWrite {
  return { op: Op.check, path, version };
}

export function multi(...ops: readonly SubWrite[]): TestWrite {
  return { op: Op.multi, ops };
}

export function setACL(path: string | null, acl: readonly ACL[] | null, version = -1): SetACLWrite {
  return { op: Op.setACL, path, acl, version };
}

/** A way to make a good request wrong, and the error it then gets. */
export interface Fault<S> {
  readonly name: string;
  readonly err: number;
  readonly change: (scenario: S) => Partial<S>;
}

/**
 * Rows for a table of tests: the good request, each fault alone, and every two of them, of which the one that stands first in
 * the list must win. `impossible` names pairs that cannot be had at once.
 */
export function orderOfChecks<S>(
  good: S,
  faults: readonly Fault<S>[],
  impossible: readonly string[] = [],
): (readonly [string, S, number])[] {
  const rows: (readonly [string, S, number])[] = [["nothing wrong", good, Err.ok]];
  faults.forEach((first, i) => {
    rows.push([first.name, { ...good, ...first.change(good) }, first.err]);
    for (const second of faults.slice(i + 1)) {
      const name = `${first.name} before ${second.name}`;
      const scenario = { ...good, ...second.change(good) };
      if (!impossible.includes(name)) rows.push([name, { ...scenario, ...first.change(scenario) }, first.err]);
    }
  });
  return rows;
}

/** The error of a transaction that was refused, 0 of any other. */
export function errOf(txn: Txn): number {
  return txn.body.type === Op.error ? txn.body.err : Err.ok;
}

const DEFAULTS: PrepareOptions = {
  digestEnabled: true,
  extendedTypesEnabled: false,
  emulates353: false,
  enforceQuota: false,
  warnQuota: () => {},
  reconfigEnabled: false,
  reconfig: undefined,
  maxTxnBytes: 2097150,
};

import { Op } from "../../src/wire/client/numbers.ts";
import { RequestHeader } from "../../src/wire/client/shared.ts";
import type { Chance } from "./chance.ts";
import { anyRequest, CLOSE, fatalRequest, type Known, orderedRequest, type Quotas, type Request } from "./requests.ts";

/** How a session is opened: a new one, one that was opened before (its number), or one that no server has. */
export type Opening = {
  readonly session: number | "new" | "unknown";
  readonly password: "right" | "wrong" | "short" | "none";
  /** 44 bytes are the old form; what is longer than 45 is ignored. */
  readonly bytes: 44 | 45 | 49;
  readonly protocolVersion: number;
  readonly timeOut: number;
  readonly ahead: boolean;
};

export type Sent = Request & { readonly xid: number };

/** One thing that is done to both servers at once. Each names the connection (slot) it is about. */
export type Step =
  | { readonly kind: "open"; readonly slot: number; readonly opening: Opening; readonly kicks: number | undefined }
  /** Sends a frame as the first on a new connection, and expects the server to close it. */
  | { readonly kind: "stray"; readonly bytes: Uint8Array; readonly text: string }
  /** One request, then its reply. */
  | { readonly kind: "request"; readonly slot: number; readonly request: Sent }
  /** Many requests in one write; the last one is a sync, or a closeSession after which the server closes. */
  | { readonly kind: "batch"; readonly slot: number; readonly requests: readonly Sent[]; readonly closes: boolean }
  /** A request, or bytes that are none, after which the server closes. */
  | { readonly kind: "fatal"; readonly slot: number; readonly request: Sent | Uint8Array }
  | { readonly kind: "cut"; readonly slot: number };

/** What a step came to on Java, as far as later steps build on it. */
export type Outcome = {
  readonly closed: boolean;
  readonly opened: number | undefined;
  readonly zxid: bigint;
  readonly paths: readonly string[];
};

/** Invents one step after the other; the same chance and the same outcomes give the same steps. */
export class Script {
  private readonly chance: Chance;
  /** The session that a slot's open connection carries. */
  private readonly slots: (number | undefined)[];
  /** How many sessions were opened; their numbers count from 0. */
  private sessions = 0;
  private known: Known;
  private xid = 1_000;

  constructor(chance: Chance, slots: number, quotas: Quotas) {
    this.chance = chance;
    this.known = { made: [], zxid: 0n, quotas };
    this.slots = new Array<undefined>(slots).fill(undefined);
  }

  next(): Step {
    const { chance } = this;
    const slot = chance.below(this.slots.length);
    if (this.slots[slot] === undefined) return chance.once(8) ? stray(chance) : this.open(slot);
    const kind = chance.weighted(this.known.quotas === "enforced" ? STEPS_ALONE : STEPS);
    switch (kind) {
      case "request":
        return { kind, slot, request: this.sent(anyRequest(chance, this.known)) };
      case "batch":
        return this.batch(slot);
      case "fatal":
        return { kind, slot, request: chance.once(3) ? badFrame(chance) : this.sent(fatalRequest(chance)) };
      case "close":
        return { kind: "fatal", slot, request: this.sent(CLOSE) };
      case "cut":
        return { kind, slot };
    }
  }

  /** Takes in what became of the step that `next` gave. */
  learn(step: Step, { closed, opened, zxid, paths }: Outcome): void {
    const made = [...this.known.made, ...paths.filter((path) => !path.startsWith("/zookeeper/"))].slice(-MADE_KEPT);
    this.known = { ...this.known, made, zxid: zxid > this.known.zxid ? zxid : this.known.zxid };
    if (step.kind === "stray") return;
    if (step.kind === "open") {
      if (step.kicks !== undefined) this.slots[step.kicks] = undefined;
      if (opened !== undefined) this.sessions = Math.max(this.sessions, opened + 1);
      this.slots[step.slot] = opened;
    } else if (closed) {
      this.slots[step.slot] = undefined;
    }
  }

  /** Every connection was cut. */
  hungUp(): void {
    this.slots.fill(undefined);
  }

  private open(slot: number): Step {
    const { chance } = this;
    const kind = this.sessions === 0 ? "new" : chance.weighted(SESSIONS);
    const session = kind === "old" ? Math.max(0, this.sessions - 1 - chance.below(6)) : kind;
    const holder = this.slots.findIndex((held) => held !== undefined && held === session);
    const opening: Opening = {
      session,
      // Ours does not cut the connection of a session for somebody who lacks its password; 3.9.5 does.
      password: holder >= 0 ? "right" : chance.weighted(PASSWORDS),
      bytes: chance.pick([44, 45, 45, 49]),
      protocolVersion: chance.pick([0, 0, 1, -1]),
      timeOut: chance.pick([-1, 0, 1, 2_000_000, 0x7fffffff]),
      ahead: holder < 0 && chance.once(12),
    };
    return { kind: "open", slot, opening, kicks: holder >= 0 ? holder : undefined };
  }

  private batch(slot: number): Step {
    const { chance } = this;
    const requests = Array.from({ length: 2 + chance.below(60) }, () => this.sent(orderedRequest(chance, this.known)));
    const closes = chance.once(20);
    // Nothing follows a closeSession: whether 3.9.5 still reads it, and answers -112, is a race.
    return { kind: "batch", slot, requests: [...requests, this.sent(closes ? CLOSE : SENTINEL)], closes };
  }

  private sent(request: Request): Sent {
    this.xid += 1;
    const odd = request.type !== Op.ping && request !== SENTINEL && this.chance.once(30);
    const xid =
      request.type === Op.ping ? this.chance.pick([-2, this.xid]) : odd ? this.chance.pick(ODD_XIDS) : this.xid;
    return { ...request, xid };
  }
}

/** A first frame on a connection after which nothing but a close can come. */
function stray(chance: Chance): Step {
  const request = fatalRequest(chance);
  return chance.pick<Step>([
    { kind: "stray", bytes: framed(chance.bytes(chance.below(28))), text: "a ConnectRequest cut short" },
    { kind: "stray", bytes: framed(RequestHeader.encode({ xid: 1, type: Op.ping })), text: "a ping first" },
    { kind: "stray", bytes: framed(RequestHeader.encode({ xid: 1, type: request.type })), text: "a request first" },
    { kind: "stray", bytes: badFrame(chance), text: "a bad frame first" },
  ]);
}

/** Bytes that no server takes for a request. */
function badFrame(chance: Chance): Uint8Array {
  return chance.pick([
    framed(chance.bytes(chance.below(8))),
    RequestHeader.encode({ xid: -1, type: 0 }),
    RequestHeader.encode({ xid: 0x7fffffff, type: 0 }),
    RequestHeader.encode({ xid: 1_048_576, type: 0 }),
    RequestHeader.encode({ xid: -0x80000000, type: 0 }),
  ]);
}

export function framed(payload: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeInt32BE(payload.length);
  frame.set(payload, 4);
  return frame;
}

const STEPS = [
  [120, "request"],
  [40, "batch"],
  [2, "fatal"],
  [2, "close"],
  [1, "cut"],
] as const;
/** Where most requests may stand in no batch. */
const STEPS_ALONE = [[300, "request"], [6, "batch"], ...STEPS.slice(2)] as const;
const SESSIONS = [
  [5, "new"],
  [5, "old"],
  [1, "unknown"],
] as const;
const PASSWORDS = [
  [6, "right"],
  [1, "wrong"],
  [1, "short"],
  [1, "none"],
] as const;
const ODD_XIDS = [0, -2, -3, -4, -8, -100, 1, 0x7fffffff, -0x80000000];
const SENTINEL: Request = { type: Op.sync, body: Uint8Array.of(0, 0, 0, 0), text: "sync" };
/** How many of the newest paths are remembered. */
const MADE_KEPT = 60;

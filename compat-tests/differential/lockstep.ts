import { Op } from "../../src/wire/client/numbers.ts";
import { ReplyHeader } from "../../src/wire/client/shared.ts";
import type { PeerServer } from "../peers/server.ts";
import { Chance } from "./chance.ts";
import { nameOf, type Quotas } from "./requests.ts";
import { type Opening, Script, type Sent, type Step } from "./script.ts";
import { type Answer, Side } from "./side.ts";

/** What a run went through: requests, and how often each operation was answered with each error, and events came. */
export type Coverage = { readonly requests: number; readonly answers: ReadonlyMap<string, number> };

/**
 * Tells two servers that were started on empty folders the same, one thing at a time; every byte they say is compared. `run`
 * rejects at the first difference with the seed, the step, and both answers.
 */
export class Lockstep {
  private readonly seed: number;
  private readonly sides: readonly [Side, Side];
  private readonly script: Script;
  private readonly told: string[] = [];
  private readonly answers = new Map<string, number>();
  private sent = 0;

  constructor(reference: PeerServer, subject: PeerServer, seed: number, quotas: Quotas = "counted") {
    this.seed = seed;
    this.sides = [new Side(reference.clientPort), new Side(subject.clientPort)];
    this.script = new Script(new Chance(seed), SLOTS, quotas);
  }

  get coverage(): Coverage {
    return { requests: this.sent, answers: this.answers };
  }

  /** Sends so many requests more. */
  async run(requests: number): Promise<void> {
    for (const end = this.sent + requests; this.sent < end; ) {
      const step = this.script.next();
      this.told.push(describe(step));
      const [expected] = await this.same((side) => side.run(step).then((answer) => [answer]));
      if (expected === undefined) throw new Error("no answer");
      this.script.learn(step, expected.outcome);
      this.sent += requestsOf(step).length || 1;
      count(this.answers, step, expected);
    }
  }

  /** Compares the events that still wait, then cuts every connection. Sessions stay, and are resumed by and by when `run` goes on. */
  async hangUp(): Promise<void> {
    this.told.push("all hang up");
    await this.same((side) => side.drain());
    this.close();
    this.script.hungUp();
  }

  close(): void {
    for (const side of this.sides) side.hangUp();
  }

  private same(action: (side: Side) => Promise<readonly Answer[]>): Promise<readonly Answer[]> {
    const where = (): string =>
      `seed ${this.seed}, step ${this.told.length}\n${this.told.slice(-STEPS_TOLD).join("\n")}`;
    return same(this.sides, action, where);
  }
}

/** A whole run between two servers. */
export async function runLockstep(
  reference: PeerServer,
  subject: PeerServer,
  { seed, requests, quotas }: { readonly seed: number; readonly requests: number; readonly quotas?: Quotas },
): Promise<Coverage> {
  const lockstep = new Lockstep(reference, subject, seed, quotas);
  try {
    await lockstep.run(requests);
    await lockstep.hangUp();
  } finally {
    lockstep.close();
  }
  return lockstep.coverage;
}

/** Does the same on both sides and compares; gives the reference's answers. */
async function same(
  [reference, subject]: readonly [Side, Side],
  action: (side: Side) => Promise<readonly Answer[]>,
  where: () => string,
): Promise<readonly Answer[]> {
  const [expected, found] = await Promise.allSettled([action(reference), action(subject)]);
  if (expected.status === "rejected") throw new Error(`the reference: ${expected.reason}\n${where()}`);
  if (found.status === "rejected") throw new Error(`the subject: ${found.reason}\n${where()}`);
  const differs = firstDifference(expected.value, found.value);
  if (differs !== undefined) throw new Error(`a difference\n${where()}\n${differs}`);
  return expected.value;
}

/** Where two sides part: the frames there, as they came and as they are compared. */
function firstDifference(expected: readonly Answer[], found: readonly Answer[]): string | undefined {
  const [wanted, came] = [expected, found].map((answers) => answers.flatMap(lines));
  if (wanted === undefined || came === undefined) return undefined;
  const at = Array.from({ length: Math.max(wanted.length, came.length) }, (_, index) => index).find(
    (index) => wanted[index]?.compared !== came[index]?.compared,
  );
  if (at === undefined) return undefined;
  const say = ({ raw, compared }: Line = { raw: "nothing", compared: "nothing" }): string =>
    raw === compared ? raw : `${raw}\n    compared as ${compared}`;
  const before = wanted.slice(Math.max(0, at - 3), at).map(({ raw }) => `  both      ${raw.slice(0, 200)}\n`);
  const replies = wanted.slice(0, at).filter(({ raw }) => !raw.startsWith("ffffffff")).length;
  return `${before.join("")}  reply ${replies + 1}\n  reference ${say(wanted[at])}\n  subject   ${say(came[at])}`;
}

type Line = { readonly raw: string; readonly compared: string };

function lines({ frames, outcome }: Answer): readonly Line[] {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const end = outcome.closed ? "closed" : "open";
  return [...frames.map(({ raw, masked }) => ({ raw: hex(raw), compared: hex(masked) })), { raw: end, compared: end }];
}

function describe(step: Step): string {
  switch (step.kind) {
    case "open":
      return `${step.slot} opens ${describeOpening(step.opening)}${step.kicks === undefined ? "" : ` from ${step.kicks}`}`;
    case "stray":
      return `a stranger sends ${step.text}: ${Buffer.from(step.bytes).toString("hex")}`;
    case "fatal":
      return `${step.slot} ends with ${step.request instanceof Uint8Array ? Buffer.from(step.request).toString("hex") : describeSent(step.request)}`;
    case "request":
      return `${step.slot} ${describeSent(step.request)}`;
    case "batch":
      return `${step.slot} at once\n${step.requests.map((sent) => `    ${describeSent(sent)}`).join("\n")}`;
    case "cut":
      return `${step.slot} is cut`;
  }
}

function describeOpening({ session, password, bytes, timeOut, ahead }: Opening): string {
  return `session ${session} with ${password} password, ${bytes} bytes, time-out ${timeOut}${ahead ? ", ahead" : ""}`;
}

function describeSent({ xid, type, text, body }: Sent): string {
  return `xid ${xid} type ${type} ${text} (${body.length > 300 ? `${body.length} bytes` : Buffer.from(body).toString("hex")})`;
}

function requestsOf(step: Step): readonly Sent[] {
  if (step.kind === "batch") return step.requests;
  if (step.kind === "request") return [step.request];
  return [];
}

function count(answers: Map<string, number>, step: Step, { frames }: Answer): void {
  const add = (key: string): unknown => answers.set(key, (answers.get(key) ?? 0) + 1);
  for (const { raw } of frames) if (raw.length > 24 && raw[0] === 0xff && raw[3] === 0xff) add(`event ${raw[19]}`);
  const replies = frames.filter(({ raw }) => ReplyHeader.decode(raw).xid !== -1);
  for (const [index, { type }] of requestsOf(step).entries()) {
    const reply = replies[index]?.raw;
    if (reply === undefined) continue;
    add(`${nameOf(type)} ${verdictOf(type, reply)}`);
  }
}

/** The error of a reply; that of the op at fault when a multi failed in one. */
function verdictOf(type: number, reply: Uint8Array): number {
  const { err } = ReplyHeader.decode(reply);
  if (type !== Op.multi || err !== 0) return err;
  const body = Buffer.from(reply.subarray(16));
  for (let at = 0; body.length - at > 9 && body.readInt32BE(at) === -1; at += 13) {
    const code = body.readInt32BE(at + 5);
    if (code !== 0) return code;
  }
  return 0;
}

const SLOTS = 4;
const STEPS_TOLD = 6;

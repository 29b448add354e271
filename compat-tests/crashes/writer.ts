import { Reader } from "jute-ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { MultiHeader, ReplyHeader } from "../../src/wire/client/shared.ts";
import type { Chance } from "../differential/chance.ts";
import { EPHEMERAL, LONG_SESSION_MS, multiBody, opBody, SEQUENTIAL } from "../ensemble/client.ts";
import { RawClient } from "../peers/rawClient.ts";
import { Ledger } from "./ledger.ts";
import type { Step } from "./steps.ts";

/** A client that keeps many requests in flight, and its session from one life of the server to the next. */
export class Writer {
  readonly ledger: Ledger;
  /** What no server may do, whenever it happened. */
  readonly wrong: string[] = [];
  /** Of all answers. */
  newestZxid = 0n;
  private readonly root: string;
  private readonly chance: Chance;
  private client: RawClient | undefined;
  private session: RawClient["session"] | undefined;
  private stopped = false;

  constructor(root: string, chance: Chance) {
    this.root = root;
    this.chance = chance;
    this.ledger = new Ledger(root);
  }

  /** Connects to a server that has come to life: goes on with its session, or begins one. */
  async connect(port: number): Promise<void> {
    const before = this.session;
    if (before === undefined) return this.begin(port);
    const { sessionId, passwd } = before;
    const client = await RawClient.open(port, { sessionId, passwd, timeOut: LONG_SESSION_MS });
    const known = client.session.sessionId === sessionId;
    if (known === this.ledger.sessionEnded) this.wrong.push(`${this.root}: its session is ${known ? "back" : "lost"}`);
    if (known) this.client = client;
    else {
      client.connection.close();
      await this.begin(port);
    }
  }

  /** Writes until the server is gone; or, once `stop` was called, until everything is answered. */
  async write(port: number): Promise<void> {
    for (let client = this.client; client !== undefined; client = this.client) {
      const ended = await this.writeThrough(client);
      client.connection.close();
      this.client = undefined;
      if (!ended) return;
      this.session = undefined;
      // The server may be killed before it answers.
      if (!this.stopped) await this.begin(port).catch(() => {});
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async begin(port: number): Promise<void> {
    this.session = undefined;
    this.client = await RawClient.open(port, { timeOut: LONG_SESSION_MS });
    this.session = this.client.session;
    this.ledger.sessionBegan();
  }

  /** Gives whether the writer itself ended the session. */
  private async writeThrough(client: RawClient): Promise<boolean> {
    const window = 8 + this.chance.below(57);
    for (let ending = false; ; ) {
      while (!ending && !this.stopped && this.ledger.inFlight < window) {
        const step = this.ledger.next(this.chance);
        client.send(...requestOf(step));
        ending = step.kind === "endSession";
      }
      if (this.ledger.inFlight === 0) return ending;
      const frame = await client.connection.next();
      if (frame === undefined) return false;
      this.take(frame);
    }
  }

  private take(frame: Uint8Array): void {
    const reader = new Reader(frame);
    const { zxid, err } = ReplyHeader.read(reader);
    if (zxid <= this.newestZxid) this.wrong.push(`${this.root}: zxid ${zxid} after ${this.newestZxid}`);
    this.newestZxid = zxid;
    const isMulti = (step: Step): boolean => step.kind === "together" || step.kind === "refused";
    // A multi that was refused has errors in the place of its results (client-protocol 1.8).
    this.wrong.push(
      ...this.ledger.answer((step) => err === 0 && !(isMulti(step) && MultiHeader.read(reader).type === -1)),
    );
  }
}

function requestOf(step: Step): [type: number, body: Uint8Array] {
  switch (step.kind) {
    case "one":
      return [Op[step.op.op], opBody(step.op)];
    case "ephemeral":
      return [Op.create, opBody({ op: "create", path: step.path, data: step.data }, EPHEMERAL)];
    case "sequential":
      return [Op.create, opBody({ op: "create", path: step.prefix, data: step.data }, SEQUENTIAL)];
    case "together":
    case "refused":
      return [Op.multi, multiBody(step.ops)];
    case "endSession":
      return [Op.closeSession, new Uint8Array(0)];
  }
}

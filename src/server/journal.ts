import { Fifo } from "../base/fifo.ts";
import type { Zxid } from "../base/zxid.ts";
import type { DiskCommand, DiskEvent } from "../store/commands.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Database } from "./database.ts";

/**
 * What this server has given to its log: which of it is durable, and which of it the tree does not hold yet.
 *
 * Invariants
 * - `flushed <= appended`; both only grow, except when a truncation or a received snapshot resets them.
 * - `unapplied` holds, in log order, what was appended and not applied: a role that ends leaves the tree reflecting
 *   everything logged, committed or not (peer-protocol 0.5, ZOOKEEPER-2845).
 */
export class Journal {
  private appended: Zxid;
  private flushed: Zxid;
  private readonly unapplied = new Fifo<TxnBytes>();
  private readonly disk: (command: DiskCommand) => void;

  constructor(last: Zxid, disk: (command: DiskCommand) => void) {
    this.appended = last;
    this.flushed = last;
    this.disk = disk;
  }

  /** The last zxid this server logged: what it votes with. */
  get lastLogged(): Zxid {
    return this.appended;
  }

  get isFlushed(): boolean {
    return this.flushed === this.appended;
  }

  /** Whether something was logged that the tree does not hold. */
  get hasUnapplied(): boolean {
    return this.unapplied.length > 0;
  }

  append(entry: TxnBytes): void {
    this.appended = entry.zxid;
    this.unapplied.push(entry);
    this.disk({ kind: "append", entries: [entry] });
  }

  onFlushed(event: Extract<DiskEvent, { kind: "flushed" }>): void {
    this.flushed = event.zxid;
  }

  /** The tree holds everything up to `zxid`. */
  applied(zxid: Zxid): void {
    const { unapplied } = this;
    for (let entry = unapplied.first; entry !== undefined && entry.zxid <= zxid; entry = unapplied.first)
      unapplied.shift();
  }

  /** The log now ends at `zxid`: it was cut there, or a leader's snapshot took its place. */
  reset(zxid: Zxid): void {
    this.appended = zxid;
    this.flushed = zxid;
    this.unapplied.clear();
  }

  /** Applies what was logged and not applied, when a role ends. */
  applyRest(database: Database): void {
    this.unapplied.visit((entry) => database.txn(entry));
    this.unapplied.clear();
  }
}

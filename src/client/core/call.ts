import type { Reader, Writer } from "jute-ts";
import type { ErrorCode } from "./errors.ts";
import type { OneShotKind, WatchListener } from "./watches.ts";

/** A request on its way. Exactly one of `answered` and `failed` is called, once. */
export interface Call {
  readonly type: number;
  /** One-shot watch that the request sets, if it succeeds. */
  readonly watch: ReadWatch | undefined;
  /** Set by the session when the request is sent; 0 before. */
  xid: number;
  /** Appends the request's record. */
  write(out: Writer): void;
  /** The reply: its error code, and the reader behind the reply's header. Throws DecodeError. */
  answered(err: number, reader: Reader): void;
  /** There will be no reply. */
  failed(code: ErrorCode, reason: string): void;
}

export interface ReadWatch {
  /** What the request reads. A read of data or existence that finds nothing waits for the node's creation. */
  readonly kind: OneShotKind;
  /** As the server knows it. */
  readonly path: string;
  readonly listener: WatchListener;
}

/** First in, first out, without moving what waits. */
export class CallQueue {
  private calls: (Call | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.calls.length - this.head;
  }

  push(call: Call): void {
    this.calls.push(call);
  }

  shift(): Call | undefined {
    const call = this.calls[this.head];
    if (call === undefined) return undefined;
    this.calls[this.head++] = undefined;
    if (this.head === this.calls.length) this.clear();
    else if (this.head === COMPACT_AT) this.compact();
    return call;
  }

  /** Takes one out of the middle. False: it is not there. */
  remove(call: Call): boolean {
    const at = this.calls.indexOf(call, this.head);
    if (at < 0) return false;
    this.calls.splice(at, 1);
    return true;
  }

  /** Takes all. */
  drain(): readonly Call[] {
    this.compact();
    const { calls } = this;
    this.clear();
    return calls.filter((call) => call !== undefined);
  }

  private clear(): void {
    this.calls = [];
    this.head = 0;
  }

  private compact(): void {
    this.calls.splice(0, this.head);
    this.head = 0;
  }
}

const COMPACT_AT = 4096;

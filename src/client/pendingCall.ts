import type { Reader, Writer } from "jute-ts";
import { Err } from "../wire/client/numbers.ts";
import type { Call, ReadWatch } from "./core/call.ts";
import { type ErrorCode, errorOf, ZooKeeperError } from "./core/errors.ts";
import type { Operation } from "./operations.ts";

/** A request whose caller holds a promise. */
export class PendingCall<T> implements Call {
  readonly type: number;
  readonly watch: ReadWatch | undefined;
  xid = 0;
  private readonly operation: Operation<T>;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: unknown) => void;

  constructor(
    operation: Operation<T>,
    watch: ReadWatch | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.type = operation.type;
    this.operation = operation;
    this.watch = watch;
    this.resolve = resolve;
    this.reject = reject;
  }

  write(out: Writer): void {
    this.operation.write(out);
  }

  answered(err: number, reader: Reader): void {
    const { operation } = this;
    if (err !== Err.ok && err !== operation.answerErr) {
      return this.reject(errorOf(err, { op: operation.type, path: operation.path }));
    }
    try {
      this.resolve(operation.read(reader, err));
    } catch (error) {
      // A multi carries its error inside.
      if (!(error instanceof ZooKeeperError)) throw error;
      this.reject(error);
    }
  }

  failed(code: ErrorCode, reason: string): void {
    this.reject(new ZooKeeperError(code, { op: this.type, path: this.operation.path }, reason));
  }
}

import type { Reader, Writer } from "jute-ts";
import { Err, Op } from "../wire/client/numbers.ts";
import { GetChildrenRequest } from "../wire/client/requests.ts";
import { ErrorResponse, GetChildrenResponse } from "../wire/client/responses.ts";
import { MultiHeader, type Stat } from "../wire/client/shared.ts";
import type { Chroot } from "./chroot.ts";
import { errorOf, ZooKeeperError } from "./core/errors.ts";
import {
  checkOperation,
  createOperation,
  deleteOperation,
  getDataOperation,
  type Operation,
  RecordOperation,
  setDataOperation,
  textsOf,
} from "./operations.ts";
import type { CallOptions, Created, CreateOptions, Data, NodeData, VersionOptions } from "./types.ts";

type Send = <T>(operation: Operation<T>, options: CallOptions | undefined) => Promise<T>;

/**
 * Operations that all happen, or none. Each method adds one to this builder; `commit` gives their results as a tuple in the
 * same order. A wrong argument throws where it is given.
 */
export class Multi<Results extends readonly unknown[] = []> {
  private readonly operations: Operation<unknown>[] = [];
  private readonly chroot: Chroot;
  private readonly send: Send;

  constructor(chroot: Chroot, send: Send) {
    this.chroot = chroot;
    this.send = send;
  }

  create(path: string, data: Data = null, options: CreateOptions = {}): Multi<[...Results, Created]> {
    return this.with(createOperation(this.chroot, path, data, options));
  }

  delete(path: string, { version = -1 }: VersionOptions = {}): Multi<[...Results, undefined]> {
    return this.with(deleteOperation(this.chroot, path, version));
  }

  setData(path: string, data: Data, { version = -1 }: VersionOptions = {}): Multi<[...Results, Stat]> {
    return this.with(setDataOperation(this.chroot, path, data, version));
  }

  /** The whole fails unless the node exists and has this version; -1, the default, means any. */
  check(path: string, { version = -1 }: VersionOptions = {}): Multi<[...Results, undefined]> {
    return this.with(checkOperation(this.chroot, path, version));
  }

  /** Rejects with the error of the operation that failed, its `path` and its `index`; then nothing has been changed. */
  commit(options?: CallOptions): Promise<Results> {
    const { operations } = this;
    if (operations.length === 0) return Promise.resolve([] as readonly unknown[] as Results);
    return this.send(listOperation(Op.multi, operations, readAll) as Operation<Results>, options);
  }

  private with<T>(operation: Operation<T>): Multi<[...Results, T]> {
    this.operations.push(operation);
    return this as unknown as Multi<[...Results, T]>;
  }
}

/** Reads that are answered together. What fails stands as its error among the results; the others are answered all the same. */
export class MultiRead<Results extends readonly unknown[] = []> {
  private readonly operations: Operation<unknown>[] = [];
  private readonly chroot: Chroot;
  private readonly send: Send;

  constructor(chroot: Chroot, send: Send) {
    this.chroot = chroot;
    this.send = send;
  }

  getData(path: string): MultiRead<[...Results, NodeData | ZooKeeperError]> {
    return this.with(getDataOperation(this.chroot, path, false));
  }

  /** The names alone: inside a list a server gives no Stat with them. */
  getChildren(path: string): MultiRead<[...Results, string[] | ZooKeeperError]> {
    const value = { path: this.chroot.toServer(path, Op.getChildren), watch: false };
    const read = (reader: Reader): string[] => textsOf(GetChildrenResponse.read(reader).children);
    return this.with(new RecordOperation(Op.getChildren, path, GetChildrenRequest, value, read));
  }

  read(options?: CallOptions): Promise<Results> {
    const { operations } = this;
    if (operations.length === 0) return Promise.resolve([] as readonly unknown[] as Results);
    return this.send(listOperation(Op.multiRead, operations, readEach) as Operation<Results>, options);
  }

  private with<T>(operation: Operation<T>): MultiRead<[...Results, T | ZooKeeperError]> {
    this.operations.push(operation);
    return this as unknown as MultiRead<[...Results, T | ZooKeeperError]>;
  }
}

type ReadList = (operations: readonly Operation<unknown>[], reader: Reader) => readonly unknown[];

/** The list of client-protocol 1.8. A copy: the builder may go on. */
function listOperation(
  type: number,
  builder: readonly Operation<unknown>[],
  readList: ReadList,
): Operation<readonly unknown[]> {
  const operations = [...builder];
  return {
    type,
    path: undefined,
    answerErr: Err.ok,
    write: (out) => writeList(operations, out),
    read: (reader) => readList(operations, reader),
  };
}

function writeList(operations: readonly Operation<unknown>[], out: Writer): void {
  for (const operation of operations) {
    MultiHeader.write(out, { type: operation.type, done: false, err: -1 });
    operation.write(out);
  }
  MultiHeader.write(out, { type: -1, done: true, err: -1 });
}

/** Throws the error of the operation that failed: those before it have 0, those behind it RuntimeInconsistency. */
function readAll(operations: readonly Operation<unknown>[], reader: Reader): readonly unknown[] {
  const results = readEach(operations, reader);
  const failed = results.findIndex((result) => result instanceof ZooKeeperError && result.errno !== Err.ok);
  if (failed >= 0) throw results[failed];
  return results;
}

function readEach(operations: readonly Operation<unknown>[], reader: Reader): readonly unknown[] {
  const results: unknown[] = [];
  for (;;) {
    const { type, done } = MultiHeader.read(reader);
    const operation = operations[results.length];
    if (done || operation === undefined) return results;
    if (type !== Op.error) results.push(operation.read(reader, Err.ok));
    else results.push(subError(operation, results.length, ErrorResponse.read(reader).err));
  }
}

function subError({ type: op, path }: Operation<unknown>, index: number, err: number): ZooKeeperError {
  return errorOf(err, { op, path, index });
}

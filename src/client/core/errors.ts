import { Op } from "../../wire/client/numbers.ts";

/** The names of ZooKeeper's errors, as the Java client's exceptions have them; `Closed` is the C client's ZCLOSING. */
export type ErrorCode = keyof typeof CODES;

/** What an error is about. */
export interface ErrorSubject {
  /** Type of the request; undefined when it is about no request. */
  readonly op?: number | undefined;
  /** As the caller named it. */
  readonly path?: string | undefined;
  /** In a multi, which of its operations failed, counted from 0. */
  readonly index?: number | undefined;
}

/** The one error of this library: a server's refusal, a lost connection, an ended session, or an argument that cannot be sent. */
export class ZooKeeperError extends Error {
  override readonly name = "ZooKeeperError";
  readonly code: ErrorCode;
  /** ZooKeeper's number (client-protocol 2.2); of `Unknown`, the number that was received. */
  readonly errno: number;
  /** The path the request named, without the chroot's prefix. */
  readonly path: string | undefined;
  /** The failed operation of a multi, counted from 0; undefined elsewhere. */
  readonly index: number | undefined;

  constructor(
    code: ErrorCode,
    subject: ErrorSubject = {},
    detail: string = CODES[code][1],
    errno: number = CODES[code][0],
  ) {
    super(`${subjectText(subject)}${detail} (${code}, ${errno})`);
    this.code = code;
    this.errno = errno;
    this.path = subject.path;
    this.index = subject.index;
  }
}

/** The error that a server's code stands for. */
export function errorOf(errno: number, subject: ErrorSubject): ZooKeeperError {
  const code = BY_ERRNO.get(errno);
  if (code !== undefined) return new ZooKeeperError(code, subject);
  return new ZooKeeperError("Unknown", subject, `the server answered with error ${errno}`, errno);
}

/** An argument that is not sent. `what` names it, what is wrong with it and what is allowed. */
export function badArguments(what: string, subject: ErrorSubject = {}): ZooKeeperError {
  return new ZooKeeperError("BadArguments", subject, what);
}

function subjectText({ op, path, index }: ErrorSubject): string {
  const place = index === undefined ? "" : ` (operation ${index} of the list)`;
  const words = [op === undefined ? [] : (OP_NAMES.get(op) ?? `request ${op}`), path ?? []].flat();
  return words.length === 0 ? "" : `${words.join(" ")}${place}: `;
}

const CODES = {
  SystemError: [-1, "system error"],
  RuntimeInconsistency: [-2, "not tried, an earlier operation of the list failed"],
  DataInconsistency: [-3, "data inconsistency"],
  ConnectionLoss: [-4, "the connection was lost, it is unknown whether the request was executed"],
  MarshallingError: [-5, "the server could not read the request"],
  Unimplemented: [-6, "the server does not know this request, or has it switched off"],
  OperationTimeout: [-7, "timed out"],
  BadArguments: [-8, "the server refused the arguments"],
  UnknownSession: [-12, "unknown session"],
  NewConfigNoQuorum: [-13, "no quorum of the new configuration is connected and up to date"],
  ReconfigInProgress: [-14, "another reconfiguration is in progress"],
  NoNode: [-101, "the node does not exist"],
  NoAuth: [-102, "not permitted by the node's ACL"],
  BadVersion: [-103, "the version does not match"],
  NoChildrenForEphemerals: [-108, "an ephemeral node cannot have children"],
  NodeExists: [-110, "the node exists already"],
  NotEmpty: [-111, "the node has children"],
  SessionExpired: [-112, "the session has expired"],
  InvalidCallback: [-113, "invalid callback"],
  InvalidACL: [-114, "the ACL is not valid"],
  AuthFailed: [-115, "the credentials were refused"],
  Closed: [-116, "the client was closed"],
  SessionMoved: [-118, "the session has moved to another server"],
  NotReadOnly: [-119, "the server is read-only"],
  EphemeralOnLocalSession: [-120, "a local session cannot own an ephemeral node"],
  NoWatcher: [-121, "there is no such watch"],
  RequestTimeout: [-122, "the request timed out"],
  ReconfigDisabled: [-123, "reconfiguration is switched off"],
  SessionClosedRequireSaslAuth: [-124, "the server demands authentication"],
  QuotaExceeded: [-125, "the quota is exceeded"],
  ThrottledOp: [-127, "the server is overloaded and did not try the request"],
  Unknown: [0, "unknown error"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

const BY_ERRNO: ReadonlyMap<number, ErrorCode> = new Map(
  (Object.keys(CODES) as ErrorCode[]).filter((code) => code !== "Unknown").map((code) => [CODES[code][0], code]),
);
const OP_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(Op).map(([name, op]) => [op, name]));

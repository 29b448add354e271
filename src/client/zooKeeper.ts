import type { Reader } from "jute-ts";
import { Op } from "../wire/client/numbers.ts";
import { GetEphemeralsRequest, ReconfigRequest } from "../wire/client/requests.ts";
import {
  GetACLResponse,
  GetAllChildrenNumberResponse,
  GetEphemeralsResponse,
  WhoAmIResponse,
} from "../wire/client/responses.ts";
import type { ACL, ClientInfo, Stat } from "../wire/client/shared.ts";
import { CONFIG_NODE } from "../wire/paths.ts";
import { Chroot } from "./chroot.ts";
import type { ReadWatch } from "./core/call.ts";
import { parseConnectString, type ServerAddress } from "./core/connectString.ts";
import { badArguments, ZooKeeperError } from "./core/errors.ts";
import type { Session, SessionEvent, SessionState } from "./core/session.ts";
import type { OneShotKind, StandingKind } from "./core/watches.ts";
import { EventStream } from "./eventStream.ts";
import { Multi, MultiRead } from "./multi.ts";
import {
  addWatchOperation,
  bytesOf,
  createOperation,
  deleteOperation,
  existsOperation,
  getChildrenOperation,
  getDataOperation,
  type Operation,
  pathOperation,
  RecordOperation,
  readData,
  readNothing,
  setAclOperation,
  setDataOperation,
  textsOf,
  watcherOperation,
} from "./operations.ts";
import { PendingCall } from "./pendingCall.ts";
import { Shell } from "./shell.ts";
import type {
  CallOptions,
  ConnectOptions,
  Created,
  CreateOptions,
  Data,
  NodeAcl,
  NodeChildren,
  NodeData,
  NodeStat,
  ReconfigOptions,
  VersionOptions,
  WatchEvent,
  Watched,
  WatchKind,
} from "./types.ts";
import { OneShotWatch, StandingWatch, type WatchStream } from "./watching.ts";

type Watching = CallOptions & { readonly watch: true };
type NotWatching = CallOptions & { readonly watch?: false };
type MaybeWatching = CallOptions & { readonly watch?: boolean };

/**
 * Connects to one of `host:port,host:port/chroot` and gives a client with a session. Rejects with ConnectionLoss when no server
 * answers within 4/3 of the session timeout, with AuthFailed when a credential is refused, with BadArguments for a connect
 * string or option that cannot be used.
 */
export function connect(connectString: string, options: ConnectOptions = {}): Promise<ZooKeeper> {
  return ZooKeeper.connect(connectString, options);
}

/**
 * A client with one session. Every request is a promise; any number may be under way, and they are executed in the order they
 * were made. A request that cannot be answered rejects with a ZooKeeperError; what was sent is never sent again.
 */
export class ZooKeeper {
  private readonly chroot: Chroot;
  private readonly shell: Shell;
  private readonly session: Session;
  private readonly observers = new Set<EventStream<SessionEvent>>();
  private now: SessionEvent = { state: "connecting", server: undefined, reason: "" };
  private onChange: () => void = () => {};

  static async connect(connectString: string, options: ConnectOptions): Promise<ZooKeeper> {
    const { servers, chroot } = parseConnectString(connectString);
    const { sessionTimeoutMs = DEFAULT_TIMEOUT_MS, readOnly = false, tls, auth = [], signal } = options;
    if (!Number.isInteger(sessionTimeoutMs) || sessionTimeoutMs < 1 || sessionTimeoutMs > MAX_TIMEOUT_MS) {
      throw badArguments(`sessionTimeoutMs is ${sessionTimeoutMs} (allowed: 1 to ${MAX_TIMEOUT_MS})`);
    }
    signal?.throwIfAborted();
    const settings = { servers, sessionTimeoutMs, readOnly };
    const zk = new ZooKeeper(new Chroot(chroot), (changed) => new Shell(settings, tls, changed));
    const credentials = auth.map((info) => zk.addAuth(info.scheme, info.auth));
    await zk.open(signal, credentials);
    return zk;
  }

  private constructor(chroot: Chroot, shell: (changed: (event: SessionEvent) => void) => Shell) {
    this.chroot = chroot;
    this.shell = shell((event) => this.changed(event));
    this.session = this.shell.session;
  }

  get state(): SessionState {
    return this.now.state;
  }

  /** What `ephemeralOwner` holds for this client's nodes. */
  get sessionId(): bigint {
    return this.session.sessionId;
  }

  /** As the server has decided. */
  get sessionTimeoutMs(): number {
    return this.session.timeoutMs;
  }

  /** The server connected to; undefined while there is none. */
  get server(): ServerAddress | undefined {
    return this.session.connectedTo;
  }

  /** The state now, then every change. It ends behind `expired`, `authFailed` or `closed`. */
  sessionEvents(): AsyncIterableIterator<SessionEvent> {
    const stream = new EventStream<SessionEvent>(async () => {
      this.observers.delete(stream);
    });
    stream.push(this.now);
    if (isFinal(this.now.state)) stream.finish();
    else this.observers.add(stream);
    return stream;
  }

  /** Ends the session: its ephemeral nodes go at once. Requests made before are still answered if there is a connection. */
  async close(): Promise<void> {
    const over = this.until((state) => isFinal(state));
    this.session.close();
    await over;
  }

  create(path: string, data: Data = null, options: CreateOptions & CallOptions = {}): Promise<Created> {
    return this.ask(() => createOperation(this.chroot, path, data, options), options);
  }

  delete(path: string, options: VersionOptions & CallOptions = {}): Promise<void> {
    return this.ask(() => deleteOperation(this.chroot, path, options.version ?? -1), options);
  }

  setData(path: string, data: Data, options: VersionOptions & CallOptions = {}): Promise<Stat> {
    return this.ask(() => setDataOperation(this.chroot, path, data, options.version ?? -1), options);
  }

  getData(path: string, options?: NotWatching): Promise<NodeData>;
  getData(path: string, options: Watching): Promise<NodeData & Watched>;
  getData(path: string, options?: MaybeWatching): Promise<NodeData> {
    if (options?.watch !== true) return this.ask(() => getDataOperation(this.chroot, path, false), options);
    return this.watching(() => getDataOperation(this.chroot, path, true), this.chroot, "data", path, options);
  }

  /** Undefined: the node does not exist. With `watch: true`, the Stat stands in an object beside `changed`. */
  exists(path: string, options?: NotWatching): Promise<Stat | undefined>;
  exists(path: string, options: Watching): Promise<NodeStat & Watched>;
  exists(path: string, options?: MaybeWatching): Promise<Stat | undefined | NodeStat> {
    if (options?.watch !== true) return this.ask(() => existsOperation(this.chroot, path, false), options);
    const operation = (): Operation<NodeStat> => {
      const exists = existsOperation(this.chroot, path, true);
      const { type, answerErr } = exists;
      const read = (reader: Reader, err: number): NodeStat => ({ stat: exists.read(reader, err) });
      return { type, path, answerErr, write: (out) => exists.write(out), read };
    };
    return this.watching(operation, this.chroot, "exist", path, options);
  }

  getChildren(path: string, options?: NotWatching): Promise<NodeChildren>;
  getChildren(path: string, options: Watching): Promise<NodeChildren & Watched>;
  getChildren(path: string, options?: MaybeWatching): Promise<NodeChildren> {
    if (options?.watch !== true) return this.ask(() => getChildrenOperation(this.chroot, path, false), options);
    return this.watching(() => getChildrenOperation(this.chroot, path, true), this.chroot, "child", path, options);
  }

  /** How many nodes are below this one, at any depth. */
  getAllChildrenNumber(path: string, options?: CallOptions): Promise<number> {
    const read = (reader: Reader): number => GetAllChildrenNumberResponse.read(reader).totalNumber;
    return this.ask(() => pathOperation(this.chroot, Op.getAllChildrenNumber, path, read), options);
  }

  /** The ephemeral nodes of this session whose path begins with `prefix`. */
  getEphemerals(prefix = "/", options?: CallOptions): Promise<string[]> {
    const read = (reader: Reader): string[] =>
      textsOf(GetEphemeralsResponse.read(reader).ephemerals).flatMap((path) => this.chroot.fromServer(path) ?? []);
    const operation = (): Operation<string[]> => {
      const value = { prefixPath: this.chroot.toServer(prefix, Op.getEphemerals) };
      return new RecordOperation(Op.getEphemerals, prefix, GetEphemeralsRequest, value, read);
    };
    return this.ask(operation, options);
  }

  getAcl(path: string, options?: CallOptions): Promise<NodeAcl> {
    const read = (reader: Reader): NodeAcl => {
      const { acl, stat } = GetACLResponse.read(reader);
      return { acl: acl ?? [], stat };
    };
    return this.ask(() => pathOperation(this.chroot, Op.getACL, path, read), options);
  }

  /** `version` is compared with the Stat's `aversion`. */
  setAcl(path: string, acl: readonly ACL[], options: VersionOptions & CallOptions = {}): Promise<Stat> {
    return this.ask(() => setAclOperation(this.chroot, path, acl, options.version ?? -1), options);
  }

  /** After it, reads see everything that anybody's write had done before it was called, whatever server they go to. */
  sync(path = "/", options?: CallOptions): Promise<void> {
    return this.ask(() => pathOperation(this.chroot, Op.sync, path, readNothing), options);
  }

  multi(): Multi {
    return new Multi(this.chroot, (operation, options) => this.ask(() => operation, options));
  }

  multiRead(): MultiRead {
    return new MultiRead(this.chroot, (operation, options) => this.ask(() => operation, options));
  }

  /**
   * Adds a credential to this connection and all later ones, such as `addAuth("digest", "user:password")`. Resolves when a
   * server has taken it; a refusal ends the session (AuthFailed).
   */
  addAuth(scheme: string, auth: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const operation = new RecordOperation<undefined, void>(Op.auth, undefined, undefined, undefined, readNothing);
      const bytes = bytesOf(auth, Op.auth, scheme);
      if (bytes === null) throw badArguments("auth is null (allowed: a string, a Uint8Array)");
      this.session.addAuth(scheme, bytes, new PendingCall(operation, undefined, resolve, reject));
    });
  }

  /** Who this connection is to the server. */
  whoAmI(options?: CallOptions): Promise<readonly ClientInfo[]> {
    const read = (reader: Reader): readonly ClientInfo[] => WhoAmIResponse.read(reader).clientInfo ?? [];
    return this.ask(() => new RecordOperation(Op.whoAmI, undefined, undefined, undefined, read), options);
  }

  /**
   * Every change of a node and of its list of children, or with `recursive` of the node and all below it. The watch is asked
   * for at once; await `ready` where it matters that it stands. Throws BadArguments for a path that cannot be.
   */
  watch(path: string, options: CallOptions & { readonly recursive?: boolean } = {}): WatchStream {
    const { recursive = false, signal } = options;
    const operation = addWatchOperation(this.chroot, path, recursive);
    const kind: StandingKind = recursive ? "recursive" : "persistent";
    const place = this.chroot.toServer(path, Op.addWatch);
    const { watches } = this.session;
    const events = new EventStream<WatchEvent>(() => {
      signal?.removeEventListener("abort", aborted);
      return this.unwatch(kind, path, place, listener);
    });
    const listener = new StandingWatch(this.chroot, path, events);
    watches.add(kind, place, listener);
    const ready = this.ask(() => operation, options).catch((error: unknown) => {
      watches.remove(kind, place, listener);
      events.fail(error);
      throw error;
    });
    ready.catch(() => {});
    const aborted = (): void => {
      events.fail(signal?.reason);
      this.unwatch(kind, path, place, listener);
    };
    signal?.addEventListener("abort", aborted, { once: true });
    return Object.assign(events, { ready });
  }

  /** Whether the server has a watch of this kind for this connection. */
  checkWatches(path: string, kind: WatchKind, options?: CallOptions): Promise<boolean> {
    return this.ask(() => watcherOperation(this.chroot, Op.checkWatches, path, kind), options);
  }

  /** Takes away all watches of a kind from a path; false: there was none. Their `changed` and streams are told. */
  removeWatches(path: string, kind: WatchKind, options?: CallOptions): Promise<boolean> {
    const found = (): void => {
      this.session.watches.removeAll(KINDS[kind], this.chroot.toServer(path, Op.removeWatches));
    };
    return this.ask(() => watcherOperation(this.chroot, Op.removeWatches, path, kind, found), options);
  }

  /** The ensemble's members, as the node /zookeeper/config holds them; the same for every chroot. */
  getConfig(options?: NotWatching): Promise<NodeData>;
  getConfig(options: Watching): Promise<NodeData & Watched>;
  getConfig(options?: MaybeWatching): Promise<NodeData> {
    if (options?.watch !== true) return this.ask(() => getDataOperation(NO_CHROOT, CONFIG_NODE, false), options);
    return this.watching(() => getDataOperation(NO_CHROOT, CONFIG_NODE, true), NO_CHROOT, "data", CONFIG_NODE, options);
  }

  /** Changes the ensemble's members; gives the new configuration. */
  reconfig(change: ReconfigOptions, options?: CallOptions): Promise<NodeData> {
    const value = {
      joiningServers: change.joining?.join(",") ?? null,
      leavingServers: change.leaving?.join(",") ?? null,
      newMembers: change.members?.join(",") ?? null,
      curConfigId: change.fromVersion ?? -1n,
    };
    return this.ask(() => new RecordOperation(Op.reconfig, undefined, ReconfigRequest, value, readData), options);
  }

  private async open(signal: AbortSignal | undefined, credentials: readonly Promise<void>[]): Promise<void> {
    const decided = this.until((state) => state !== "connecting");
    const aborted = (): void => this.session.close();
    signal?.addEventListener("abort", aborted);
    try {
      this.shell.start();
      await Promise.all([decided, ...credentials]);
      if (isFinal(this.state)) throw new ZooKeeperError(CODES[this.state] ?? "ConnectionLoss", {}, this.now.reason);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  private until(wanted: (state: SessionState) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const before = this.onChange;
      this.onChange = () => {
        before();
        if (wanted(this.state)) resolve();
      };
      if (wanted(this.state)) resolve();
    });
  }

  private changed(event: SessionEvent): void {
    this.now = event;
    this.onChange();
    for (const stream of this.observers) {
      stream.push(event);
      if (isFinal(event.state)) stream.finish();
    }
  }

  /** The promise of an answer. What `make` throws is its rejection. */
  private ask<T>(make: () => Operation<T>, options: CallOptions | undefined, watch?: ReadWatch): Promise<T> {
    const signal = options?.signal;
    if (signal !== undefined) return this.askUntil(signal, make, watch);
    return new Promise((resolve, reject) => this.session.submit(new PendingCall(make(), watch, resolve, reject)));
  }

  private askUntil<T>(signal: AbortSignal, make: () => Operation<T>, watch: ReadWatch | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const settled = (): void => signal.removeEventListener("abort", aborted);
      const call = new PendingCall(
        make(),
        watch,
        (value: T) => {
          settled();
          resolve(value);
        },
        (error) => {
          settled();
          reject(error);
        },
      );
      const aborted = (): void => {
        this.session.withdraw(call);
        reject(signal.reason);
      };
      signal.addEventListener("abort", aborted, { once: true });
      this.session.submit(call);
    });
  }

  private async watching<T extends object>(
    make: () => Operation<T>,
    chroot: Chroot,
    kind: OneShotKind,
    path: string,
    options: CallOptions,
  ): Promise<T & Watched> {
    const listener = new OneShotWatch(chroot, path);
    const operation = make();
    const place = chroot.toServer(path, operation.type);
    const answer = await this.ask(() => operation, options, { kind, path: place, listener });
    return { ...answer, changed: listener.changed };
  }

  /** Waits for the server only if it is there: a watch ends with its connection. */
  private async unwatch(kind: StandingKind, path: string, place: string, listener: StandingWatch): Promise<void> {
    if (!this.session.watches.remove(kind, place, listener) || isFinal(this.state)) return;
    const named = kind === "recursive" ? "persistentRecursive" : "persistent";
    const gone = this.ask(() => watcherOperation(this.chroot, Op.removeWatches, path, named), undefined).catch(
      () => {},
    );
    if (this.server !== undefined) await gone;
  }
}

function isFinal(state: SessionState): boolean {
  return state === "expired" || state === "authFailed" || state === "closed";
}

const CODES: Partial<Record<SessionState, "SessionExpired" | "AuthFailed">> = {
  expired: "SessionExpired",
  authFailed: "AuthFailed",
};
const KINDS: Readonly<Record<WatchKind, readonly (OneShotKind | StandingKind)[]>> = {
  children: ["child"],
  data: ["data", "exist"],
  any: ["data", "exist", "child", "persistent", "recursive"],
  persistent: ["persistent"],
  persistentRecursive: ["recursive"],
};
const NO_CHROOT = new Chroot("");
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 0x7fffffff;

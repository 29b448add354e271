/** The client library: what a program imports. */
export { Perms } from "../wire/client/numbers.ts";
export type { ACL, ClientInfo, Id, Stat } from "../wire/client/shared.ts";
export type { ServerAddress } from "./core/connectString.ts";
export { type ErrorCode, ZooKeeperError } from "./core/errors.ts";
export type { SessionEvent, SessionState } from "./core/session.ts";
export type { NodeEvent } from "./core/watches.ts";
export type { Multi, MultiRead } from "./multi.ts";
export { CREATOR_ALL_ACL, OPEN_ACL, READ_ACL } from "./operations.ts";
export type * from "./types.ts";
export type { WatchStream } from "./watching.ts";
export { connect, type ZooKeeper } from "./zooKeeper.ts";

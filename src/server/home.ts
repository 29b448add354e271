import type { ServerId } from "../base/ids.ts";
import type { Epoch } from "../base/zxid.ts";
import type { Config } from "../config/config.ts";
import type { SessionIds } from "../session/ids.ts";
import type { LocalSessions } from "../session/localSessions.ts";
import type { AclRules } from "../tree/aclCheck.ts";
import type { PrepareOptions } from "../txn/request.ts";
import type { CommittedLog } from "../zab/committedLog.ts";
import type { QuorumVerifier } from "../zab/quorum.ts";
import type { Clients } from "./clients.ts";
import type { Database } from "./database.ts";
import type { Jobs } from "./jobs.ts";
import type { Journal } from "./journal.ts";
import { LocalClients } from "./localClients.ts";
import type { World } from "./ports.ts";
import type { Turn } from "./turn.ts";

/** What a server keeps while its roles come and go. */
export interface Home {
  readonly config: Config;
  readonly sid: ServerId;
  readonly verifier: QuorumVerifier;
  readonly configText: Uint8Array;
  readonly world: World;
  readonly turn: Turn;
  readonly clients: Clients;
  readonly journal: Journal;
  readonly jobs: Jobs;
  readonly committedLog: CommittedLog;
  readonly sessionIds: SessionIds;
  /** Undefined: there are none, every session is global. */
  readonly localSessions: LocalSessions | undefined;
  readonly aclRules: AclRules;
  readonly prepareOptions: PrepareOptions;
  /** Replaced whole when the tree is rebuilt from disk or from a leader's stream. */
  database: Database;
  acceptedEpoch: Epoch;
  currentEpoch: Epoch;
  /** A leader cut this server's history where its files cannot be cut: only a whole tree helps (`zab` LearnerInit). */
  wantSnapshot: boolean;
}

/** For a role that begins. */
export function localClients(home: Home): LocalClients | undefined {
  const { localSessions, clients, sessionIds, turn } = home;
  return localSessions && new LocalClients(localSessions, clients, sessionIds, turn);
}

/** Most bytes of one buffer in a packet (peer-protocol 0.1). */
export function packetLimit(home: Home): number {
  return Math.min(home.config.juteMaxBufferBytes + home.config.juteExtraSizeBytes, 0x7fffffff);
}

import type { ServerId } from "../base/ids.ts";
import type { DiskCommand } from "../store/commands.ts";
import type { DataDirectories } from "../store/recovery.ts";
import type { ClientConnection } from "./clientConnection.ts";
import type { ServerEvent } from "./events.ts";

/**
 * What a server asks of the world. Nothing returns an answer: it comes later, as a call of `Server`'s event methods. The
 * real world is in `net` and `disk`, the fake one in `sim`.
 */

/** One TCP connection, already open. Bytes are written in order; what is written in one turn leaves in one write. */
export interface ByteLink {
  /** Given by the world, never used twice while the process lives. */
  readonly number: number;
  /** The peer's address as Java prints it: `127.0.0.1`, `0:0:0:0:0:0:0:1` (client-protocol 7.1). */
  readonly remoteAddress: string;
  /** The peer's port, for messages and four-letter words. */
  readonly remotePort: number;
  /** Bytes written and not yet taken by the system. */
  readonly queuedBytes: number;
  /** Copies the bytes: the caller may use their memory again at once. */
  write(bytes: Uint8Array): void;
  /** Closes once everything written has left. */
  close(): void;
  /** Closes at once; what is queued is lost. */
  destroy(): void;
  /** Stops and restarts reading: back-pressure. */
  pause(): void;
  resume(): void;
}

/** A host and port to dial; a host may be a name. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface World {
  /** Answered by `onElectionDialled` or `onElectionDialFailed`. */
  dialElection(sid: ServerId, addresses: readonly HostPort[], timeoutMs: number): void;
  /** The first address that answers wins. Answered by `onQuorumDialled` or `onQuorumDialFailed` with the same attempt. */
  dialQuorum(attempt: number, addresses: readonly HostPort[], timeoutMs: number): void;
  /** The quorum port is open only while leading; answered by `onQuorumListening`. */
  listenQuorum(addresses: readonly HostPort[]): void;
  closeQuorum(): void;
  disk(command: DiskCommand): void;
  /** The same files, for reading: recovery and history for learners. */
  readonly directories: DataDirectories;
  /** Ask for a call of `onSlice` once the turn's input has been handled: long work goes on there. */
  later(): void;
  /** Uniform in [0, 1). */
  random(): number;
  /** A four-letter word arrived on a connection that does nothing else: answer with text and close it. */
  fourLetterWord(word: string, connection: ClientConnection): void;
  observe(event: ServerEvent): void;
  /** The process ends; nothing is called afterwards. */
  exit(code: number, reason: string): void;
}

/** What the client port needs of it. */
export type ClientsPort = Pick<World, "fourLetterWord" | "observe">;

import type { MessagePort } from "node:worker_threads";
import type { DiskCommand } from "../store/commands.ts";
import type { StorageSettings } from "../store/storage.ts";

/** What crosses between the main thread and the disk's. */

export interface DiskSettings extends StorageSettings {
  /** `<dataLogDir>/version-2` and `<dataDir>/version-2`, both there already. */
  readonly logPath: string;
  readonly snapshotPath: string;
}

/** The first message to the thread; what follows comes through its port. */
export interface DiskAssignment {
  readonly settings: DiskSettings;
  /** Messages come here, and each is answered here. */
  readonly port: MessagePort;
}

/**
 * Commands as they travel. Transactions of a group lie in one buffer that moves instead of being copied: cloning a
 * Uint8Array clones the whole buffer behind it, and moving it takes the buffer away from whoever shares it.
 */
export type DiskMessage =
  | { readonly kind: "appendRecords"; readonly records: ArrayBuffer }
  | { readonly kind: "chunk"; readonly bytes: ArrayBuffer }
  | { readonly kind: "command"; readonly command: PlainCommand }
  | { readonly kind: "close" };

export type PlainCommand = Exclude<DiskCommand, { readonly kind: "append" | "snapshotChunk" }>;

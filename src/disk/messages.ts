import type { MessagePort } from "node:worker_threads";
import { viewOf } from "../base/bytes.ts";
import { toZxid } from "../base/zxid.ts";
import type { DiskCommand } from "../store/commands.ts";
import type { StorageSettings } from "../store/storage.ts";
import type { TxnBytes } from "../wire/txnValue.ts";

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
  | { readonly kind: "appendPacked"; readonly packed: ArrayBuffer }
  | { readonly kind: "chunk"; readonly bytes: ArrayBuffer }
  | { readonly kind: "command"; readonly command: PlainCommand }
  | { readonly kind: "close" };

export type PlainCommand = Exclude<DiskCommand, { readonly kind: "append" | "snapshotChunk" }>;

/** Gathers transactions: per transaction zxid as a long, length as an int, the bytes. */
export class PackedTxns {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private view = viewOf(this.bytes);
  length = 0;

  /** Copies the transaction: its bytes may change afterwards. */
  add(entry: TxnBytes): void {
    const at = this.length;
    const end = at + HEAD_BYTES + entry.bytes.length;
    if (end > this.bytes.length) this.grow(end);
    this.view.setBigInt64(at, entry.zxid);
    this.view.setInt32(at + 8, entry.bytes.length);
    this.bytes.set(entry.bytes, at + HEAD_BYTES);
    this.length = end;
  }

  /** What was gathered, as a buffer of its own; nothing is left. */
  take(): ArrayBuffer {
    const packed = this.bytes.buffer.slice(0, this.length);
    this.length = 0;
    return packed;
  }

  private grow(wanted: number): void {
    const grown = new Uint8Array(Math.max(wanted, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

export function unpackTxns(packed: ArrayBuffer): readonly TxnBytes[] {
  const bytes = new Uint8Array(packed);
  const view = viewOf(bytes);
  const entries: TxnBytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + HEAD_BYTES;
    const end = start + view.getInt32(at + 8);
    entries.push({ zxid: toZxid(view.getBigInt64(at)), bytes: bytes.subarray(start, end) });
    at = end;
  }
  return entries;
}

const HEAD_BYTES = 12;
const INITIAL_BYTES = 64 * 1024;

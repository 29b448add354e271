import { parentPort } from "node:worker_threads";
import { constants, deflateRawSync } from "node:zlib";
import { unreachable } from "../base/assert.ts";
import type { DiskEvent } from "../store/commands.ts";
import { Storage } from "../store/storage.ts";
import type { DiskAssignment, DiskMessage } from "./messages.ts";
import { NodeDirectory } from "./nodeDirectory.ts";

/**
 * The disk's thread: carries out what arrives, one message after the other, with calls that wait. Every message is
 * answered, if only by no events, so that the other side knows how many are on their way.
 */
function serve({ port, settings }: DiskAssignment): void {
  const log = new NodeDirectory(settings.logPath);
  const snapshot = settings.snapshotPath === settings.logPath ? log : new NodeDirectory(settings.snapshotPath);
  const monoMs = () => performance.now();
  const deflate = (bytes: Uint8Array) => deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  const storage = new Storage({ log, snapshot }, { ...settings, deflate, random: Math.random, monoMs });
  port.on("message", (message: DiskMessage) => {
    if (message.kind === "close") {
      storage.close();
      port.close();
      return;
    }
    port.postMessage(carryOut(storage, message));
  });
}

function carryOut(storage: Storage, message: Exclude<DiskMessage, { readonly kind: "close" }>): readonly DiskEvent[] {
  switch (message.kind) {
    case "appendRecords":
      return storage.append(new Uint8Array(message.records));
    case "chunk":
      return storage.execute({ kind: "snapshotChunk", bytes: new Uint8Array(message.bytes) });
    case "command":
      return storage.execute(message.command);
    default:
      return unreachable(message);
  }
}

parentPort?.once("message", serve);

import { asciiBytes } from "../base/bytes.ts";
import { type Epoch, epochOf, type Zxid } from "../base/zxid.ts";
import type { EpochFile } from "./commands.ts";
import type { Directory } from "./directory.ts";
import { StoreError } from "./storeError.ts";

/** acceptedEpoch and currentEpoch: one decimal number each, without a newline (on-disk-formats 1.3, peer-protocol 2.15). */

export interface Epochs {
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;
}

/** Undefined when the file is absent; StoreError when it holds anything but a number on its first line. */
export function readEpoch(directory: Directory, which: EpochFile): Epoch | undefined {
  if (!directory.list().includes(which)) return undefined;
  const text = firstLine(directory, which);
  const epoch = parseEpoch(text);
  if (epoch !== undefined) return epoch;
  throw new StoreError(
    `${directory.path}/${which}: ${JSON.stringify(text)}, must be one decimal number; ` +
      "move this server's data aside and let the leader send it anew",
  );
}

/** Writes the file so that a crash leaves the old or the new number, and both bytes and name are on disk (D4). */
export function writeEpoch(directory: Directory, which: EpochFile, epoch: Epoch): void {
  const temporary = `${which}.tmp`;
  const bytes = asciiBytes(String(epoch));
  directory.write(temporary, 0, bytes);
  directory.resize(temporary, bytes.length);
  directory.sync(temporary);
  directory.release(temporary);
  directory.rename(temporary, which);
  directory.syncDirectory();
}

/**
 * The epochs of a server whose last transaction is `lastZxid`; files that are missing are written. A currentEpoch behind the
 * log is a step that a crash interrupted: it is finished when currentEpoch.tmp or acceptedEpoch say that it was allowed.
 */
export function recoverEpochs(directory: Directory, lastZxid: Zxid, warnings: string[]): Epochs {
  const logged = epochOf(lastZxid);
  const accepted = readEpoch(directory, "acceptedEpoch");
  const current = readEpoch(directory, "currentEpoch");
  const currentEpoch = current === undefined ? logged : reconcile(directory, current, logged, accepted);
  const acceptedEpoch = accepted ?? logged;
  if (acceptedEpoch < currentEpoch)
    throw new StoreError(
      `${directory.path}/acceptedEpoch: ${acceptedEpoch} is less than currentEpoch ${currentEpoch}; ` +
        "move this server's data aside and let the leader send it anew",
    );
  if (current !== undefined && current !== currentEpoch)
    warnings.push(`${directory.path}/currentEpoch: ${current} was behind the log, is now ${currentEpoch}`);
  if (current !== currentEpoch) writeEpoch(directory, "currentEpoch", currentEpoch);
  if (accepted === undefined) writeEpoch(directory, "acceptedEpoch", acceptedEpoch);
  return { acceptedEpoch, currentEpoch };
}

function reconcile(directory: Directory, current: Epoch, logged: Epoch, accepted: Epoch | undefined): Epoch {
  if (current >= logged) return current;
  const temporary = directory.list().includes(TEMPORARY) ? parseEpoch(firstLine(directory, TEMPORARY)) : undefined;
  if (temporary !== undefined && temporary >= logged) return temporary;
  if (accepted !== undefined && accepted >= logged) return logged;
  throw new StoreError(
    `${directory.path}/currentEpoch: ${current} is older than epoch ${logged} of the last logged transaction; ` +
      "move this server's data aside and let the leader send it anew",
  );
}

function firstLine(directory: Directory, name: string): string {
  const bytes = directory.read(name, 0, LONGEST_TEXT);
  directory.release(name);
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x0a || byte === 0x0d) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A decimal number as Java's Long.parseLong reads it, as far as it can be an epoch. */
function parseEpoch(text: string): Epoch | undefined {
  const digits = text.startsWith("-") || text.startsWith("+") ? text.slice(1) : text;
  if (digits.length === 0) return undefined;
  for (const digit of digits) if (digit < "0" || digit > "9") return undefined;
  const value = Number(digits) * (text.startsWith("-") ? -1 : 1);
  return Math.abs(value) <= 0x7fffffff ? value + 0 : undefined;
}

const TEMPORARY = "currentEpoch.tmp";
const LONGEST_TEXT = 64;

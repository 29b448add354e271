import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOfHex, viewOf } from "../base/bytes.ts";

/** What a Java 3.9.5 sent or wrote: the fixtures of `wire` and `store`. */

type Transcript = "client" | "quorum-follower" | "quorum-observer" | "election";

/** The bytes of a transcript's lines, of one direction: `>` towards the server, `<` back. */
export function recordedLines(transcript: Transcript, direction: ">" | "<"): readonly Uint8Array[] {
  const text = readFileSync(join(SOURCE, `wire/fixtures/java-3.9.5/${transcript}.txt`), "utf8");
  return text.split("\n").flatMap((line) => {
    const [, found, hex] = line.split(" ");
    return found === direction && hex !== undefined ? [bytesOfHex(hex)] : [];
  });
}

export function recordedFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(SOURCE, "store/fixtures/java-3.9.5", name)));
}

/** The transactions of the recorded log. */
export function recordedTxns(): readonly Uint8Array[] {
  const log = recordedFile("log.1");
  const view = viewOf(log);
  const txns: Uint8Array[] = [];
  for (let at = LOG_HEADER; at + RECORD_HEAD <= log.length; ) {
    const length = view.getInt32(at + 8);
    if (length === 0) break;
    txns.push(log.slice(at + RECORD_HEAD, at + RECORD_HEAD + length));
    at += RECORD_HEAD + length + 1;
  }
  return txns;
}

const SOURCE = join(__dirname, "..");
const LOG_HEADER = 16;
const RECORD_HEAD = 12;

import { Writer } from "jute-ts";
import { asciiBytes, concatBytes, viewOf } from "../../base/bytes.ts";
import { adler32 } from "../../base/checksum.ts";
import { readEpoch, writeEpoch } from "../../store/epochFiles.ts";
import { LogFile } from "../../store/logFile.ts";
import { LOG_HEADER_BYTES, logHeader, RECORD_HEAD_BYTES, RECORD_OVERHEAD_BYTES } from "../../store/logRecord.ts";
import { MemoryDirectory } from "../../store/memoryDirectory.ts";
import { sampleLog, writeRecord } from "../../store/sampleFiles.ts";
import { StoreError } from "../../store/storeError.ts";
import { type Decoder, decoder, Fault } from "../decoder.ts";
import { choice, constant, type Grammar, nested, repeated, sequence } from "../grammar.ts";
import { recordedTxns } from "../recorded.ts";
import { TXNS } from "./txn.ts";

const RECORD: Grammar = sequence(constant(new Uint8Array(8)), nested(choice(...TXNS)), constant(Uint8Array.of(0x42)));
const LOG: Grammar = sequence(constant(logHeader()), repeated(RECORD, 4), repeated(constant(new Uint8Array(16)), 2));
const EPOCHS = ["0", "7", "-1", "+12", "2147483647", "7\n8", "12\r", ""].map((text) => constant(asciiBytes(text)));

export const FILES: readonly Decoder[] = [
  decoder({
    name: "log",
    executions: 90_000,
    grammars: [LOG],
    recorded: [sampleLog([1n, 2n, 3n]), logOf(recordedTxns().slice(0, 5))],
    repair: repairLog,
    decode: logIn,
    isRefusal: isStoreError,
    again: ({ payloads, torn }) => ({ payloads: logIn(logOf(payloads)).payloads, torn }),
    extraBytes: 64 * 1024,
  }),
  decoder({
    name: "epoch",
    executions: 60_000,
    grammars: EPOCHS,
    decode: (bytes) => readEpoch(directoryWith(EPOCH, bytes), EPOCH),
    isRefusal: isStoreError,
    again(epoch) {
      const directory = new MemoryDirectory("/d");
      writeEpoch(directory, EPOCH, epoch);
      return readEpoch(directory, EPOCH);
    },
  }),
];

interface LogFound {
  readonly payloads: readonly Uint8Array[];
  readonly torn: string | undefined;
}

function logIn(bytes: Uint8Array): LogFound {
  const directory = directoryWith(LOG_NAME, bytes);
  let reads = 0;
  directory.watch = (operation) => {
    if (operation === "read") reads++;
    return "perform";
  };
  const file = new LogFile(directory, LOG_NAME, { maxRecordBytes: LIMIT, dropDamagedTail: false });
  const payloads: Uint8Array[] = [];
  if (!file.isUnborn()) {
    file.checkHeader();
    for (let entry = file.next(); entry !== undefined; entry = file.next()) payloads.push(entry.bytes);
  }
  if (reads > READS + bytes.length / RECORD_OVERHEAD_BYTES) throw new Fault(`${reads} reads of ${bytes.length} bytes`);
  return { payloads, torn: file.torn };
}

function logOf(payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer(1024);
  for (const payload of payloads) writeRecord(writer, payload);
  return concatBytes([logHeader(), writer.toBytes()]);
}

/** Right checksums, as far as the lengths lead. */
function repairLog(bytes: Uint8Array): void {
  const view = viewOf(bytes);
  for (let at = LOG_HEADER_BYTES; at + RECORD_HEAD_BYTES <= bytes.length; ) {
    const length = view.getInt32(at + 8);
    const end = at + RECORD_HEAD_BYTES + length;
    if (length <= 0 || end > bytes.length) return;
    view.setInt32(at, 0);
    view.setUint32(at + 4, adler32(1, bytes, at + RECORD_HEAD_BYTES, end));
    at = end + 1;
  }
}

function directoryWith(name: string, bytes: Uint8Array): MemoryDirectory {
  const directory = new MemoryDirectory("/d");
  directory.write(name, 0, bytes);
  directory.resize(name, bytes.length);
  return directory;
}

function isStoreError(error: unknown): boolean {
  return error instanceof StoreError;
}

const LOG_NAME = "log.1";
const EPOCH = "currentEpoch";
const LIMIT = 2_097_150;
const READS = 8;

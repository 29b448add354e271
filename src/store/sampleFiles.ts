import { DecodeError, Writer } from "jute-ts";
import { concatBytes } from "../base/bytes.ts";
import { adler32 } from "../base/checksum.ts";
import { toSessionId } from "../base/ids.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import type { ACL } from "../wire/client/shared.ts";
import type { NodeRecord } from "../wire/nodeRecord.ts";
import { encodeTxn } from "../wire/txnCodec.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { Directory } from "./directory.ts";
import { END_OF_RECORD, logHeader, RECORD_HEAD_BYTES, RECORD_OVERHEAD_BYTES } from "./logRecord.ts";
import type { RecoveryOptions, RecoverySink } from "./recovery.ts";
import { SnapshotEncoder } from "./snapshotEncoder.ts";

/** Small logs and snapshots, and a sink that remembers what it was fed: for tests of files and of crashes. */

export function sampleTxn(zxid: bigint, size = 3): TxnBytes {
  const header = { clientId: toSessionId(0x1001n), cxid: 7, zxid: toZxid(zxid), timeMs: 1_700_000_000_000n };
  const body = { type: 5, path: "/a", data: new Uint8Array(size).fill(0x61), version: 1 } as const;
  return { zxid: toZxid(zxid), bytes: encodeTxn({ ...header, body, digest: { version: 2, treeDigest: -zxid } }) };
}

/** Appends a record of the log, written apart from how the server writes one. */
export function writeRecord(writer: Writer, payload: Uint8Array): void {
  const at = writer.reserve(payload.length + RECORD_OVERHEAD_BYTES);
  writer.view.setUint32(at, 0);
  writer.view.setUint32(at + 4, adler32(1, payload));
  writer.view.setInt32(at + 8, payload.length);
  writer.bytes.set(payload, at + RECORD_HEAD_BYTES);
  writer.bytes[at + RECORD_HEAD_BYTES + payload.length] = END_OF_RECORD;
}

/** A log without padding. */
export function sampleLog(zxids: readonly bigint[]): Uint8Array {
  const writer = new Writer();
  writer.raw(logHeader());
  for (const zxid of zxids) writeRecord(writer, sampleTxn(zxid).bytes);
  return writer.toBytes();
}

/** A log with one transaction that no server may log: a check outside a multi, type 13. */
export function checkLog(zxid: bigint): Uint8Array {
  const header = { clientId: toSessionId(1n), cxid: 1, zxid: toZxid(zxid), timeMs: 1n };
  const writer = new Writer();
  writer.raw(logHeader());
  writeRecord(writer, encodeTxn({ ...header, body: { type: 13, path: "/a", version: 1 }, digest: undefined }));
  return writer.toBytes();
}

/** Zxids `from` to `to`. */
export function zxids(from: number, to: number): readonly bigint[] {
  return Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i));
}

/** Session 0x1001, ACL 1, the root, and /zxid holding `text`. */
export function sampleSnapshot(zxid: bigint, text = String(zxid)): Uint8Array {
  const encoder = new SnapshotEncoder("file");
  const acl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
  const sessions = [{ id: toSessionId(0x1001n), timeoutMs: 4000 }];
  return concatBytes([
    encoder.begin(sessions, [{ key: 1n, acl }]),
    encoder.nodes(concatBytes([sampleNode("", null), sampleNode("/zxid", text)])),
    encoder.end({ zxid: toZxid(zxid), version: 2, digest: -zxid }, toZxid(zxid)),
  ]);
}

export function sampleNode(path: string, data: string | null): Uint8Array {
  const writer = new Writer();
  writer.ustring(path);
  // A buffer of ASCII bytes has the form of a ustring.
  writer.ustring(data);
  writer.long(1n);
  writer.raw(new Uint8Array(60));
  return writer.toBytes();
}

/** A file that is on disk, name and all. */
export function put(directory: Directory, name: string, bytes: Uint8Array): void {
  directory.write(name, 0, bytes);
  directory.resize(name, bytes.length);
  directory.sync(name);
  directory.syncDirectory();
}

/** Runs a generator to its end. */
export function finish<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** What recovery handed over, as text. */
export class Recollection implements RecoverySink {
  readonly nodes: string[] = [];
  readonly sessions: bigint[] = [];
  readonly acls: string[] = [];
  readonly txns: Zxid[] = [];
  refuses: Zxid | undefined;

  session(id: bigint): void {
    this.sessions.push(id);
  }

  acl(key: bigint, acl: readonly ACL[]): void {
    this.acls.push(`${key} ${acl.map((one) => `${one.perms} ${one.id?.scheme}:${one.id?.id}`).join(",")}`);
  }

  node({ path, data }: NodeRecord): void {
    this.nodes.push(`${path}=${data === null ? "null" : String.fromCharCode(...data)}`);
  }

  loaded(): void {}

  txn(txn: TxnBytes): void {
    if (txn.zxid === this.refuses) throw new DecodeError("unknown type 99");
    this.txns.push(txn.zxid);
  }
}

export const RECOVERY_DEFAULTS: RecoveryOptions = {
  ensemble: false,
  trustEmptySnapshot: false,
  dbAutocreate: true,
  maxRecordBytes: 2097150,
  dropDamagedTail: false,
};

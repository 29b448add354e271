import { Writer } from "jute-ts";
import { asciiBytes } from "../base/bytes.ts";
import { adler32 } from "../base/checksum.ts";
import type { SessionId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import { ACL } from "../wire/client/shared.ts";
import { FILE_VERSION, FileHeader, SNAPSHOT_MAGIC } from "../wire/files.ts";
import { DIGEST_VERSION } from "../wire/txn.ts";

/** `file`: with header, seals, digest and last zxid (on-disk-formats 4.1). `stream`: what follows SNAP (peer-protocol 3.8). */
export type SnapshotForm = "file" | "stream";

export interface SnapshotSession {
  readonly id: SessionId;
  readonly timeoutMs: number;
}

export interface SnapshotAcl {
  readonly key: bigint;
  readonly acl: readonly ACL[];
}

export interface SnapshotDigest {
  /** The transaction after which the tree has this digest; not below the name of the file. */
  readonly zxid: Zxid;
  readonly version: number;
  readonly digest: bigint;
}

/**
 * The bytes of a snapshot, in three steps: `begin`, then `nodes` as often as there are chunks, then `end`. Nodes come as ready bytes
 * (ustring path, buffer data, long acl key, StatPersisted), the root first with the path "", parents before children.
 * The ACL table must cover every node that follows (W9). Sums up the seals' Adler-32 as the bytes pass.
 */
export class SnapshotEncoder {
  private readonly form: SnapshotForm;
  private adler = 1;

  constructor(form: SnapshotForm) {
    this.form = form;
  }

  begin(sessions: readonly SnapshotSession[], acls: readonly SnapshotAcl[]): Uint8Array {
    const writer = new Writer(64 + 12 * sessions.length + 64 * acls.length);
    if (this.form === "file") writeHeader(writer);
    writer.int(sessions.length);
    for (const session of sessions) {
      writer.long(session.id);
      writer.int(session.timeoutMs);
    }
    writer.int(acls.length);
    for (const entry of acls) {
      writer.long(entry.key);
      writer.count(entry.acl.length);
      for (const acl of entry.acl) ACL.write(writer, acl);
    }
    return this.nodes(writer.toBytes());
  }

  /** Passes the bytes of whole nodes on. */
  nodes(bytes: Uint8Array): Uint8Array {
    if (this.form === "file") this.adler = adler32(this.adler, bytes);
    return bytes;
  }

  /**
   * What ends the snapshot: in a file always the long form of 54 bytes (W10). `lastZxid` is the last one applied by
   * now; without a digest the section says so with zxid 0.
   */
  end(digest: SnapshotDigest | undefined, lastZxid: Zxid): Uint8Array {
    const writer = new Writer(256);
    writer.raw(SNAPSHOT_TERMINATOR);
    if (this.form === "stream") {
      writer.ustring(STREAM_SIGNATURE);
      return writer.toBytes();
    }
    this.seal(writer, 0);
    const digestStart = writer.length;
    writer.long(digest?.zxid ?? 0n);
    writer.int(digest?.version ?? DIGEST_VERSION);
    writer.long(digest?.digest ?? 0n);
    this.seal(writer, digestStart);
    const zxidStart = writer.length;
    writer.long(lastZxid);
    this.seal(writer, zxidStart);
    return writer.toBytes();
  }

  /** Sums up what was written since `from`, writes the seal, and sums that up too: later seals cover earlier ones. */
  private seal(writer: Writer, from: number): void {
    this.adler = adler32(this.adler, writer.bytes, from, writer.length);
    const at = writer.length;
    writer.long(BigInt(this.adler));
    writer.raw(SNAPSHOT_TERMINATOR);
    this.adler = adler32(this.adler, writer.bytes, at, writer.length);
  }
}

function writeHeader(writer: Writer): void {
  const at = writer.reserve(FileHeader.size);
  FileHeader.write(writer.bytes, at, { magic: SNAPSHOT_MAGIC, version: FILE_VERSION, dbid: -1n });
}

/** ustring "/": ends the nodes, and every seal. */
export const SNAPSHOT_TERMINATOR: Uint8Array = Uint8Array.of(0, 0, 0, 1, 0x2f);
export const STREAM_SIGNATURE = "BenWasHere";
export const STREAM_SIGNATURE_BYTES: Uint8Array = asciiBytes(`\0\0\0\n${STREAM_SIGNATURE}`);
/** Adler-32 as a long, ustring "/". */
export const SEAL_BYTES = 13;
export const DIGEST_SECTION_BYTES = 20;
export const LAST_ZXID_SECTION_BYTES = 8;

import { Writer } from "jute-ts";
import type { Zxid } from "../base/zxid.ts";
import type { DiskCommand, SnapshotOrigin } from "../store/commands.ts";
import { SnapshotEncoder, type SnapshotForm } from "../store/snapshotEncoder.ts";
import { DIGEST_VERSION } from "../wire/txn.ts";
import type { Database } from "./database.ts";
import type { Home } from "./home.ts";
import type { Job } from "./jobs.ts";
import type { ByteLink } from "./ports.ts";

/**
 * The bytes of a snapshot of `database`, in chunks of about `SLICE_BYTES`. Fuzzy: transactions may be applied between
 * chunks; what lies above the zxid at the start is replayed from the log, or sent behind (on-disk-formats 4.8). Order of
 * capture: sessions, ACL table, nodes, digest, last zxid.
 */
export function* snapshotChunks(database: Database, form: SnapshotForm): Generator<Uint8Array, void> {
  const { tree, sessions } = database;
  const encoder = new SnapshotEncoder(form);
  const table = Array.from(sessions, ([id, timeoutMs]) => ({ id, timeoutMs }));
  const head = encoder.begin(table, [...tree.aclEntries()]);
  const nodes = new Writer(2 * SLICE_BYTES);
  const slices = tree.writeNodes(nodes, SLICE_BYTES);
  try {
    // Before anything else: only a walk that has begun can be ended.
    let slice = slices.next();
    yield head;
    while (nodes.length > 0) {
      yield encoder.nodes(nodes.toBytes());
      nodes.reset();
      if (slice.done !== true) slice = slices.next();
    }
  } finally {
    slices.return(undefined);
  }
  const { lastProcessedZxid } = tree;
  const digest = { zxid: lastProcessedZxid, version: DIGEST_VERSION, digest: tree.signedDigest };
  yield encoder.end(digest, lastProcessedZxid);
}

/** Writes a snapshot to disk; the disk answers `snapshotSaved` with its zxid. */
export class SaveSnapshot implements Job {
  readonly name = "saveSnapshot";
  private readonly chunks: Generator<Uint8Array, void>;
  private readonly zxid: Zxid;
  private readonly disk: (command: DiskCommand) => void;

  /** `retires`: logs to be set aside once it counts. */
  constructor(
    database: Database,
    zxid: Zxid,
    origin: SnapshotOrigin,
    disk: (command: DiskCommand) => void,
    retires: readonly string[] = [],
  ) {
    this.chunks = snapshotChunks(database, "file");
    this.zxid = zxid;
    this.disk = disk;
    disk({ kind: "beginSnapshot", zxid, origin, retires });
  }

  step(): "more" | "done" {
    const { value, done } = this.chunks.next();
    if (done !== true && value !== undefined) {
      this.disk({ kind: "snapshotChunk", bytes: value });
      return "more";
    }
    this.disk({ kind: "endSnapshot", zxid: this.zxid });
    return "done";
  }

  cancel(): void {
    this.chunks.return();
    this.disk({ kind: "abortSnapshot" });
  }
}

/** Whatever snapshot is being written to disk is given up. */
export function dropSnapshot(home: Home): void {
  home.jobs.cancel("saveSnapshot");
}

/** Streams a snapshot to a learner behind the SNAP packet, no faster than the link takes it. */
export class StreamSnapshot implements Job {
  readonly name: string;
  private readonly chunks: Generator<Uint8Array, void>;
  private readonly link: ByteLink;
  private readonly progress: (finished: boolean) => void;

  constructor(database: Database, link: ByteLink, progress: (finished: boolean) => void) {
    this.name = StreamSnapshot.nameFor(link.number);
    this.chunks = snapshotChunks(database, "stream");
    this.link = link;
    this.progress = progress;
  }

  static nameFor(link: number): string {
    return `streamSnapshot ${link}`;
  }

  step(): "more" | "waiting" | "done" {
    if (this.link.queuedBytes > LINK_HIGH_WATER_BYTES) return "waiting";
    const { value, done } = this.chunks.next();
    if (value !== undefined) this.link.write(value);
    this.progress(done === true);
    return done === true ? "done" : "more";
  }

  cancel(): void {
    this.chunks.return();
  }
}

const SLICE_BYTES = 64 * 1024;
const LINK_HIGH_WATER_BYTES = 4 * 1024 * 1024;

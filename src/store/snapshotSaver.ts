import { assert, present } from "../base/assert.ts";
import type { Zxid } from "../base/zxid.ts";
import type { SnapshotOrigin } from "./commands.ts";
import { type Compression, type Deflate, type Packer, packerFor } from "./compression.ts";
import type { Directory, StoreDirectories } from "./directory.ts";
import { isRetired, retiredName, storedName, temporaryName, zxidOfName } from "./names.ts";
import { cutLogs } from "./truncation.ts";

export interface SnapshotSaverOptions {
  /** `zookeeper.snapshot.compression.method`; reading goes by the name alone. */
  readonly snapshotCompression: Compression;
  readonly deflate: Deflate;
}

interface Snapshot {
  readonly zxid: Zxid;
  readonly origin: SnapshotOrigin;
  readonly retires?: readonly string[];
}

/**
 * One snapshot on its way to disk: under a temporary name until it is whole and synced, so that no reader and no purge
 * ever meets half of one (D5).
 *
 * One that a leader sent takes the place of everything else (ZOOKEEPER-2846: a tail that the leader never had, below the snapshot, would
 * go out to other learners as committed). Every step is on disk before the next, and what a start finds in between:
 *
 *   1 its bytes, under the temporary name              the old history
 *   2 the log is cut above it, from the end            the old history, down to the snapshot's zxid or to a snapshot above it
 *   3 its name                                         the same while there is a snapshot above it, else the new history
 *   4 the other snapshots are retired                  the new history
 *   5 the logs are retired                             the new history
 *
 * What step 2 takes away the leader's history does not have, so it is committed nowhere, as with a TRUNC; records at or below
 * the snapshot stay until it counts. Between 4 and 5 old logs lie below the snapshot: `openHistory` does not read across.
 */
export class SnapshotSaver {
  private readonly log: Directory;
  private readonly snapshot: Directory;
  private begun:
    | (Snapshot & { readonly name: string; readonly temporary: string; readonly packer: Packer })
    | undefined;
  private readonly options: SnapshotSaverOptions;
  private written = 0;
  private synced = 0;

  constructor({ log, snapshot }: StoreDirectories, options: SnapshotSaverOptions) {
    this.options = options;
    this.log = log;
    this.snapshot = snapshot;
  }

  /** The snapshot that is being written. */
  get current(): Snapshot | undefined {
    return this.begun;
  }

  begin({ zxid, origin, retires = [] }: Snapshot): void {
    assert(this.begun === undefined, "one snapshot is written at a time");
    const { snapshotCompression, deflate } = this.options;
    const name = storedName("snapshot", zxid, snapshotCompression);
    const temporary = temporaryName(name);
    this.begun = { zxid, origin, retires, name, temporary, packer: packerFor(snapshotCompression, deflate) };
    this.written = 0;
    this.synced = 0;
    this.snapshot.write(temporary, 0, NOTHING);
    this.snapshot.resize(temporary, 0);
  }

  chunk(bytes: Uint8Array): void {
    const { temporary, packer } = present(this.begun, "a snapshot was begun");
    this.write(temporary, packer.push(bytes));
    // The log waits while this thread syncs: many short waits instead of a long one at the end.
    if (this.written - this.synced < SYNC_EVERY_BYTES) return;
    this.snapshot.sync(temporary);
    this.synced = this.written;
  }

  /** Makes the snapshot count; returns its size in bytes. No log may be open for one that a leader sent. */
  end(): number {
    const { name, temporary, zxid, origin, retires = [], packer } = present(this.begun, "a snapshot was begun");
    this.write(temporary, packer.finish());
    this.snapshot.sync(temporary);
    this.snapshot.release(temporary);
    if (origin === "leader") cutLogs(this.log, zxid);
    this.snapshot.rename(temporary, name);
    this.begun = undefined;
    this.snapshot.syncDirectory();
    if (origin === "leader") this.retireOthers(name);
    else {
      this.removeReplaced(name, zxid);
      retire(this.log, (other) => retires.includes(other));
    }
    return this.written;
  }

  /** Forgets the snapshot and its file, as far as the directory lets it. */
  abort(): void {
    if (this.begun === undefined) return;
    const { temporary } = this.begun;
    this.begun = undefined;
    this.snapshot.release(temporary);
    if (this.snapshot.list().includes(temporary)) this.snapshot.remove(temporary);
  }

  private write(temporary: string, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.snapshot.write(temporary, this.written, bytes);
    this.written += bytes.length;
  }

  /** Renamed and not removed: a leader that was started on an empty disk by mistake must not take the last copy with it. */
  private retireOthers(name: string): void {
    retire(this.snapshot, (other) => other !== name && zxidOfName("snapshot", other) !== undefined);
    retire(this.log, (other) => zxidOfName("log", other) !== undefined);
  }

  /** Two names with one zxid would refuse the next start (R1); what was retired is not needed any more. */
  private removeReplaced(name: string, zxid: Zxid): void {
    removeAll(this.snapshot, (other) => other !== name && zxidOfName("snapshot", other) === zxid);
    removeAll(this.snapshot, isRetired);
    removeAll(this.log, isRetired);
  }
}

function retire(directory: Directory, chosen: (name: string) => boolean): void {
  const names = directory.list().filter(chosen);
  for (const name of names) directory.rename(name, retiredName(name));
  if (names.length > 0) directory.syncDirectory();
}

function removeAll(directory: Directory, chosen: (name: string) => boolean): void {
  const names = directory.list().filter(chosen);
  for (const name of names) directory.remove(name);
  if (names.length > 0) directory.syncDirectory();
}

const NOTHING = new Uint8Array(0);
const SYNC_EVERY_BYTES = 4 * 1024 * 1024;

import { assert, present } from "../base/assert.ts";
import type { Zxid } from "../base/zxid.ts";
import type { Directory } from "./directory.ts";
import { isRetired, storedName, temporaryName, zxidOfName } from "./names.ts";

/**
 * One snapshot on its way to disk: under a temporary name until it is whole and synced, so that no reader and no purge
 * ever meets half of one (D5).
 */
export class SnapshotSaver {
  private readonly directory: Directory;
  private current: { readonly zxid: Zxid; readonly temporary: string } | undefined;
  private written = 0;
  private synced = 0;

  constructor(directory: Directory) {
    this.directory = directory;
  }

  /** The snapshot that is being written. */
  get zxid(): Zxid | undefined {
    return this.current?.zxid;
  }

  begin(zxid: Zxid): void {
    assert(this.current === undefined, "one snapshot is written at a time");
    this.current = { zxid, temporary: temporaryName(storedName("snapshot", zxid)) };
    this.written = 0;
    this.synced = 0;
    this.directory.write(this.current.temporary, 0, NOTHING);
    this.directory.resize(this.current.temporary, 0);
  }

  chunk(bytes: Uint8Array): void {
    const { temporary } = present(this.current, "a snapshot was begun");
    this.directory.write(temporary, this.written, bytes);
    this.written += bytes.length;
    // The log waits while this thread syncs: many short waits instead of a long one at the end.
    if (this.written - this.synced < SYNC_EVERY_BYTES) return;
    this.directory.sync(temporary);
    this.synced = this.written;
  }

  /** Makes the snapshot count; returns its size in bytes. */
  end(zxid: Zxid): number {
    const { temporary, zxid: begun } = present(this.current, "a snapshot was begun");
    assert(begun === zxid, "the snapshot that ends is the one that was begun");
    const name = storedName("snapshot", zxid);
    this.directory.sync(temporary);
    this.directory.release(temporary);
    this.directory.rename(temporary, name);
    this.current = undefined;
    this.directory.syncDirectory();
    this.removeReplaced(name, zxid);
    return this.written;
  }

  /** Forgets the snapshot and its file, as far as the directory lets it. */
  abort(): void {
    if (this.current === undefined) return;
    const { temporary } = this.current;
    this.current = undefined;
    this.directory.release(temporary);
    if (this.directory.list().includes(temporary)) this.directory.remove(temporary);
  }

  /** Two names with one zxid would refuse the next start (R1); what a truncation retired is not needed any more. */
  private removeReplaced(name: string, zxid: Zxid): void {
    const replaced = this.directory
      .list()
      .filter((other) => other !== name && (zxidOfName("snapshot", other) === zxid || isRetiredSnapshot(other)));
    if (replaced.length === 0) return;
    for (const other of replaced) this.directory.remove(other);
    this.directory.syncDirectory();
  }
}

function isRetiredSnapshot(name: string): boolean {
  return isRetired(name) && name.includes("snapshot.");
}

const NOTHING = new Uint8Array(0);
const SYNC_EVERY_BYTES = 4 * 1024 * 1024;

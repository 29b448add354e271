import { toZxid } from "../base/zxid.ts";
import type { DiskCommand, DiskEvent } from "./commands.ts";
import { paddedSize } from "./logAppender.ts";
import { logHeader } from "./logRecord.ts";
import { MemoryDirectory } from "./memoryDirectory.ts";
import { recover } from "./recovery.ts";
import {
  finish,
  put,
  RECOVERY_DEFAULTS,
  Recollection,
  sampleLog,
  sampleSnapshot,
  sampleTxn,
  zxids,
} from "./sampleFiles.ts";
import { Storage, type StorageSettings } from "./storage.ts";

const SETTINGS: StorageSettings = {
  snapCount: 100_000,
  preAllocSizeBytes: 65_536,
  snapSizeLimitBytes: -1,
  txnLogSizeLimitBytes: -1,
  forceSync: true,
};

class Bench {
  readonly directory: MemoryDirectory;
  readonly storage: Storage;
  readonly calls: string[] = [];

  constructor(settings: Partial<StorageSettings> = {}, directory = new MemoryDirectory("/data")) {
    this.directory = directory;
    directory.watch = (operation, name) => {
      this.calls.push(`${operation} ${name}`.trim());
      return "perform";
    };
    const options = { ...SETTINGS, ...settings, random: () => 0, monoMs: () => 0 };
    this.storage = new Storage({ log: directory, snapshot: directory }, options);
  }

  run(command: DiskCommand): string {
    this.calls.length = 0;
    return this.storage.execute(command).map(text).join(", ");
  }

  append(from: number, to: number, size?: number): string {
    return this.run({ kind: "append", entries: zxids(from, to).map((zxid) => sampleTxn(zxid, size)) });
  }

  snapshot(zxid: bigint, bytes = sampleSnapshot(zxid)): string {
    const commands: readonly DiskCommand[] = [
      { kind: "beginSnapshot", zxid: toZxid(zxid) },
      { kind: "snapshotChunk", bytes: bytes.slice(0, 50) },
      { kind: "snapshotChunk", bytes: bytes.slice(50) },
      { kind: "endSnapshot", zxid: toZxid(zxid) },
    ];
    return commands.map((command) => this.run(command)).join("");
  }

  files(): string {
    return [...this.directory.list()].sort().join(" ");
  }

  recovered(): string {
    const fresh = () => new Recollection();
    const { directory } = this;
    const directories = { log: directory, snapshot: directory, parents: [] };
    const { state, snapshotZxid } = finish(recover(directories, RECOVERY_DEFAULTS, { fresh }));
    return `${snapshotZxid ?? "none"} + ${state.txns.join(" ")}`;
  }
}

function text(event: DiskEvent): string {
  switch (event.kind) {
    case "flushed":
      return `flushed ${event.zxid} (${event.count})`;
    case "epochSaved":
      return `${event.which} ${event.epoch}`;
    case "truncated":
      return `truncated ${event.zxid}`;
    case "truncateFailed":
    case "snapshotFailed":
      return `${event.kind} ${event.zxid}: ${event.reason}`;
    case "snapshotSaved":
      return `snapshotSaved ${event.zxid} of ${event.bytes}`;
    case "snapshotDue":
    case "drained":
      return event.kind;
    case "failed":
      return `failed: ${event.reason}`;
  }
}

describe("append", () => {
  test("creates the log whole under another name, then writes the group at once and syncs it", () => {
    const bench = new Bench();
    expect(bench.append(1, 3)).toBe("flushed 3 (3)");
    expect(bench.calls).toEqual([
      "write tmp-log.1",
      "resize tmp-log.1",
      "sync tmp-log.1",
      "rename tmp-log.1",
      "syncDirectory",
      "resize log.1",
      "write log.1",
      "sync log.1",
    ]);
    expect(bench.append(4, 4)).toBe("flushed 4 (1)");
    expect(bench.calls).toEqual(["write log.1", "sync log.1"]);
    expect(bench.recovered()).toBe("none + 1 2 3 4");
  });

  test("writes what Java would: sample records behind a header", () => {
    const bench = new Bench();
    bench.append(1, 4);
    const expected = sampleLog(zxids(1, 4));
    expect(bench.directory.read("log.1", 0, expected.length)).toEqual(expected);
    expect(bench.directory.size("log.1")).toBe(16 + 65_536);
  });

  test("does not sync when forceSync is off", () => {
    const bench = new Bench({ forceSync: false });
    bench.append(1, 1);
    bench.append(2, 2);
    expect(bench.calls).toEqual(["write log.1"]);
  });

  test("of nothing is nothing", () => expect(new Bench().run({ kind: "append", entries: [] })).toBe(""));

  test("never goes on in a log of an earlier run", () => {
    const bench = new Bench();
    bench.append(1, 3);
    expect(new Bench({}, bench.directory).append(4, 5)).toBe("flushed 5 (2)");
    expect(bench.files()).toBe("log.1 log.4");
    expect(bench.recovered()).toBe("none + 1 2 3 4 5");
  });

  test.each(["", logHeader().slice(0, 5), logHeader()])("takes the place of a log without a record (%#)", (content) => {
    const directory = new MemoryDirectory("/data");
    put(directory, "log.1", typeof content === "string" ? new Uint8Array(0) : content);
    const bench = new Bench({}, directory);
    expect(bench.append(1, 2)).toBe("flushed 2 (2)");
    expect(bench.files()).toBe("log.1");
  });

  test("refuses to overwrite a log that holds a record, and does nothing afterwards", () => {
    const directory = new MemoryDirectory("/data");
    put(directory, "log.1.bak", sampleLog([1n]));
    const bench = new Bench({}, directory);
    expect(bench.append(1, 2)).toBe("failed: the transaction log: /data/log.1.bak: already holds transaction 0x1");
    expect(bench.append(1, 2)).toBe("");
    expect(bench.run({ kind: "saveEpoch", which: "currentEpoch", epoch: 1 })).toBe("");
    expect(bench.files()).toBe("log.1.bak");
  });

  test.each([
    [[1n, 3n], "0x3 after 0x1"],
    [[2n, 1n], "0x1 after 0x2"],
    [[1n, 0x100000002n], "0x100000002 after 0x1"],
  ])("a gap is a broken invariant: %p (W8)", (sequence, message) => {
    const entries = sequence.map((zxid) => sampleTxn(zxid));
    expect(() => new Bench().run({ kind: "append", entries })).toThrow(message);
  });

  test("the same zxid again and a new epoch are no gap", () => {
    const entries = [1n, 1n, 2n, 0x300000001n].map((zxid) => sampleTxn(zxid));
    expect(new Bench().run({ kind: "append", entries })).toBe(`flushed ${0x300000001n} (4)`);
  });
});

describe("padding (on-disk-formats 3.7)", () => {
  test.each([
    [16, 16, 67_108_864, 67_108_880],
    [67_104_783, 67_108_880, 67_108_864, 67_108_880],
    [67_104_784, 67_108_880, 67_108_864, 134_217_744],
    [16, 16, 65_536, 65_552],
    [200_000, 65_552, 65_536, 262_144],
    [16, 16, 0, 16],
    [16, 16, -1024, 16],
  ])("at %i of %i with blocks of %i: %i", (position, size, block, expected) =>
    expect(paddedSize(position, size, block)).toBe(expected),
  );

  test("two records of 200 kB leave the tail unpadded, as Java does", () => {
    const bench = new Bench();
    const overhead = sampleTxn(1n, 0).bytes.length + 13;
    const size = (400_277 - 16) / 2 - overhead;
    bench.append(1, 1, Math.floor(size));
    bench.append(2, 2, Math.ceil(size));
    expect(bench.directory.size("log.1")).toBe(400_277);
  });
});

describe("rolling (on-disk-formats 3.8)", () => {
  test("by count: more than half of snapCount, and a snapshot is wanted", () => {
    const bench = new Bench({ snapCount: 10 });
    const heard = zxids(1, 14).map((zxid) => bench.append(Number(zxid), Number(zxid)));
    expect(heard.filter((events) => events.includes("snapshotDue"))).toEqual([
      "flushed 6 (1), snapshotDue",
      "flushed 12 (1), snapshotDue",
    ]);
    expect(bench.files()).toBe("log.1 log.7 log.d");
  });

  test("a snapCount below 2 is 2", () => {
    const bench = new Bench({ snapCount: 0 });
    expect([bench.append(1, 1), bench.append(2, 2)]).toEqual(["flushed 1 (1)", "flushed 2 (1), snapshotDue"]);
  });

  test("by size of all logs since the last snapshot, padding included", () => {
    const bench = new Bench({ snapSizeLimitBytes: 4 * 65_536 });
    expect(bench.append(1, 1, 100_000)).toBe("flushed 1 (1)");
    expect(bench.append(2, 2, 50_000)).toBe("flushed 2 (1), snapshotDue");
    expect(bench.append(3, 3)).toBe("flushed 3 (1)");
    expect(bench.files()).toBe("log.1 log.3");
  });

  test("by size of the file: no snapshot, but the size counts on", () => {
    const bench = new Bench({ txnLogSizeLimitBytes: 1000, snapSizeLimitBytes: 5 * 65_552 });
    const heard = zxids(1, 4).map((zxid) => bench.append(Number(zxid), Number(zxid)));
    expect(heard).toEqual(["flushed 1 (1)", "flushed 2 (1)", "flushed 3 (1), snapshotDue", "flushed 4 (1)"]);
    expect(bench.files()).toBe("log.1 log.2 log.3 log.4");
  });

  test("while a snapshot is being written the log rolls and no other is wanted", () => {
    const bench = new Bench({ snapCount: 2 });
    bench.run({ kind: "beginSnapshot", zxid: toZxid(0n) });
    expect([bench.append(1, 1), bench.append(2, 2), bench.append(3, 3)].join()).not.toContain("snapshotDue");
    expect(bench.files()).toBe("log.1 log.3 tmp-snapshot.0");
  });
});

describe("snapshots", () => {
  test("appear whole, under their name only once they are on disk", () => {
    const bench = new Bench();
    expect(bench.snapshot(5n)).toBe(`snapshotSaved 5 of ${sampleSnapshot(5n).length}`);
    expect(bench.calls).toEqual(["sync tmp-snapshot.5", "rename tmp-snapshot.5", "syncDirectory"]);
    expect(bench.recovered()).toBe("5 + ");
  });

  test("take the place of one that is compressed", () => {
    const bench = new Bench();
    put(bench.directory, "snapshot.5.gz", new Uint8Array(10));
    bench.snapshot(5n);
    expect(bench.files()).toBe("snapshot.5");
  });

  test("of a leader, above the log, roll it: no file holds a gap", () => {
    const bench = new Bench();
    bench.append(1, 3);
    bench.snapshot(3n);
    bench.append(4, 4);
    bench.snapshot(9n);
    bench.append(10, 11);
    expect(bench.files()).toBe("log.1 log.a snapshot.3 snapshot.9");
    expect(bench.recovered()).toBe("9 + 10 11");
  });

  test("aborted leave nothing", () => {
    const bench = new Bench();
    bench.run({ kind: "beginSnapshot", zxid: toZxid(5n) });
    bench.run({ kind: "snapshotChunk", bytes: new Uint8Array(10) });
    expect(bench.run({ kind: "abortSnapshot" })).toBe("");
    expect(bench.files()).toBe("");
    expect(bench.run({ kind: "abortSnapshot" })).toBe("");
  });

  test("that do not fit are dropped, and the log goes on", () => {
    const bench = new Bench();
    bench.append(1, 2);
    bench.directory.capacityBytes = 16 + 2 * 74 + 60;
    expect(bench.snapshot(2n)).toBe("snapshotFailed 2: ENOSPC: no space left on device, write '/data/tmp-snapshot.2'");
    expect(bench.files()).toBe("log.1");
    bench.directory.capacityBytes = Number.POSITIVE_INFINITY;
    expect(bench.append(3, 3)).toBe("flushed 3 (1)");
    expect(bench.snapshot(3n)).toContain("snapshotSaved 3");
  });
});

test("epochs are written whole: other name, sync, rename, directory", () => {
  const bench = new Bench();
  put(bench.directory, "currentEpoch", Uint8Array.of(0x39, 0x39));
  put(bench.directory, "currentEpoch.tmp", Uint8Array.of(0x39, 0x39, 0x39));
  expect(bench.run({ kind: "saveEpoch", which: "currentEpoch", epoch: 1 })).toBe("currentEpoch 1");
  expect(bench.calls.slice(-3)).toEqual(["sync currentEpoch.tmp", "rename currentEpoch.tmp", "syncDirectory"]);
  expect(bench.directory.read("currentEpoch", 0, 10)).toEqual(Uint8Array.of(0x31));
});

test("drain is answered when it is its turn", () => expect(new Bench().run({ kind: "drain" })).toBe("drained"));

describe("truncate (R5)", () => {
  function filled(): Bench {
    const bench = new Bench({ snapCount: 8 });
    bench.snapshot(0n);
    bench.append(1, 5);
    bench.append(6, 9);
    bench.snapshot(4n);
    bench.append(10, 12);
    bench.snapshot(9n);
    return bench;
  }

  test.each([
    [12n, "truncated 12", "9 + 10 11 12", "log.1 log.6 snapshot.0 snapshot.4 snapshot.9"],
    [11n, "truncated 11", "9 + 10 11", "log.1 log.6 snapshot.0 snapshot.4 snapshot.9"],
    [9n, "truncated 9", "9 + ", "log.1 log.6 snapshot.0 snapshot.4 snapshot.9"],
    [8n, "truncated 8", "4 + 5 6 7 8", "log.1 log.6 retired-snapshot.9 snapshot.0 snapshot.4"],
    [5n, "truncated 5", "4 + 5", "log.1 retired-snapshot.9 snapshot.0 snapshot.4"],
    [1n, "truncated 1", "0 + 1", "log.1 retired-snapshot.4 retired-snapshot.9 snapshot.0"],
    [0n, "truncated 0", "0 + ", "retired-snapshot.4 retired-snapshot.9 snapshot.0"],
  ])("to %d", (zxid, events, recovered, files) => {
    const bench = filled();
    expect(bench.run({ kind: "truncate", zxid: toZxid(zxid) })).toBe(events);
    bench.directory.crash(() => "lost");
    expect(bench.files()).toBe(files);
    expect(bench.recovered()).toBe(recovered);
  });

  test("the log goes on behind it in a new file, and the next snapshot clears away what was retired", () => {
    const bench = filled();
    bench.run({ kind: "truncate", zxid: toZxid(8n) });
    expect(bench.append(9, 10)).toBe("flushed 10 (2)");
    expect(bench.recovered()).toBe("4 + 5 6 7 8 9 10");
    bench.snapshot(10n);
    expect(bench.files()).toBe("log.1 log.6 log.9 snapshot.0 snapshot.4 snapshot.a");
  });

  test("to the boundary of an epoch", () => {
    const bench = new Bench();
    bench.append(1, 3);
    bench.run({ kind: "append", entries: [sampleTxn(0x100000001n), sampleTxn(0x100000002n)] });
    expect(bench.run({ kind: "truncate", zxid: toZxid(0x100000000n) })).toBe(`truncated ${0x100000000n}`);
    expect(bench.recovered()).toBe("none + 1 2 3");
  });

  test.each([
    [20n, "/data: cannot truncate to 0x14, no log holds it"],
    [0x100000007n, "/data: cannot truncate to 0x100000007, no log holds it"],
  ])("to %d, which is not there, fails and touches nothing", (zxid, reason) => {
    const bench = filled();
    const before = bench.files();
    expect(bench.run({ kind: "truncate", zxid: toZxid(zxid) })).toBe(`truncateFailed ${zxid}: ${reason}`);
    expect(bench.files()).toBe(before);
    expect(bench.recovered()).toBe("9 + 10 11 12");
  });

  test("fails when no snapshot is old enough to start on", () => {
    const directory = new MemoryDirectory("/data");
    put(directory, "snapshot.7", sampleSnapshot(7n));
    put(directory, "log.5", sampleLog(zxids(5, 9)));
    expect(new Bench({}, directory).run({ kind: "truncate", zxid: toZxid(6n) })).toBe(
      "truncateFailed 6: /data: cannot truncate to 0x6, no snapshot is as old as that",
    );
  });
});

describe("errors of the disk", () => {
  test.each(["write log.1", "sync log.1", "rename tmp-log.1", "syncDirectory"])("%s ends everything", (broken) => {
    const bench = new Bench();
    bench.directory.watch = (operation, name) => {
      if (`${operation} ${name}`.trim() === broken) throw new Error("EIO");
      return "perform";
    };
    expect(bench.append(1, 1)).toBe("failed: the transaction log: EIO");
    expect(bench.append(1, 1)).toBe("");
  });

  test("a full disk while appending", () => {
    const bench = new Bench();
    bench.append(1, 1);
    bench.directory.capacityBytes = 100;
    expect(bench.append(2, 2)).toBe(
      "failed: the transaction log: ENOSPC: no space left on device, write '/data/log.1'",
    );
    expect(bench.recovered()).toBe("none + 1");
  });

  test("an epoch that cannot be saved", () => {
    const bench = new Bench();
    bench.directory.watch = () => {
      throw new Error("EIO");
    };
    expect(bench.run({ kind: "saveEpoch", which: "acceptedEpoch", epoch: 1 })).toBe("failed: acceptedEpoch: EIO");
  });
});

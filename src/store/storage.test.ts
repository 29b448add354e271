import { toZxid } from "../base/zxid.ts";
import type { DiskCommand, DiskEvent, SnapshotOrigin } from "./commands.ts";
import { storedBlocks } from "./compression.ts";
import { paddedSize } from "./logAppender.ts";
import { zxidText } from "./logFile.ts";
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
  snapshotCompression: "none",
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
    const options = { ...SETTINGS, ...settings, deflate: storedBlocks, random: () => 0, monoMs: () => 0 };
    this.storage = new Storage({ log: directory, snapshot: directory }, options);
  }

  run(command: DiskCommand): string {
    this.calls.length = 0;
    return this.storage.execute(command).map(text).join(", ");
  }

  append(from: number, to: number, size?: number): string {
    return this.run({ kind: "append", entries: zxids(from, to).map((zxid) => sampleTxn(zxid, size)) });
  }

  snapshot(zxid: bigint, origin: SnapshotOrigin = "own"): string {
    const bytes = sampleSnapshot(zxid);
    const commands: readonly DiskCommand[] = [
      { kind: "beginSnapshot", zxid: toZxid(zxid), origin },
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

const MIB = 1024 * 1024;

function text(event: DiskEvent): string {
  switch (event.kind) {
    case "flushed":
      return `flushed ${event.zxid} (${event.count})`;
    case "epochSaved":
      return `${event.which} ${event.epoch}`;
    case "truncated":
      return `truncated ${event.zxid}`;
    case "truncateRefused":
    case "truncateFailed":
      return `${event.kind} ${event.zxid}: ${event.reason}`;
    case "snapshotFailed":
      return `${event.origin} snapshotFailed ${event.zxid}: ${event.reason}`;
    case "snapshotSaved":
      return `${event.origin} snapshotSaved ${event.zxid} of ${event.bytes}`;
    case "snapshotDue":
    case "drained":
      return event.kind;
    case "failed":
    case "purgeFailed":
      return `${event.kind}: ${event.reason}`;
    case "purged":
      return `purged ${event.removed ?? "nothing"}, ${event.left} left`;
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

  test("zeros are written ahead, to the end of the padding at most, whenever the last have been used up", () => {
    const bench = new Bench({ preAllocSizeBytes: 1 << 20 });
    const writes = zxids(1, 12).map((zxid) => {
      bench.append(Number(zxid), Number(zxid), 100_000);
      return bench.calls.filter((call) => call === "write log.1").length;
    });
    // The eleventh runs over the end of the padding, which grows with the twelfth.
    expect(writes).toEqual([2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 2]);
    expect(bench.recovered()).toBe(`none + ${zxids(1, 12).join(" ")}`);
  });

  test("without padding nothing is written ahead", () => {
    const bench = new Bench({ preAllocSizeBytes: 0 });
    bench.append(1, 1);
    bench.append(2, 2);
    expect(bench.calls).toEqual(["write log.1", "sync log.1"]);
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

describe("closing", () => {
  test("takes the padding away and nothing else", () => {
    const bench = new Bench();
    bench.append(1, 4);
    bench.calls.length = 0;
    bench.storage.close();
    expect(bench.calls).toEqual(["resize log.1"]);
    expect(bench.directory.read("log.1", 0, MIB)).toEqual(sampleLog(zxids(1, 4)));
    expect(bench.recovered()).toBe("none + 1 2 3 4");
  });

  test("before anything was logged touches no file", () => {
    const bench = new Bench();
    bench.storage.close();
    expect(bench.calls).toEqual([]);
  });

  test("after an error leaves the log as it is, and an error then is nobody's", () => {
    const bench = new Bench();
    bench.append(1, 4);
    const { watch } = bench.directory;
    bench.directory.watch = (operation, name) => {
      if (operation !== "read") throw new Error("no more");
      return watch(operation, name);
    };
    expect(bench.append(5, 5)).toBe("failed: the transaction log: no more");
    bench.storage.close();
    expect(bench.directory.size("log.1")).toBe(16 + 65_536);

    const other = new Bench();
    other.append(1, 4);
    other.directory.watch = () => {
      throw new Error("no more");
    };
    other.storage.close();
    expect(other.directory.size("log.1")).toBe(16 + 65_536);
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
    bench.run({ kind: "beginSnapshot", zxid: toZxid(0n), origin: "own" });
    expect([bench.append(1, 1), bench.append(2, 2), bench.append(3, 3)].join()).not.toContain("snapshotDue");
    expect(bench.files()).toBe("log.1 log.3 tmp-snapshot.0");
  });

  test.each([
    [16, [4, 6, 8]],
    [17, [6, 8]],
  ])(
    "behind a snapshot of %i MiB the next ones are wanted at %j: a large one when the log is as large",
    (mib, wanted) => {
      const bench = new Bench({ snapCount: 2 });
      bench.append(1, 2);
      bench.run({ kind: "beginSnapshot", zxid: toZxid(2n), origin: "own" });
      for (let i = 0; i < mib; i++) bench.run({ kind: "snapshotChunk", bytes: new Uint8Array(MIB) });
      bench.run({ kind: "endSnapshot", zxid: toZxid(2n) });
      const heard = zxids(3, 8).map((zxid) => bench.append(Number(zxid), Number(zxid), zxid === 5n ? 17 * MIB : 0));
      expect(heard.flatMap((events, i) => (events.includes("snapshotDue") ? [i + 3] : []))).toEqual(wanted);
      expect(bench.files()).toBe("log.1 log.3 log.5 log.7 snapshot.2");
    },
  );

  test("a large snapshot that is given up puts off no other", () => {
    const bench = new Bench({ snapCount: 2 });
    bench.append(1, 2);
    bench.run({ kind: "beginSnapshot", zxid: toZxid(2n), origin: "own" });
    bench.run({ kind: "snapshotChunk", bytes: new Uint8Array(17 * MIB) });
    bench.run({ kind: "abortSnapshot" });
    expect([bench.append(3, 3), bench.append(4, 4)]).toEqual(["flushed 3 (1)", "flushed 4 (1), snapshotDue"]);
  });
});

describe("snapshots", () => {
  test("appear whole, under their name only once they are on disk", () => {
    const bench = new Bench();
    expect(bench.snapshot(5n)).toBe(`own snapshotSaved 5 of ${sampleSnapshot(5n).length}`);
    expect(bench.calls).toEqual(["sync tmp-snapshot.5", "rename tmp-snapshot.5", "syncDirectory"]);
    expect(bench.recovered()).toBe("5 + ");
  });

  test("take the place of one that is compressed", () => {
    const bench = new Bench();
    put(bench.directory, "snapshot.5.gz", new Uint8Array(10));
    bench.snapshot(5n);
    expect(bench.files()).toBe("snapshot.5");
  });

  test("aborted leave nothing", () => {
    const bench = new Bench();
    bench.run({ kind: "beginSnapshot", zxid: toZxid(5n), origin: "own" });
    bench.run({ kind: "snapshotChunk", bytes: new Uint8Array(10) });
    expect(bench.run({ kind: "abortSnapshot" })).toBe("");
    expect(bench.files()).toBe("");
    expect(bench.run({ kind: "abortSnapshot" })).toBe("");
  });

  test("that do not fit are dropped, and the log goes on", () => {
    const bench = new Bench();
    bench.append(1, 2);
    bench.directory.capacityBytes = 16 + 2 * 74 + 60;
    expect(bench.snapshot(2n)).toBe(
      "own snapshotFailed 2: ENOSPC: no space left on device, write '/data/tmp-snapshot.2'",
    );
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

describe("a leader's snapshot takes the place of all else (ZOOKEEPER-2846)", () => {
  function filled(): Bench {
    const bench = new Bench({ snapCount: 8 });
    bench.snapshot(0n);
    bench.append(1, 5);
    bench.append(6, 9);
    bench.snapshot(4n);
    bench.append(10, 12);
    return bench;
  }

  test.each([20n, 12n, 11n, 9n, 7n, 4n, 2n, 0n])("at %d", (zxid) => {
    const bench = filled();
    bench.snapshot(11n);
    expect(bench.snapshot(zxid, "leader")).toBe(`leader snapshotSaved ${zxid} of ${sampleSnapshot(zxid).length}`);
    bench.directory.crash(() => "lost");
    const stored = bench.files().split(" ");
    expect(stored.filter((name) => !name.startsWith("retired-"))).toEqual([`snapshot.${zxid.toString(16)}`]);
    expect(bench.recovered()).toBe(`${zxid} + `);
    bench.append(Number(zxid) + 1, Number(zxid) + 2);
    expect(bench.recovered()).toBe(`${zxid} + ${zxid + 1n} ${zxid + 2n}`);
  });

  test("what it replaced goes with the next own one", () => {
    const bench = filled();
    bench.snapshot(20n, "leader");
    expect(bench.files()).toBe("retired-log.1 retired-log.6 retired-snapshot.0 retired-snapshot.4 snapshot.14");
    bench.append(21, 22);
    bench.snapshot(22n);
    expect(bench.files()).toBe("log.15 snapshot.14 snapshot.16");
  });

  test("its name appears behind the cut above it and before anything else is retired, each step on disk", () => {
    const bench = filled();
    bench.snapshot(11n);
    bench.snapshot(4n, "leader");
    expect(bench.calls.filter((call) => !call.startsWith("read"))).toEqual([
      "sync tmp-snapshot.4",
      "rename log.6",
      "syncDirectory",
      "resize log.1",
      "sync log.1",
      "rename tmp-snapshot.4",
      "syncDirectory",
      "rename snapshot.0",
      "rename snapshot.b",
      "syncDirectory",
      "rename log.1",
      "syncDirectory",
    ]);
  });

  test.each([
    ["write tmp-snapshot.7", "log.1 log.6 snapshot.0 snapshot.4"],
    ["sync tmp-snapshot.7", "log.1 log.6 snapshot.0 snapshot.4"],
    ["resize log.6", "log.1 log.6 snapshot.0 snapshot.4"],
    ["rename tmp-snapshot.7", "log.1 log.6 snapshot.0 snapshot.4"],
    ["rename snapshot.0", "log.1 log.6 snapshot.0 snapshot.4 snapshot.7"],
    ["rename log.1", "log.1 log.6 retired-snapshot.0 retired-snapshot.4 snapshot.7"],
  ])("%s that fails ends everything", (broken, left) => {
    const bench = filled();
    bench.directory.watch = (operation, name) => {
      if (`${operation} ${name}` === broken) throw new Error("EIO");
      return "perform";
    };
    expect(bench.snapshot(7n, "leader")).toBe("leader snapshotFailed 7: EIO");
    expect(bench.files()).toBe(left);
    expect(bench.append(13, 13)).toBe("");
  });
});

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
    [12n, "9 + 10 11 12", "log.1 log.6 snapshot.0 snapshot.4 snapshot.9"],
    [11n, "9 + 10 11", "log.1 log.6 snapshot.0 snapshot.4 snapshot.9"],
    [9n, "9 + ", "log.1 log.6 snapshot.0 snapshot.4 snapshot.9"],
    [8n, "4 + 5 6 7 8", "log.1 log.6 retired-snapshot.9 snapshot.0 snapshot.4"],
    [5n, "4 + 5", "log.1 retired-log.6 retired-snapshot.9 snapshot.0 snapshot.4"],
    [1n, "0 + 1", "log.1 retired-log.6 retired-snapshot.4 retired-snapshot.9 snapshot.0"],
    [0n, "0 + ", "retired-log.1 retired-log.6 retired-snapshot.4 retired-snapshot.9 snapshot.0"],
  ])("to %d", (zxid, recovered, files) => {
    const bench = filled();
    expect(bench.run({ kind: "truncate", zxid: toZxid(zxid) })).toBe(`truncated ${zxid}`);
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

  type Files = { readonly [name: string]: Uint8Array };
  const [EPOCH_1, EPOCH_2] = [0x100000000n, 0x200000000n];
  const snapshots = (...at: readonly bigint[]): Files =>
    Object.fromEntries(at.map((zxid) => [`snapshot.${zxid.toString(16)}`, sampleSnapshot(zxid)]));
  const logs = (...runs: readonly (readonly bigint[])[]): Files =>
    Object.fromEntries(runs.map((run) => [`log.${run[0]?.toString(16)}`, sampleLog(run)]));
  const epoch1 = [1n, 2n].map((counter) => EPOCH_1 + counter);
  const damaged = sampleSnapshot(3n).subarray(0, 90);
  const flipped = sampleLog(zxids(1, 4)).map((byte, at) => (at === 60 ? byte ^ 1 : byte));
  const notThere = (zxid: bigint) => `/data: cannot truncate to ${zxidText(toZxid(zxid))}, no log holds it`;
  const noBase = (zxid: bigint) => `/data: cannot truncate to ${zxidText(toZxid(zxid))}, no snapshot is as old as that`;

  test.each<[string, Files, bigint, string]>([
    ["logs from the beginning need no snapshot", logs(zxids(1, 4)), 2n, "none + 1 2"],
    ["... from which nothing is left", logs(zxids(1, 4)), 0n, "none + "],
    ["the boundary of an epoch", logs(zxids(1, 3), epoch1), EPOCH_1, "none + 1 2 3"],
    ["the boundary inside a log", logs([...zxids(1, 3), ...epoch1]), EPOCH_1, "none + 1 2 3"],
    ["what a leader's snapshot above goes back to", { ...logs(zxids(1, 4)), ...snapshots(0n, 9n) }, 3n, "0 + 1 2 3"],
    [
      "the zxid of a snapshot that was never logged",
      { ...logs(epoch1), ...snapshots(0n, EPOCH_1) },
      EPOCH_1,
      `${EPOCH_1} + `,
    ],
    ["a hole above it", { ...logs(zxids(1, 4), zxids(8, 9)), ...snapshots(0n, 7n) }, 4n, "0 + 1 2 3 4"],
    [
      "a snapshot without its end is none",
      { ...logs(zxids(1, 4)), ...snapshots(0n), "snapshot.3": damaged },
      4n,
      "0 + 1 2 3 4",
    ],
  ])("%s", (_, files, zxid, expected) => {
    const directory = new MemoryDirectory("/data");
    for (const [name, bytes] of Object.entries(files)) put(directory, name, bytes);
    const bench = new Bench({}, directory);
    expect(bench.run({ kind: "truncate", zxid: toZxid(zxid) })).toBe(`truncated ${zxid}`);
    expect(bench.recovered()).toBe(expected);
  });

  test.each<[string, Files, bigint, string]>([
    ["above the end", { ...logs(zxids(1, 4)), ...snapshots(0n) }, 20n, notThere(20n)],
    ["an epoch that is not there", logs(zxids(1, 3), epoch1), EPOCH_2 + 7n, notThere(EPOCH_2 + 7n)],
    ["a boundary above the end", logs(zxids(1, 3)), EPOCH_1, notThere(EPOCH_1)],
    ["a boundary that this log does not cross", logs(zxids(1, 3), epoch1), EPOCH_2, notThere(EPOCH_2)],
    [
      "a boundary below a leader's snapshot: what lies below may be a tail the leader never had",
      { ...logs(zxids(1, 3), [EPOCH_1 + 3n]), ...snapshots(0n, EPOCH_1 + 2n) },
      EPOCH_1,
      "0x100000003 does not follow 0x3",
    ],
    ["no snapshot is old enough", { ...logs(zxids(5, 9)), ...snapshots(7n) }, 6n, noBase(6n)],
    ["... nor for nothing at all", { ...logs(zxids(5, 9)), ...snapshots(7n) }, 0n, noBase(0n)],
    ["a hole below it", { ...logs(zxids(1, 4), zxids(7, 9)), ...snapshots(0n, 9n) }, 8n, "0x7 does not follow 0x4"],
    [
      "what came in a leader's snapshot",
      { ...logs(zxids(1, 4), zxids(8, 9)), ...snapshots(0n, 7n) },
      6n,
      "0x8 does not follow 0x4",
    ],
    ["a log that cannot be read", { "log.1": flipped, ...snapshots(0n) }, 2n, "log.1, offset 16: the checksum"],
    [
      "the log that is to be cut cannot be read, though nothing of it is needed",
      { "log.1": flipped, ...logs(zxids(5, 6)), ...snapshots(4n) },
      4n,
      "log.1, offset 16: the checksum",
    ],
  ])("refused, and nothing is touched: %s", (_, files, zxid, reason) => {
    const directory = new MemoryDirectory("/data");
    for (const [name, bytes] of Object.entries(files)) put(directory, name, bytes);
    const bench = new Bench({}, directory);
    const answer = bench.run({ kind: "truncate", zxid: toZxid(zxid) });
    expect(answer).toMatch(`truncateRefused ${zxid}: `);
    expect(answer).toContain(reason);
    expect(bench.calls.filter((call) => !call.startsWith("read"))).toEqual([]);
    expect(bench.run({ kind: "drain" })).toBe("drained");
  });

  test.each(["resize log.6", "sync log.6", "rename snapshot.9", "syncDirectory"])(
    "%s that fails ends everything",
    (broken) => {
      const bench = filled();
      bench.directory.watch = (operation, name) => {
        if (`${operation} ${name}`.trim() === broken) throw new Error("EIO");
        return "perform";
      };
      expect(bench.run({ kind: "truncate", zxid: toZxid(8n) })).toBe("truncateFailed 8: EIO");
      expect(bench.append(13, 13)).toBe("");
    },
  );
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
    bench.directory.capacityBytes = 100_000;
    expect(bench.append(2, 2, 100_000)).toBe(
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

describe("purge", () => {
  function bench(): Bench {
    const made = new Bench();
    for (const name of ["log.1", "log.4", "log.8", "snapshot.3", "snapshot.5", "retired-log.2"])
      put(made.directory, name, new Uint8Array(0));
    return made;
  }
  const purge: DiskCommand = { kind: "purge", oldest: toZxid(5n) };

  test("takes one file a command, each on disk before it is told", () => {
    const made = bench();
    expect(made.run(purge)).toBe("purged /data/log.1, 1 left");
    expect(made.run(purge)).toBe("purged /data/snapshot.3, 0 left");
    expect(made.calls).toEqual(["remove snapshot.3", "syncDirectory"]);
    expect(made.run(purge)).toBe("purged nothing, 0 left");
    expect([...made.directory.list()].sort()).toEqual(["log.4", "log.8", "retired-log.2", "snapshot.5"]);
  });

  test("takes nothing once the snapshot it rests on was retired in between", () => {
    const made = bench();
    made.directory.rename("snapshot.5", "retired-snapshot.5");
    expect(made.run(purge)).toBe("purged nothing, 0 left");
  });

  test("an error is told, and the log goes on", () => {
    const made = bench();
    made.directory.watch = (operation) => {
      if (operation === "remove") throw new Error("EACCES");
      return "perform";
    };
    expect(made.run(purge)).toBe("purgeFailed: EACCES");
    expect(made.append(9, 9)).toBe("flushed 9 (1)");
  });
});

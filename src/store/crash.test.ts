import { asciiBytes, equalBytes } from "../base/bytes.ts";
import { JavaRandom } from "../base/javaRandom.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { DiskCommand, DiskEvent, SnapshotOrigin } from "./commands.ts";
import { storedBlocks } from "./compression.ts";
import { openHistory } from "./logReader.ts";
import { type Fate, MemoryDirectory, type UnsyncedChange } from "./memoryDirectory.ts";
import { storedName } from "./names.ts";
import { type Recovered, recover } from "./recovery.ts";
import {
  checkLog,
  finish,
  put,
  RECOVERY_DEFAULTS,
  Recollection,
  sampleLog,
  sampleSnapshot,
  sampleTxn,
  zxids,
} from "./sampleFiles.ts";
import { Storage } from "./storage.ts";
import { StoreError } from "./storeError.ts";

/** Stops a machine before every single operation of a workload, loses or tears what was not synced, and starts again. */

class PowerCut extends Error {}

class Remembering extends Recollection {
  readonly bytes: Uint8Array[] = [];

  override txn(txn: TxnBytes): void {
    super.txn(txn);
    this.bytes.push(txn.bytes.slice());
  }
}

const append = (from: number, to: number, size: number): DiskCommand => ({
  kind: "append",
  entries: zxids(from, to).map((zxid) => sampleTxn(zxid, size)),
});

function snapshot(at: number): readonly DiskCommand[] {
  return snapshotCommands(toZxid(BigInt(at)), "own", sampleSnapshot(BigInt(at)));
}

function snapshotCommands(zxid: Zxid, origin: SnapshotOrigin, bytes: Uint8Array): readonly DiskCommand[] {
  return [
    { kind: "beginSnapshot", zxid, origin },
    { kind: "snapshotChunk", bytes: bytes.slice(0, 40) },
    { kind: "snapshotChunk", bytes: bytes.slice(40) },
    { kind: "endSnapshot", zxid },
  ];
}

/** snapCount 8 and no chance: the log rolls behind every group that brings it above 4 records. */
const WORKLOAD: readonly DiskCommand[] = [
  { kind: "saveEpoch", which: "acceptedEpoch", epoch: 1 },
  { kind: "saveEpoch", which: "currentEpoch", epoch: 1 },
  ...snapshot(0),
  append(1, 2, 5),
  append(3, 6, 500),
  append(7, 7, 5),
  ...snapshot(6),
  append(8, 12, 5),
  { kind: "saveEpoch", which: "acceptedEpoch", epoch: 2 },
  append(13, 17, 5),
  append(18, 19, 5),
  ...snapshot(19),
  { kind: "truncate", zxid: toZxid(9n) },
  { kind: "saveEpoch", which: "currentEpoch", epoch: 2 },
  append(10, 11, 7),
  ...snapshot(11),
  append(12, 12, 9),
];

/** What must and what may be found after a crash. */
class Expectation {
  least = 0n;
  most = 0n;
  accepted = 0;
  current = 0;
  /** The newest snapshot must not be older. */
  saved = 0n;
  readonly bytes = new Map<Zxid, Uint8Array>();

  given(command: DiskCommand): void {
    if (command.kind === "truncate") {
      this.least = command.zxid;
      this.saved = 0n;
    }
    if (command.kind !== "append") return;
    for (const entry of command.entries) this.bytes.set(entry.zxid, entry.bytes);
    this.most = command.entries.at(-1)?.zxid ?? this.most;
  }

  heard(event: DiskEvent): void {
    if (event.kind === "flushed") this.least = event.zxid;
    if (event.kind === "snapshotSaved") this.saved = event.zxid;
    if (event.kind === "truncated") this.most = event.zxid;
    if (event.kind === "epochSaved" && event.which === "acceptedEpoch") this.accepted = event.epoch;
    if (event.kind === "epochSaved" && event.which === "currentEpoch") this.current = event.epoch;
  }
}

interface Machine {
  readonly log: MemoryDirectory;
  readonly snapshot: MemoryDirectory;
}

function machineOf(split: boolean): Machine {
  const log = new MemoryDirectory("/data");
  return { log, snapshot: split ? new MemoryDirectory("/snapshots") : log };
}

/** Carries out `commands` until the operation numbered `stop`; false when they ended before. `heard` gets what was answered. */
function runUntil(
  machine: Machine,
  stop: number,
  commands: readonly DiskCommand[],
  given: (command: DiskCommand) => void,
  heard: (event: DiskEvent) => void,
): boolean {
  let operations = 0;
  for (const directory of [machine.log, machine.snapshot])
    directory.watch = (operation) => {
      if (operation === "read") return "perform";
      if (operations === stop) throw new PowerCut();
      operations++;
      return "perform";
    };
  const settings = { snapCount: 8, preAllocSizeBytes: 4096, snapSizeLimitBytes: -1, txnLogSizeLimitBytes: -1 };
  const ports = { deflate: storedBlocks, random: () => 0, monoMs: () => 0 };
  const storage = new Storage(machine, { ...settings, ...ports, forceSync: true, snapshotCompression: "none" });
  for (const command of commands) {
    given(command);
    for (const event of storage.execute(command)) {
      // The error that stops the machine shows as an event of a storage that nobody hears any more.
      if (isFailure(event)) return true;
      heard(event);
    }
  }
  return operations >= stop;
}

function isFailure(event: DiskEvent): boolean {
  return event.kind === "failed" || event.kind === "truncateFailed" || event.kind === "snapshotFailed";
}

function recovered(machine: Machine): Recovered<Remembering> {
  for (const directory of [machine.log, machine.snapshot]) directory.watch = () => "perform";
  const options = { ...RECOVERY_DEFAULTS, ensemble: true };
  return finish(recover({ ...machine, parents: [] }, options, { fresh: () => new Remembering() }));
}

function crash(machine: Machine, fate: (change: UnsyncedChange) => Fate): void {
  machine.log.crash(fate);
  if (machine.snapshot !== machine.log) machine.snapshot.crash(fate);
}

function check(stop: number, split: boolean, fate: (change: UnsyncedChange) => Fate): boolean {
  const machine = machineOf(split);
  const expectation = new Expectation();
  const given = (command: DiskCommand): void => expectation.given(command);
  if (!runUntil(machine, stop, WORKLOAD, given, (event) => expectation.heard(event))) return false;
  crash(machine, fate);
  const { state, lastZxid, snapshotZxid, acceptedEpoch, currentEpoch } = recovered(machine);
  const { least, most, saved, accepted, current, bytes } = expectation;
  expect([stop, lastZxid >= least, lastZxid <= most, (snapshotZxid ?? -1n) >= saved || saved === 0n]).toEqual([
    stop,
    true,
    true,
    true,
  ]);
  expect([stop, acceptedEpoch >= accepted, currentEpoch >= current]).toEqual([stop, true, true]);
  const changed = state.txns.filter(
    (zxid, i) => zxid <= least && !equalBytes(state.bytes[i] ?? NOTHING, bytes.get(zxid) ?? NOTHING),
  );
  expect([stop, changed]).toEqual([stop, []]);
  // Recovery's own effects are on disk as well: a second crash, at once, changes nothing.
  crash(machine, () => "lost");
  expect(recovered(machine).lastZxid).toBe(lastZxid);
  return true;
}

function checkEverywhere(fate: (change: UnsyncedChange) => Fate): void {
  for (const split of [false, true]) {
    let stops = 0;
    while (check(stops, split, fate)) stops++;
    expect(stops).toBeGreaterThan(80);
  }
}

const NOTHING = new Uint8Array(0);
const HISTORY_OPTIONS = { maxRecordBytes: 2097150, dropDamagedTail: false, snapshotSizeFactor: 1000 };
const isName = (change: UnsyncedChange): boolean => change.kind !== "write" && change.kind !== "resize";

const FATES: readonly (readonly [string, (change: UnsyncedChange) => Fate])[] = [
  ["everything unsynced is lost", () => "lost"],
  ["everything unsynced is kept", () => "kept"],
  ["names are kept, bytes are lost", (change) => (isName(change) ? "kept" : "lost")],
  ["bytes are kept, names are lost", (change) => (isName(change) ? "lost" : "kept")],
  ["sizes are lost, the rest is kept", (change) => (change.kind === "resize" ? "lost" : "kept")],
];

test.each(FATES)("%s", (_, fate) => checkEverywhere(fate));

test("every unsynced write is torn", () => {
  for (let bytes = 1; bytes < 560; bytes += bytes < 90 ? 11 : 97) {
    const torn = (change: UnsyncedChange): Fate => (change.kind === "write" ? Math.min(bytes, change.bytes) : "kept");
    checkEverywhere(torn);
  }
});

function mixture(seed: bigint): (change: UnsyncedChange) => Fate {
  const random = new JavaRandom(seed);
  return (change) => {
    const draw = random.nextInt() >>> 0;
    if (change.kind === "write" && draw % 3 === 0) return draw % (change.bytes + 1);
    return draw % 2 === 0 ? "kept" : "lost";
  };
}

test("any mixture", () => {
  for (let seed = 1n; seed <= 10n; seed++) checkEverywhere(mixture(seed));
});

test("a log that makes way for a snapshot of this server's own is there until the snapshot is", () => {
  for (const [, fate] of FATES)
    for (const split of [false, true]) {
      let stop = 0;
      for (; stopRetiring(stop, split, fate); stop++);
      expect(stop).toBeGreaterThan(6);
    }
});

function stopRetiring(stop: number, split: boolean, fate: (change: UnsyncedChange) => Fate): boolean {
  const machine = machineOf(split);
  put(machine.snapshot, "snapshot.5", sampleSnapshot(5n));
  put(machine.log, "log.6", checkLog(6n));
  const [begin, ...rest] = snapshot(6);
  const commands = [{ ...begin, retires: ["log.6"] } as DiskCommand, ...rest];
  let saved = false;
  const heard = (): void => {
    saved = true;
  };
  if (!runUntil(machine, stop, commands, () => {}, heard)) return false;
  crash(machine, fate);
  const { lastZxid, foreignLogs } = recovered(machine);
  expect([stop, lastZxid, saved ? foreignLogs : []]).toEqual([stop, 6n, []]);
  return true;
}

describe("a snapshot from a leader: a start finds the old history or the new one, never a mix (ZOOKEEPER-2846)", () => {
  const [EPOCH_1, EPOCH_2] = [0x100000000n, 0x200000000n];
  const epoch1 = [1n, 2n, 3n, 4n].map((counter) => EPOCH_1 + counter);

  /** What lay on the disk; `at`: where the leader's snapshots come. */
  interface Before {
    readonly snapshots: readonly bigint[];
    readonly logs: readonly (readonly bigint[])[];
    readonly at: readonly bigint[];
  }

  test.each<[string, Before]>([
    ["one snapshot", { snapshots: [0n], logs: [zxids(1, 5), zxids(6, 9)], at: [0n, 3n, 5n, 6n, 9n, 12n, EPOCH_1] }],
    [
      "several",
      { snapshots: [0n, 4n, 6n, 8n], logs: [zxids(1, 5), zxids(6, 9)], at: [0n, 2n, 4n, 5n, 7n, 8n, 9n, 12n] },
    ],
    ["no old one", { snapshots: [8n], logs: [zxids(6, 9)], at: [0n, 3n, 6n, 7n, 8n, 9n, 12n] }],
    ["none", { snapshots: [], logs: [zxids(1, 5), zxids(6, 9)], at: [0n, 3n, 5n, 9n, 12n] }],
    ["no log", { snapshots: [4n, 8n], logs: [], at: [0n, 4n, 6n, 8n, 9n] }],
    ["a hole below one", { snapshots: [0n, 7n], logs: [zxids(1, 3), zxids(8, 9)], at: [0n, 2n, 3n, 5n, 7n, 8n, 12n] }],
    [
      "two epochs",
      {
        snapshots: [0n, 3n],
        logs: [zxids(1, 5), epoch1],
        at: [4n, 5n, 7n, EPOCH_1, EPOCH_1 + 2n, EPOCH_1 + 4n, EPOCH_1 + 9n, EPOCH_2],
      },
    ],
    [
      "two epochs in a log",
      {
        snapshots: [0n, EPOCH_1 + 2n],
        logs: [[...zxids(1, 5), ...epoch1]],
        at: [4n, 7n, EPOCH_1, EPOCH_1 + 3n, EPOCH_2],
      },
    ],
  ])("over %s", (_, before) => {
    for (const at of before.at) {
      checkReplacing(before, at, false, () => "lost");
      checkReplacing(before, at, false, () => "kept");
      checkReplacing(before, at, false, mixture(1n));
      checkReplacing(before, at, true, mixture(2n));
    }
  });

  function checkReplacing(before: Before, at: bigint, split: boolean, fate: (change: UnsyncedChange) => Fate): void {
    let stop = 0;
    for (; stopAt(before, at, split, stop, fate); stop++);
    expect(stop).toBeGreaterThan(6);
  }

  function stopAt(
    before: Before,
    at: bigint,
    split: boolean,
    stop: number,
    fate: (change: UnsyncedChange) => Fate,
  ): boolean {
    const machine = machineOf(split);
    for (const zxid of before.snapshots)
      put(machine.snapshot, storedName("snapshot", toZxid(zxid)), sampleSnapshot(zxid));
    for (const log of before.logs) put(machine.log, storedName("log", toZxid(log[0] ?? 0n)), sampleLog(log));
    // The leader's epoch was promised before; it becomes the current one once the snapshot is saved.
    put(machine.snapshot, "acceptedEpoch", asciiBytes("3"));
    put(machine.snapshot, "currentEpoch", asciiBytes("1"));
    let saved = false;
    const commands = snapshotCommands(toZxid(at), "leader", sampleSnapshot(at, "leader"));
    const heard = (): void => {
      saved = true;
    };
    if (!runUntil(machine, stop, commands, () => {}, heard)) return false;
    crash(machine, fate);
    const found = recovered(machine);
    const isNew = found.state.nodes.includes("/zxid=leader");
    expect([at, stop, isNew ? newHistory(found, at) : oldHistory(found, before, at), isNew || !saved]).toEqual([
      at,
      stop,
      "good",
      true,
    ]);
    crash(machine, () => "lost");
    expect(recovered(machine).lastZxid).toBe(found.lastZxid);
    if (isNew) checkHistory(machine, before, at);
    return true;
  }

  function newHistory({ state, lastZxid }: Recovered<Remembering>, at: bigint): string {
    return state.txns.length === 0 && lastZxid === at ? "good" : `the leader's and then ${state.txns.join(" ")}`;
  }

  /** Cut above the leader's snapshot perhaps, which is no more than what a TRUNC does. */
  function oldHistory({ state, snapshotZxid, lastZxid }: Recovered<Remembering>, before: Before, at: bigint): string {
    const logged = before.logs.flat();
    const all = [...before.snapshots, ...logged];
    const base = snapshotZxid ?? 0n;
    const replayed = logged.filter((zxid) => zxid > base && zxid <= lastZxid);
    if (state.txns.join(" ") !== replayed.join(" ")) return `${base} and then ${state.txns.join(" ")}`;
    return all.some((zxid) => zxid > lastZxid && zxid <= at) ? `only up to ${lastZxid}` : "good";
  }

  /** Whatever a learner has of what was replaced, it is not told to go on from there. */
  function checkHistory(machine: Machine, before: Before, at: bigint): void {
    const young = [1n, 2n].map((counter) => ((at >> 32n) + 1n) * EPOCH_1 + counter);
    const entries = young.map((zxid) => sampleTxn(zxid));
    runUntil(
      machine,
      Number.POSITIVE_INFINITY,
      [{ kind: "append", entries }],
      () => {},
      () => {},
    );
    const replaced = before.logs.flat().filter((zxid) => zxid < at);
    for (const from of replaced) {
      const told = (): void => finish(openHistory(machine, toZxid(from), toZxid(young[1] ?? 0n), HISTORY_OPTIONS));
      // A record of the snapshot's own zxid is the leader's as well, and so is what lies below it.
      if (!before.logs.flat().includes(at)) expect(told).toThrow(StoreError);
    }
  }
});

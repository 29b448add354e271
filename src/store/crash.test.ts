import { equalBytes } from "../base/bytes.ts";
import { JavaRandom } from "../base/javaRandom.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { DiskCommand, DiskEvent } from "./commands.ts";
import { type Fate, MemoryDirectory, type UnsyncedChange } from "./memoryDirectory.ts";
import { type Recovered, recover } from "./recovery.ts";
import { finish, RECOVERY_DEFAULTS, Recollection, sampleSnapshot, sampleTxn, zxids } from "./sampleFiles.ts";
import { Storage } from "./storage.ts";

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

function snapshot(zxid: number): readonly DiskCommand[] {
  const bytes = sampleSnapshot(BigInt(zxid));
  return [
    { kind: "beginSnapshot", zxid: toZxid(BigInt(zxid)) },
    { kind: "snapshotChunk", bytes: bytes.slice(0, 40) },
    { kind: "snapshotChunk", bytes: bytes.slice(40) },
    { kind: "endSnapshot", zxid: toZxid(BigInt(zxid)) },
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

/** Runs the workload until the operation numbered `stop`; undefined when it ended before. */
function runUntil(machine: Machine, stop: number): Expectation | undefined {
  let operations = 0;
  for (const directory of [machine.log, machine.snapshot])
    directory.watch = (operation) => {
      if (operation === "read") return "perform";
      if (operations === stop) throw new PowerCut();
      operations++;
      return "perform";
    };
  const settings = { snapCount: 8, preAllocSizeBytes: 4096, snapSizeLimitBytes: -1, txnLogSizeLimitBytes: -1 };
  const storage = new Storage(machine, { ...settings, forceSync: true, random: () => 0, monoMs: () => 0 });
  const expectation = new Expectation();
  for (const command of WORKLOAD) {
    expectation.given(command);
    for (const event of storage.execute(command)) {
      // The error that stops the machine shows as an event of a storage that nobody hears any more.
      if (isFailure(event)) return expectation;
      expectation.heard(event);
    }
  }
  return operations < stop ? undefined : expectation;
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
  const expectation = runUntil(machine, stop);
  if (expectation === undefined) return false;
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
const isName = (change: UnsyncedChange): boolean => change.kind !== "write" && change.kind !== "resize";

test.each<[string, (change: UnsyncedChange) => Fate]>([
  ["everything unsynced is lost", () => "lost"],
  ["everything unsynced is kept", () => "kept"],
  ["names are kept, bytes are lost", (change) => (isName(change) ? "kept" : "lost")],
  ["bytes are kept, names are lost", (change) => (isName(change) ? "lost" : "kept")],
  ["sizes are lost, the rest is kept", (change) => (change.kind === "resize" ? "lost" : "kept")],
])("%s", (_, fate) => checkEverywhere(fate));

test("every unsynced write is torn", () => {
  for (let bytes = 1; bytes < 560; bytes += bytes < 90 ? 11 : 97) {
    const torn = (change: UnsyncedChange): Fate => (change.kind === "write" ? Math.min(bytes, change.bytes) : "kept");
    checkEverywhere(torn);
  }
});

test("any mixture", () => {
  for (let seed = 1n; seed <= 10n; seed++) {
    const random = new JavaRandom(seed);
    const chance = (change: UnsyncedChange): Fate => {
      const draw = random.nextInt() >>> 0;
      if (change.kind === "write" && draw % 3 === 0) return draw % (change.bytes + 1);
      return draw % 2 === 0 ? "kept" : "lost";
    };
    checkEverywhere(chance);
  }
});

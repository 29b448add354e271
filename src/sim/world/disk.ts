import type { Zxid } from "../../base/zxid.ts";
import type { DiskCommand, DiskEvent } from "../../store/commands.ts";
import { storedBlocks } from "../../store/compression.ts";
import { type Fate, MemoryDirectory, type UnsyncedChange } from "../../store/memoryDirectory.ts";
import type { DataDirectories } from "../../store/recovery.ts";
import { Storage, type StorageSettings } from "../../store/storage.ts";
import type { TxnBytes } from "../../wire/txnValue.ts";
import type { Random } from "../random.ts";
import type { Clock } from "./clock.ts";

/** How the disk of one machine behaves; changed while it runs. */
export interface DiskManners {
  minDelayMs: number;
  maxDelayMs: number;
  /** Commands wait. */
  held: boolean;
  /** Appends that wait are written as one group, as the real disk does. */
  groups: boolean;
}

/** What no honest disk does: used to see whether the checkers notice. */
export interface DiskVices {
  /** A sync says it is done and is not. */
  liesAboutSync?: boolean;
  /** Appends are answered before they are carried out. */
  answersEarly?: boolean;
  /** Instead of carrying out a command, answers with these; undefined: carries it out. */
  pretends?: (command: DiskCommand) => readonly DiskEvent[] | undefined;
}

/** The disk of one machine. It outlives the processes that use it. */
export class SimDisk {
  readonly files: MemoryDirectory;
  readonly directories: DataDirectories;
  readonly manners: DiskManners;
  readonly vices: DiskVices = {};
  /** The last transaction known to be on stable storage, and all before it. */
  durable: Zxid | undefined;
  /** The next sync reports an error, once, and does nothing. */
  failsNextSync = false;
  private stopAfter = Number.POSITIVE_INFINITY;

  constructor(name: string, manners: DiskManners) {
    this.manners = manners;
    this.files = new MemoryDirectory(`${name}/version-2`);
    this.directories = { log: this.files, snapshot: this.files, parents: [new MemoryDirectory(name)] };
    this.files.watch = (operation) => {
      if (operation === "read") return "perform";
      if (this.stopAfter-- <= 0) throw new DiskStopped();
      const isSync = operation === "sync" || operation === "syncDirectory";
      if (!isSync) return "perform";
      if (this.failsNextSync) {
        this.failsNextSync = false;
        throw new DiskFailed("EIO: i/o error, fdatasync");
      }
      return this.vices.liesAboutSync === true ? "ignore" : "perform";
    };
  }

  /** From now on so many changes are carried out, then every further one throws: the machine is stopping. */
  stopAfterChanges(count: number): void {
    this.stopAfter = count;
  }

  works(): void {
    this.stopAfter = Number.POSITIVE_INFINITY;
  }

  /** The power fails: what was not synced is kept, lost or, a write, torn. */
  powerOff(fate: (change: UnsyncedChange) => Fate): void {
    this.works();
    this.files.crash(fate);
  }
}

/** An error of the disk itself. */
export class DiskFailed extends Error {
  override readonly name = "DiskFailed";
}

/** Thrown into whoever changes a disk whose machine is stopping. */
export class DiskStopped extends Error {
  override readonly name = "DiskStopped";
}

/**
 * The disk as one process uses it: commands are carried out one after the other by the real `Storage`, each after its time,
 * and answered in events of their own.
 */
export class DiskQueue {
  private readonly disk: SimDisk;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly storage: Storage;
  private readonly answer: (event: DiskEvent, command: DiskCommand) => void;
  private commands: DiskCommand[] = [];
  private busy = false;
  private isOver = false;

  constructor(
    disk: SimDisk,
    clock: Clock,
    random: Random,
    settings: StorageSettings,
    answer: (event: DiskEvent, command: DiskCommand) => void,
  ) {
    this.disk = disk;
    this.clock = clock;
    this.random = random;
    this.storage = new Storage(disk.directories, {
      ...settings,
      deflate: storedBlocks,
      random: () => random.next(),
      monoMs: () => clock.nowMs,
    });
    this.answer = answer;
  }

  /** Takes a copy of the bytes, as the real disk does. */
  submit(command: DiskCommand): void {
    this.commands.push(copyOf(command));
    if (this.disk.vices.answersEarly === true && command.kind === "append") this.answerEarly(command);
    this.go();
  }

  /** Whether everything asked for was done and answered. */
  get isIdle(): boolean {
    return !this.busy && this.commands.length === 0;
  }

  /** After `manners.held` was taken back. */
  go(): void {
    if (this.busy || this.isOver || this.disk.manners.held || this.commands.length === 0) return;
    this.busy = true;
    const { minDelayMs, maxDelayMs } = this.disk.manners;
    this.clock.after(this.random.between(minDelayMs, maxDelayMs), "work", () => this.carryOut());
  }

  /**
   * The process ends. With `changes`, the command at the head of the queue is carried out as far as so many changes of
   * files: where the power failed.
   */
  end(changes: number): void {
    this.isOver = true;
    if (changes <= 0 || this.commands.length === 0) return;
    this.disk.stopAfterChanges(changes);
    this.execute(this.take());
    this.disk.works();
  }

  private carryOut(): void {
    if (this.isOver) return;
    this.busy = false;
    if (this.disk.manners.held) return;
    const command = this.take();
    const { answersEarly, pretends } = this.disk.vices;
    for (const event of pretends?.(command) ?? this.execute(command)) {
      if (this.isOver) return;
      if (event.kind !== "flushed" || answersEarly !== true) this.answer(event, command);
    }
    this.go();
  }

  private execute(command: DiskCommand): readonly DiskEvent[] {
    const events = this.storage.execute(command);
    for (const event of events) {
      if (event.kind === "flushed" || event.kind === "truncated") this.disk.durable = event.zxid;
      if (event.kind === "snapshotSaved" && event.zxid > (this.disk.durable ?? 0n)) this.disk.durable = event.zxid;
    }
    return events;
  }

  private answerEarly(command: Extract<DiskCommand, { kind: "append" }>): void {
    const zxid = command.entries.at(-1)?.zxid;
    if (zxid === undefined) return;
    const flushed: DiskEvent = { kind: "flushed", zxid, count: command.entries.length, fsyncMs: 0 };
    this.clock.after(0.01, "work", () => {
      if (!this.isOver) this.answer(flushed, command);
    });
  }

  private take(): DiskCommand {
    const command = this.commands.shift();
    if (command === undefined) throw new Error("the disk has nothing to do");
    if (command.kind !== "append" || !this.disk.manners.groups) return command;
    const entries: TxnBytes[] = [...command.entries];
    for (let next = this.commands[0]; next?.kind === "append"; next = this.commands[0]) {
      entries.push(...next.entries);
      this.commands.shift();
    }
    return { kind: "append", entries };
  }
}

function copyOf(command: DiskCommand): DiskCommand {
  switch (command.kind) {
    case "append":
      return { ...command, entries: command.entries.map(({ zxid, bytes }) => ({ zxid, bytes: bytes.slice() })) };
    case "snapshotChunk":
      return { ...command, bytes: command.bytes.slice() };
    default:
      return command;
  }
}

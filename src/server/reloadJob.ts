import type { Config } from "../config/config.ts";
import { type DataDirectories, type Recovered, recover } from "../store/recovery.ts";
import { StoreError } from "../store/storeError.ts";
import type { CommittedLog } from "../zab/committedLog.ts";
import { Database } from "./database.ts";
import type { Home } from "./home.ts";
import type { Job } from "./jobs.ts";

/** Reads the database from disk again, in slices, after the log was cut or the memory is not to be trusted. */
export class Reload implements Job {
  readonly name = "reload";
  private readonly home: Home;
  private readonly steps: Generator<void, Recovered<Database>>;
  private readonly done: () => void;

  constructor(home: Home, done: () => void) {
    this.home = home;
    this.done = done;
    this.steps = recoverDatabase(home.world.directories, home.config, home.committedLog);
  }

  step(): "more" | "done" {
    try {
      const { value, done } = this.steps.next();
      if (done !== true) return "more";
      this.home.database = value.state;
      this.home.journal.reset(value.lastZxid);
      this.done();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.home.world.exit(EXIT_DATABASE, error.message);
    }
    return "done";
  }

  /** What was read so far is nobody's yet. */
  cancel(): void {}
}

/** A database from the files of `directories`; the committed log is filled with what the logs hold. */
export function recoverDatabase(
  directories: DataDirectories,
  config: Config,
  committedLog: CommittedLog,
): Generator<void, Recovered<Database>> {
  const options = {
    ensemble: config.ensemble !== undefined,
    trustEmptySnapshot: config.trustEmptySnapshot,
    dbAutocreate: config.dbAutocreate,
    maxRecordBytes: Math.min(config.juteMaxBufferBytes + config.juteExtraSizeBytes, 0x7fffffff),
    dropDamagedTail: false,
  };
  const fresh = (toHold: "snapshot" | "nothing"): Database => {
    committedLog.clear();
    const database = new Database(committedLog, config.emulate353TTLNodes);
    // The nodes every tree starts with are in the snapshot too, and would come twice.
    if (toHold === "snapshot") database.tree.clear();
    return database;
  };
  return recover(directories, options, { fresh });
}

const EXIT_DATABASE = 1;

import type { Zxid } from "../base/zxid.ts";
import { openHistory } from "../store/logReader.ts";
import { StoreError } from "../store/storeError.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { type Home, packetLimit } from "./home.ts";
import type { Job } from "./jobs.ts";

/**
 * Reads the log on disk for a learner that was away longer than the committed log reaches. Damage on the way, or a history that the
 * log cannot tell, is no reason to stop: the learner gets a snapshot instead.
 */
export class ReadHistory implements Job {
  readonly name: string;
  private readonly answer: (history: readonly TxnBytes[] | "unusable") => void;
  private readonly batches: Generator<readonly TxnBytes[], void>;
  private readonly found: TxnBytes[] = [];

  constructor(link: number, home: Home, from: Zxid, answer: (history: readonly TxnBytes[] | "unusable") => void) {
    this.name = ReadHistory.nameFor(link);
    this.answer = answer;
    this.batches = open(home, from);
  }

  static nameFor(link: number): string {
    return `readHistory ${link}`;
  }

  step(): "more" | "done" {
    try {
      const step = this.batches.next();
      if (step.done === true) return this.finish(this.found);
      for (const entry of step.value) this.found.push(entry);
      return "more";
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return this.finish("unusable");
    }
  }

  cancel(): void {
    this.batches.return();
  }

  private finish(history: readonly TxnBytes[] | "unusable"): "done" {
    this.answer(history);
    return "done";
  }
}

function open(home: Home, from: Zxid): Generator<readonly TxnBytes[], void> {
  const { config, world, committedLog, journal } = home;
  const { snapshotSizeFactor } = config;
  const options = { maxRecordBytes: packetLimit(home), dropDamagedTail: false, snapshotSizeFactor };
  // As far as the committed log begins: what lies behind may not be on this server's own disk yet.
  return openHistory(world.directories, from, committedLog.min ?? journal.lastLogged, options);
}

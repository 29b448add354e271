import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { residentMiB } from "../peers/memory.ts";
import type { Kind, ServerOptions } from "../peers/server.ts";
import { startedMs } from "./firstAnswer.ts";
import { withServer } from "./programs.ts";
import {
  type Both,
  type Effort,
  inTurn,
  KINDS,
  type Line,
  lessIsBetter,
  median,
  quantile,
  type Row,
  times,
} from "./row.ts";
import { readsDuringSnapshots } from "./snapshotReads.ts";
import { zkload } from "./zkload.ts";

const MEMORY = "a million znodes of 100 B: resident memory";
const RESTART = "a million znodes of 100 B: restart to the first answer";
const READS = "reads while a snapshot of that million is written: p99.9";
const SHARE = 0.4;
const READS_FLOOR_MS = 20;
const ROOT = "/million";
const LAST = `${ROOT}/k000999999`;

/** One data directory of each program, filled once: the memory after that, then restarts on it, then reads during snapshots. */
export const MILLION: Row = {
  works: [MEMORY, RESTART, READS],
  async measure(effort) {
    const homes = { java: freshFolder(), ts: freshFolder() };
    try {
      return await onHomes(homes, effort);
    } finally {
      for (const kind of KINDS) rmSync(homes[kind], { recursive: true, force: true });
    }
  },
};

async function onHomes(homes: Both<string>, { rounds }: Effort): Promise<readonly Line[]> {
  const filled = await inTurn(1, (kind) => filledMiB(kind, homes[kind]));
  const restarts = await inTurn(rounds, (kind) => restartMs(kind, homes[kind]));
  const reads = await inTurn(rounds, (kind) => readsMs(kind, homes[kind]));
  const floor = `at most ${SHARE}x`;
  return [
    lessIsBetter(MEMORY, "MiB", medians(filled), SHARE, floor),
    lessIsBetter(RESTART, "ms", medians(restarts), SHARE, floor),
    readsLine(medians(reads)),
  ];
}

/** Fills the tree over eight connections of 64 outstanding creates each; the resident memory right after the last one. */
async function filledMiB(kind: Kind, home: string): Promise<number> {
  return withServer(
    kind,
    async ({ clientPort, pid }) => {
      await zkload("-s", `127.0.0.1:${clientPort}`, "-k", "-R", ROOT, "-n", "1000000", "-z", "100", "-c", "8");
      return residentMiB(pid);
    },
    { home },
  );
}

async function restartMs(kind: Kind, home: string): Promise<number> {
  const { server, tookMs } = await startedMs(kind, LAST, { home });
  await server.stop();
  return tookMs;
}

/** Restarts with a small snapCount: a few hundred writes make the first snapshot due. One whole one of each of two starts is watched. */
async function readsMs(kind: Kind, home: string): Promise<number> {
  const options: ServerOptions = { home, config: { snapCount: 1000 } };
  const watched = () => withServer(kind, (server) => readsDuringSnapshots(server, LAST, 1), options);
  return quantile([...(await watched()), ...(await watched())], 0.999);
}

function readsLine({ java, ts }: Both<number>): Line {
  return {
    work: READS,
    java: `${java.toFixed(1)} ms`,
    ts: `${ts.toFixed(1)} ms`,
    ratio: times(ts / java),
    floor: `at most ${READS_FLOOR_MS} ms`,
    misses: ts <= READS_FLOOR_MS ? [] : [`${ts.toFixed(1)} ms`],
  };
}

function medians({ java, ts }: Both<readonly number[]>): Both<number> {
  return { java: median(java), ts: median(ts) };
}

function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), "typekeeper-bench-"));
}

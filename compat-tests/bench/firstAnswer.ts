import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { ExistsRequest } from "../../src/wire/client/requests.ts";
import { freePort } from "../peers/ports.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { Kind, PeerServer, ServerOptions } from "../peers/server.ts";
import { begin } from "./programs.ts";
import { count, inTurn, median, type Row, times } from "./row.ts";

const FLOOR_MS = 250;
const PATIENCE_MS = 250;
const WORK = "cold start, empty, to the first answer";

export const COLD_START: Row = {
  works: [WORK],
  async measure({ rounds }) {
    const all = await inTurn(rounds, coldStartMs);
    const [java, ts] = [median(all.java), median(all.ts)];
    const misses = ts <= FLOOR_MS ? [] : [count(ts, "ms")];
    const cells = { java: count(java, "ms"), ts: count(ts, "ms"), ratio: times(ts / java) };
    return [{ work: WORK, ...cells, floor: `at most ${FLOOR_MS} ms`, misses }];
  },
};

async function coldStartMs(kind: Kind): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-bench-"));
  try {
    const { server, tookMs } = await startedMs(kind, "/", { home });
    await server.stop();
    return tookMs;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Starts a server and gives the milliseconds from its spawn until it answered an exists on `path`, which must be there. */
export async function startedMs(
  kind: Kind,
  path: string,
  options: ServerOptions,
): Promise<{ readonly server: PeerServer; readonly tookMs: number }> {
  const config = { clientPort: await freePort(), ...options.config };
  const startMs = performance.now();
  const server = await begin(kind, { ...options, config });
  try {
    while (!(await answers(server, path))) {
      if (!server.running()) throw new Error(`${kind} ended before it answered:\n${server.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { server, tookMs: performance.now() - startMs };
}

/** False while nobody listens, or the session is refused or not answered: Java forgets now and then a client that came while it started. */
async function answers(server: PeerServer, path: string): Promise<boolean> {
  const client = await RawClient.open(server.clientPort, {}, PATIENCE_MS).catch(() => undefined);
  if (client === undefined) return false;
  const { err } = await client.call(Op.exists, ExistsRequest.encode({ path, watch: false }));
  client.connection.close();
  if (err !== 0) throw new Error(`exists on ${path} answered ${err}`);
  return true;
}

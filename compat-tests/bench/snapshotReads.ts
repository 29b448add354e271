import { readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { Op } from "../../src/wire/client/numbers.ts";
import { GetDataRequest, SetDataRequest } from "../../src/wire/client/requests.ts";
import { RawClient } from "../peers/rawClient.ts";
import type { PeerServer } from "../peers/server.ts";
import { pause } from "../peers/waiting.ts";

/** Reads a second of the reader, and writes a second of the writer whose transactions make snapshots due. */
const READS_PER_S = 1000;
const WRITES_PER_S = 200;
const LIMIT_MS = 180_000;

type Span = { readonly fromMs: number; readonly toMs: number };
type Read = { readonly sentMs: number; readonly tookMs: number };

/**
 * Latencies (ms) of the reads that were under way while the server wrote `snapshots` whole snapshots, one after another. The
 * server runs with a small snapCount. Reads are sent at their time whether or not earlier ones were answered, so a stall
 * counts for each of them.
 */
export async function readsDuringSnapshots(
  server: PeerServer,
  path: string,
  snapshots: number,
): Promise<readonly number[]> {
  const reader = await RawClient.open(server.clientPort);
  const writer = await RawClient.open(server.clientPort);
  const reads: Read[] = [];
  const spans: Span[] = [];
  let isOver = false;
  const until = (): boolean => isOver;
  const pacing = Promise.all([
    paced(reader, READS_PER_S, until, Op.getData, GetDataRequest.encode({ path, watch: false }), (read) =>
      reads.push(read),
    ),
    paced(writer, WRITES_PER_S, until, Op.setData, SetDataRequest.encode({ path, data: DATA, version: -1 }), () => {}),
  ]);
  try {
    await Promise.race([watchSnapshots(server, snapshots, spans), pacing]);
  } finally {
    isOver = true;
    await pacing;
    for (const client of [reader, writer]) client.connection.close();
  }
  const during = reads.filter(({ sentMs, tookMs }) =>
    spans.some(({ fromMs, toMs }) => sentMs < toMs && sentMs + tookMs > fromMs),
  );
  return during.map(({ tookMs }) => tookMs);
}

/** Sends the request so often a second until told to end, and waits for what is still unanswered. */
async function paced(
  client: RawClient,
  perSecond: number,
  until: () => boolean,
  op: number,
  body: Uint8Array,
  answered: (read: Read) => void,
): Promise<void> {
  const sentMs: number[] = [];
  const startMs = performance.now();
  let isSending = true;
  const receiving = (async () => {
    for (let i = 0; isSending || i < sentMs.length; i++) {
      while (isSending && i >= sentMs.length) await pause(1);
      const sent = sentMs[i];
      if (sent === undefined) return;
      const { err } = await client.reply();
      if (err !== 0) throw new Error(`answered ${err}`);
      answered({ sentMs: sent, tookMs: performance.now() - sent });
    }
  })();
  while (!until()) {
    const due = ((performance.now() - startMs) * perSecond) / 1000;
    while (sentMs.length < due) {
      sentMs.push(performance.now());
      client.send(op, body);
    }
    await Promise.race([pause(1), receiving]);
  }
  isSending = false;
  await receiving;
}

/** Notes when snapshots began and ended, until so many whole ones were written. */
async function watchSnapshots(server: PeerServer, snapshots: number, spans: Span[]): Promise<void> {
  const startMs = performance.now();
  let fromMs: number | undefined;
  while (writesSnapshot(server.pid)) await pause(20);
  while (spans.length < snapshots) {
    const nowMs = performance.now();
    if (nowMs - startMs > LIMIT_MS) throw new Error(`${spans.length} of ${snapshots} snapshots in ${LIMIT_MS} ms`);
    const writes = writesSnapshot(server.pid);
    if (writes) fromMs ??= nowMs;
    else if (fromMs !== undefined) {
      spans.push({ fromMs, toMs: nowMs });
      fromMs = undefined;
    }
    await pause(10);
  }
}

/** Both programs keep the file of a snapshot open as long as they write it, under a name of their own with this word in it. */
function writesSnapshot(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => fileOf(`/proc/${pid}/fd/${fd}`).includes("snapshot."));
}

function fileOf(link: string): string {
  try {
    return basename(readlinkSync(link));
  } catch {
    return "";
  }
}

const DATA = new Uint8Array(100).fill(0x78);

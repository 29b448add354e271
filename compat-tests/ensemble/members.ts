import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Ensemble, Member } from "../peers/ensemble.ts";
import { fourLetter, mntr } from "../peers/fourLetter.ts";
import type { Kind, ServerOptions } from "../peers/server.ts";
import { waitFor } from "../peers/waiting.ts";
import { withClient } from "./client.ts";

/** Nothing happens to the sessions of these tests unless they say so. */
export const QUIET: NonNullable<ServerOptions["config"]> = { maxSessionTimeout: 600_000 };

/** Stops leaders, and starts them again, until `wanted` is satisfied with the one that leads; all stand at one transaction then. */
export async function leadBy(ensemble: Ensemble, wanted: (member: Member) => boolean): Promise<Member> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const leader = await ensemble.waitServing();
    // A transaction of this epoch, which local sessions do not make: without one only the leader stands at its beginning.
    await withClient(leader.clientPort, (client) => client.set("/zookeeper/quota", ""));
    // Who is behind could not win when this one stops.
    await untilEqualZxid(ensemble);
    if (wanted(leader)) return leader;
    await leader.stop();
    await ensemble.waitServing();
    await leader.start();
  }
  throw new Error("the wanted member did not come to lead");
}

export function ofKind(kind: Kind): (member: Member) => boolean {
  return (member) => member.kind() === kind;
}

/** The last zxid the server has applied, as srvr tells it. */
export async function zxidOf({ clientPort }: { readonly clientPort: number }): Promise<bigint> {
  const answer = await fourLetter(clientPort, "srvr");
  const text = /^Zxid: 0x([0-9a-f]+)$/m.exec(answer)?.[1];
  if (text === undefined) throw new Error(`the server on port ${clientPort} tells no zxid: ${answer}`);
  return BigInt(`0x${text}`);
}

/** Until all running members stand at one zxid; gives it. */
export function untilEqualZxid(ensemble: Ensemble, timeoutMs = 60_000): Promise<bigint> {
  return waitFor("one zxid on all members", timeoutMs, async () => {
    const running = ensemble.members.filter((member) => member.running());
    const zxids = await Promise.all(running.map((member) => zxidOf(member).catch(() => -1n)));
    const [first = -1n] = zxids;
    return first !== -1n && zxids.every((zxid) => zxid === first) ? first : undefined;
  });
}

/** Expects that no running member has found a transaction to give another tree than its leader's digest says. */
export async function expectNoMismatch(ensemble: Ensemble): Promise<void> {
  const running = ensemble.members.filter((member) => member.running());
  const found = await Promise.all(running.map(async (member) => ({ id: member.id, count: await mismatches(member) })));
  expect(found).toEqual(running.map(({ id }) => ({ id, count: 0 })));
}

/**
 * Ours by its counter. Java by its log, since its counter, in ensembles of Java alone too, counts also what is none: while it catches
 * up with a SNAP, whose nodes may be ahead of its zxid, and where it reads a snapshot that it wrote while a transaction was half
 * noted. A tree that differs goes on to differ with every transaction.
 */
async function mismatches(member: Member): Promise<number> {
  if (member.kind() === "ts") return Number((await mntr(member.clientPort)).get("zk_digest_mismatches_count"));
  let isSyncing = false;
  let isReading = false;
  let count = 0;
  for (const line of readFileSync(member.logFile, "utf8").split("\n")) {
    if (line.includes("Getting a snapshot from leader")) isSyncing = true;
    else if (line.includes("Peer state changed")) isSyncing &&= line.includes("synchronization");
    else if (line.includes("Reading snapshot")) isReading = true;
    else if (line.includes("Snapshot loaded")) isReading = false;
    else if (line.includes("Digests are not matching") && !isSyncing && !isReading) count++;
  }
  return count;
}

/** Everything the member's processes have logged from here on. */
export function logMark(member: Member): () => string {
  const before = readFileSync(member.logFile).length;
  return () => readFileSync(member.logFile).subarray(before).toString("utf8");
}

/** Stops the member where it stands. The signal alone is not enough: a thread of it has to run before the others are stopped. */
export async function standStill(member: Member): Promise<void> {
  await member.kill("SIGSTOP");
  const tasks = `/proc/${member.pid()}/task`;
  await waitFor(`member ${member.id} to stand still`, 20_000, () => {
    const states = readdirSync(tasks).map((task) => readFileSync(join(tasks, task, "stat"), "latin1"));
    return states.every((stat) => stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")) ? true : undefined;
  });
}

/** Whether a transaction log of the member holds these bytes, committed or not. */
export function logHolds(member: Member, text: string): boolean {
  const folder = join(member.dataDir, "version-2");
  const logs = readdirSync(folder).filter((name) => name.startsWith("log."));
  return logs.some((name) => readFileSync(join(folder, name)).includes(text));
}

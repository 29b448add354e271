import { Op } from "../../src/wire/client/numbers.ts";
import { type Ensemble, type Member, startEnsemble } from "../peers/ensemble.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { Client, EPHEMERAL, refusal, type SessionTicket } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { leadBy, ofKind, QUIET, zxidOf } from "./members.ts";
import { MIXES } from "./mixes.ts";

// Sessions that only their member knows, and how they become everybody's: the same through members of either program, whoever leads.

const MIXED = MIXES.filter(({ leaders }) => leaders.length === 2).slice(1);
const LOCAL = { ...QUIET, localSessionsEnabled: "true" };
const UPGRADING = { ...LOCAL, localSessionsUpgradingEnabled: "true" };

for (const { name, specs, leaders } of MIXED) {
  test(`${name}: local sessions and their upgrade, whoever leads`, async () => {
    const ensemble = await startEnsemble(specs, { config: UPGRADING });
    try {
      for (const kind of leaders) {
        const leader = await leadBy(ensemble, ofKind(kind));
        for (const [i, member] of ensemble.members.entries()) {
          const other = ensemble.members[(i + 1) % ensemble.members.length] ?? member;
          await stayLocal(ensemble, member, other, `/led-by-${leader.id}-at-${member.id}`);
          await becomeGlobal(member, other, `/e-led-by-${leader.id}-at-${member.id}`);
        }
        await movesUnderLoad(ensemble, `/moved-led-by-${leader.id}`);
        await expectEqualTrees(ensemble);
        expect((await ensemble.leader())?.id).toBe(leader.id);
      }
    } finally {
      await ensemble.dispose();
    }
  }, 240_000);
}

test("without upgrades an ephemeral is refused, -120 through members of either program", async () => {
  const [, mix] = MIXED;
  const ensemble = await startEnsemble(mix?.specs ?? [], { config: LOCAL });
  try {
    await ensemble.waitServing();
    for (const member of ensemble.members) {
      const client = await Client.open(member.clientPort);
      await client.create(`/plain-${member.id}`);
      expect(await refusal(() => client.create(`/e-${member.id}`, "", EPHEMERAL))).toBe(ON_LOCAL_SESSION);
      await client.sync();
      expect(await client.exists(`/e-${member.id}`)).toBeUndefined();
      await client.close();
    }
    await expectEqualTrees(ensemble);
  } finally {
    await ensemble.dispose();
  }
}, 120_000);

/** No transaction makes or ends it, it writes, its own member takes it up again, another does not know it, it ends by silence. */
async function stayLocal(ensemble: Ensemble, member: Member, other: Member, path: string): Promise<void> {
  await ensemble.waitServing();
  const before = await zxidOf(member);
  const client = await Client.open(member.clientPort);
  expect(await client.exists(path)).toBeUndefined();
  expect(client.lastZxid).toBe(before);
  await client.create(path);
  expect(client.lastZxid).toBe(before + 1n);
  client.drop();
  const again = await Client.resume(member.clientPort, client.ticket);
  expect((await again?.get(path))?.stat.czxid).toBe(before + 1n);
  const ticket = { ...client.ticket, lastZxidSeen: 0n };
  expect(await Client.resume(other.clientPort, ticket)).toBeUndefined();
  const left = again?.raw.call(Op.closeSession);
  expect(await left).toMatchObject({ err: 0, zxid: before + 1n });
  expect(await Client.resume(member.clientPort, ticket)).toBeUndefined();
  const silent = await Client.open(member.clientPort, SHORT_SESSION_MS);
  expect(await silent.raw.connection.untilClosed(20_000)).toEqual([]);
  await untilExpired(member, silent.ticket);
}

/**
 * A Java server counts a connection's silence and a session's apart. When the connection's is over first, who comes right then finds the
 * session alive, or is cut off when it ends; the session is silent again until the next attempt.
 */
async function untilExpired(member: Member, ticket: SessionTicket): Promise<void> {
  await waitFor("the session to expire by silence", 20_000, async () => {
    const found = await Client.resume(member.clientPort, ticket).catch(() => CUT_OFF);
    if (found === undefined) return true;
    expect(member.kind()).toBe("java");
    if (found !== CUT_OFF) found.drop();
    await pause(2 * SHORT_SESSION_MS);
    return undefined;
  });
}

/** With the same id, before the node is there; it moves then, and its node goes with it. */
async function becomeGlobal(member: Member, other: Member, path: string): Promise<void> {
  const client = await Client.open(member.clientPort);
  await client.create(path, "", EPHEMERAL);
  expect((await client.get(path)).stat.ephemeralOwner).toBe(client.session.sessionId);
  client.drop();
  const moved = await taken(other, client);
  await moved.set(path, "moved");
  await moved.close();
  const witness = await Client.open(member.clientPort);
  await witness.sync();
  expect(await witness.exists(path)).toBeUndefined();
  await witness.close();
}

/**
 * Each write on the member the session has just moved to, a writer on every other one at the same time. No two requests of the session
 * have one number: a Java member that is told of one by the leader takes the other for it, and stops for good.
 */
async function movesUnderLoad(ensemble: Ensemble, path: string): Promise<void> {
  const writers = await Promise.all(ensemble.members.map(({ clientPort }) => Client.open(clientPort)));
  let over = false;
  const load = writers.map(async (writer, i) => {
    for (let round = 0; !over; round++) await writer.create(`${path}-load-${i}-${round}`);
  });
  try {
    let client = await Client.open(ensemble.members[0]?.clientPort ?? 0);
    await client.create(path, "", EPHEMERAL);
    for (let round = 1; round <= 12; round++) {
      const to = ensemble.members[round % ensemble.members.length];
      if (to === undefined) throw new Error("no member");
      const left = client;
      client = await taken(to, client);
      expect((await client.set(path, `${round}`)).version).toBe(round);
      await expect(left.set(path, "late")).rejects.toThrow();
      left.drop();
    }
    await client.close();
  } finally {
    over = true;
    await Promise.all(load);
  }
  for (const writer of writers) await writer.close();
}

/** A member that is behind what the session has seen turns it away for a while. */
function taken(member: Member, client: Client): Promise<Client> {
  return waitFor(`the session to be taken up by member ${member.id}`, 30_000, () =>
    Client.resume(member.clientPort, client.ticket).catch(() => undefined),
  );
}

const CUT_OFF = "cut off" as const;
const SHORT_SESSION_MS = 1_000;
const ON_LOCAL_SESSION = -120;

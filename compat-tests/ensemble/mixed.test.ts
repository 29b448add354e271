import { type Ensemble, type Member, startEnsemble } from "../peers/ensemble.ts";
import { waitFor } from "../peers/waiting.ts";
import { Client, EPHEMERAL, type SessionTicket } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { leadBy, ofKind, QUIET } from "./members.ts";
import { MIXES } from "./mixes.ts";

// What a client sees of an ensemble of both programs, whoever leads: nothing tells through which member it came.

for (const { name, specs, leaders } of MIXES) {
  test(`${name}: writes, sessions, watches and sync through every member, whoever leads`, async () => {
    const ensemble = await startEnsemble(specs, { config: QUIET });
    try {
      for (const kind of leaders) {
        const leader = await leadBy(ensemble, ofKind(kind));
        await everythingThroughEveryMember(ensemble, `/led-by-${leader.id}`);
        expect((await ensemble.leader())?.id).toBe(leader.id);
      }
    } finally {
      await ensemble.dispose();
    }
  }, 240_000);
}

async function everythingThroughEveryMember(ensemble: Ensemble, root: string): Promise<void> {
  const clients = await Promise.all(ensemble.members.map(({ clientPort }) => Client.open(clientPort)));
  const [first] = clients;
  if (first === undefined) throw new Error("an ensemble has members");
  await first.create(root);
  await writesAreSeen(clients, root);
  await watchesFire(clients, `${root}/watched`);
  await closedSessionsTakeTheirNodes(ensemble, clients, `${root}/ephemeral`);
  await expiredSessionsTakeTheirNodes(ensemble, clients, `${root}/expired`);
  for (const [i, from] of ensemble.members.entries()) {
    const to = ensemble.members[(i + 1) % ensemble.members.length] ?? from;
    await sessionsMove(from, to, clients, `${root}/moved-${from.id}`);
  }
  await expectEqualTrees(ensemble);
  for (const client of clients) await client.close();
}

/** Each of the writes through each, and after a sync each member shows it. */
async function writesAreSeen(clients: readonly Client[], root: string): Promise<void> {
  for (const [i, writer] of clients.entries()) {
    const path = `${root}/by-${i}`;
    await writer.create(path, `made by ${i}`);
    await seenByAll(clients, (client) => client.get(path), { data: `made by ${i}`, stat: { version: 0 } });
    await writer.set(path, `set by ${i}`);
    await seenByAll(clients, (client) => client.get(path), { data: `set by ${i}`, stat: { version: 1 } });
    await writer.multi([
      { op: "create", path: `${path}/child`, data: "c" },
      { op: "setData", path, data: `multi by ${i}` },
      { op: "create", path: `${path}/gone`, data: "" },
      { op: "delete", path: `${path}/gone` },
    ]);
    await seenByAll(clients, (client) => client.get(path), {
      data: `multi by ${i}`,
      stat: { version: 2, cversion: 3 },
    });
    await seenByAll(clients, (client) => client.children(path), ["child"]);
    await writer.delete(`${path}/child`);
    await seenByAll(clients, (client) => client.exists(`${path}/child`), undefined);
    await expect(writer.multi([{ op: "create", path: `${path}/half`, data: "" }, NEVER_POSSIBLE])).rejects.toThrow();
    await seenByAll(clients, (client) => client.exists(`${path}/half`), undefined);
  }
}

async function seenByAll(clients: readonly Client[], look: (client: Client) => Promise<unknown>, expected: unknown) {
  for (const client of clients) {
    await client.sync();
    const seen = await look(client);
    if (expected !== null && typeof expected === "object" && !Array.isArray(expected))
      expect(seen).toMatchObject(expected);
    else expect(seen).toEqual(expected);
  }
}

/** One-shot watches of each kind, set through each member before any member writes: each fires once, in the order of the changes. */
async function watchesFire(clients: readonly Client[], path: string): Promise<void> {
  const [writer] = clients;
  for (const client of clients) await client.exists(path, true);
  await writer?.create(path, "1");
  for (const client of clients) {
    await client.sync();
    await client.get(path, true);
    await client.children(path, true);
  }
  await clients.at(-1)?.set(path, "2");
  await writer?.set(path, "3");
  await clients.at(-1)?.create(`${path}/child`);
  for (const client of clients) {
    await client.sync();
    expect(client.events.map(({ type, path: at }) => [type, at])).toEqual([
      [NODE_CREATED, path],
      [NODE_DATA_CHANGED, path],
      [NODE_CHILDREN_CHANGED, path],
    ]);
    client.raw.events.length = 0;
  }
}

async function closedSessionsTakeTheirNodes(
  ensemble: Ensemble,
  clients: readonly Client[],
  prefix: string,
): Promise<void> {
  for (const member of ensemble.members) {
    const path = `${prefix}-${member.id}`;
    const owner = await Client.open(member.clientPort);
    await owner.create(path, "", EPHEMERAL);
    await seenByAll(clients, (client) => client.exists(path), { ephemeralOwner: owner.session.sessionId });
    await owner.close();
    await seenByAll(clients, (client) => client.exists(path), undefined);
  }
}

/** A client that goes silent, its connection open: the leader knows nobody who heard of it. */
async function expiredSessionsTakeTheirNodes(
  ensemble: Ensemble,
  clients: readonly Client[],
  prefix: string,
): Promise<void> {
  const owners = await Promise.all(
    ensemble.members.map(async ({ clientPort }, i) => {
      const owner = await Client.open(clientPort, SHORT_SESSION_MS);
      await owner.create(`${prefix}-${i}`, "", EPHEMERAL);
      return owner;
    }),
  );
  for (const client of clients) {
    for (const i of owners.keys()) {
      await waitFor(`the end of ${prefix}-${i}`, 30_000, async () => {
        return (await client.exists(`${prefix}-${i}`)) === undefined ? true : undefined;
      });
    }
  }
  for (const [i, member] of ensemble.members.entries()) {
    const ticket = owners[i]?.ticket;
    if (ticket !== undefined) expect(await Client.resume(member.clientPort, ticket)).toBeUndefined();
    owners[i]?.drop();
  }
}

/** There and back; the session keeps its node, and a late write on the connection it left is refused. */
async function sessionsMove(from: Member, to: Member, clients: readonly Client[], path: string): Promise<void> {
  const before = await Client.open(from.clientPort);
  await before.create(path, "before", EPHEMERAL);
  const there = await takenUp(to, before.ticket);
  expect((await there.set(path, "there")).ephemeralOwner).toBe(before.session.sessionId);
  await expect(before.set(path, "late")).rejects.toThrow();
  const back = await takenUp(from, there.ticket);
  expect(await back.get(path)).toMatchObject({ data: "there", stat: { version: 1 } });
  await back.set(path, "back");
  await seenByAll(clients, (client) => client.get(path), { data: "back", stat: { version: 2 } });
  await back.close();
  await seenByAll(clients, (client) => client.exists(path), undefined);
  before.drop();
  there.drop();
}

/** A member that has not applied yet what the session has seen turns it away, and the client tries again. */
function takenUp(member: Member, ticket: SessionTicket): Promise<Client> {
  return waitFor(`the session to be taken up by member ${member.id}`, 30_000, () =>
    Client.resume(member.clientPort, ticket).catch(() => undefined),
  );
}

const NEVER_POSSIBLE = { op: "delete", path: "/nobody-made-this" } as const;
const SHORT_SESSION_MS = 2_000;
const NODE_CREATED = 1;
const NODE_DATA_CHANGED = 3;
const NODE_CHILDREN_CHANGED = 4;

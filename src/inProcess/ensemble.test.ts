import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnFromSource } from "../disk/testThread.ts";
import { type EnsembleOptions, type InProcessEnsemble, openEnsemble } from "./ensemble.ts";
import type { InProcessServer } from "./server.ts";
import { TcpClient, until } from "./testTalk.ts";

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function started(options: EnsembleOptions = {}): Promise<InProcessEnsemble> {
  const ensemble = await openEnsemble(options, spawnFromSource);
  closing.push(() => ensemble.close());
  return ensemble;
}

async function client(server: InProcessServer, words?: string): Promise<TcpClient> {
  const opened = await TcpClient.open(server.port, words);
  closing.push(() => opened.close());
  return opened;
}

function modes(ensemble: InProcessEnsemble): readonly string[] {
  return ensemble.members.map((member) => (member.state === "running" ? member.status().mode : member.state)).sort();
}

async function rolesOf(ensemble: InProcessEnsemble): Promise<{ leader: InProcessServer; others: InProcessServer[] }> {
  const leader = await ensemble.waitForLeader();
  return { leader, others: ensemble.members.filter((member) => member !== leader) };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index} of ${list.length}`);
  return found;
}

/** A cut is noticed after syncLimit ticks. */
const NOTICING_SOON = { config: { tickTime: 100, syncLimit: 6 } };

describe("an ensemble", () => {
  test("elects a leader and serves through every member; nothing of it is left", async () => {
    const ensemble = await openEnsemble({}, spawnFromSource);
    expect(modes(ensemble)).toEqual(["follower", "follower", "leader"]);
    expect(ensemble.members.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(ensemble.connectString).toBe(ensemble.members.map(({ port }) => `127.0.0.1:${port}`).join(","));
    const { others } = await rolesOf(ensemble);
    const [one, two] = [await client(at(others, 0)), await client(at(others, 1))];
    expect(await one.ask("create /a x")).toBe("#1 /a");
    expect(await two.ask("sync /a")).toBe("#1 /a");
    expect(await two.ask("getData /a")).toBe('#2 "x" v0');
    await ensemble.close();
    expect(ensemble.members.filter(({ dataDir }) => existsSync(join(dataDir, "..")))).toEqual([]);
    expect(modes(ensemble)).toEqual(["closed", "closed", "closed"]);
    expect(ensemble.leader()).toBeUndefined();
  });

  test("observers beside a single voter; the caller's directory is kept", async () => {
    const parent = mkdtempSync(join(tmpdir(), "inprocess-"));
    closing.push(() => rmSync(parent, { recursive: true }));
    const ensemble = await started({ members: 1, observers: 1, dataDir: parent });
    expect(modes(ensemble)).toEqual(["leader", "observer"]);
    await ensemble.close();
    expect(readdirSync(join(parent, "2")).sort()).toEqual(["myid", "version-2"]);
  });

  test("the leader stops: another leads; it comes back as a follower of what happened meanwhile", async () => {
    const ensemble = await started();
    const { leader } = await rolesOf(ensemble);
    await leader.stop();
    const next = await ensemble.waitForLeader(leader);
    expect(await (await client(next)).ask("create /meanwhile x")).toBe("#1 /meanwhile");
    await leader.start();
    await ensemble.waitServing();
    expect(modes(ensemble)).toEqual(["follower", "follower", "leader"]);
    const back = await client(leader);
    expect(await back.ask("getData /meanwhile")).toBe('#1 "x" v0');
  });

  test("a member that is killed while its disk stalls has what the others acknowledged when it is back", async () => {
    const ensemble = await started();
    const { leader, others } = await rolesOf(ensemble);
    const follower = at(others, 0);
    follower.stallFsync();
    expect(await (await client(leader)).ask("create /quorum x")).toBe("#1 /quorum");
    await follower.kill();
    await follower.start();
    await ensemble.waitServing();
    expect(await (await client(follower)).ask("getData /quorum")).toBe('#1 "x" v0');
  });
});

describe("partitions", () => {
  test("a leader cut off stops serving, the others go on, and healed they are one again", async () => {
    const ensemble = await started(NOTICING_SOON);
    const { leader, others } = await rolesOf(ensemble);
    ensemble.partition(leader, others);
    const next = await ensemble.waitForLeader(leader);
    expect(await (await client(next)).ask("create /majority x")).toBe("#1 /majority");
    await until(() => !leader.isServing);
    expect(ensemble.leader()).toBe(next);
    ensemble.heal();
    await ensemble.waitServing();
    expect(modes(ensemble)).toEqual(["follower", "follower", "leader"]);
    const back = await client(leader);
    await back.ask("sync /majority");
    expect(await back.ask("getData /majority")).toBe('#2 "x" v0');
  });

  test("a write to a leader that is alone is not answered, and gone when it is healed", async () => {
    const ensemble = await started(NOTICING_SOON);
    const { leader, others } = await rolesOf(ensemble);
    const lost = await client(leader);
    ensemble.partition(leader, others);
    lost.say("create /lost");
    expect(await lost.hear()).toBe("closed");
    await ensemble.waitForLeader(leader);
    ensemble.heal();
    await ensemble.waitServing();
    expect(await (await client(leader)).ask("exists /lost")).toBe("#1 noNode");
  });

  test("healed before anybody noticed: what was sent meanwhile arrives and nobody changes its role", async () => {
    const ensemble = await started();
    const { leader, others } = await rolesOf(ensemble);
    const epoch = leader.leadingEpoch;
    const one = await client(leader);
    ensemble.partition(leader, others);
    one.say("create /held");
    await until(() => leader.status().requests.outstanding > 0);
    ensemble.heal();
    expect(await one.hear()).toBe("#1 /held");
    expect([ensemble.leader(), leader.leadingEpoch]).toEqual([leader, epoch]);
  });

  test("a member that starts inside a partition finds the others when it is healed", async () => {
    const ensemble = await started(NOTICING_SOON);
    const { others } = await rolesOf(ensemble);
    const away = at(others, 0);
    await away.stop();
    ensemble.partition(away, ensemble.members);
    await away.start();
    expect(away.isServing).toBe(false);
    ensemble.heal();
    await away.waitServing();
  });
});

describe("sessions and clocks", () => {
  test("expireSession of a follower's client", async () => {
    const ensemble = await started();
    const { leader, others } = await rolesOf(ensemble);
    const [one, two] = [await client(at(others, 0)), await client(leader)];
    await one.ask("create /e x flags=1");
    await two.ask("exists /e watch");
    await expect(at(others, 0).expireSession(one.sessionId)).rejects.toThrow("does not lead: ask the leader");
    await ensemble.expireSession(one.sessionId);
    expect(await two.hear()).toBe("event nodeDeleted /e");
    expect(await one.hear()).toBe("closed");
  });

  test("the clock of one follower jumps: it loses the leader and finds it again, the others stay", async () => {
    const ensemble = await started();
    const { leader, others } = await rolesOf(ensemble);
    const follower = at(others, 0);
    const one = await client(follower);
    follower.jumpClock(60_000);
    expect(await one.hear()).toBe("closed");
    await follower.waitServing();
    expect(ensemble.leader()).toBe(leader);
  });

  test("the leader's clock jumps by less than syncLimit: sessions expire on all members, and it still leads", async () => {
    const ensemble = await started();
    const { leader, others } = await rolesOf(ensemble);
    const one = await client(at(others, 0), "timeout=1000");
    await one.ask("create /e x flags=1");
    const two = await client(at(others, 1));
    await two.ask("sync /e");
    await two.ask("getData /e watch");
    leader.jumpClock(1_500);
    expect(await two.hear()).toBe("event nodeDeleted /e");
    expect(await one.hear()).toBe("closed");
    expect(ensemble.leader()).toBe(leader);
  });

  test("it jumps by more: the leader has not heard from anybody for too long, and another is elected", async () => {
    const ensemble = await started();
    const { leader, others } = await rolesOf(ensemble);
    const one = await client(at(others, 0));
    leader.jumpClock(10_000);
    expect(await one.hear()).toBe("closed");
    await ensemble.waitServing();
    const again = await client(await ensemble.waitForLeader(), `session=${one.sessionId}`);
    expect(again.sessionId).toBe(one.sessionId);
  });
});

describe("what it refuses", () => {
  const REFUSED: readonly (readonly [EnsembleOptions, string])[] = [
    [{ members: 0 }, "startEnsemble: members: 0 (allowed: a whole number, 1 to 32)"],
    [{ members: 1.5 }, "startEnsemble: members: 1.5 (allowed"],
    [{ observers: -1 }, "startEnsemble: observers: -1 (allowed: a whole number, 0 to 32)"],
    [
      { config: { clientPort: 2181 } },
      "Error processing startEnsemble's config: clientPort=2181: startEnsemble sets this key itself",
    ],
    [{ config: { syncLimit: 0 } }, "syncLimit=0: syncLimit is not set"],
  ];

  test.each(REFUSED)("%j", async (options, message) => {
    await expect(openEnsemble(options, spawnFromSource)).rejects.toThrow(message);
  });

  test("who waits for a leader of an ensemble that is closed is told", async () => {
    const ensemble = await started();
    const { others } = await rolesOf(ensemble);
    await Promise.all(others.map((member) => member.stop()));
    await until(() => ensemble.leader() === undefined);
    const told = expect(ensemble.waitForLeader()).rejects.toThrow("the ensemble was closed");
    await expect(ensemble.expireSession(1n)).rejects.toThrow("no leader, so nobody can expire a session");
    await ensemble.close();
    await told;
  });
});

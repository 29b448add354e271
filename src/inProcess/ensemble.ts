import { join } from "node:path";
import type { Spawn } from "../disk/thread.ts";
import type { ServerEvent } from "../server/events.ts";
import { directoryFor } from "./directories.ts";
import { reservePorts } from "./ports.ts";
import { InProcessServer } from "./server.ts";
import { Waits } from "./waits.ts";
import { configOf, type ZooCfg } from "./zooCfg.ts";

export interface EnsembleOptions {
  /** Who vote. 3 unless given. */
  readonly members?: number;
  /** Beside them. 0 unless given. */
  readonly observers?: number;
  /** Keys of zoo.cfg, the same for all. */
  readonly config?: ZooCfg;
  /** Holds a directory for each member, named by its id. Without it there is a temporary one, which `close` removes. */
  readonly dataDir?: string;
  readonly log?: (event: ServerEvent, id: number) => void;
}

/** Some of an ensemble's members. */
export type Members = InProcessServer | readonly InProcessServer[];

/** Real servers in one process, which elect a leader and replicate over real TCP. */
export class InProcessEnsemble {
  /** In ascending order of id, the observers last. */
  readonly members: readonly InProcessServer[];
  /** All members, for clients. */
  readonly connectString: string;
  private readonly plans: readonly MemberPlan[];
  private readonly waits: Waits;
  private readonly partitions: (readonly [readonly InProcessServer[], readonly InProcessServer[]])[] = [];

  constructor(members: readonly InProcessServer[], plans: readonly MemberPlan[], waits: Waits) {
    this.members = members;
    this.plans = plans;
    this.waits = waits;
    this.connectString = members.map((member) => member.connectString).join(",");
  }

  /** Who leads and serves; of two, of whom one does not know yet that it is alone, the one elected last. */
  leader(): InProcessServer | undefined {
    let newest: InProcessServer | undefined;
    for (const member of this.members) {
      if ((member.leadingEpoch ?? -1) > (newest?.leadingEpoch ?? -1)) newest = member;
    }
    return newest;
  }

  /** Resolves to the leader once there is one, and it is not `except`: the one that was stopped or cut off. */
  waitForLeader(except?: InProcessServer): Promise<InProcessServer> {
    return this.waits.until(() => {
      const leader = this.leader();
      return leader === except ? undefined : leader;
    });
  }

  /** Resolves once all members that run serve clients. */
  async waitServing(): Promise<void> {
    await this.waits.until(() => this.members.every(isStoppedOrServing) || undefined);
  }

  /** As the leader's: see there. Other members apply it a moment later. */
  async expireSession(id: bigint): Promise<void> {
    const leader = this.leader();
    if (leader === undefined) throw new Error("no leader, so nobody can expire a session: waitForLeader first");
    await leader.expireSession(id);
  }

  /**
   * Between members of the two sides nothing passes any more, and nobody is told: as with a switch that drops every packet. Clients
   * reach all of them. Several partitions hold side by side.
   */
  partition(one: Members, other: Members): void {
    this.partitions.push([listOf(one), listOf(other)]);
    this.severAll();
  }

  /** Ends all partitions. Links that both sides still believe in go on, and what was sent meanwhile arrives. */
  heal(): void {
    this.partitions.splice(0);
    this.severAll();
  }

  /** Ends all members for good: see theirs. */
  async close(): Promise<void> {
    this.waits.fail(new Error("the ensemble was closed"));
    await Promise.all(this.members.map((member) => member.close()));
  }

  private severAll(): void {
    for (const member of this.members) {
      const cutOff = this.members.filter((peer) => this.partitions.some((sides) => isBetween(sides, member, peer)));
      member.sever(new Set(cutOff.flatMap((peer) => this.peerPorts(peer))));
    }
  }

  private peerPorts(member: InProcessServer): readonly number[] {
    const plan = this.plans.find(({ id }) => id === member.id);
    return plan === undefined ? [] : [plan.quorumPort, plan.electionPort];
  }
}

/** Starts the ensemble; resolves once all of its members serve clients. */
export async function openEnsemble(options: EnsembleOptions, spawn: Spawn): Promise<InProcessEnsemble> {
  const { members: voters = 3, observers = 0 } = options;
  checkCounts(voters, observers);
  const reserved = await reservePorts(3 * (voters + observers));
  const directory = await directoryFor(options.dataDir);
  const release = async (): Promise<void> => {
    await Promise.all([reserved.release(), directory.release()]);
  };
  let ensemble: InProcessEnsemble | undefined;
  try {
    const plans = planOf(voters, voters + observers, reserved.ports);
    ensemble = assemble(options, plans, { directory: directory.path, spawn, release });
    await Promise.all(ensemble.members.map((member) => member.start()));
    await ensemble.waitServing();
    return ensemble;
  } catch (error) {
    await (ensemble ?? { close: release }).close();
    throw error;
  }
}

interface Means {
  readonly directory: string;
  readonly spawn: Spawn;
  /** For the last member that is closed. */
  release(): Promise<void>;
}

function assemble(
  { config = {}, log }: EnsembleOptions,
  plans: readonly MemberPlan[],
  means: Means,
): InProcessEnsemble {
  const waits = new Waits();
  const lines = { ...serverLines(plans), standaloneEnabled: false };
  let open = plans.length;
  const release = async (): Promise<void> => {
    open--;
    if (open === 0) await means.release();
  };
  const servers = plans.map(({ id, clientPort }) => {
    const keys = { ...lines, dataDir: join(means.directory, String(id)), clientPort };
    return new InProcessServer({
      config: configOf("startEnsemble", keys, config, id),
      spawn: means.spawn,
      log: log && ((event) => log(event, id)),
      changed: () => waits.look(),
      release,
    });
  });
  return new InProcessEnsemble(servers, plans, waits);
}

interface MemberPlan {
  readonly id: number;
  readonly role: "participant" | "observer";
  readonly quorumPort: number;
  readonly electionPort: number;
  readonly clientPort: number;
}

function planOf(voters: number, count: number, ports: readonly number[]): readonly MemberPlan[] {
  return Array.from({ length: count }, (_, at) => {
    const [quorumPort = 0, electionPort = 0, clientPort = 0] = ports.slice(3 * at);
    return { id: at + 1, role: at < voters ? "participant" : "observer", quorumPort, electionPort, clientPort };
  });
}

/** With the client's address in it, for clients that learn their servers from /zookeeper/config. */
function serverLines(plans: readonly MemberPlan[]): ZooCfg {
  return Object.fromEntries(
    plans.map(({ id, role, quorumPort, electionPort, clientPort }) => [
      `server.${id}`,
      `127.0.0.1:${quorumPort}:${electionPort}:${role};127.0.0.1:${clientPort}`,
    ]),
  );
}

function checkCounts(voters: number, observers: number): void {
  for (const [name, count, least] of [
    ["members", voters, 1],
    ["observers", observers, 0],
  ] as const) {
    if (Number.isInteger(count) && count >= least && count <= MOST) continue;
    throw new RangeError(`startEnsemble: ${name}: ${count} (allowed: a whole number, ${least} to ${MOST})`);
  }
}

function isStoppedOrServing(member: InProcessServer): boolean {
  return member.state !== "running" || member.isServing;
}

function isBetween(
  [one, other]: readonly [readonly InProcessServer[], readonly InProcessServer[]],
  a: InProcessServer,
  b: InProcessServer,
): boolean {
  return (one.includes(a) && other.includes(b)) || (one.includes(b) && other.includes(a));
}

function listOf(members: Members): readonly InProcessServer[] {
  return members instanceof InProcessServer ? [members] : members;
}

/** More do not serve any test, and each has a thread and three ports. */
const MOST = 32;

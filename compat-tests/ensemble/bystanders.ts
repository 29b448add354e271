import { type Ensemble, type Member, startEnsemble } from "../peers/ensemble.ts";
import { residentMiB } from "../peers/memory.ts";
import { pause } from "../peers/waiting.ts";
import { Client } from "./client.ts";
import { expectEqualTrees } from "./dump.ts";
import { leadBy, logMark, QUIET, zxidOf } from "./members.ts";

/** An ensemble that a test mistreats at one member, and everybody else who must not notice. */
export type Mistreated = {
  readonly ensemble: Ensemble;
  /** Ours, and the leader. */
  readonly leader: Member;
  /**
   * Expects that since the start the process is the same and has not grown beyond bounds, a client of each member has been served
   * all the time on one connection, no member has left its leader, and all trees are equal.
   */
  expectUnmoved(): Promise<void>;
  dispose(): Promise<void>;
};

/** One Java server and two of ours, one of which leads. */
export async function startMistreated(): Promise<Mistreated> {
  const ensemble = await startEnsemble(
    [
      { kind: "java", id: 1 },
      { kind: "ts", id: 2 },
      { kind: "ts", id: 3 },
    ],
    { config: { ...QUIET, initLimit: 12, syncLimit: 8 } },
  );
  try {
    const leader = await leadBy(ensemble, (member) => member.id === 3);
    const [pid, epoch] = [leader.pid(), (await zxidOf(leader)) >> 32n];
    const marks = ensemble.members.map((member) => ({ member, since: logMark(member) }));
    const witness = await Witness.start(ensemble, leader);
    return {
      ensemble,
      leader,
      async expectUnmoved() {
        await witness.stop();
        expect(witness.complaints).toEqual([]);
        expect({ running: leader.running(), pid: leader.pid() }).toEqual({ running: true, pid });
        expect((await zxidOf(leader)) >> 32n).toBe(epoch);
        expect(marks.filter(({ member, since }) => hasLeft(member, since())).map(({ member }) => member.id)).toEqual(
          [],
        );
        expect(witness.peakMiB).toBeLessThan(PEAK_MIB);
        await expectEqualTrees(ensemble);
      },
      async dispose() {
        await witness.stop();
        await ensemble.dispose();
      },
    };
  } catch (error) {
    await ensemble.dispose();
    throw error;
  }
}

function hasLeft(member: Member, log: string): boolean {
  return member.kind() === "java" ? log.includes("Peer state changed: looking") : log.includes('"event":"peer.left"');
}

/** A client of each member that writes and reads all the time, and looks at the leader's memory. */
class Witness {
  readonly complaints: string[] = [];
  peakMiB = 0;
  private stopped = false;
  private readonly clients: readonly Client[];
  private readonly leader: Member;
  private running: Promise<unknown> = Promise.resolve();

  private constructor(clients: readonly Client[], leader: Member) {
    this.clients = clients;
    this.leader = leader;
  }

  static async start({ members }: Ensemble, leader: Member): Promise<Witness> {
    const witness = new Witness(await Promise.all(members.map(({ clientPort }) => Client.open(clientPort))), leader);
    for (const [i, client] of witness.clients.entries()) await client.create(`/witness-${i}`);
    witness.running = Promise.all(witness.clients.map((client, i) => witness.watch(client, i)));
    return witness;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    for (const client of this.clients) client.drop();
  }

  private async watch(client: Client, index: number): Promise<void> {
    try {
      for (let n = 1; !this.stopped; n++) {
        const { version } = await client.set(`/witness-${index}`, `${n}`);
        const { data } = await client.get(`/witness-${index}`);
        if (version !== n || data !== `${n}`)
          this.complaints.push(`client ${index}: ${data} at version ${version}, not ${n}`);
        if (this.leader.running()) this.peakMiB = Math.max(this.peakMiB, residentMiB(this.leader.pid()));
        await pause(20);
      }
    } catch (error) {
      this.complaints.push(`client ${index}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Three times what a server needs at rest; a single announced length of 2^31 - 1, or what slow readers leave, would pass it. */
const PEAK_MIB = 400;

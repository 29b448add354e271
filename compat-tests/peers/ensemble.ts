import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modeOf } from "./fourLetter.ts";
import { startJavaServer } from "./javaServer.ts";
import { freePorts } from "./ports.ts";
import type { Kind, PeerServer, ServerOptions } from "./server.ts";
import { startTypekeeperServer } from "./typekeeperServer.ts";
import { waitFor } from "./waiting.ts";

export type MemberSpec = {
  readonly kind: Kind;
  readonly id: number;
  readonly role?: "participant" | "observer";
  /** On top of the ensemble's configuration, for this member alone. */
  readonly config?: ServerOptions["config"];
  readonly jvmFlags?: readonly string[];
};

export type EnsembleOptions = {
  /** Keys of zoo.cfg for every member. */
  readonly config?: ServerOptions["config"];
  readonly jvmFlags?: readonly string[];
};

/** A member through all its restarts: its ports and its data stay. */
export type Member = {
  readonly id: number;
  readonly role: "participant" | "observer";
  readonly clientPort: number;
  readonly quorumPort: number;
  readonly electionPort: number;
  readonly dataDir: string;
  readonly logFile: string;
  /** Which program runs it now, or ran it last. */
  kind(): Kind;
  running(): boolean;
  /** Of the process that runs now, or ran last. */
  pid(): number;
  /** Asks the process to end and waits. */
  stop(): Promise<void>;
  /** SIGKILL unless named otherwise; does not wait for a SIGSTOP or SIGCONT. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on its data, with the same program unless named otherwise. Does not wait for it to serve. */
  start(kind?: Kind): Promise<void>;
  waitServing(timeoutMs?: number): Promise<void>;
  tail(lines?: number): string;
};

export type Ensemble = {
  readonly members: readonly Member[];
  member(id: number): Member;
  /** "127.0.0.1:port,..." of all members, or of those named. */
  connectString(ids?: readonly number[]): string;
  /** The running member that calls itself leader. */
  leader(): Promise<Member | undefined>;
  /** Until every running member serves and one of them leads; gives that one. */
  waitServing(timeoutMs?: number): Promise<Member>;
  /** Ends all processes and removes the ensemble's folder. */
  dispose(): Promise<void>;
};

/** Starts members of either kind on the loopback, each with its own view of the others if `config` says so. Does not wait. */
export async function startEnsemble(specs: readonly MemberSpec[], options: EnsembleOptions = {}): Promise<Ensemble> {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-ensemble-"));
  const ports = await freePorts(specs.length * 3);
  const places = specs.map((spec, i) => placeOf(spec, ports.slice(3 * i, 3 * i + 3)));
  const servers = Object.fromEntries(places.map(({ id, line }) => [`server.${id}`, line]));
  const members = await Promise.all(
    specs.map((spec, i) =>
      startMember(spec, places[i] ?? placeOf(spec, []), join(home, `${spec.id}`), servers, options),
    ),
  );
  const running = (): readonly Member[] => members.filter((member) => member.running());
  const leader = async (): Promise<Member | undefined> => {
    const modes = await Promise.all(
      running().map(async (member) => ({ member, mode: await modeOf(member.clientPort) })),
    );
    return modes.find(({ mode }) => mode === "leader")?.member;
  };
  return {
    members,
    leader,
    member(id) {
      const found = members.find((member) => member.id === id);
      if (found === undefined) throw new Error(`no member ${id}`);
      return found;
    },
    connectString: (ids) =>
      members
        .filter(({ id }) => ids?.includes(id) ?? true)
        .map(({ clientPort }) => `127.0.0.1:${clientPort}`)
        .join(","),
    async waitServing(timeoutMs = 60_000) {
      await Promise.all(running().map((member) => member.waitServing(timeoutMs)));
      return waitFor("a leader", timeoutMs, leader, () => members.map((member) => member.tail(10)).join("\n--\n"));
    },
    async dispose() {
      await Promise.all(members.map((member) => member.kill("SIGKILL")));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

type Place = Pick<Member, "id" | "role" | "clientPort" | "quorumPort" | "electionPort"> & { readonly line: string };

function placeOf({ id, role = "participant" }: MemberSpec, ports: readonly number[]): Place {
  const [clientPort = 0, quorumPort = 0, electionPort = 0] = ports;
  return { id, role, clientPort, quorumPort, electionPort, line: `127.0.0.1:${quorumPort}:${electionPort}:${role}` };
}

async function startMember(
  spec: MemberSpec,
  place: Place,
  home: string,
  servers: Readonly<Record<string, string>>,
  options: EnsembleOptions,
): Promise<Member> {
  const dataDir = join(home, "data");
  const observes = place.role === "observer" ? { peerType: "observer" } : {};
  const server: ServerOptions = {
    config: { ...servers, ...observes, clientPort: place.clientPort, ...options.config, ...spec.config },
    jvmFlags: [...(options.jvmFlags ?? []), ...(spec.jvmFlags ?? [])],
    myid: place.id,
    home,
    dataDir,
  };
  const begin = (kind: Kind): Promise<PeerServer> =>
    kind === "java" ? startJavaServer(server) : startTypekeeperServer(server);
  let now = await begin(spec.kind);
  return {
    ...place,
    dataDir,
    logFile: now.logFile,
    kind: () => now.kind,
    running: () => now.running(),
    pid: () => now.pid,
    stop: () => now.stop(),
    kill: async (signal = "SIGKILL") => {
      if (now.running()) await now.kill(signal);
    },
    async start(kind = now.kind) {
      if (now.running()) throw new Error(`member ${place.id} still runs`);
      now = await begin(kind);
    },
    waitServing: (timeoutMs) => now.waitServing(timeoutMs),
    tail: (lines) => now.tail(lines),
  };
}

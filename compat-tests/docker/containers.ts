import {
  GenericContainer,
  getContainerRuntimeClient,
  type StartedNetwork,
  type StartedTestContainer,
} from "testcontainers";
import type { RunJava } from "../clients/javaClient.ts";
import { type Mode, modeOf } from "../peers/fourLetter.ts";
import { configText, type Kind, type ServerOptions } from "../peers/server.ts";
import { waitFor } from "../peers/waiting.ts";
import type { Engine } from "./engine.ts";

export type ContainerSpec = {
  readonly kind: Kind;
  /** Makes its myid, and its name "zk<id>" in the network. */
  readonly id: number;
  /** Ids of all members, itself included; none for a server of its own. */
  readonly members?: readonly number[];
  /** Members that only observe. */
  readonly observers?: readonly number[];
  readonly config?: ServerOptions["config"];
};

/** A server in a container of its own. */
export type ContainerServer = {
  readonly kind: Kind;
  readonly id: number;
  readonly alias: string;
  /** Where clients in the network find it. */
  readonly connectString: string;
  readonly container: StartedTestContainer;
  /** Its mode, asked from the host; undefined while it does not serve or cannot be reached. */
  mode(): Promise<Mode | undefined>;
  waitServing(timeoutMs?: number): Promise<void>;
  /** Pulls its plug: no packet reaches it, and its address is gone. */
  unplug(): Promise<void>;
  /** Plugs it in again under its old name. */
  plug(): Promise<void>;
  /** Stops its processes where they stand, connections open. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Drops every packet but its own loopback's, silently, both ways. */
  dropPackets(): Promise<void>;
  /** Drops what comes from another member: one direction of one link. */
  dropFrom(other: ContainerServer): Promise<void>;
  /** Ends every drop. */
  passPackets(): Promise<void>;
  /** SIGKILL, without removing the container. */
  kill(): Promise<void>;
  /** Starts it again on its data after `kill`. */
  start(): Promise<void>;
};

/** Starts a server in the network. Does not wait until it serves: members of an ensemble wait for each other. */
export async function startContainerServer(
  engine: Engine,
  network: StartedNetwork,
  spec: ContainerSpec,
): Promise<ContainerServer> {
  const alias = aliasOf(spec.id);
  const log: string[] = [];
  const container = await new GenericContainer(engine.image(spec.kind))
    .withNetwork(network)
    .withNetworkAliases(alias)
    .withAddedCapabilities("NET_ADMIN")
    .withCopyContentToContainer([
      { content: configText(containerConfig(spec)), target: "/conf/zoo.cfg" },
      { content: `${spec.id}\n`, target: "/data/myid" },
    ])
    .withLogConsumer((stream) => stream.on("data", (line) => log.push(String(line))))
    .start();
  const runtime = await getContainerRuntimeClient();
  const docker = runtime.container.getById(container.getId());
  const wires = runtime.network.getById(network.getId());
  const mode = async (): Promise<Mode | undefined> => {
    const info = await docker.inspect();
    const address = info.NetworkSettings.Networks[network.getName()]?.IPAddress ?? "";
    return address === "" ? undefined : modeOf(CLIENT_PORT, address);
  };
  const iptables = async (...rules: readonly (readonly string[])[]): Promise<void> => {
    for (const rule of rules) {
      const { exitCode, output } = await container.exec(["iptables", "-w", ...rule]);
      if (exitCode !== 0) throw new Error(`iptables ${rule.join(" ")}: ${output}`);
    }
  };
  return {
    kind: spec.kind,
    id: spec.id,
    alias,
    connectString: `${alias}:${CLIENT_PORT}`,
    container,
    mode,
    async waitServing(timeoutMs = 60_000) {
      await waitFor(
        `${spec.kind} server ${alias}`,
        timeoutMs,
        async () => ((await mode()) === undefined ? undefined : true),
        () => log.slice(-40).join(""),
      );
    },
    unplug: () => wires.disconnect({ Container: container.getId(), Force: true }),
    plug: () => wires.connect({ Container: container.getId(), EndpointConfig: { Aliases: [alias] } }),
    freeze: () => docker.pause(),
    thaw: () => docker.unpause(),
    dropPackets: () =>
      iptables(["-A", "INPUT", "!", "-i", "lo", "-j", "DROP"], ["-A", "OUTPUT", "!", "-o", "lo", "-j", "DROP"]),
    dropFrom: (other) => iptables(["-A", "INPUT", "-s", other.container.getIpAddress(network.getName()), "-j", "DROP"]),
    passPackets: () => iptables(["-F"]),
    kill: () => docker.kill({ signal: "SIGKILL" }),
    start: () => docker.start(),
  };
}

/** An idle container with the official shell, to be used as a client from a third place. */
export function startShell(engine: Engine, network: StartedNetwork): Promise<StartedTestContainer> {
  return new GenericContainer(engine.image("java")).withNetwork(network).withCommand(["sleep", "infinity"]).start();
}

/** The same on the server's own loopback: the tour puts relays and names of hosts on it. */
export function startShellBeside(engine: Engine, server: ContainerServer): Promise<StartedTestContainer> {
  return new GenericContainer(engine.image("java"))
    .withNetworkMode(`container:${server.container.getId()}`)
    .withCommand(["sleep", "infinity"])
    .start();
}

/** Runs one command of zkCli in the shell container; gives its exit code and all it printed. */
export async function zkCli(
  shell: StartedTestContainer,
  server: ContainerServer,
  ...command: readonly string[]
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const main = "org.apache.zookeeper.ZooKeeperMain";
  return shell.exec([...JAVA, main, "-server", server.connectString, ...command]);
}

/** Runs classes of java/src in the shell container. */
export function javaIn(shell: StartedTestContainer): RunJava {
  return async (main, args, jvmFlags = []) => {
    const { exitCode, stdout, output } = await shell.exec([...JAVA, ...jvmFlags, main, ...args]);
    if (exitCode !== 0) throw new Error(`${main} in a container exited with ${exitCode}:\n${output}`);
    return stdout;
  };
}

function containerConfig({
  id,
  members = [],
  observers = [],
  config,
}: ContainerSpec): NonNullable<ServerOptions["config"]> {
  const role = (member: number): string => (observers.includes(member) ? "observer" : "participant");
  const servers = members.map((member) => [`server.${member}`, `${aliasOf(member)}:2888:3888:${role(member)}`]);
  const observes = observers.includes(id) ? { peerType: "observer" } : {};
  return { dataDir: "/data", clientPort: CLIENT_PORT, ...Object.fromEntries(servers), ...observes, ...config };
}

function aliasOf(id: number): string {
  return `zk${id}`;
}

const CLIENT_PORT = 2181;
const JAVA = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", "/zk/drivers:/zk/lib/*"];

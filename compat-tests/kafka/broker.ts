import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Child, startChild } from "../peers/child.ts";
import { javaClassPath } from "../peers/javaServer.ts";
import { freePorts } from "../peers/ports.ts";

/** A Kafka 3.9 broker that keeps its cluster in ZooKeeper, through its restarts: its ports and its records stay. */
export type Broker = {
  readonly id: number;
  /** Where everyone is User:ANONYMOUS, who may do everything; brokers talk to each other here. */
  readonly plainPort: number;
  /** Where clients log in with SCRAM-SHA-256. */
  readonly saslPort: number;
  running(): boolean;
  kill(signal?: NodeJS.Signals): Promise<void>;
  start(): void;
  tail(lines?: number): string;
};

export type Brokers = {
  readonly brokers: readonly Broker[];
  broker(id: number): Broker;
  /** "127.0.0.1:port,..." of the ports without a login. */
  readonly plain: string;
  /** The same of the ports with one. */
  readonly sasl: string;
  dispose(): Promise<void>;
};

/** Starts brokers 1..count on the loopback, two replicas of what Kafka keeps for itself. Does not wait for them. */
export async function startBrokers(zookeeperConnect: string, count: number): Promise<Brokers> {
  const home = mkdtempSync(join(tmpdir(), "typekeeper-kafka-"));
  const ports = await freePorts(2 * count);
  const brokers = Array.from({ length: count }, (_, i) =>
    startBroker(join(home, `${i + 1}`), i + 1, zookeeperConnect, ports.slice(2 * i, 2 * i + 2)),
  );
  return {
    brokers,
    broker(id) {
      const found = brokers.find((broker) => broker.id === id);
      if (found === undefined) throw new Error(`no broker ${id}`);
      return found;
    },
    plain: brokers.map(({ plainPort }) => `127.0.0.1:${plainPort}`).join(","),
    sasl: brokers.map(({ saslPort }) => `127.0.0.1:${saslPort}`).join(","),
    async dispose() {
      await Promise.all(brokers.map((broker) => broker.kill()));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function startBroker(
  home: string,
  id: number,
  zookeeperConnect: string,
  [plainPort = 0, saslPort = 0]: readonly number[],
): Broker {
  mkdirSync(home, { recursive: true });
  const configFile = join(home, "server.properties");
  writeFileSync(configFile, properties({ ...BROKER, ...placeOf(home, id, plainPort, saslPort), zookeeperConnect }));
  const logFile = join(home, "broker.log");
  const begin = (): Child => startChild("java", javaArgs("kafka.Kafka", [configFile]), logFile);
  let now = begin();
  return {
    id,
    plainPort,
    saslPort,
    running: () => now.running(),
    async kill(signal = "SIGKILL") {
      if (now.running()) await now.kill(signal);
    },
    start() {
      if (now.running()) throw new Error(`broker ${id} still runs`);
      now = begin();
    },
    tail: (lines) => now.tail(lines),
  };
}

function placeOf(home: string, id: number, plainPort: number, saslPort: number): Readonly<Record<string, string>> {
  return {
    "broker.id": `${id}`,
    "log.dirs": join(home, "records"),
    listeners: `PLAINTEXT://127.0.0.1:${plainPort},SASL_PLAINTEXT://127.0.0.1:${saslPort}`,
  };
}

function properties({ zookeeperConnect = "", ...rest }: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...rest, "zookeeper.connect": zookeeperConnect });
  return lines.map(([key, value]) => `${key}=${value}\n`).join("");
}

/** Runs one of Kafka's own tools to its end and gives what it printed; rejects, with that, when it exits with another code than 0. */
export async function runKafkaTool(main: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execFileAsync("java", javaArgs(main, args), { encoding: "utf8", maxBuffer: 1 << 26 });
  return stdout;
}

/** What java is told to run a class of Kafka's, or a driver of src/. */
export function javaArgs(main: string, args: readonly string[]): readonly string[] {
  return [...JVM_FLAGS, "-cp", javaClassPath(__dirname), main, ...args];
}

const execFileAsync = promisify(execFile);

// A small heap and the quick compiler, as for the Java servers: they share two cores.
const JVM_FLAGS = [
  "-Xmx256m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  `-Dlog4j.configuration=file:${join(__dirname, "log4j.properties")}`,
];

/** Small and quick; ACLs are AclAuthorizer's, which keeps them in ZooKeeper. */
const BROKER: Readonly<Record<string, string>> = {
  "zookeeper.session.timeout.ms": "4000",
  "zookeeper.connection.timeout.ms": "30000",
  "inter.broker.listener.name": "PLAINTEXT",
  "sasl.enabled.mechanisms": "SCRAM-SHA-256",
  "listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config":
    "org.apache.kafka.common.security.scram.ScramLoginModule required;",
  "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer",
  "super.users": "User:ANONYMOUS",
  "num.network.threads": "2",
  "num.io.threads": "2",
  "num.replica.fetchers": "1",
  "log.cleaner.enable": "false",
  "offsets.topic.num.partitions": "2",
  "offsets.topic.replication.factor": "2",
  "default.replication.factor": "2",
  "group.initial.rebalance.delay.ms": "0",
  "replica.lag.time.max.ms": "6000",
  "auto.create.topics.enable": "false",
};

import { hex64 } from "../base/bytes.ts";
import { socketAddressText } from "../base/hostText.ts";
import type { Config, Ensemble } from "../config/config.ts";
import { configText } from "../config/configText.ts";
import type { ConnectionSession, ConnectionStatus, Status } from "../server/status.ts";
import { javaMean } from "./javaDouble.ts";
import { mntr } from "./mntr.ts";

/**
 * The whole answer to a four-letter word, after which the connection is closed (operations 2, exact bytes, checked against
 * 3.9.5). `word` is one of wire/fourLetterWords. An empty answer closes without a byte.
 */
export function answer(word: string, status: Status, config: Config): string {
  const { fourLetterWordWhitelist } = config;
  if (fourLetterWordWhitelist !== "all" && !fourLetterWordWhitelist.has(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  const always = ALWAYS.get(word);
  if (always !== undefined) return always(status);
  const serving = SERVING.get(word);
  if (serving === undefined) return `${word} is not executed because this server does not have it yet.\n`;
  return status.mode === "not serving" ? NOT_SERVING : serving(status, config);
}

function isro(status: Status): string {
  if (status.mode === "not serving") return "null";
  return status.mode === "read-only" ? "ro" : "rw";
}

function srvr(status: Status): string {
  return heading(status) + summary(status);
}

function stat(status: Status): string {
  const clients = status.connections.map((connection) => `${connectionText(connection)})\n`);
  return `${heading(status)}Clients:\n${clients.join("")}\n${summary(status)}`;
}

function cons(status: Status): string {
  const lines = status.connections.map((connection) => {
    const session = connection.session === undefined ? "" : sessionText(connection.session);
    return `${connectionText(connection)}${session})\n`;
  });
  return `${lines.join("")}\n`;
}

function heading(status: Status): string {
  const readOnly = status.mode === "read-only" ? "READ-ONLY mode; serving only read-only clients\n" : "";
  return `Zookeeper version: ${status.version}\n${readOnly}`;
}

function summary({ requests, connections, leader, lastZxid, mode, tree }: Status): string {
  const { latency } = requests;
  const sizes = leader?.proposalSize;
  return lines([
    `Latency min/avg/max: ${latency.minMs}/${javaMean(latency.totalMs, latency.count)}/${latency.maxMs}`,
    `Received: ${requests.packetsReceived}`,
    `Sent: ${requests.packetsSent}`,
    `Connections: ${connections.length}`,
    `Outstanding: ${requests.outstanding}`,
    `Zxid: 0x${hex64(lastZxid)}`,
    `Mode: ${mode}`,
    `Node count: ${tree.nodeCount}`,
    ...(sizes === undefined ? [] : [`Proposal sizes last/min/max: ${sizes.last}/${sizes.min}/${sizes.max}`]),
  ]);
}

/** Without the closing bracket: `cons` goes on inside it. */
function connectionText({ host, port, interestOps, queued, received, sent }: ConnectionStatus): string {
  const remote = `${socketAddressText(host, port)}[${interestOps.toString(16)}]`;
  return ` ${remote}(queued=${queued},recved=${received},sent=${sent}`;
}

function sessionText(session: ConnectionSession): string {
  const { latency } = session;
  const mean = latency.count === 0 ? 0 : Math.trunc(latency.totalMs / latency.count);
  const lastXid = session.lastXid < 0 ? "" : `,lcxid=0x${session.lastXid.toString(16)}`;
  return (
    `,sid=0x${hex64(session.id)},lop=${session.lastOperation},est=${session.establishedWallMs},to=${session.timeoutMs}` +
    `${lastXid},lzxid=0x${hex64(session.lastZxid)},lresp=${session.lastResponseMs}` +
    `,llat=${session.lastLatencyMs},minlat=${latency.minMs},avglat=${mean},maxlat=${latency.maxMs}`
  );
}

function conf(status: Status, config: Config): string {
  const own = lines([
    `clientPort=${config.clientPort ?? -1}`,
    "secureClientPort=-1",
    `dataDir=${config.dataDir}/version-2`,
    `dataDirSize=${status.directories.dataBytes}`,
    `dataLogDir=${config.dataLogDir}/version-2`,
    `dataLogSize=${status.directories.logBytes}`,
    `tickTime=${config.tickTimeMs}`,
    `maxClientCnxns=${config.maxClientCnxns}`,
    `minSessionTimeout=${config.minSessionTimeoutMs}`,
    `maxSessionTimeout=${config.maxSessionTimeoutMs}`,
    `clientPortListenBacklog=${config.clientPortListenBacklog}`,
    `serverId=${config.ensemble?.myid ?? 0}`,
  ]);
  return config.ensemble === undefined ? own : own + ensembleConf(status, config, config.ensemble);
}

function ensembleConf(status: Status, config: Config, ensemble: Ensemble): string {
  const addresses = ensemble.servers.find(({ id }) => id === ensemble.myid)?.addresses ?? [];
  const own = lines([
    `initLimit=${config.initLimit}`,
    `syncLimit=${config.syncLimit}`,
    `electionAlg=${config.electionAlg}`,
    `electionPort=${addresses.map(({ electionPort }) => electionPort).join("|")}`,
    `quorumPort=${addresses.map(({ quorumPort }) => quorumPort).join("|")}`,
    `peerType=${config.peerType === "observer" ? 1 : 0}`,
  ]);
  return status.mode === "read-only" ? own : `${own}membership: \n${configText(ensemble)}`;
}

function dirs({ directories }: Status): string {
  return lines([`datadir_size: ${directories.dataBytes}`, `logdir_size: ${directories.logBytes}`]);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

/** Words that are answered in every state. */
const ALWAYS: ReadonlyMap<string, (status: Status) => string> = new Map([
  ["ruok", () => "imok"],
  ["isro", isro],
  ["telnet close", () => ""],
]);

const SERVING: ReadonlyMap<string, (status: Status, config: Config) => string> = new Map([
  ["srvr", srvr],
  ["stat", stat],
  ["cons", cons],
  ["mntr", mntr],
  ["conf", conf],
  ["dirs", dirs],
]);

const NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n";

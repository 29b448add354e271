import { hex64 } from "../base/bytes.ts";
import { socketAddressText } from "../base/hostText.ts";
import type { Zxid } from "../base/zxid.ts";
import type { Config, Ensemble } from "../config/config.ts";
import { configText } from "../config/configText.ts";
import type {
  ConnectionSession,
  ConnectionStatus,
  Dump,
  Status,
  WatchesStatus,
  WordCommand,
} from "../server/status.ts";
import { dump } from "./dump.ts";
import { javaMean } from "./javaDouble.ts";
import { mntr } from "./mntr.ts";
import { wchc, wchp, wchs } from "./watchWords.ts";

/** A server, for those who answer words; it is asked only what the word at hand needs. */
export interface Asked {
  status(): Status;
  dump(): Dump;
  watches(): WatchesStatus;
  digestLog(): readonly { readonly zxid: Zxid; readonly digest: bigint }[];
  /** The lines of `envi` by their keys, in order. */
  environment(): ReadonlyMap<string, string>;
  traceMask(): bigint;
  obey(command: WordCommand): void;
}

/**
 * The whole answer to a four-letter word, after which the connection is closed (operations 2, exact bytes, checked against
 * 3.9.5). `word` is one of wire/fourLetterWords; `argument` the long behind it, if it has arrived, which `stmk` alone looks at.
 * An empty answer closes without a byte.
 */
export function answer(word: string, argument: bigint | undefined, asked: Asked, config: Config): string {
  const { fourLetterWordWhitelist } = config;
  if (fourLetterWordWhitelist !== "all" && !fourLetterWordWhitelist.has(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  const always = ALWAYS.get(word);
  if (always !== undefined) return always(asked, argument);
  const status = asked.status();
  if (status.mode === "not serving") return word === "hash" ? NOT_SERVING.trimEnd() : NOT_SERVING;
  return SERVING.get(word)?.(status, config, asked) ?? "";
}

function isro(asked: Asked): string {
  const status = asked.status();
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

function envi(asked: Asked): string {
  return `Environment:\n${lines(Array.from(asked.environment(), ([key, value]) => `${key}=${value}`))}`;
}

function stmk(asked: Asked, mask: bigint | undefined): string {
  if (mask === undefined) return "";
  asked.obey({ kind: "setTraceMask", mask });
  return `${mask}`;
}

function hash(asked: Asked): string {
  return lines(asked.digestLog().map(({ zxid, digest }) => `${hex64(zxid)}: ${digest}`));
}

function srst(asked: Asked): string {
  asked.obey({ kind: "resetServerStatistics" });
  return "Server stats reset.\n";
}

function crst(asked: Asked): string {
  asked.obey({ kind: "resetConnectionStatistics" });
  return "Connection stats reset.\n";
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

/** Words that are answered in every state. */
const ALWAYS: ReadonlyMap<string, (asked: Asked, argument: bigint | undefined) => string> = new Map([
  ["ruok", () => "imok"],
  ["isro", isro],
  ["envi", envi],
  ["gtmk", (asked) => `${asked.traceMask()}`],
  ["stmk", stmk],
  ["telnet close", () => ""],
]);

const SERVING: ReadonlyMap<string, ServingWord> = new Map<string, ServingWord>([
  ["srvr", srvr],
  ["stat", stat],
  ["cons", cons],
  ["mntr", mntr],
  ["conf", conf],
  ["dirs", dirs],
  ["dump", (_status, _config, asked) => dump(asked.dump())],
  ["hash", (_status, _config, asked) => hash(asked)],
  ["srst", (_status, _config, asked) => srst(asked)],
  ["crst", (_status, _config, asked) => crst(asked)],
  ["wchs", (_status, _config, asked) => wchs(asked.watches())],
  ["wchp", (_status, _config, asked) => wchp(asked.watches())],
  ["wchc", (_status, _config, asked) => wchc(asked.watches())],
]);

type ServingWord = (status: Status, config: Config, asked: Asked) => string;

const NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n";

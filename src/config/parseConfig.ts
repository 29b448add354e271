import type { Config, FourLetterWordWhitelist } from "./config.ts";
import { ConfigError } from "./configError.ts";
import { memberSettings } from "./ensemble.ts";
import { digestAlgorithm, featureSettings } from "./features.ts";
import { checkKeysNotHere, isFileKey, keyWarnings } from "./keysNotHere.ts";
import { parseJavaDouble, parseJavaInt, parseJavaLong } from "./numbers.ts";
import { FileKeys, SystemProperties } from "./sources.ts";

export interface ConfigContext {
  /** The content of `<dataDir>/myid` (see dataDirIn); undefined when there is no such file. */
  readonly myidText: string | undefined;
  /** The file as the user named it, for messages. */
  readonly configPath: string;
}

export interface ParsedConfig {
  readonly config: Config;
  /** Lines for the log, each a WARN of Java's or the one that names keys which are not implemented here. */
  readonly warnings: readonly string[];
}

/**
 * Reads a zoo.cfg as ZooKeeper 3.9.5 does (operations 1.1-1.5). `text` is the file decoded as ISO-8859-1, `properties` the
 * system properties given with -D. What Java would refuse comes back as a ConfigError.
 */
export function parseConfig(
  text: string,
  properties: ReadonlyMap<string, string>,
  context: ConfigContext,
): ParsedConfig | ConfigError {
  try {
    return read(text, properties, context);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** The dataDir a file names, so that its myid can be read before the file is parsed; undefined if there is none to read. */
export function dataDirIn(text: string): string | undefined {
  try {
    return new FileKeys("", text).text("dataDir") || undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function read(text: string, given: ReadonlyMap<string, string>, context: ConfigContext): ParsedConfig {
  const file = new FileKeys(context.configPath, text);
  const system = new SystemProperties(given, file, isFileKey);
  const warnings: string[] = [];
  checkKeysNotHere(file, system);
  const standaloneEnabled = file.flag("standaloneEnabled", true);
  const multiAddressEnabled = multiAddress(file, given);
  const extendedTypesEnabled = system.flag("zookeeper.extendedTypesEnabled", false);
  const ticks = tickSettings(file);
  const places = directories(file, warnings);
  const members = memberSettings(
    { file, myidText: context.myidText, standaloneEnabled, multiAddressEnabled, extendedTypesEnabled },
    warnings,
  );
  const config: Config = {
    configPath: context.configPath,
    ...places,
    ...members,
    ...ticks,
    ...clientSettings(file, system, given),
    ...storageSettings(system, warnings),
    ...purgeSettings(file, warnings),
    ...accessSettings(file, system),
    ...electionSettings(file, system, ticks.tickTimeMs * ticks.syncLimit),
    cnxTimeoutMs: cnxTimeoutMs(file, system, members.ensemble !== undefined),
    ...quorumSettings(file, system),
    ...featureSettings(file, system, warnings),
    extendedTypesEnabled,
    standaloneEnabled,
    reconfigEnabled: file.flag("reconfigEnabled", false),
    localSessionsEnabled: file.flag("localSessionsEnabled", false),
    localSessionsUpgradingEnabled: file.flag("localSessionsUpgradingEnabled", false),
  };
  warnings.push(...keyWarnings(file, system, given));
  return { config: Object.freeze(config), warnings };
}

function directories(file: FileKeys, warnings: string[]): Pick<Config, "dataDir" | "dataLogDir"> {
  const dataDir = file.text("dataDir");
  // Java dies of an empty path with an index out of bounds; here it is a missing one.
  if (dataDir === undefined || dataDir === "") {
    throw file.problem("dataDir", { why: "dataDir is not set", allowed: "a directory" });
  }
  const dataLogDir = file.text("dataLogDir");
  if (dataLogDir === "") throw file.problem("dataLogDir", { why: "dataLogDir is empty", allowed: "a directory" });
  for (const path of [dataDir, dataLogDir]) {
    if (path === undefined || path.startsWith("/") || path.startsWith("./")) continue;
    warnings.push(`${path} is relative. Prepend ./ to indicate that you're sure!`);
  }
  return { dataDir, dataLogDir: dataLogDir ?? dataDir };
}

/** Java reads the switch when the parser's class is loaded: only -D comes early enough (table A). */
function multiAddress(file: FileKeys, given: ReadonlyMap<string, string>): boolean {
  file.flag("multiAddress.enabled", false);
  return given.get("zookeeper.multiAddress.enabled")?.toLowerCase() === "true";
}

type TickSettings = Pick<
  Config,
  | "tickTimeMs"
  | "initLimit"
  | "syncLimit"
  | "connectToLearnerMasterLimit"
  | "minSessionTimeoutMs"
  | "maxSessionTimeoutMs"
>;

function tickSettings(file: FileKeys): TickSettings {
  const tickTimeMs = file.int("tickTime", 3000);
  if (tickTimeMs === 0) throw file.problem("tickTime", { why: "tickTime is not set", allowed: "a time in ms, not 0" });
  const minSessionTimeoutMs = unless(-1, file.int("minSessionTimeout", -1)) ?? Math.imul(tickTimeMs, 2);
  const maxSessionTimeoutMs = unless(-1, file.int("maxSessionTimeout", -1)) ?? Math.imul(tickTimeMs, 20);
  if (minSessionTimeoutMs > maxSessionTimeoutMs) {
    const key = file.text("minSessionTimeout") === undefined ? "tickTime" : "minSessionTimeout";
    const why = "minSessionTimeout must not be larger than maxSessionTimeout";
    throw file.problem(key, { why, allowed: `at most ${maxSessionTimeoutMs} ms` });
  }
  const initLimit = file.int("initLimit", 0);
  return {
    tickTimeMs,
    initLimit,
    syncLimit: file.int("syncLimit", 0),
    connectToLearnerMasterLimit: unless(0, file.int("connectToLearnerMasterLimit", 0)) ?? initLimit,
    minSessionTimeoutMs,
    maxSessionTimeoutMs,
  };
}

type ClientSettings = Pick<
  Config,
  | "clientPortListenBacklog"
  | "maxClientCnxns"
  | "maxCnxns"
  | "sessionlessCnxnTimeoutMs"
  | "clientTcpKeepAlive"
  | "juteMaxBufferBytes"
  | "juteExtraSizeBytes"
  | "globalOutstandingLimit"
  | "fourLetterWordWhitelist"
>;

function clientSettings(file: FileKeys, system: SystemProperties, given: ReadonlyMap<string, string>): ClientSettings {
  const juteMaxBufferBytes = system.int("jute.maxbuffer", 0xfffff);
  return {
    clientPortListenBacklog: file.int("clientPortListenBacklog", -1),
    maxClientCnxns: file.int("maxClientCnxns", 60),
    maxCnxns: Math.max(0, system.int("zookeeper.maxCnxns", 0)),
    sessionlessCnxnTimeoutMs: system.int("zookeeper.nio.sessionlessCnxnTimeout", 10_000),
    clientTcpKeepAlive: system.flag("zookeeper.clientTcpKeepAlive", false),
    juteMaxBufferBytes,
    juteExtraSizeBytes: Math.max(1024, system.int("zookeeper.jute.maxbuffer.extrasize", juteMaxBufferBytes)),
    globalOutstandingLimit: system.int("zookeeper.globalOutstandingLimit", 1000),
    fourLetterWordWhitelist: whitelist(
      system.text("zookeeper.4lw.commands.whitelist") ?? "",
      given.get("readonlymode.enabled") === "true",
    ),
  };
}

/** operations 2.1. */
function whitelist(text: string, readOnlyMode: boolean): FourLetterWordWhitelist {
  const words = text.split(",").map((word) => word.trim());
  if (words.includes("*")) return "all";
  return new Set([...words.filter((word) => word !== ""), ...(readOnlyMode ? ["isro"] : []), "srvr"]);
}

type StorageSettings = Pick<
  Config,
  | "snapCount"
  | "snapSizeLimitBytes"
  | "txnLogSizeLimitBytes"
  | "preAllocSizeBytes"
  | "forceSync"
  | "fsyncWarningThresholdMs"
  | "commitLogCount"
  | "snapshotSizeFactor"
  | "trustEmptySnapshot"
  | "dbAutocreate"
  | "dataDirAutocreate"
  | "digestEnabled"
  | "closeSessionTxnEnabled"
  | "serializeLastProcessedZxidEnabled"
  | "snapshotCompression"
>;

/** Table B; bad values are named in a warning where Java logs one, and are silently the default elsewhere. */
function storageSettings(system: SystemProperties, warnings: string[]): StorageSettings {
  const snapCount = system.int("zookeeper.snapCount", 100_000);
  if (snapCount < 2) warnings.push("SnapCount should be 2 or more. Now, snapCount is reset to 2");
  const logLimitKb = system.long("zookeeper.txnLogSizeLimitInKb", -1);
  const barePrefix = system.long("fsync.warningthresholdms", 1000);
  return {
    snapCount: Math.max(2, snapCount),
    snapSizeLimitBytes: system.long("zookeeper.snapSizeLimitInKb", 4_194_304) * 1024,
    txnLogSizeLimitBytes: logLimitKb > 0 ? logLimitKb * 1024 : undefined,
    preAllocSizeBytes: preAllocSizeKb(system.text("zookeeper.preAllocSize"), warnings) * 1024,
    forceSync: system.text("zookeeper.forceSync") !== "no",
    fsyncWarningThresholdMs: system.long("zookeeper.fsync.warningthresholdms", barePrefix),
    commitLogCount: commitLogCount(system.text("zookeeper.commitLogCount"), warnings),
    snapshotSizeFactor: snapshotSizeFactor(system.text("zookeeper.snapshotSizeFactor"), warnings),
    trustEmptySnapshot: system.flag("zookeeper.snapshot.trust.empty", false),
    dbAutocreate: system.flag("zookeeper.db.autocreate", true),
    dataDirAutocreate: system.flag("zookeeper.datadir.autocreate", true),
    digestEnabled: system.flag("zookeeper.digest.enabled", true),
    closeSessionTxnEnabled: system.flag("zookeeper.closeSessionTxn.enabled", true),
    serializeLastProcessedZxidEnabled: system.flag("zookeeper.serializeLastProcessedZxid.enabled", true),
    snapshotCompression: snapshotCompression(system.text("zookeeper.snapshot.compression.method") ?? ""),
  };
}

function purgeSettings(file: FileKeys, warnings: string[]): Pick<Config, "snapRetainCount" | "purgeIntervalMs"> {
  const count = file.int("autopurge.snapRetainCount", LEAST_SNAPSHOTS);
  if (count < LEAST_SNAPSHOTS)
    warnings.push(`Invalid autopurge.snapRetainCount: ${count}. Defaulting to ${LEAST_SNAPSHOTS}`);
  return {
    snapRetainCount: Math.max(LEAST_SNAPSHOTS, count),
    purgeIntervalMs: file.int("autopurge.purgeInterval", 0) * 3_600_000,
  };
}

/** In any case; Java takes any other word for none, silently (on-disk-formats 4.6). */
function snapshotCompression(text: string): Config["snapshotCompression"] {
  const method = text.toLowerCase();
  return method === "gz" || method === "snappy" ? method : "none";
}

function preAllocSizeKb(text: string | undefined, warnings: string[]): number {
  const value = text === undefined ? 65_536n : parseJavaLong(text);
  if (value === undefined) warnings.push(`${text} is not a valid value for preAllocSize`);
  return Number(value ?? 65_536n);
}

function commitLogCount(text: string | undefined, warnings: string[]): number {
  const count = text === undefined ? 500 : parseJavaInt(text);
  if (count === undefined) warnings.push("Error parsing zookeeper.commitLogCount - use default value 500");
  else if (count < 500) {
    const advice = `The configured commitLogCount ${count} is less than the recommended 500, going to use the recommended one`;
    warnings.push(advice);
  }
  return Math.max(500, count ?? 500);
}

function snapshotSizeFactor(text: string | undefined, warnings: string[]): number {
  const factor = text === undefined ? 0.33 : parseJavaDouble(text);
  if (factor === undefined) {
    warnings.push("Error parsing zookeeper.snapshotSizeFactor, using default value 0.33");
  } else if (factor > 1) {
    warnings.push("The configured zookeeper.snapshotSizeFactor is invalid, going to use the default 0.33");
  }
  return factor === undefined || factor > 1 ? 0.33 : factor;
}

type AccessSettings = Pick<Config, "skipAcl" | "superDigest" | "digestAlg">;

function accessSettings(file: FileKeys, system: SystemProperties): AccessSettings {
  return {
    skipAcl: system.text("zookeeper.skipACL") === "yes",
    superDigest: system.text("zookeeper.DigestAuthenticationProvider.superDigest"),
    digestAlg: digestAlgorithm(file, system),
  };
}

type ElectionSettings = Pick<
  Config,
  | "electionAlg"
  | "electionPortBindRetry"
  | "quorumCnxnTimeoutMs"
  | "fastLeaderMinNotificationIntervalMs"
  | "fastLeaderMaxNotificationIntervalMs"
  | "tcpKeepAlive"
>;

function electionSettings(file: FileKeys, system: SystemProperties, syncLimitMs: number): ElectionSettings {
  if (file.int("electionAlg", 3) !== 3) {
    throw file.problem("electionAlg", { why: "Invalid electionAlg value. Only 3 is supported.", allowed: "3" });
  }
  const bindRetry = system.int("zookeeper.electionPortBindRetry", 3);
  return {
    electionAlg: 3,
    electionPortBindRetry: bindRetry < 0 ? 3 : bindRetry,
    quorumCnxnTimeoutMs: unless(-1, system.int("zookeeper.quorumCnxnTimeoutMs", -1)) ?? syncLimitMs,
    fastLeaderMinNotificationIntervalMs: system.int("zookeeper.fastleader.minNotificationInterval", 200),
    fastLeaderMaxNotificationIntervalMs: system.int("zookeeper.fastleader.maxNotificationInterval", 60_000),
    tcpKeepAlive: system.flag("zookeeper.tcpKeepAlive", false),
  };
}

/** The one property whose bad number stops the server: a member of an ensemble, the only one to read it (table E). */
function cnxTimeoutMs(file: FileKeys, system: SystemProperties, isMember: boolean): number {
  const text = system.text("zookeeper.cnxTimeout");
  if (text === undefined || !isMember) return 5000;
  const value = parseJavaInt(text);
  if (value !== undefined) return value;
  const why = `For input string: "${text}"`;
  throw file.problem("cnxTimeout", { why, allowed: "a time in ms", exitCode: 1 });
}

type QuorumSettings = Pick<
  Config,
  | "leaderServes"
  | "leaderConnectDelayDuringRetryMs"
  | "forceSnapshotSync"
  | "observerReconnectDelayMs"
  | "observerElectionDelayMs"
  | "syncEnabled"
  | "quorumListenOnAllIPs"
>;

function quorumSettings(file: FileKeys, system: SystemProperties): QuorumSettings {
  const syncEnabled = file.flag("syncEnabled", true);
  return {
    leaderServes: system.text("zookeeper.leaderServes") !== "no",
    leaderConnectDelayDuringRetryMs: system.int("zookeeper.leaderConnectDelayDuringRetryMs", 100),
    forceSnapshotSync: system.flag("zookeeper.forceSnapshotSync", false),
    observerReconnectDelayMs: system.long("zookeeper.observer.reconnectDelayMs", 0),
    observerElectionDelayMs: system.long("zookeeper.observer.election.DelayMs", 200),
    syncEnabled: system.flag("zookeeper.observer.syncEnabled", syncEnabled),
    quorumListenOnAllIPs: file.flag("quorumListenOnAllIPs", false),
  };
}

function unless(unset: number, value: number): number | undefined {
  return value === unset ? undefined : value;
}

const LEAST_SNAPSHOTS = 3;

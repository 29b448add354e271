import type { Problem } from "./configError.ts";
import { ENSEMBLE_PROVIDER } from "./features.ts";
import type { FileKeys, SystemProperties } from "./sources.ts";

/**
 * Keys that ZooKeeper knows and TypeKeeper does not act on yet (operations tables A-I). When something arrives, its row goes.
 * Java's checks of the values of table A are made all the same.
 */

/** Keys the parser itself handles, apart from `server.*`: they never become properties (table A). */
export function isFileKey(key: string): boolean {
  return HERE.has(key) || FILE_KEYS.has(key) || FILE_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** Refuses a key whose silence would cost data or safety, and any bad value that Java refuses. Throws ConfigError. */
export function checkKeysNotHere(file: FileKeys, system: SystemProperties): void {
  for (const [key, { type }] of FILE_KEYS) {
    if (type === "int") file.int(key, 0);
    if (type === "long") file.checkLong(key);
    if (type === "flag") file.flag(key, false);
  }
  checkPairs(file);
  for (const key of file.keys()) {
    if (MEMBERSHIP.test(key)) throw file.problem(key, unsafe("no such line: list every member in server.N lines"));
    if (PROTECTION.has(key) && file.flag(key, false)) throw file.problem(key, unsafe("false"));
  }
  for (const key of ["sessionRequireClientSASLAuth"]) {
    if (system.flag(`zookeeper.${key}`, false)) throw file.problem(key, unsafe("false"));
  }
}

function unsafe(allowed: string): Problem {
  return { why: "not supported by this server, and unsafe to ignore", allowed };
}

/** One warning for the keys of ZooKeeper's that are not here, one for keys that nobody reads (which Java accepts silently). */
export function keyWarnings(
  file: FileKeys,
  system: SystemProperties,
  given: ReadonlyMap<string, string>,
): readonly string[] {
  const notHere: string[] = [];
  const unknown: string[] = [];
  for (const key of file.keys()) {
    const property = `zookeeper.${key}`;
    const isNotHere = FILE_KEYS.has(key) || isKnownProperty(property) || key.startsWith("metricsProvider.");
    if (isNotHere && asksForMore(key, file.text(key))) notHere.push(key);
    if (isNotHere || isFileKey(key) || key.startsWith("server.") || key === "version") continue;
    if (!system.asked.has(property)) unknown.push(key);
  }
  for (const [name, value] of given) {
    if (isKnownProperty(name) && asksForMore(name, value)) notHere.push(`-D${name}`);
  }
  return [
    ...(notHere.length === 0
      ? []
      : [`Known to ZooKeeper but not implemented here yet, and ignored: ${notHere.join(", ")}`]),
    ...(unknown.length === 0 ? [] : [`Unknown keys, set as properties that nothing reads: ${unknown.join(", ")}`]),
  ];
}

function asksForMore(key: string, value: string | undefined): boolean {
  if (value === ENSEMBLE_PROVIDER) return false;
  const quiet = FILE_KEYS.get(key)?.quiet ?? PROPERTIES.get(`zookeeper.${key}`) ?? PROPERTIES.get(key);
  return value?.toLowerCase() !== quiet;
}

function isKnownProperty(name: string): boolean {
  return PROPERTIES.has(name) || PROPERTY_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Java's cross checks of keys that are not here. */
function checkPairs(file: FileKeys): void {
  const sasl = file.flag("quorum.auth.enableSasl", false);
  for (const key of ["quorum.auth.serverRequireSasl", "quorum.auth.learnerRequireSasl"]) {
    if (sasl || !file.flag(key, false)) continue;
    throw file.problem(key, { why: `quorum.auth.enableSasl is disabled, so cannot enable ${key}`, allowed: "false" });
  }
  const metrics = file.text("metricsProvider.className");
  if (metrics !== undefined && !METRICS_PROVIDERS.includes(metrics)) {
    const allowed = METRICS_PROVIDERS.join(", ");
    throw file.problem("metricsProvider.className", { why: "metrics provider class was not found", allowed });
  }
  if (file.text("secureClientPortAddress") !== undefined && file.text("secureClientPort") === undefined) {
    const why = "secureClientPortAddress is set but secureClientPort is not set";
    throw file.problem("secureClientPortAddress", { why, allowed: "only together with secureClientPort" });
  }
}

interface KeyNotHere {
  readonly type: "int" | "long" | "flag" | "text";
  /** The value, in lower case, that asks for nothing we do not do. */
  readonly quiet: string | undefined;
}

function notHere(type: KeyNotHere["type"], quiet?: string): KeyNotHere {
  return { type, quiet };
}

const FILE_KEYS: ReadonlyMap<string, KeyNotHere> = new Map([
  ["secureClientPort", notHere("int")],
  ["secureClientPortAddress", notHere("text")],
  ["observerMasterPort", notHere("int", "0")],
  ["dynamicConfigFile", notHere("text")],
  ["reconfigEnabled", notHere("flag", "false")],
  ["sslQuorum", notHere("flag", "false")],
  ["portUnification", notHere("flag", "false")],
  ["sslQuorumReloadCertFiles", notHere("flag", "false")],
  ["quorum.auth.enableSasl", notHere("flag", "false")],
  ["quorum.auth.serverRequireSasl", notHere("flag", "false")],
  ["quorum.auth.learnerRequireSasl", notHere("flag", "false")],
  ["quorum.auth.learner.saslLoginContext", notHere("text")],
  ["quorum.auth.server.saslLoginContext", notHere("text")],
  ["quorum.auth.kerberos.servicePrincipal", notHere("text")],
  ["quorum.cnxn.threads.size", notHere("int")],
  ["jvm.pause.monitor", notHere("flag", "false")],
  ["jvm.pause.info-threshold.ms", notHere("long")],
  ["jvm.pause.warn-threshold.ms", notHere("long")],
  ["jvm.pause.sleep.time.ms", notHere("long")],
  ["multiAddress.reachabilityCheckTimeoutMs", notHere("int")],
  ["multiAddress.reachabilityCheckEnabled", notHere("flag", "false")],
  ["metricsProvider.className", notHere("text", "org.apache.zookeeper.metrics.impl.defaultmetricsprovider")],
  ["oraclePath", notHere("text")],
]);

/** Keys of the file that are read by parseConfig. */
const HERE: ReadonlySet<string> = new Set(
  `tickTime initLimit syncLimit connectToLearnerMasterLimit dataDir dataLogDir clientPort clientPortAddress
  clientPortListenBacklog maxClientCnxns minSessionTimeout maxSessionTimeout electionAlg quorumListenOnAllIPs
  peerType syncEnabled standaloneEnabled multiAddress.enabled localSessionsEnabled localSessionsUpgradingEnabled
   autopurge.snapRetainCount autopurge.purgeInterval`.split(/\s+/),
);

const FILE_PREFIXES = ["group", "weight", "metricsProvider."];
const METRICS_PROVIDERS = [
  "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider",
  "org.apache.zookeeper.metrics.impl.NullMetricsProvider",
  "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
];
/** Other members or another quorum than the server lines say. */
const MEMBERSHIP = /^(dynamicConfigFile$|group|weight)/;
/** Protection that was asked for and would not be there. */
const PROTECTION: ReadonlySet<string> = new Set(["sslQuorum", "quorum.auth.enableSasl"]);

const PROPERTY_PREFIXES = ["zookeeper.authProvider.", "zookeeper.superUser.", "zookeeper.ssl."];

/** Property without `zookeeper.`, then the quiet value after a `|`. */
const PREFIXED = `
  watchManagerName watcherCleanThreadsNum
  watcherCleanThreshold watcherCleanIntervalInSeconds maxInProcessingDeadWatchers bitHashCacheSize
  flushDelay|0 maxWriteQueuePollTime maxBatchSize
  serverCnxnFactory|org.apache.zookeeper.server.nioservercnxnfactory
  nio.numSelectorThreads nio.numWorkerThreads nio.directBufferBytes nio.shutdownTimeout
  netty.advancedFlowControl.enabled|false netty.server.outstandingHandshake.limit|-1
  netty.server.earlyDropSecureConnectionHandshakes|false
  maxResponseCacheSize|0 maxGetChildrenResponseCacheSize|0
  intBufferStartingSizeBytes request_throttler.shutdownTimeout
  commitProcessor.numWorkerThreads commitProcessor.shutdownTimeout commitProcessor.maxReadBatchSize|-1
  commitProcessor.maxCommitBatchSize forward_learner_requests_to_commit_processor_disabled|false
  follower.skipLearnerRequestToNextProcessor|false messageTracker.BufferSize messageTracker.Enabled|false
  pathStats.enabled|false pathStats.slotCapacity pathStats.slotDuration pathStats.maxDepth pathStats.sampleRate
  pathStats.initialDelay pathStats.delay pathStats.topPathMax
  leader.maxConcurrentSnapSyncs leader.maxConcurrentDiffSyncs leader.maxTimeToWaitForEpoch|-1 leader.ackLoggingFrequency
  leader.closeSocketAsync learner.closeSocketAsync learner.asyncSending observerMaster.sizeLimit
  enableEagerACLCheck|false IPAuthenticationProvider.usexforwardedfor|false superUser
  SASLAuthenticationProvider.superPassword sessionRequireClientSASLAuth|false
  allowSaslFailedClients|false sasl.serverconfig
  kerberos.removeHostFromPrincipal|false kerberos.removeRealmFromPrincipal|false kerberos.canonicalizeHostNames|false
  kerberos.minReLoginTimeMs requireKerberosConfig|false security.auth_to_local kinit server.realm
  client.portUnification|false client.certReload|false fips-mode
  admin.enableServer|false admin.serverAddress admin.serverPort admin.idleTimeout admin.commandURL admin.httpVersion
  admin.portUnification|false admin.forceHttps|false admin.needClientAuth|false admin.rateLimiterIntervalInMS
  admin.snapshot.enabled|false admin.restore.enabled|false audit.enable|false audit.impl.class`;

/** Properties without a prefix, which only -D can set. */
const BARE = `
  readonlymode.enabled|false leader.nodelay|true follower.nodelay|true java.security.auth.login.config`;

const PROPERTIES: ReadonlyMap<string, string | undefined> = new Map([
  ...rows(PREFIXED, "zookeeper."),
  ...rows(BARE, ""),
]);

function rows(text: string, prefix: string): readonly (readonly [string, string | undefined])[] {
  return text
    .trim()
    .split(/\s+/)
    .map((row) => row.split("|"))
    .map(([name, quiet]) => [`${prefix}${name}`, quiet] as const);
}

import { javaTrim } from "../base/javaTrim.ts";
import type { FileKeys, SystemProperties } from "./sources.ts";

/** Kinds of nodes, quotas, limits and throttles, all of them properties (operations tables C, F and G). */
export interface FeatureSettings {
  /** Any negative owner but a container's marks a TTL node, as 3.5.3 wrote it; only with extendedTypesEnabled. */
  readonly emulate353TTLNodes: boolean;
  /** How often containers and TTL nodes are looked over (client-protocol 3.16). */
  readonly containerCheckIntervalMs: number;
  /** How many of them may be deleted in a minute; 0 or less: none ever is. */
  readonly containerMaxPerMinute: number;
  /** A container that never had a child is deleted after this; 0: never. */
  readonly containerMaxNeverUsedIntervalMs: number;
  readonly enforceQuota: boolean;
  readonly connectionThrottle: ConnectionThrottleSettings;
  readonly requestThrottle: RequestThrottleSettings;
  /** Frames above it are large; -1: none is. */
  readonly largeRequestThresholdBytes: number;
  /** What all large requests in process may have together. */
  readonly largeRequestMaxBytes: number;
  /** Clients must hold an identity of one of these schemes; empty: need not. */
  readonly enforcedAuthSchemes: readonly string[];
  /** Schemes whose ids ACLs may hold, besides ip. */
  readonly aclSchemes: readonly AclScheme[];
  /** The sasl id that means every sasl user in ACLs. */
  readonly anySaslUser: string | undefined;
  /** Names of this ensemble that a client may mean by the scheme `ensemble`; undefined: there is no such scheme. */
  readonly ensembleNames: EnsembleNames | undefined;
  /** The x509 name that every x509 entry of an ACL means too. */
  readonly x509SuperUser: string | undefined;
}

/** `any`: none are given, and every name passes. */
export type EnsembleNames = "any" | readonly string[];

export type AclScheme = "digest" | "sasl" | "x509";

/** The bucket from which connections take their tokens (operations table C, connection_throttle_*). */
export interface ConnectionThrottleSettings {
  /** What the bucket holds; 0 or less: no throttle. */
  readonly tokens: number;
  readonly fillTimeMs: number;
  /** Tokens added each `fillTimeMs`. */
  readonly fillCount: number;
  /** How often the probability of a drop is looked over; -1: nothing is dropped by chance. */
  readonly freezeTimeMs: number;
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  /** Share of the bucket that may be missing when the probability goes down. */
  readonly decreaseRatio: number;
  /** What each kind of connection costs; undefined: one token each. */
  readonly weights: ConnectionWeights | undefined;
}

/** Who waits before a request is taken up, and for how long (operations table D, request_*). */
export interface RequestThrottleSettings {
  /** Requests in process from which on no further one is taken up; 0 or less: no limit. */
  readonly maxRequests: number;
  /** How often those who wait are looked at, beside whenever a request was answered; 0 or less: not. */
  readonly stallTimeMs: number;
  /** Whether stale ones are dropped; which are, the next two say. */
  readonly dropsStale: boolean;
  /** Those of a connection that is closed. */
  readonly checksConnection: boolean;
  /** Those that are older than their session's time-out. */
  readonly checksLatency: boolean;
  /** A request that waited longer to be taken up is refused; 0 or less: none is. */
  readonly throttledOpWaitMs: number;
}

export interface ConnectionWeights {
  readonly globalSession: number;
  readonly renewal: number;
  readonly localSession: number;
}

export function featureSettings(file: FileKeys, system: SystemProperties, warnings: string[]): FeatureSettings {
  return {
    emulate353TTLNodes:
      system.flag("zookeeper.emulate353TTLNodes", false) && system.flag("zookeeper.extendedTypesEnabled", false),
    ...containerSettings(file, system),
    enforceQuota: system.flag("zookeeper.enforceQuota", false),
    connectionThrottle: connectionThrottle(file, system, warnings),
    requestThrottle: requestThrottle(system),
    largeRequestThresholdBytes: largeRequestThreshold(system, warnings),
    largeRequestMaxBytes: system.int("zookeeper.largeRequestMaxBytes", 100 * 1024 * 1024),
    ...authSettings(file, system),
  };
}

type AuthSettings = Pick<
  FeatureSettings,
  "enforcedAuthSchemes" | "aclSchemes" | "anySaslUser" | "ensembleNames" | "x509SuperUser"
>;

function authSettings(file: FileKeys, system: SystemProperties): AuthSettings {
  const digest = system.flag("zookeeper.DigestAuthenticationProvider.enabled", true);
  const named = system.valuesOf("zookeeper.authProvider.");
  const others = PROVIDER_CLASSES.filter(([name]) => named.includes(`org.apache.zookeeper.server.auth.${name}`));
  return {
    enforcedAuthSchemes: enforcedAuthSchemes(file, system, digest ? ["digest", "ip"] : ["ip"]),
    aclSchemes: [...(digest ? (["digest"] as const) : []), ...others.map(([, scheme]) => scheme)],
    anySaslUser: system.text("zookeeper.letAnySaslUserDoX"),
    ensembleNames: named.includes(ENSEMBLE_PROVIDER) ? ensembleNames(system) : undefined,
    x509SuperUser: system.text("zookeeper.X509AuthenticationProvider.superUser"),
  };
}

function ensembleNames(system: SystemProperties): EnsembleNames {
  const text = system.text("zookeeper.ensembleAuthName");
  return text === undefined ? "any" : text.split(",").map(javaTrim);
}

/** The hash of digest ids, by the name Node has for it; Java has several for one. */
export function digestAlgorithm(file: FileKeys, system: SystemProperties): string {
  const name = system.text("zookeeper.DigestAuthenticationProvider.digestAlg") ?? "SHA1";
  const known = DIGESTS.get(name.toUpperCase());
  if (known !== undefined) return known;
  const why = `don't support this ACL digest algorithm: ${name} in the current environment`;
  const allowed = [...DIGESTS.keys()].join(", ");
  throw file.problem("DigestAuthenticationProvider.digestAlg", { why, allowed, exitCode: 1 });
}

function containerSettings(
  file: FileKeys,
  system: SystemProperties,
): Pick<FeatureSettings, "containerCheckIntervalMs" | "containerMaxPerMinute" | "containerMaxNeverUsedIntervalMs"> {
  const name = "znode.container.checkIntervalMs";
  const containerCheckIntervalMs = system.int(name, 60_000);
  if (containerCheckIntervalMs <= 0) {
    throw file.problem(name, { why: "Non-positive period.", allowed: "a time in ms, at least 1", exitCode: 1 });
  }
  return {
    containerCheckIntervalMs,
    containerMaxPerMinute: system.int("znode.container.maxPerMinute", 10_000),
    containerMaxNeverUsedIntervalMs: system.long("znode.container.maxNeverUsedIntervalMs", 0),
  };
}

function connectionThrottle(file: FileKeys, system: SystemProperties, warnings: string[]): ConnectionThrottleSettings {
  const int = (name: string, fallback: number): number => system.int(`${THROTTLE}${name}`, fallback);
  const hasWeights = system.flag(`${THROTTLE}weight_enabled`, false);
  const weights = connectionWeights(system, warnings);
  const times = hasWeights ? weights.globalSession : 1;
  return {
    tokens: int("tokens", 0) * times,
    fillTimeMs: int("fill_time", 1),
    fillCount: int("fill_count", 1) * times,
    freezeTimeMs: int("freeze_time", -1),
    dropIncrease: probability(file, system, "drop_increase", 0.02),
    dropDecrease: probability(file, system, "drop_decrease", 0.002),
    decreaseRatio: probability(file, system, "decrease_ratio", 0),
    weights: hasWeights ? weights : undefined,
  };
}

function requestThrottle(system: SystemProperties): RequestThrottleSettings {
  return {
    maxRequests: system.int("zookeeper.request_throttle_max_requests", 0),
    stallTimeMs: system.int("zookeeper.request_throttle_stall_time", 100),
    dropsStale: system.flag("zookeeper.request_throttle_drop_stale", true),
    checksConnection: system.flag("zookeeper.request_stale_connection_check", true),
    checksLatency: system.flag("zookeeper.request_stale_latency_check", false),
    throttledOpWaitMs: system.int("zookeeper.throttled_op_wait_time", 0),
  };
}

/** Java throws while it loads its class for a number it cannot read, and takes any other. */
function probability(file: FileKeys, system: SystemProperties, name: string, fallback: number): number {
  const text = system.text(`${THROTTLE}${name}`);
  const value = text === undefined ? fallback : system.double(`${THROTTLE}${name}`);
  if (value !== undefined) return value;
  const key = `connection_throttle_${name}`;
  throw file.problem(key, { why: `For input string: "${text}"`, allowed: "a number", exitCode: 1 });
}

/** A renewal and a global session are never cheaper than a local one. */
function connectionWeights(system: SystemProperties, warnings: string[]): ConnectionWeights {
  const weight = (kind: string, fallback: number): number => {
    const value = system.int(`${THROTTLE}${kind}_session_weight`, fallback);
    if (value > 0) return value;
    warnings.push(`Invalid ${kind} session weight ${value}. It should be larger than 0. Setting to ${fallback}`);
    return fallback;
  };
  const localSession = weight("local", 1);
  return {
    globalSession: Math.max(weight("global", 3), localSession),
    renewal: Math.max(weight("renew", 2), localSession),
    localSession,
  };
}

function largeRequestThreshold(system: SystemProperties, warnings: string[]): number {
  const threshold = system.int("zookeeper.largeRequestThreshold", -1);
  if (threshold === -1 || threshold > 0) return threshold;
  warnings.push(`Invalid large request threshold ${threshold}. It should be -1 or positive. Setting to -1 `);
  return -1;
}

/** Schemes that no client can log in with here are refused: nobody would be served, or, ignored, everybody. */
function enforcedAuthSchemes(
  file: FileKeys,
  system: SystemProperties,
  loginSchemes: readonly string[],
): readonly string[] {
  const text = system.text("zookeeper.enforce.auth.schemes");
  if (!system.flag("zookeeper.enforce.auth.enabled", false)) return [];
  if (text === undefined) {
    const why = "zookeeper.enforce.auth.enabled is true zookeeper.enforce.auth.schemes must be  configured.";
    throw file.problem("enforce.auth.schemes", { why, allowed: loginSchemes.join(", "), exitCode: 1 });
  }
  const schemes = text.split(",").map((scheme) => scheme.trim());
  const missing = schemes.find((scheme) => !loginSchemes.includes(scheme));
  if (missing === undefined) return schemes;
  const why = `Authentication scheme ${missing} is not available.`;
  throw file.problem("enforce.auth.schemes", { why, allowed: loginSchemes.join(", "), exitCode: 1 });
}

const THROTTLE = "zookeeper.connection_throttle_";
/** Named in `authProvider.*`, it lets clients say which ensemble they mean. */
export const ENSEMBLE_PROVIDER = "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider";
/** Named in `authProvider.*`, they make ACLs understand their scheme. */
const PROVIDER_CLASSES: readonly (readonly [name: string, scheme: AclScheme])[] = [
  ["SASLAuthenticationProvider", "sasl"],
  ["X509AuthenticationProvider", "x509"],
];
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["SHA1", "sha1"],
  ["SHA-1", "sha1"],
  ["SHA", "sha1"],
  ["MD5", "md5"],
  ["SHA224", "sha224"],
  ["SHA-224", "sha224"],
  ["SHA256", "sha256"],
  ["SHA-256", "sha256"],
  ["SHA384", "sha384"],
  ["SHA-384", "sha384"],
  ["SHA512", "sha512"],
  ["SHA-512", "sha512"],
  ["SHA3-256", "sha3-256"],
  ["SHA3-384", "sha3-384"],
  ["SHA3-512", "sha3-512"],
]);

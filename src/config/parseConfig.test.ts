import type { Config } from "./config.ts";
import { ConfigError } from "./configError.ts";
import { ENSEMBLE_PROVIDER } from "./features.ts";
import { dataDirIn, type ParsedConfig, parseConfig } from "./parseConfig.ts";

interface Case {
  readonly cfg: string;
  readonly myid?: string;
  readonly given?: Record<string, string>;
}

const D = "dataDir=/d\n";
const TWO = "server.1=h1:1:2\nserver.2=h2:1:2\n";
const LIMITS = "initLimit=10\nsyncLimit=5\n";
const QUORUM = `${D}${LIMITS}server.1=h1:1:2\nserver.2=h2:1:2\nserver.3=h3:1:2\n`;

function parse({ cfg, myid, given = {} }: Case): ParsedConfig | ConfigError {
  return parseConfig(cfg, new Map(Object.entries(given)), { myidText: myid, configPath: "/etc/zoo.cfg" });
}

function accepted(one: Case): ParsedConfig {
  const parsed = parse(one);
  if (parsed instanceof ConfigError) throw parsed;
  return parsed;
}

function check(one: Case, expected: Partial<Config>): void {
  expect(accepted(one).config).toMatchObject(expected);
}

function checkRefusal(one: Case, exitCode: number, subject: string, why: string): void {
  const error = parse(one);
  if (!(error instanceof ConfigError)) throw new Error(`accepted: ${one.cfg}`);
  expect(error.message.split("\n")).toHaveLength(1);
  expect(error.message).toContain(`Error processing /etc/zoo.cfg: ${subject}: ${why}`);
  expect(error.message).toMatch(/\(allowed: .+\)$/);
  expect(error.exitCode).toBe(exitCode);
}

describe("refused with exit code 2", () => {
  test.each<[string, Case, string, string]>([
    ["nothing", { cfg: "" }, "dataDir", "dataDir is not set"],
    ["no dataDir", { cfg: "clientPort=2181" }, "dataDir", "dataDir is not set"],
    ["an empty dataDir", { cfg: "dataDir=" }, "dataDir=", "dataDir is not set"],
    ["an empty dataLogDir", { cfg: `${D}dataLogDir=` }, "dataLogDir=", "dataLogDir is empty"],
    ["a word for a number", { cfg: `${D}tickTime=abc` }, "tickTime=abc", 'For input string: "abc"'],
    ["a comment after a value", { cfg: `${D}tickTime=2000 # x` }, "tickTime=2000 # x", 'For input string: "2000 # x"'],
    ["hexadecimal", { cfg: `${D}tickTime=0x10` }, "tickTime=0x10", 'For input string: "0x10"'],
    ["33 bits", { cfg: `${D}tickTime=2147483648` }, "tickTime=2147483648", 'For input string: "2147483648"'],
    ["no number", { cfg: `${D}tickTime=` }, "tickTime=", 'For input string: ""'],
    ["a line end in a value", { cfg: `${D}tickTime=1\\n2` }, "tickTime=1\\n2", 'For input string: "1\\n2"'],
    ["tickTime 0", { cfg: `${D}tickTime=0` }, "tickTime=0", "tickTime is not set"],
    ["a malformed escape", { cfg: `${D}a=\\u1` }, "\\u", "Malformed \\uxxxx encoding."],
    [
      "minSessionTimeout above",
      { cfg: `${D}minSessionTimeout=10\nmaxSessionTimeout=5` },
      "minSessionTimeout=10",
      "minSessionTimeout must not be larger than maxSessionTimeout",
    ],
    [
      "a negative tick",
      { cfg: `${D}tickTime=-5` },
      "tickTime=-5",
      "minSessionTimeout must not be larger than maxSessionTimeout",
    ],
    ["electionAlg", { cfg: `${D}electionAlg=0` }, "electionAlg=0", "Invalid electionAlg value. Only 3 is supported."],
    ["peerType", { cfg: `${D}peerType=voter` }, "peerType=voter", "Unrecognised peertype: voter"],
    [
      "an address without a port",
      { cfg: `${D}clientPortAddress=127.0.0.1` },
      "clientPortAddress=127.0.0.1",
      "clientPortAddress is set but clientPort is not set",
    ],
    [
      "a secure address without a port",
      { cfg: `${D}secureClientPortAddress=h` },
      "secureClientPortAddress=h",
      "secureClientPortAddress is set but secureClientPort is not set",
    ],
    ["a port too high", { cfg: `${D}clientPort=65536` }, "clientPort=65536", "port out of range:65536"],
    ["a port below 0", { cfg: `${D}clientPort=-1` }, "clientPort=-1", "port out of range:-1"],
    [
      "a metrics class",
      { cfg: `${D}metricsProvider.className=a.B` },
      "metricsProvider.className=a.B",
      "metrics provider class was not found",
    ],
    [
      "SASL without SASL",
      { cfg: `${D}quorum.auth.serverRequireSasl=true` },
      "quorum.auth.serverRequireSasl=true",
      "quorum.auth.enableSasl is disabled, so cannot enable quorum.auth.serverRequireSasl",
    ],
    [
      "no participant",
      { cfg: `${D}standaloneEnabled=false` },
      "server.N",
      "standaloneEnabled = false then number of participants should be >0",
    ],
    [
      "an observer and no participant",
      { cfg: `${D}server.2=h:3:4:observer` },
      "server.N",
      "Observers w/o participants is an invalid configuration",
    ],
    [
      "an observer and one participant",
      { cfg: `${D}server.1=h:1:2\nserver.2=h:3:4:observer` },
      "server.N",
      "Observers w/o quorum is an invalid configuration",
    ],
    ["no initLimit", { cfg: `${D}syncLimit=5\n${TWO}`, myid: "1" }, "initLimit", "initLimit is not set"],
    ["initLimit 0", { cfg: `${D}initLimit=0\nsyncLimit=5\n${TWO}`, myid: "1" }, "initLimit=0", "initLimit is not set"],
    ["no syncLimit", { cfg: `${D}initLimit=5\n${TWO}`, myid: "1" }, "syncLimit", "syncLimit is not set"],
    ["no myid", { cfg: QUORUM }, "dataDir=/d", "myid file is missing"],
    ["an empty myid", { cfg: QUORUM, myid: "" }, "dataDir=/d", "myid: serverid null is not a number"],
    ["a word for a myid", { cfg: QUORUM, myid: "abc\n" }, "dataDir=/d", "myid: serverid abc is not a number"],
    ["blanks around a myid", { cfg: QUORUM, myid: " 7 \n" }, "dataDir=/d", "myid: serverid  7  is not a number"],
    ["a bad myid of a standalone server", { cfg: D, myid: "x" }, "dataDir=/d", "myid: serverid x is not a number"],
    [
      "one id, two servers",
      { cfg: `${D}server.1=h1:1:2\nserver.1=h2:1:2` },
      "server.1=h2:1:2",
      "server id 1 is already h1:1:2",
    ],
    [
      "one id, two spellings",
      { cfg: `${D}server.1=h1:1:2\nserver.01=h2:1:2` },
      "server.01=h2:1:2",
      "server id 1 is already h1:1:2",
    ],
    ["an id that is no number", { cfg: `${D}server.x=h:1:2` }, "server.x=h:1:2", 'For input string: "x"'],
    ["an empty id", { cfg: `${D}server.=h:1:2` }, "server.=h:1:2", 'For input string: ""'],
    ["a version that is no number", { cfg: `${D}version=zz` }, "version=zz", 'For input string: "zz" under radix 16'],
    [
      "two client ports",
      { cfg: `${D}clientPort=2181\nserver.1=h1:1:2;2182`, myid: "1" },
      "clientPort=2181",
      "client address for this server (id = 1) in static config file is /0.0.0.0:2181 is different from client address found in dynamic file: /0.0.0.0:2182",
    ],
    [
      "two client addresses",
      { cfg: `${D}clientPort=2181\nclientPortAddress=127.0.0.1\nserver.1=h1:1:2;127.0.0.2:2181`, myid: "1" },
      "clientPort=2181",
      "client address for this server",
    ],
    [
      "a narrow and a wide client address",
      { cfg: `${D}clientPort=2181\nclientPortAddress=127.0.0.1\nserver.1=h1:1:2;2181`, myid: "1" },
      "clientPort=2181",
      "client address for this server",
    ],
    [
      "several addresses",
      { cfg: `${D}multiAddress.enabled=true\nserver.1=h1:1:2|h2:1:2` },
      "server.1=h1:1:2|h2:1:2",
      "Multiple address feature is disabled, but multiple addresses were specified for sid 1",
    ],
    [
      "members elsewhere",
      { cfg: `${D}dynamicConfigFile=/x` },
      "dynamicConfigFile=/x",
      "not supported by this server, and unsafe to ignore",
    ],
    [
      "groups",
      { cfg: `${QUORUM}group.1=1:2:3`, myid: "1" },
      "group.1=1:2:3",
      "not supported by this server, and unsafe to ignore",
    ],
    [
      "weights",
      { cfg: `${QUORUM}weight.1=0`, myid: "1" },
      "weight.1=0",
      "not supported by this server, and unsafe to ignore",
    ],
    [
      "TLS between servers",
      { cfg: `${D}sslQuorum=TRUE` },
      "sslQuorum=TRUE",
      "not supported by this server, and unsafe to ignore",
    ],
    [
      "SASL between servers",
      { cfg: `${D}quorum.auth.enableSasl=true` },
      "quorum.auth.enableSasl=true",
      "not supported by this server, and unsafe to ignore",
    ],
    [
      "SASL of every client",
      { cfg: `${D}sessionRequireClientSASLAuth=true` },
      "sessionRequireClientSASLAuth=true",
      "not supported by this server, and unsafe to ignore",
    ],
    [
      "sasl logins of all clients",
      { cfg: D, given: { "zookeeper.sessionRequireClientSASLAuth": "true" } },
      "sessionRequireClientSASLAuth",
      "not supported by this server, and unsafe to ignore",
    ],
  ])("%s", (_, one, subject, why) => checkRefusal(one, 2, subject, why));

  test.each(
    "clientPort secureClientPort observerMasterPort clientPortListenBacklog tickTime maxClientCnxns minSessionTimeout maxSessionTimeout initLimit syncLimit connectToLearnerMasterLimit electionAlg autopurge.snapRetainCount autopurge.purgeInterval quorum.cnxn.threads.size multiAddress.reachabilityCheckTimeoutMs jvm.pause.info-threshold.ms jvm.pause.warn-threshold.ms jvm.pause.sleep.time.ms".split(
      " ",
    ),
  )("%s must be a number", (key) => checkRefusal({ cfg: `${D}${key}=x` }, 2, `${key}=x`, 'For input string: "x"'));

  test.each(
    "localSessionsEnabled localSessionsUpgradingEnabled quorumListenOnAllIPs syncEnabled standaloneEnabled reconfigEnabled sslQuorum portUnification sslQuorumReloadCertFiles quorum.auth.enableSasl quorum.auth.serverRequireSasl quorum.auth.learnerRequireSasl jvm.pause.monitor multiAddress.enabled multiAddress.reachabilityCheckEnabled".split(
      " ",
    ),
  )("%s must be true or false", (key) =>
    checkRefusal(
      { cfg: `${D}${key}=yes` },
      2,
      `${key}=yes`,
      `Invalid option yes for ${key}. Choose 'true' or 'false.'`,
    ),
  );

  const FORM = "does not have the form server_config or server_config;client_config where";
  test.each([
    ["h1:1", `h1:1 ${FORM}`],
    ["h1", `h1 ${FORM}`],
    ["", ` ${FORM}`],
    [";2181", `;2181 ${FORM}`],
    ["h1:1:2;1;2", `h1:1:2;1;2 ${FORM}`],
    ["h1:1:2;a:b:3", `h1:1:2;a:b:3 ${FORM}`],
    ["h1:1:2;:", `h1:1:2;: ${FORM}`],
    ["h1:1:2:participant:x", `h1:1:2:participant:x ${FORM}`],
    ["|h1:1:2", `|h1:1:2 ${FORM}`, "multi"],
    ["h1:1:2||h2:1:2", `h1:1:2||h2:1:2 ${FORM}`, "multi"],
    ["|", `| ${FORM}`],
    ["h1:a:2", "Address unresolved: h1:a"],
    ["h1:1:a", "Address unresolved: h1:a"],
    ["h1: 1:2", "Address unresolved: h1: 1"],
    ["h1:1:2;x", "Address unresolved: null:x"],
    ["h1:1:2; 2181", "Address unresolved: null: 2181"],
    ["h1:1:2;[::1]", "Address unresolved: null:::1"],
    ["h1:1:1", "Client and election port must be different! Please update the configuration file on server.1"],
    ["h1:0:0", "Client and election port must be different! Please update the configuration file on server.1"],
    ["h1:70000:2", "port out of range:70000"],
    ["h1:-1:2", "port out of range:-1"],
    ["h1:1:2;70000", "port out of range:70000"],
    ["h1:1:2:voter", "Unrecognised peertype: voter"],
    [
      "h1:1:2:observer|h1:3:4:participant",
      "Multiple addresses should have similar roles: observer vs participant",
      "multi",
    ],
    ["[::1:1:2", "[::1:1:2 starts with '[' but has no matching ']:'"],
    ["[::1]:", "[::1]: doesn't have a port after colon"],
    ["[::1]x:1:2", "[::1]x:1:2 doesn't have a port after colon"],
  ])("server.1=%s", (value, why, multi = "") => {
    const given = { "zookeeper.multiAddress.enabled": String(multi === "multi") };
    checkRefusal({ cfg: `${D}server.1=${value}`, given }, 2, `server.1=${value}`, why);
  });
});

test.each<[string, Case, string, string]>([
  [
    "a myid that is not listed",
    { cfg: QUORUM, myid: "9" },
    "dataDir=/d",
    "My id 9 not in the peer list (allowed: one of 1, 2, 3 in",
  ],
  [
    "a bad cnxTimeout of a member",
    { cfg: `${QUORUM}cnxTimeout=x`, myid: "1" },
    "cnxTimeout=x",
    'For input string: "x"',
  ],
  [
    "extended types with a large id",
    { cfg: `${QUORUM}server.255=h4:1:2\nextendedTypesEnabled=true`, myid: "255" },
    "extendedTypesEnabled=true",
    "extendedTypesEnabled is true but Server ID is too large. Cannot be larger than 254",
  ],
  [
    "containers looked over all the time",
    { cfg: D, given: { "znode.container.checkIntervalMs": "0" } },
    "znode.container.checkIntervalMs",
    "Non-positive period.",
  ],
  [
    "a probability that is none",
    { cfg: `${D}connection_throttle_drop_increase=x` },
    "connection_throttle_drop_increase=x",
    'For input string: "x"',
  ],
  [
    "enforced authentication by nothing",
    { cfg: `${D}enforce.auth.enabled=true` },
    "enforce.auth.schemes",
    "zookeeper.enforce.auth.enabled is true zookeeper.enforce.auth.schemes must be  configured.",
  ],
  [
    "a digest that is none",
    { cfg: `${D}DigestAuthenticationProvider.digestAlg=SHA7` },
    "DigestAuthenticationProvider.digestAlg=SHA7",
    "don't support this ACL digest algorithm: SHA7 in the current environment",
  ],
  [
    "enforced authentication by what is switched off",
    {
      cfg: `${D}enforce.auth.enabled=true\nenforce.auth.schemes=digest\nDigestAuthenticationProvider.enabled=false`,
    },
    "enforce.auth.schemes=digest",
    "Authentication scheme digest is not available.",
  ],
  [
    "enforced authentication by what nobody can bring",
    { cfg: `${D}enforce.auth.enabled=true\nenforce.auth.schemes=digest,sasl` },
    "enforce.auth.schemes=digest,sasl",
    "Authentication scheme sasl is not available.",
  ],
])("refused with exit code 1: %s", (_, one, subject, why) => checkRefusal(one, 1, subject, why));

test("every default", () => {
  const { config } = accepted({ cfg: D });
  expect(config).toEqual({
    configPath: "/etc/zoo.cfg",
    dataDir: "/d",
    dataLogDir: "/d",
    clientPort: undefined,
    clientPortAddress: undefined,
    clientPortListenBacklog: -1,
    maxClientCnxns: 60,
    maxCnxns: 0,
    sessionlessCnxnTimeoutMs: 10_000,
    clientTcpKeepAlive: false,
    juteMaxBufferBytes: 1_048_575,
    juteExtraSizeBytes: 1_048_575,
    globalOutstandingLimit: 1000,
    fourLetterWordWhitelist: new Set(["srvr"]),
    tickTimeMs: 3000,
    minSessionTimeoutMs: 6000,
    maxSessionTimeoutMs: 60_000,
    localSessionsEnabled: false,
    localSessionsUpgradingEnabled: false,
    snapCount: 100_000,
    snapSizeLimitBytes: 2 ** 32,
    txnLogSizeLimitBytes: undefined,
    preAllocSizeBytes: 2 ** 26,
    forceSync: true,
    fsyncWarningThresholdMs: 1000,
    commitLogCount: 500,
    snapshotSizeFactor: 0.33,
    trustEmptySnapshot: false,
    dbAutocreate: true,
    dataDirAutocreate: true,
    digestEnabled: true,
    closeSessionTxnEnabled: true,
    serializeLastProcessedZxidEnabled: true,
    snapshotCompression: "none",
    snapRetainCount: 3,
    purgeIntervalMs: 0,
    extendedTypesEnabled: false,
    emulate353TTLNodes: false,
    containerCheckIntervalMs: 60_000,
    containerMaxPerMinute: 10_000,
    containerMaxNeverUsedIntervalMs: 0,
    enforceQuota: false,
    connectionThrottle: {
      tokens: 0,
      fillTimeMs: 1,
      fillCount: 1,
      freezeTimeMs: -1,
      dropIncrease: 0.02,
      dropDecrease: 0.002,
      decreaseRatio: 0,
      weights: undefined,
    },
    requestThrottle: {
      maxRequests: 0,
      stallTimeMs: 100,
      dropsStale: true,
      checksConnection: true,
      checksLatency: false,
      throttledOpWaitMs: 0,
    },
    largeRequestThresholdBytes: -1,
    largeRequestMaxBytes: 104_857_600,
    enforcedAuthSchemes: [],
    aclSchemes: ["digest"],
    anySaslUser: undefined,
    ensembleNames: undefined,
    x509SuperUser: undefined,
    skipAcl: false,
    superDigest: undefined,
    digestAlg: "sha1",
    initLimit: 0,
    syncLimit: 0,
    connectToLearnerMasterLimit: 0,
    electionAlg: 3,
    electionPortBindRetry: 3,
    cnxTimeoutMs: 5000,
    quorumCnxnTimeoutMs: 0,
    fastLeaderMinNotificationIntervalMs: 200,
    fastLeaderMaxNotificationIntervalMs: 60_000,
    tcpKeepAlive: false,
    leaderServes: true,
    leaderConnectDelayDuringRetryMs: 100,
    forceSnapshotSync: false,
    observerReconnectDelayMs: 0,
    observerElectionDelayMs: 200,
    syncEnabled: true,
    quorumListenOnAllIPs: false,
    reconfigEnabled: false,
    standaloneEnabled: true,
    peerType: "participant",
    ensemble: undefined,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test.each<[string, string, Partial<Config>]>([
  ["tickTime=+7", "the bounds follow the tick", { tickTimeMs: 7, minSessionTimeoutMs: 14, maxSessionTimeoutMs: 140 }],
  [
    "tickTime=2000000000",
    "and wrap as in Java",
    { minSessionTimeoutMs: -294_967_296, maxSessionTimeoutMs: 1_345_294_336 },
  ],
  ["minSessionTimeout=-5", "only -1 means unset", { minSessionTimeoutMs: -5 }],
  ["tickTime=1\ntickTime = 9  ", "the last line wins, trimmed", { tickTimeMs: 9 }],
  ["dataLogDir=/log", "", { dataDir: "/d", dataLogDir: "/log" }],
  ["clientPort=2181", "", { clientPort: 2181, clientPortAddress: undefined }],
  ["clientPort=0", "a free port", { clientPort: 0 }],
  ["clientPort=1\nclientPortAddress=0.0.0.0", "any address", { clientPortAddress: undefined }],
  ["clientPort=1\nclientPortAddress=[::]", "any address", { clientPortAddress: undefined }],
  ["clientPort=1\nclientPortAddress=::1", "", { clientPortAddress: "0:0:0:0:0:0:0:1" }],
  ["clientPort=1\nclientPortAddress=zk1", "", { clientPortAddress: "zk1" }],
  ["connectToLearnerMasterLimit=7\ninitLimit=10", "", { connectToLearnerMasterLimit: 7 }],
  ["initLimit=10", "", { connectToLearnerMasterLimit: 10 }],
  ["tickTime=100\nsyncLimit=5", "", { quorumCnxnTimeoutMs: 500 }],
  ["quorumCnxnTimeoutMs=77", "", { quorumCnxnTimeoutMs: 77 }],
  ["electionPortBindRetry=-4", "", { electionPortBindRetry: 3 }],
  ["electionPortBindRetry=0", "", { electionPortBindRetry: 0 }],
  ["syncEnabled=false", "", { syncEnabled: false }],
  ["syncEnabled=false\nobserver.syncEnabled=true", "the property wins", { syncEnabled: true }],
  ["maxCnxns=-1", "", { maxCnxns: 0 }],
  ["snapCount=1", "", { snapCount: 2 }],
  ["snapCount=0x10", "properties decode", { snapCount: 16 }],
  ["snapCount=#10", "properties decode", { snapCount: 16 }],
  ["snapCount=010", "properties decode", { snapCount: 8 }],
  ["snapCount=09", "a bad number is the default", { snapCount: 100_000 }],
  ["snapCount=99999999999", "so is one of 33 bits", { snapCount: 100_000 }],
  ["snapCount=abc", "so is a word", { snapCount: 100_000 }],
  ["snapSizeLimitInKb=-1", "", { snapSizeLimitBytes: -1024 }],
  ["txnLogSizeLimitInKb=4", "", { txnLogSizeLimitBytes: 4096 }],
  ["txnLogSizeLimitInKb=0", "", { txnLogSizeLimitBytes: undefined }],
  ["preAllocSize=16", "", { preAllocSizeBytes: 16_384 }],
  ["autopurge.snapRetainCount=2", "three at least", { snapRetainCount: 3 }],
  ["autopurge.snapRetainCount=7", "", { snapRetainCount: 7 }],
  ["autopurge.purgeInterval=2", "hours", { purgeIntervalMs: 7_200_000 }],
  ["snapshot.compression.method=gz", "", { snapshotCompression: "gz" }],
  ["snapshot.compression.method=SNAPPY", "any case", { snapshotCompression: "snappy" }],
  ["snapshot.compression.method=zstd", "what Java does not know is none", { snapshotCompression: "none" }],
  ["preAllocSize=0x10", "decimal only", { preAllocSizeBytes: 2 ** 26 }],
  ["commitLogCount=499", "", { commitLogCount: 500 }],
  ["commitLogCount=501", "", { commitLogCount: 501 }],
  ["commitLogCount=x", "", { commitLogCount: 500 }],
  ["snapshotSizeFactor=-1", "", { snapshotSizeFactor: -1 }],
  ["snapshotSizeFactor=1.5", "", { snapshotSizeFactor: 0.33 }],
  ["snapshotSizeFactor=x", "", { snapshotSizeFactor: 0.33 }],
  ["snapshotSizeFactor=.5f", "", { snapshotSizeFactor: 0.5 }],
  ["forceSync=no", "", { forceSync: false }],
  ["forceSync=NO", "exactly no", { forceSync: true }],
  ["forceSync=false", "exactly no", { forceSync: true }],
  ["leaderServes=no", "", { leaderServes: false }],
  ["leaderServes=No", "exactly no", { leaderServes: true }],
  ["skipACL=yes", "", { skipAcl: true }],
  ["skipACL=true", "exactly yes", { skipAcl: false }],
  ["digest.enabled=yes", "anything but true is false", { digestEnabled: false }],
  ["snapshot.trust.empty=TRUE", "in any case", { trustEmptySnapshot: true }],
  ["jute.maxbuffer=5", "-D only", { juteMaxBufferBytes: 1_048_575 }],
  ["jute.maxbuffer.extrasize=5", "at least 1024", { juteExtraSizeBytes: 1024 }],
  ["fsync.warningthresholdms=7", "", { fsyncWarningThresholdMs: 7 }],
  ["DigestAuthenticationProvider.superDigest=super:x=", "", { superDigest: "super:x=" }],
  ["emulate353TTLNodes=true", "alone it means nothing", { emulate353TTLNodes: false }],
  ["emulate353TTLNodes=true\nextendedTypesEnabled=true", "", { emulate353TTLNodes: true }],
  ["enforceQuota=true", "", { enforceQuota: true }],
  ["largeRequestThreshold=0", "a bad threshold is none", { largeRequestThresholdBytes: -1 }],
  ["largeRequestThreshold=9\nlargeRequestMaxBytes=90", "", { largeRequestThresholdBytes: 9, largeRequestMaxBytes: 90 }],
  ["enforce.auth.enabled=true\nenforce.auth.schemes=digest, ip", "trimmed", { enforcedAuthSchemes: ["digest", "ip"] }],
  ["DigestAuthenticationProvider.digestAlg=SHA-256", "", { digestAlg: "sha256" }],
  ["DigestAuthenticationProvider.enabled=false", "", { aclSchemes: [] }],
  [
    "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
    "in ACLs",
    { aclSchemes: ["digest", "sasl"] },
  ],
  [
    "authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider\nX509AuthenticationProvider.superUser=CN=a",
    "in ACLs",
    { aclSchemes: ["digest", "x509"], x509SuperUser: "CN=a" },
  ],
  ["letAnySaslUserDoX=any", "", { anySaslUser: "any" }],
  ["ensembleAuthName=woo", "no provider", { ensembleNames: undefined }],
  [`authProvider.1=${ENSEMBLE_PROVIDER}`, "", { ensembleNames: "any" }],
  [`authProvider.1=${ENSEMBLE_PROVIDER}\nensembleAuthName= woo,  foo `, "", { ensembleNames: ["woo", "foo"] }],
  ["enforce.auth.schemes=sasl", "nothing is enforced", { enforcedAuthSchemes: [] }],
  ["cnxTimeout=x", "standalone does not read it", { cnxTimeoutMs: 5000 }],
  ["zookeeper.snapCount=7", "a doubled prefix has no effect", { snapCount: 100_000 }],
])("%s %s", (line, _, expected) => check({ cfg: `${D}${line}\n` }, expected));

test.each<[string, Partial<Config["requestThrottle"]>]>([
  ["request_throttle_max_requests=7\nthrottled_op_wait_time=8", { maxRequests: 7, throttledOpWaitMs: 8 }],
  ["request_throttle_stall_time=9", { stallTimeMs: 9 }],
  ["request_throttle_drop_stale=no", { dropsStale: false }],
  ["request_stale_connection_check=false", { checksConnection: false }],
  ["request_stale_latency_check=TRUE", { checksLatency: true }],
])("the request throttle: %j", (cfg, expected) => {
  expect(accepted({ cfg: `${D}${cfg}` }).config.requestThrottle).toMatchObject(expected);
});

test.each<[string, Partial<Config["connectionThrottle"]>]>([
  ["tokens=5", { tokens: 5, fillCount: 1, weights: undefined }],
  ["fill_time=2\nfill_count=3", { fillTimeMs: 2, fillCount: 3 }],
  [
    "tokens=5\nweight_enabled=true",
    { tokens: 15, fillCount: 3, weights: { globalSession: 3, renewal: 2, localSession: 1 } },
  ],
  [
    "weight_enabled=true\nlocal_session_weight=4\nrenew_session_weight=0",
    { fillCount: 4, weights: { globalSession: 4, renewal: 4, localSession: 4 } },
  ],
  [
    "drop_increase=.5\ndrop_decrease=1e-3\ndecrease_ratio=1",
    { dropIncrease: 0.5, dropDecrease: 0.001, decreaseRatio: 1 },
  ],
])("the connection throttle: %j", (lines, expected) => {
  const cfg = lines.replace(/^/gm, "connection_throttle_");
  expect(accepted({ cfg: `${D}${cfg}` }).config.connectionThrottle).toMatchObject(expected);
});

test.each<[string, Case, Partial<Config>]>([
  [
    "containers",
    {
      cfg: D,
      given: {
        "znode.container.checkIntervalMs": "5",
        "znode.container.maxPerMinute": "6",
        "znode.container.maxNeverUsedIntervalMs": "7",
      },
    },
    { containerCheckIntervalMs: 5, containerMaxPerMinute: 6, containerMaxNeverUsedIntervalMs: 7 },
  ],
  [
    "containers, which the file cannot set",
    { cfg: `${D}znode.container.checkIntervalMs=5` },
    { containerCheckIntervalMs: 60_000 },
  ],
  ["a property", { cfg: D, given: { "zookeeper.snapCount": "7" } }, { snapCount: 7 }],
  ["the file overrides it", { cfg: `${D}snapCount=8`, given: { "zookeeper.snapCount": "7" } }, { snapCount: 8 }],
  ["even with a bad value", { cfg: `${D}snapCount=x`, given: { "zookeeper.snapCount": "7" } }, { snapCount: 100_000 }],
  [
    "keys of the file are no properties",
    { cfg: D, given: { "zookeeper.tickTime": "7", tickTime: "8" } },
    { tickTimeMs: 3000 },
  ],
  [
    "jute.maxbuffer",
    { cfg: D, given: { "jute.maxbuffer": "0x400" } },
    { juteMaxBufferBytes: 1024, juteExtraSizeBytes: 1024 },
  ],
  [
    "the old name of the fsync threshold",
    { cfg: D, given: { "fsync.warningthresholdms": "5" } },
    { fsyncWarningThresholdMs: 5 },
  ],
])("-D: %s", (_, one, expected) => check(one, expected));

test.each<[string, Record<string, string>, readonly string[] | "all"]>([
  ["", {}, ["srvr"]],
  [" ruok , stat,,mntr ", {}, ["mntr", "ruok", "srvr", "stat"]],
  ["ruok, *", {}, "all"],
  ["RUOK,nope", {}, ["RUOK", "nope", "srvr"]],
  ["", { "readonlymode.enabled": "true" }, ["isro", "srvr"]],
  ["", { "readonlymode.enabled": "TRUE" }, ["srvr"]],
])("whitelist %j %j", (text, given, expected) => {
  const { fourLetterWordWhitelist } = accepted({ cfg: `${D}4lw.commands.whitelist=${text}`, given }).config;
  expect(fourLetterWordWhitelist === "all" ? "all" : [...fourLetterWordWhitelist].sort()).toEqual(expected);
});

describe("the mode (operations 1.2) and the own client port", () => {
  const NO_QUORUM = "Either no config or no quorum defined in config, running in standalone mode";
  const ONE = "Invalid configuration, only one server specified (ignoring)";
  const FRAGILE = "No server failure will be tolerated. You need at least 3 servers.";
  const EVEN = "Non-optimal configuration, consider an odd number of servers.";
  test.each<[string, Case, number, Partial<Config>, readonly string[]]>([
    ["no server line", { cfg: D }, 0, {}, [NO_QUORUM]],
    ["one server line", { cfg: `${D}server.1=h:1:2;2181`, myid: "1" }, 0, { clientPort: 2181 }, [ONE, NO_QUORUM]],
    ["one server line, no myid", { cfg: `${D}server.1=h:1:2;2181` }, 0, { clientPort: undefined }, [ONE, NO_QUORUM]],
    [
      "one server, quorum wanted",
      { cfg: `${D}${LIMITS}standaloneEnabled=false\nserver.1=h:1:2`, myid: "1" },
      1,
      {},
      [FRAGILE],
    ],
    ["two voters", { cfg: `${D}${LIMITS}${TWO}`, myid: "2\n" }, 2, {}, [FRAGILE]],
    ["three voters", { cfg: QUORUM, myid: "3\r\njunk" }, 3, {}, []],
    ["four voters", { cfg: `${QUORUM}server.4=h4:1:2`, myid: "1" }, 4, {}, [EVEN]],
    ["a line given twice", { cfg: `${QUORUM}server.3=h3:1:2`, myid: "1" }, 3, {}, []],
    [
      "an observer",
      { cfg: `${QUORUM}server.4=h4:1:2:observer\npeerType=observer`, myid: "4" },
      4,
      { peerType: "observer" },
      [],
    ],
    [
      "the server line decides the role",
      { cfg: `${QUORUM}server.4=h4:1:2:Observer`, myid: "4" },
      4,
      { peerType: "observer" },
      ["Peer type from servers list (OBSERVER) doesn't match peerType (PARTICIPANT). Defaulting to servers list."],
    ],
    [
      "both client ports, equal",
      { cfg: `${D}clientPort=2181\nserver.1=h:1:2;127.0.0.1:2181`, myid: "1" },
      0,
      { clientPort: 2181, clientPortAddress: "127.0.0.1" },
      [ONE, NO_QUORUM],
    ],
    [
      "both client addresses, a name and a number",
      { cfg: `${D}clientPort=1\nclientPortAddress=localhost\nserver.1=h:1:2;127.0.0.1:1`, myid: "1" },
      0,
      { clientPortAddress: "127.0.0.1" },
      [ONE, NO_QUORUM],
    ],
  ])("%s", (_, one, members, expected, warnings) => {
    const parsed = accepted(one);
    expect(parsed.config.ensemble?.servers.length ?? 0).toBe(members);
    expect(parsed.config).toMatchObject(expected);
    expect(parsed.warnings).toEqual(warnings);
  });

  test("an ensemble in full", () => {
    const cfg = `${D}${LIMITS}server.2=[::1]:3:4:OBSERVER;[::1]:9\nserver.1=h1:1:2;2181\nserver.3=h3:5:6\nserver.+5=h5:7:8\n`;
    expect(accepted({ cfg, myid: "1" }).config.ensemble).toEqual({
      myid: 1n,
      version: 0n,
      servers: [
        server(1n, "h1", 1, 2, "participant", { host: "0.0.0.0", port: 2181 }),
        server(2n, "0:0:0:0:0:0:0:1", 3, 4, "observer", { host: "0:0:0:0:0:0:0:1", port: 9 }),
        server(3n, "h3", 5, 6, "participant", undefined),
        server(5n, "h5", 7, 8, "participant", undefined),
      ],
    });
  });

  function server(
    id: bigint,
    host: string,
    quorumPort: number,
    electionPort: number,
    role: string,
    clientAddress: unknown,
  ) {
    return { id, addresses: [{ host, quorumPort, electionPort }], role, clientAddress };
  }
});

describe("warnings", () => {
  const NOT_HERE = "Known to ZooKeeper but not implemented here yet, and ignored: ";
  const UNKNOWN = "Unknown keys, set as properties that nothing reads: ";
  test.each<[string, string, Record<string, string>, readonly string[]]>([
    ["nothing to say", "autopurge.purgeInterval=0\nadmin.enableServer=false\nreconfigEnabled=false\n", {}, []],
    [
      "all keys in one line",
      "autopurge.purgeInterval=1\nadmin.serverPort=8080\nssl.keyStore.location=x\nauthProvider.1=a\nreconfigEnabled=true\nmetricsProvider.httpPort=7000\n",
      {},
      [`${NOT_HERE}admin.serverPort, ssl.keyStore.location, authProvider.1, reconfigEnabled, metricsProvider.httpPort`],
    ],
    ["the provider that is here", `authProvider.1=${ENSEMBLE_PROVIDER}\nensembleAuthName=a\n`, {}, []],
    [
      "properties too",
      "",
      { "zookeeper.admin.enableServer": "true", "readonlymode.enabled": "true", "java.io.tmpdir": "/t" },
      [`${NOT_HERE}-Dzookeeper.admin.enableServer, -Dreadonlymode.enabled`],
    ],
    ["unknown keys apart", "tickTme=5\naudit.enable=true\n", {}, [`${NOT_HERE}audit.enable`, `${UNKNOWN}tickTme`]],
    ["one name for two sources", "snapCount=7\nskipACL=no\ncnxTimeout=5\n", { "zookeeper.snapCount": "8" }, []],
    ["a small snapCount", "snapCount=1", {}, ["SnapCount should be 2 or more. Now, snapCount is reset to 2"]],
    [
      "autopurge.snapRetainCount",
      "autopurge.snapRetainCount=1",
      {},
      ["Invalid autopurge.snapRetainCount: 1. Defaulting to 3"],
    ],
    ["preAllocSize", "preAllocSize=abc", {}, ["abc is not a valid value for preAllocSize"]],
    [
      "commitLogCount",
      "commitLogCount=1",
      {},
      ["The configured commitLogCount 1 is less than the recommended 500, going to use the recommended one"],
    ],
  ])("%s", (_, cfg, given, expected) => {
    expect(accepted({ cfg: `${QUORUM}${cfg}`, myid: "1", given }).warnings).toEqual(expected);
  });

  test("a relative path", () => {
    const cfg = "dataDir=data\ndataLogDir=./log\n";
    expect(accepted({ cfg }).warnings[0]).toBe("data is relative. Prepend ./ to indicate that you're sure!");
  });
});

test.each([
  ["dataDir = /d \n", "/d"],
  ["dataDir=/a\ndataDir:/b", "/b"],
  ["dataDir=", undefined],
  ["tickTime=5", undefined],
  ["dataDir=/a\nx=\\u1", undefined],
])("the dataDir in %j", (text, expected) => expect(dataDirIn(text)).toBe(expected));

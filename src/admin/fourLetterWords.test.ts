import { toSessionId } from "../base/ids.ts";
import { toZxid } from "../base/zxid.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/configError.ts";
import { parseConfig } from "../config/parseConfig.ts";
import type { ConnectionStatus, Dump, LeaderStatus, Status, WordCommand } from "../server/status.ts";
import { type Asked, answer } from "./fourLetterWords.ts";
import { javaDate } from "./javaDate.ts";
import { SERVER_VERSION } from "./version.ts";

const VERSION = "3.9.5-293c895a8d966a3ecb92872be4a1daf87d725da2, built on 2026-02-11 20:18 UTC";
const ASKING = connection("127.0.0.1", 47184, { interestOps: 0, received: 1 });

/** A Java server just after its start, when it is asked its first word. */
const YOUNG: Status = {
  version: VERSION,
  mode: "standalone",
  peerState: undefined,
  observerMasterId: undefined,
  lastZxid: toZxid(0n),
  uptimeMs: 11284,
  tree: { nodeCount: 5, watchCount: 0, ephemeralsCount: 0, approximateDataSizeBytes: 44 },
  sessions: { global: 0, local: 0 },
  requests: {
    packetsReceived: 1,
    packetsSent: 0,
    outstanding: 0,
    latency: { count: 0, totalMs: 0, minMs: 0, maxMs: 0 },
    responseSize: { last: -1, min: -1, max: -1 },
  },
  connections: [ASKING],
  leader: undefined,
  quorumSize: undefined,
  directories: { dataBytes: 478, logBytes: 478 },
  fileDescriptors: { open: 38, max: 20000 },
  counters: new Map([
    ["watch_bytes", 0],
    ["bytes_received_count", 24],
  ]),
};

const LEADER: LeaderStatus = {
  learners: 2,
  syncedFollowers: 1,
  syncedNonVotingFollowers: 0,
  syncedObservers: 1,
  pendingSyncs: 0,
  uptimeMs: 8549,
  proposalSize: { last: -1, min: -1, max: -1 },
};
const LEADING: Status = {
  ...YOUNG,
  mode: "leader",
  peerState: "leading - broadcast",
  lastZxid: toZxid(0x100000000n),
  leader: LEADER,
  quorumSize: 2,
  directories: { dataBytes: 631, logBytes: 631 },
};

const STANDALONE = config("dataDir=/data/d\ntickTime=2000\nclientPort=29181\n", undefined);
const MEMBERS = `server.1=127.0.0.1:29201:29301
server.2=127.0.0.1:29202:29302;127.0.0.1:29192
server.3=127.0.0.1:29203:29303:observer
`;

function check(word: string, status: Status, expected: string, by: Config = STANDALONE): void {
  expect(said(word, status, by)).toBe(expected);
}

function said(word: string, status: Status, by: Config): string {
  return answer(word, undefined, asked({ status: () => status }), by);
}

/** A server that answers nothing but what is given here. */
function asked(answers: Partial<Asked>): Asked {
  const refuse = (): never => {
    throw new Error("asked what the word does not need");
  };
  return {
    status: refuse,
    dump: refuse,
    watches: refuse,
    digestLog: refuse,
    environment: refuse,
    traceMask: refuse,
    obey: refuse,
    ...answers,
  };
}

describe("as recorded from 3.9.5", () => {
  test("srvr, standalone", () =>
    check(
      "srvr",
      YOUNG,
      `Zookeeper version: ${VERSION}
Latency min/avg/max: 0/0.0/0
Received: 1
Sent: 0
Connections: 1
Outstanding: 0
Zxid: 0x0
Mode: standalone
Node count: 5
`,
    ));

  test("srvr, leader", () =>
    check(
      "srvr",
      LEADING,
      `Zookeeper version: ${VERSION}
Latency min/avg/max: 0/0.0/0
Received: 1
Sent: 0
Connections: 1
Outstanding: 0
Zxid: 0x100000000
Mode: leader
Node count: 5
Proposal sizes last/min/max: -1/-1/-1
`,
    ));

  test("stat", () =>
    check(
      "stat",
      YOUNG,
      `Zookeeper version: ${VERSION}
Clients:
 /127.0.0.1:47184[0](queued=0,recved=1,sent=0)

Latency min/avg/max: 0/0.0/0
Received: 1
Sent: 0
Connections: 1
Outstanding: 0
Zxid: 0x0
Mode: standalone
Node count: 5
`,
    ));

  test("conf, standalone, ends in a line feed", () =>
    check(
      "conf",
      YOUNG,
      `clientPort=29181
secureClientPort=-1
dataDir=/data/d/version-2
dataDirSize=478
dataLogDir=/data/d/version-2
dataLogSize=478
tickTime=2000
maxClientCnxns=60
minSessionTimeout=4000
maxSessionTimeout=40000
clientPortListenBacklog=-1
serverId=0
`,
    ));

  test("conf of an observer, ends without a line feed", () =>
    check(
      "conf",
      { ...YOUNG, mode: "observer", directories: { dataBytes: 631, logBytes: 632 } },
      `clientPort=29193
secureClientPort=-1
dataDir=/data/q3/version-2
dataDirSize=631
dataLogDir=/log/q3/version-2
dataLogSize=632
tickTime=2000
maxClientCnxns=60
minSessionTimeout=4000
maxSessionTimeout=40000
clientPortListenBacklog=-1
serverId=3
initLimit=10
syncLimit=5
electionAlg=3
electionPort=29303
quorumPort=29203
peerType=1
membership: 
server.1=127.0.0.1:29201:29301:participant
server.2=127.0.0.1:29202:29302:participant;127.0.0.1:29192
server.3=127.0.0.1:29203:29303:observer
version=0`,
      member(3, "dataDir=/data/q3\ndataLogDir=/log/q3\nclientPort=29193\n"),
    ));

  test("mntr, standalone", () =>
    check(
      "mntr",
      YOUNG,
      tabbed(`zk_version ${VERSION}
zk_server_state standalone
zk_ephemerals_count 0
zk_num_alive_connections 1
zk_avg_latency 0.0
zk_outstanding_requests 0
zk_znode_count 5
zk_global_sessions 0
zk_last_client_response_size -1
zk_packets_sent 0
zk_packets_received 1
zk_max_client_response_size -1
zk_watch_count 0
zk_min_latency 0
zk_max_file_descriptor_count 20000
zk_approximate_data_size 44
zk_open_file_descriptor_count 38
zk_local_sessions 0
zk_uptime 11284
zk_max_latency 0
zk_min_client_response_size -1
zk_watch_bytes 0
zk_bytes_received_count 24
`),
    ));

  test("mntr, leader", () =>
    check(
      "mntr",
      { ...LEADING, counters: new Map() },
      tabbed(`zk_version ${VERSION}
zk_server_state leader
zk_peer_state leading - broadcast
zk_ephemerals_count 0
zk_num_alive_connections 1
zk_avg_latency 0.0
zk_min_proposal_size -1
zk_outstanding_requests 0
zk_znode_count 5
zk_global_sessions 0
zk_last_client_response_size -1
zk_packets_sent 0
zk_packets_received 1
zk_max_proposal_size -1
zk_max_client_response_size -1
zk_synced_followers 1
zk_watch_count 0
zk_synced_non_voting_followers 0
zk_synced_observers 1
zk_min_latency 0
zk_max_file_descriptor_count 20000
zk_approximate_data_size 44
zk_open_file_descriptor_count 38
zk_last_proposal_size -1
zk_pending_syncs 0
zk_leader_uptime 8549
zk_local_sessions 0
zk_uptime 11284
zk_max_latency 0
zk_learners 2
zk_min_client_response_size -1
zk_quorum_size 2
`),
    ));

  test("an observer names its leader", () => {
    const status: Status = { ...YOUNG, mode: "observer", peerState: "observing - broadcast", observerMasterId: 2n };
    expect(said("mntr", status, STANDALONE).split("\n").slice(1, 4)).toEqual([
      "zk_server_state\tobserver",
      "zk_peer_state\tobserving - broadcast",
      "zk_observer_master_id\t2",
    ]);
  });

  test("dirs", () => check("dirs", YOUNG, "datadir_size: 478\nlogdir_size: 478\n"));
});

describe("cons", () => {
  const SESSION = {
    id: toSessionId(0x1000012d6b20001n),
    lastOperation: "GETC",
    establishedWallMs: 1795301445123,
    timeoutMs: 30000,
    lastXid: 4,
    lastZxid: 0x114n,
    lastResponseMs: 1561234,
    lastLatencyMs: 1,
    latency: { count: 3, totalMs: 5, minMs: 0, maxMs: 2 },
  };

  test("as in the chapter", () =>
    check(
      "cons",
      { ...YOUNG, connections: [connection("127.0.0.1", 51442, { received: 12, sent: 12, session: SESSION }), ASKING] },
      ` /127.0.0.1:51442[1](queued=0,recved=12,sent=12,sid=0x1000012d6b20001,lop=GETC,est=1795301445123,to=30000,lcxid=0x4,lzxid=0x114,lresp=1561234,llat=1,minlat=0,avglat=1,maxlat=2)
 /127.0.0.1:47184[0](queued=0,recved=1,sent=0)

`,
    ));

  test("a fresh session, on IPv6", () =>
    check(
      "cons",
      {
        ...YOUNG,
        connections: [
          connection("::1", 9, {
            queued: 2,
            interestOps: 5,
            session: { ...SESSION, lastXid: -1, lastZxid: -1n, latency: { count: 0, totalMs: 0, minMs: 0, maxMs: 0 } },
          }),
        ],
      },
      ` /[0:0:0:0:0:0:0:1]:9[5](queued=2,recved=0,sent=0,sid=0x1000012d6b20001,lop=GETC,est=1795301445123,to=30000,lzxid=0xffffffffffffffff,lresp=1561234,llat=1,minlat=0,avglat=0,maxlat=0)

`,
    ));

  test("no connection at all", () => check("cons", { ...YOUNG, connections: [] }, "\n"));
});

test.each([
  ["a mean that needs four decimals", 1927, 900, 0, 88, "0/2.1411/88"],
  ["a mean that needs one", 1, 5, 0, 1, "0/0.2/1"],
  ["a whole mean", 6, 3, 1, 3, "1/2.0/3"],
  ["a mean below a thousandth", 1, 2000, 0, 1, "0/5.0E-4/1"],
  ["a mean that rounds to nothing", 1, 1_000_000, 0, 1, "0/0.0/1"],
])("latency: %s", (_, totalMs, count, minMs, maxMs, expected) => {
  const requests = { ...YOUNG.requests, latency: { totalMs, count, minMs, maxMs } };
  expect(said("srvr", { ...YOUNG, requests }, STANDALONE)).toContain(`\nLatency min/avg/max: ${expected}\n`);
});

test("proposal sizes", () => {
  const leader = { ...LEADER, proposalSize: { last: 63, min: 36, max: 323 } };
  expect(said("srvr", { ...LEADING, leader }, STANDALONE)).toMatch(/\nProposal sizes last\/min\/max: 63\/36\/323\n$/);
});

test.each([
  ["standalone", "rw"],
  ["leader", "rw"],
  ["follower", "rw"],
  ["observer", "rw"],
  ["read-only", "ro"],
  ["not serving", "null"],
] as const)("isro: %s is %s", (mode, expected) => check("isro", { ...YOUNG, mode }, expected));

test("a read-only server says so in its second line, and keeps its membership to itself", () => {
  const status: Status = { ...YOUNG, mode: "read-only" };
  const second = "READ-ONLY mode; serving only read-only clients";
  expect(said("srvr", status, STANDALONE).split("\n")[1]).toBe(second);
  expect(said("stat", status, STANDALONE).split("\n").slice(1, 3)).toEqual([second, "Clients:"]);
  expect(said("conf", status, member(1, "dataDir=/d\n"))).toMatch(/\npeerType=0\n$/);
});

const SERVING_ONLY = "srvr stat mntr conf cons dirs dump srst crst wchs wchp wchc".split(" ");
test.each([...SERVING_ONLY.map((word) => [word, "\n"] as const), ["hash", ""] as const])(
  "not serving: %s",
  (word, end) =>
    check(word, { ...YOUNG, mode: "not serving" }, `This ZooKeeper instance is not currently serving requests${end}`),
);

test.each(["standalone", "not serving"] as const)("ruok while %s", (mode) => check("ruok", { ...YOUNG, mode }, "imok"));

test("several addresses show their ports joined", () => {
  const given = new Map([["zookeeper.multiAddress.enabled", "true"]]);
  const text = "dataDir=/d\ninitLimit=1\nsyncLimit=1\nserver.1=a:1:2|b:3:4\nserver.2=c:5:6\n4lw.commands.whitelist=*\n";
  expect(said("conf", YOUNG, config(text, "1", given))).toContain("\nelectionPort=2|4\nquorumPort=1|3\n");
});

describe("whitelist", () => {
  const ONLY = config("dataDir=/d\n4lw.commands.whitelist=ruok\n", undefined);
  test.each([
    ["ruok", "imok"],
    ["stat", "stat is not executed because it is not in the whitelist.\n"],
    ["telnet close", "telnet close is not executed because it is not in the whitelist.\n"],
    ["isro", "isro is not executed because it is not in the whitelist.\n"],
  ])("%s", (word, expected) => check(word, YOUNG, expected, ONLY));

  test("srvr is always on it", () => expect(said("srvr", YOUNG, ONLY)).toMatch(/^Zookeeper version: /));
  test("telnet close ends in silence", () => check("telnet close", YOUNG, ""));
});

describe("words that ask for more than the status", () => {
  const A = toSessionId(0x1000012d6b20001n);
  const B = toSessionId(-2n);
  const WALL = 1795301281000;
  const AT = javaDate(WALL);
  const LATER = javaDate(WALL + 30_000);
  const DUMP: Dump = {
    localSessions: undefined,
    globalSessions: { size: 3, sets: [[WALL, [A, B]]] },
    ephemerals: new Map([
      [A, ["/app/lock-0000000001", "/x"]],
      [B, ["/y"]],
    ]),
    connections: {
      size: 2,
      sets: [
        [WALL, [{ host: "127.0.0.1", port: 36788, sessionId: toSessionId(0n) }]],
        [WALL + 30_000, [{ host: "::1", port: 36790, sessionId: A }]],
      ],
    },
  };
  const SESSIONS = `Sets (1)/(3):\n2 expire at ${AT}:\n\t0x1000012d6b20001\n\t0xfffffffffffffffe\n`;
  const REST = `ephemeral nodes dump:
Sessions with Ephemerals (2):
0x1000012d6b20001:
	/app/lock-0000000001
	/x
0xfffffffffffffffe:
	/y
Connections dump:
Connections Sets (2)/(2):
1 expire at ${AT}:
	ip: /127.0.0.1:36788 sessionId: 0x0
1 expire at ${LATER}:
	ip: /[0:0:0:0:0:0:0:1]:36790 sessionId: 0x1000012d6b20001
`;
  const table: Dump["globalSessions"] = new Map([
    [A, 30_000],
    [B, 4000],
  ]);
  const local = { size: 0, sets: [] };

  test.each<[string, Partial<Dump>, string]>([
    ["standalone or leader", {}, `Session ${SESSIONS}`],
    ["leader with local sessions", { localSessions: local }, `Local Session Sets (0)/(0):\nGlobal Session ${SESSIONS}`],
    [
      "learner: the least id first, as a signed number",
      { globalSessions: table },
      "Global Sessions(2):\n0xfffffffffffffffe\t4000ms\n0x1000012d6b20001\t30000ms\n",
    ],
    [
      "learner with local sessions",
      { globalSessions: new Map(), localSessions: { size: 1, sets: [[WALL, [A]]] } },
      `Local Session Sets (1)/(1):\n1 expire at ${AT}:\n\t0x1000012d6b20001\nGlobal Sessions(0):\n`,
    ],
  ])("dump: %s", (_, more, sessions) => {
    const server = asked({ status: () => YOUNG, dump: () => ({ ...DUMP, ...more }) });
    expect(answer("dump", undefined, server, STANDALONE)).toBe(`SessionTracker dump:\n${sessions}${REST}`);
  });

  test.each([
    ["wchs", "2 connections watching 3 paths\nTotal watches:4\n"],
    ["wchp", "/a\n\t0x1000012d6b20001\n\t0xfffffffffffffffe\n/b\n\t0x1000012d6b20001\n\n"],
    ["wchc", "0x1000012d6b20001\n\t/a\n\t/b\n0xfffffffffffffffe\n\t/a\n\n"],
  ])("%s", (word, expected) => {
    const byPath = () => [["/a", [A, B]] as const, ["/b", [A]] as const];
    const watches = () => ({ connectionCount: 2, pathCount: 3, watchCount: 4, byPath });
    expect(answer(word, undefined, asked({ status: () => YOUNG, watches }), STANDALONE)).toBe(expected);
  });

  test.each([
    ["wchs", "0 connections watching 0 paths\nTotal watches:0\n"],
    ["wchp", "\n"],
    ["wchc", "\n"],
  ])("%s without a watch", (word, expected) => {
    const watches = () => ({ connectionCount: 0, pathCount: 0, watchCount: 0, byPath: () => [] });
    expect(answer(word, undefined, asked({ status: () => YOUNG, watches }), STANDALONE)).toBe(expected);
  });

  test("hash: signed digests", () => {
    const digestLog = () => [
      { zxid: toZxid(0x80n), digest: 1371985504n },
      { zxid: toZxid(0x100000100n), digest: -3n },
    ];
    const server = asked({ status: () => YOUNG, digestLog });
    expect(answer("hash", undefined, server, STANDALONE)).toBe("80: 1371985504\n100000100: -3\n");
  });

  test("envi and gtmk ask for nothing else, so they are answered in every state", () => {
    const environment = () =>
      new Map([
        ["zookeeper.version", VERSION],
        ["java.compiler", "<NA>"],
      ]);
    const server = asked({ environment, traceMask: () => 306n });
    const expected = `Environment:\nzookeeper.version=${VERSION}\njava.compiler=<NA>\n`;
    expect(answer("envi", undefined, server, STANDALONE)).toBe(expected);
    expect(answer("gtmk", undefined, server, STANDALONE)).toBe("306");
  });

  test.each<[string, bigint | undefined, string, WordCommand | undefined]>([
    ["srst", undefined, "Server stats reset.\n", { kind: "resetServerStatistics" }],
    ["crst", undefined, "Connection stats reset.\n", { kind: "resetConnectionStatistics" }],
    ["stmk", 16n, "16", { kind: "setTraceMask", mask: 16n }],
    ["stmk", -1n, "-1", { kind: "setTraceMask", mask: -1n }],
    ["stmk", undefined, "", undefined],
  ])("%s with %s", (word, argument, expected, command) => {
    const commands: WordCommand[] = [];
    const server = asked({ status: () => YOUNG, obey: (given) => commands.push(given) });
    expect(answer(word, argument, server, STANDALONE)).toBe(expected);
    expect(commands).toEqual(command === undefined ? [] : [command]);
  });

  test.each(["srst", "crst", "stmk", "dump", "wchc", "envi"])("%s off the whitelist does nothing", (word) => {
    const only = config("dataDir=/d\n4lw.commands.whitelist=ruok\n", undefined);
    expect(answer(word, 1n, asked({}), only)).toBe(`${word} is not executed because it is not in the whitelist.\n`);
  });
});

test("the version is what tools parse", () => {
  const line = `Zookeeper version: ${SERVER_VERSION}`;
  expect(/: (\d+\.\d+\.\d+)-/.exec(line)?.[1]).toBe("3.9.5");
  expect(/:\s(.*),/.exec(line)?.[1]).toBe("3.9.5-typekeeper");
  expect(/built on (.*)/.exec(line)?.[1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
});

function connection(host: string, port: number, rest: Partial<ConnectionStatus>): ConnectionStatus {
  return { host, port, interestOps: 1, queued: 0, received: 0, sent: 0, session: undefined, ...rest };
}

function member(myid: number, own: string): Config {
  return config(`${own}tickTime=2000\ninitLimit=10\nsyncLimit=5\n${MEMBERS}`, String(myid));
}

function config(text: string, myidText: string | undefined, given: ReadonlyMap<string, string> = new Map()): Config {
  const parsed = parseConfig(`4lw.commands.whitelist=*\n${text}`, given, { myidText, configPath: "zoo.cfg" });
  if (parsed instanceof ConfigError) throw parsed;
  return parsed.config;
}

function tabbed(text: string): string {
  return text.replaceAll(/^(\S+) /gm, "$1\t");
}

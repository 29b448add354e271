import { readFileSync } from "node:fs";
import { join } from "node:path";

// ZooKeeper's known bugs of files, snapshots, sessions and requests, and the requests that stop a Java server: for each the test that
// plays it here, or why it has nowhere to happen. Bad input likewise, row by row. The scenarios of `sim` are tests by their file.

/** Where it is played: a file, and for a test a part of its title or of its row. */
type Played = readonly [file: string, title?: string];
type Entry = { readonly ids: string; readonly what: string } & (
  | { readonly played: readonly Played[] }
  | { readonly cannot: string }
);

const FILES: readonly Entry[] = [
  {
    ids: "2307 1653 2354 4269",
    what: "a crash between acceptedEpoch, currentEpoch and snapshot",
    played: [["src/sim/scenarios/ZK-2307.txt"], ["src/store/storage.test.ts", "epochs are written whole"]],
  },
  {
    ids: "3701",
    what: "a truncation that fails is no truncation",
    played: [["src/sim/scenarios/ZK-3701.txt"], ["src/store/storage.test.ts", "resize log.6"]],
  },
  { ids: "2247", what: "a leader's log that cannot be written", played: [["src/sim/scenarios/ZK-2247.txt"]] },
  {
    ids: "3082",
    what: "no room for a snapshot",
    played: [["src/server/diskEvents.test.ts", "service goes on while the disk has no room for a snapshot"]],
  },
  {
    ids: "2332",
    what: "a newest log without a byte; one in the middle",
    played: [
      ["src/store/recovery.test.ts", "newest log of 0 bytes"],
      ["src/store/recovery.test.ts", "older log of 0 bytes"],
    ],
  },
  {
    ids: "2325 3781 3644 3056",
    what: "logs and no snapshot",
    played: [
      ["src/store/recovery.test.ts", "no snapshot, logs from 6"],
      ["src/store/recovery.test.ts", "... trusted"],
      ["src/store/recovery.test.ts", "all snapshots damaged, logs from the beginning"],
    ],
  },
  {
    ids: "3231 2574",
    what: "what is deleted is not what recovery needs",
    played: [["src/store/storage.test.ts", "what it replaced goes with the next own one"]],
  },
  {
    ids: "2249",
    what: "a record larger than the preallocated block",
    played: [
      ["src/store/storage.test.ts", "two records of 200 kB leave the tail unpadded"],
      ["src/store/logFile.test.ts", "records of the largest size and many small ones"],
    ],
  },
  {
    ids: "4306 3496",
    what: "a closeSession longer than a log can hold",
    played: [["src/txn/prepare/session.test.ts", "ephemerals %i bytes too long for the log"]],
  },
  {
    ids: "2003",
    what: "a file whose name was never synced",
    played: [
      ["src/store/crash.test.ts", "bytes are kept, names are lost"],
      ["src/store/storage.test.ts", "creates the log whole under another name"],
    ],
  },
  {
    ids: "4858",
    what: "a snapshot in the making holds nobody up",
    played: [["src/tree/loading.test.ts", "a walk goes on over the old nodes when the tree is cleared"]],
  },
];

const SNAPSHOTS: readonly Entry[] = [
  {
    ids: "3127 3144 3145",
    what: "a snapshot between the parts of a multi, around a session's begin and end",
    played: [["src/server/database.test.ts", "is whole with the log above its name"]],
  },
  {
    ids: "3125 3249",
    what: "pzxid and cversion never go back",
    played: [
      ["src/tree/apply.test.ts", "delete raises pzxid even if the node is missing, and never lowers it"],
      ["src/tree/apply.test.ts", "create raises the parent's counter and pzxid only upwards"],
      ["src/tree/fuzzy.test.ts", "a snapshot taken as Java takes it does so too"],
    ],
  },
  {
    ids: "3306 4846 4689",
    what: "a node whose ACL the table lacks, or whose key names another list by now",
    played: [
      ["src/tree/fuzzy.test.ts", "a snapshot taken as Java takes it does so too"],
      ["src/tree/loading.test.ts", "an ACL replaced meanwhile: the key of the start"],
      ["src/tree/acl.test.ts", "a key without a list denies everybody but super"],
    ],
  },
  {
    ids: "2808",
    what: "uses of an ACL are counted anew",
    played: [["src/tree/acl.test.ts", "what no node uses goes after a load"]],
  },
];

const REQUESTS: readonly Entry[] = [
  { ids: "2355", what: "the link breaks before a closeSession", played: [["src/sim/scenarios/ZK-2355.txt"]] },
  {
    ids: "4837",
    what: "a truncation below the newest snapshot",
    played: [["src/store/storage.test.ts", 'retired-snapshot.9 snapshot.0 snapshot.4"']],
  },
  {
    ids: "2926",
    what: "a session before its createSession is committed",
    played: [["src/server/database.test.ts", "from the commit of its createSession on"]],
  },
  {
    ids: "3471 2725",
    what: "a local session that is upgraded while it ends",
    played: [["src/sim/scenarios/ZK-3471.txt"]],
  },
  {
    ids: "2886",
    what: "a session that moved, in a multi",
    played: [["src/server/clients.test.ts", "the same in a multi, whose other results do not matter"]],
  },
  {
    ids: "3905",
    what: "a login that the provider refuses while TLS is set up",
    cannot: "no identity comes with a connection: a session is made by the ConnectRequest, a login follows it",
  },
  {
    ids: "4907",
    what: "requests read before their connection was closed",
    played: [["src/server/requests.test.ts", "what was read behind it is not carried out"]],
  },
  { ids: "1366", what: "the wall clock jumps", played: [["src/sim/scenarios/ZK-1366.txt"]] },
  {
    ids: "4475 4466 4471 4472",
    what: "watches of several kinds on one path",
    played: [
      ["src/tree/watches.test.ts", "one of several kinds is taken away, the others go on"],
      ["src/server/requests.test.ts", "each mode sees its events, is found by its type, and goes with it"],
    ],
  },
  {
    ids: "4655",
    what: "an event carries its transaction's zxid",
    played: [["src/server/requests.test.ts", "the event of a write comes before its reply"]],
  },
  {
    ids: "2623",
    what: "check by itself",
    played: [
      ["src/server/requests.test.ts", "op %d: -6 with zxid -1, and the end"],
      ["src/wire/txnCodec.test.ts", "check, once logged outside a multi"],
    ],
  },
  {
    ids: "4743",
    what: "a version that wraps to -1",
    played: [["src/txn/prepare/setData.test.ts", "the version wraps to 32 bits and through -1"]],
  },
  {
    ids: "4607",
    what: "a logged multi that failed",
    played: [
      ["src/tree/apply.test.ts", "a failed multi: 0 before, the code, -2 after, and nothing changed"],
      ["src/wire/txnCodec.test.ts", "every record of a log that Java 3.9.5 wrote, both ways"],
    ],
  },
  {
    ids: "4814",
    what: "a ConnectRequest without the readOnly byte",
    played: [["src/server/handshake.test.ts", '"without it", "old", 36']],
  },
  {
    ids: "4839",
    what: "one connection's SASL user answers for another",
    cannot: "nobody logs in by SASL here, and what a login would bring is the connection's own",
  },
  {
    ids: "connection-throttle-overflow",
    what: "a connection throttle that nobody asked for long",
    played: [["src/server/connectionThrottle.test.ts", "never above its size, however long nobody came"]],
  },
  {
    ids: "4736 3112",
    what: "handles stay behind while the network is down",
    played: [
      ["src/net/network.test.ts", "nobody answers: told once, when the last has failed"],
      ["src/net/network.test.ts", "close while dialling: nothing is handed over and no timer stays"],
      ["compat-tests/differential/badInput.test.ts", "connections that end in the middle of a frame"],
    ],
  },
  {
    ids: "5059",
    what: "a login thread for each restart of the quorum",
    cannot: "there is no login thread, and roles end as objects that nothing refers to",
  },
];

/** client-protocol 10: what stops a Java server is refused and never logged. */
const HAZARDS: readonly Entry[] = [
  {
    ids: "H1",
    what: "a write that does not decode",
    played: [
      ["src/server/clients.test.ts", "what a client of this server cannot have decoded is answered here"],
      ["src/txn/pending.test.ts", "becomes an error transaction under its own zxid"],
    ],
  },
  { ids: "H2", what: "a negative TTL", played: [["src/txn/prepare/create.test.ts", "(H2)"]] },
  { ids: "H3", what: "a quota on the root", played: [["src/txn/prepare/create.test.ts", "(H3;"]] },
  { ids: "H4", what: "limits near the root of quotas deleted", played: [["src/txn/prepare/delete.test.ts", "(H4)"]] },
  { ids: "H5", what: "stats that nobody can read", played: [["src/txn/prepare/setData.test.ts", "(H5)"]] },
  {
    ids: "H6 H7",
    what: "createSession and deleteContainer from a client",
    played: [
      ["src/server/requests.test.ts", "test.each([0, 10, 13, 20, -1, -10, 99, 2147483647])"],
      ["compat-tests/differential/badInput.test.ts", "%s is for servers to send: -6 and closed"],
    ],
  },
];

/** The table of reliability 7: what the outside may send, or leave in a file. */
const MALFORMED: readonly Entry[] = [
  {
    ids: "7-lengths",
    what: "lengths that are none, too small and too large, bodies short and long",
    played: [
      ["compat-tests/differential/badInput.test.ts", '"length 2^31-1"'],
      ["compat-tests/differential/badInput.test.ts", "every record cut at every byte is -5"],
      ["compat-tests/differential/badInput.test.ts", "bytes behind the record"],
      ["compat-tests/differential/badInput.test.ts", "announced frames cost nothing until they come"],
      ["compat-tests/differential/badInput.test.ts", "the largest frame is served, and a multi as large"],
      ["src/server/requests.test.ts", "the replies so far, and the end"],
    ],
  },
  {
    ids: "7-pieces",
    what: "byte by byte, cut anywhere, a thousand requests at once; nothing at all",
    played: [
      ["compat-tests/differential/badInput.test.ts", "in two pieces, or byte by byte, is one"],
      ["compat-tests/differential/badInput.test.ts", "a thousand of them"],
      ["src/wire/frames.test.ts", "three frames in chunks of %i bytes"],
      ["src/fuzz/fuzz.test.ts", "ten million executions"],
      ["src/server/handshake.test.ts", "one that says nothing, or half a word, is dropped after 10 s"],
    ],
  },
  {
    ids: "7-protocols",
    what: "a request first, a second handshake, words late or unknown, HTTP and TLS",
    played: [
      ["compat-tests/differential/badInput.test.ts", "a getData"],
      ["compat-tests/differential/badInput.test.ts", "a second ConnectRequest"],
      ["compat-tests/differential/badInput.test.ts", "a four-letter word"],
      ["compat-tests/differential/badInput.test.ts", "an HTTP request"],
      ["compat-tests/differential/badInput.test.ts", "a TLS ClientHello"],
      ["compat-tests/operator/flood.test.ts", "A line a second at most tells of bad frames"],
    ],
  },
  {
    ids: "7-counts",
    what: "counts that the bytes cannot hold; multis in multis, without an end, of unknown types",
    played: [
      ["compat-tests/differential/badInput.test.ts", "2^31-1 watches in ten bytes"],
      ["compat-tests/differential/badInput.test.ts", "a multi in a multi"],
      ["compat-tests/differential/badInput.test.ts", "a multi without an end"],
      ["compat-tests/differential/badInput.test.ts", "a multi of an unknown type"],
      ["src/fuzz/fuzz.test.ts", "ten million executions"],
      ["src/fuzz/fuzzer.test.ts", "an array for an announced count"],
    ],
  },
  {
    ids: "7-paths",
    what: "paths that are none, a MiB long, 100,000 deep; names that mean something to JavaScript",
    played: [
      ["src/wire/paths.test.ts", "every UTF-16 unit is judged by the ranges of the chapter"],
      ["src/wire/paths.test.ts", "an illegal path"],
      ["compat-tests/differential/badInput.test.ts", "a create 100,000 deep"],
      ["src/server/opcodes.test.ts", "a name means nothing"],
    ],
  },
  {
    ids: "7-text",
    what: "bytes that are no UTF-8, or Java's",
    played: [["jute/src/text.test.ts", "strings of one to four edge bytes read as OpenJDK 17 reads them"]],
  },
  {
    ids: "7-types",
    what: "every type, from anybody",
    played: [
      ["src/server/opcodes.test.ts", "every type without its body"],
      ["src/server/opcodes.test.ts", "is for servers to send"],
      ["compat-tests/differential/badInput.test.ts", "a type that is not served: -6 and closed"],
    ],
  },
  {
    ids: "7-sessions",
    what: "another's session, a wrong password or time-out, xids of all kinds",
    played: [
      ["compat-tests/differential/badInput.test.ts", "a stranger with the wrong password"],
      ["src/server/handshake.test.ts", "a session comes again: at once, with its new time-out"],
      ["src/server/handshake.test.ts", "a wrong password"],
      ["src/server/requests.test.ts", "replies repeat the xid, whatever it is"],
    ],
  },
  {
    ids: "7-zxid",
    what: "a client that has seen more than this server",
    played: [
      ["src/server/handshake.test.ts", "a client that has seen more than this server: no byte"],
      ["compat-tests/differential/badInput.test.ts", "a zxid that nobody has"],
    ],
  },
  {
    ids: "7-quorum",
    what: "learners and leaders that are none, or say what they may not",
    played: [
      ["compat-tests/ensemble/badQuorumInput.test.ts", "a first packet of every kind, and cut at every byte"],
      ["compat-tests/ensemble/badQuorumInput.test.ts", "a second learner with the sid of a live one"],
      ["compat-tests/ensemble/badQuorumInput.test.ts", "from a learner that was in step"],
      ["compat-tests/ensemble/badLeader.test.ts", "SNAP with another signature"],
      ["compat-tests/ensemble/badLeader.test.ts", "a gap"],
      ["compat-tests/ensemble/badLeader.test.ts", "COMMIT without a proposal"],
      ["src/fuzz/fuzz.test.ts", "ten million executions"],
    ],
  },
  {
    ids: "7-election",
    what: "strangers, two connections of one sid, notifications of all kinds and many of them",
    played: [
      ["compat-tests/ensemble/badElectionInput.test.ts", "an initial message of every kind, and cut at every byte"],
      ["compat-tests/ensemble/badElectionInput.test.ts", "a second connection of one sid ends the first"],
      ["compat-tests/ensemble/badElectionInput.test.ts", "a notification of every kind"],
      ["compat-tests/ensemble/badElectionInput.test.ts", "a flood of notifications"],
      ["compat-tests/ensemble/badElectionInput.test.ts", "the next election is as any other"],
    ],
  },
  { ids: "7-http", what: "the admin server's port", cannot: "there is no HTTP here: no port of this server speaks it" },
  {
    ids: "7-files",
    what: "snapshots, logs, epochs and configurations that something has changed",
    played: [
      ["src/store/logFile.test.ts", "no flipped byte of a record goes unnoticed"],
      ["src/store/compression.test.ts", "a byte changed anywhere breaks nothing but the file"],
      ["src/store/snapshotDecoder.test.ts", "no flipped byte goes unnoticed: the seals cover the header too"],
      ["src/config/parseConfig.test.ts", "members elsewhere"],
      ["compat-tests/operator/refusals.test.ts", "a byte flipped in the middle of the newest log"],
      ["src/fuzz/fuzz.test.ts", "ten million executions"],
    ],
  },
  {
    ids: "7-readers",
    what: "a client that never reads",
    played: [
      ["src/server/backPressure.test.ts", "a reader who is slower than the server (reliability 7)"],
      ["compat-tests/differential/badInput.test.ts", "a client that never reads: what waits for it is bounded"],
      ["compat-tests/operator/flood.test.ts", "readers who never read"],
    ],
  },
];

const ENTRIES = [...FILES, ...SNAPSHOTS, ...REQUESTS, ...HAZARDS, ...MALFORMED];

test.each(ENTRIES)("$ids, $what", (entry) => {
  if ("cannot" in entry) return expect(entry.cannot).not.toBe("");
  expect(entry.played.length).toBeGreaterThan(0);
  for (const [file, title = ""] of entry.played) {
    expect([file, readFileSync(join(ROOT, file), "utf8").includes(title)]).toEqual([file, true]);
  }
});

test("each once", () => {
  const ids = ENTRIES.flatMap((entry) => entry.ids.split(" "));
  expect(new Set(ids).size).toBe(ids.length);
});

const ROOT = join(__dirname, "..");

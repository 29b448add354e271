import { concatBytes } from "../base/bytes.ts";
import { type SessionId, toSessionId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { toZxid } from "../base/zxid.ts";
import { AclRules } from "../tree/aclCheck.ts";
import type { Outcome } from "../tree/outcome.ts";
import { Err, Op } from "../wire/client/numbers.ts";
import type { Txn, TxnBody } from "../wire/txnValue.ts";
import { CommittedLog } from "../zab/committedLog.ts";
import { Clients } from "./clients.ts";
import { Database } from "./database.ts";
import type { SyncInFlight } from "./request.ts";
import { TestClient } from "./testClient.ts";
import { FakeLink } from "./testServer.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The client port of a learner: what its clients want goes to an upstream that answers when the test says so, and
 * transactions arrive that other servers' clients caused.
 */
class Bench {
  readonly asked: string[] = [];
  readonly syncs: SyncInFlight[] = [];
  readonly clients: Clients;
  private ms = 0;
  private zxid = 0;
  private sessions = 0;
  private links = 0;
  readonly upstream: Upstream = {
    prepares: false,
    submit: ({ xid, op }) => this.asked.push(`write ${xid} op ${op}`),
    sync: (request) => {
      this.syncs.push(request);
      this.asked.push(`sync ${request.xid}`);
    },
    createSession: (connection) => {
      this.clients.claim(connection, toSessionId(BigInt(++this.sessions)));
      this.asked.push(`session ${this.sessions}`);
    },
    renewSession: ({ sessionId }) => this.asked.push(`renew ${sessionId}`),
    endLocal: () => this.local,
    touch: () => this.state,
  };
  /** Whether every session is a local one. */
  local = false;
  /** What the upstream says of every session. */
  state: ReturnType<Upstream["touch"]> = "live";

  constructor() {
    const limits = {
      maxFrameBytes: 1000,
      maxConnectionsPerAddress: 0,
      maxConnections: 0,
      minSessionTimeoutMs: 1,
      maxSessionTimeoutMs: 10_000,
      sessionlessTimeoutMs: 10_000,
      globalOutstandingLimit: 1000,
    };
    const auth = { digestId: () => "", superDigest: undefined };
    const port = { fourLetterWord: () => {}, observe: () => {} };
    const database = new Database(new CommittedLog(500));
    this.clients = new Clients(database, limits, new AclRules(), auth, port);
    this.clients.open(this.upstream, database, 0);
  }

  connect(words = "connect", session = 0n): TestClient {
    const client = new TestClient(new FakeLink(++this.links, "127.0.0.1"));
    client.link.connection = this.clients.accept(client.link, this.now);
    this.ask(client, () => session, words);
    return client;
  }

  joined(): TestClient {
    const client = this.connect();
    this.commit(BigInt(this.sessions), 0, { type: Op.createSession, timeOut: 10_000 });
    client.news();
    return client;
  }

  say(client: TestClient, ...requests: readonly string[]): void {
    this.ask(client, () => 0n, ...requests);
  }

  get now(): Instant {
    return { monoMs: this.ms, wallMs: this.ms };
  }

  private ask(client: TestClient, sessionOf: () => bigint, ...requests: readonly string[]): void {
    this.ms++;
    const { connection } = client.link;
    const bytes = concatBytes(requests.map((words) => client.encode(words, sessionOf)));
    if (connection !== undefined) this.clients.bytes(connection, bytes, this.now);
    this.clients.endTurn(this.now);
  }

  /** A transaction arrives from the leader and is applied. */
  commit(session: bigint, cxid: number, body: TxnBody = { type: Op.error, err: Err.noNode }, outcome = FINE): void {
    const zxid = toZxid(BigInt(++this.zxid));
    const txn: Txn = { clientId: toSessionId(session), cxid, zxid, timeMs: 0n, body, digest: undefined };
    this.clients.deliver(txn, outcome, this.now);
    this.clients.endTurn(this.now);
  }

  answerSync(): void {
    const request = this.syncs.shift();
    if (request !== undefined) this.clients.answerSync(request, this.now);
    this.clients.endTurn(this.now);
  }

  renewed(session: bigint, valid: boolean): void {
    this.clients.renewed(toSessionId(session), valid, this.now);
    this.clients.endTurn(this.now);
  }
}

const FINE: Outcome = { err: 0, path: undefined, stat: undefined, results: undefined, events: [] };
const CLOSE: TxnBody = { type: Op.closeSession, paths: [] };

describe("which transaction answers which request (peer-protocol 4.12)", () => {
  test("the one with the session and xid of the oldest write", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.say(client, "delete /a", "ping", "delete /b");
    expect(bench.asked.slice(1)).toEqual(["write 1 op 2", "write 3 op 2"]);
    bench.commit(1n, 1);
    expect(client.news()).toEqual(["#1 zxid=2", "#-2 zxid=0"]);
    bench.commit(1n, 3);
    expect(client.news()).toEqual(["#3 zxid=3"]);
  });

  test("not one that the session sent through another server, nor another session's with its xid", () => {
    const bench = new Bench();
    const client = bench.joined();
    const other = bench.joined();
    bench.say(client, "delete /a");
    bench.commit(1n, 77);
    bench.commit(2n, 1);
    bench.commit(99n, 1);
    expect([client.news(), other.news()]).toEqual([[], []]);
    bench.commit(1n, 1);
    expect(client.news()).toEqual(["#1 zxid=6"]);
  });

  test("not the end of the session by expiry, whose cxid 0 a request may have too", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.say(client, "xid=0 delete /a");
    bench.commit(1n, 0, CLOSE);
    expect(client.news()).toEqual(["cut"]);
  });

  test("a refusal because the session has moved is told to nobody: the connection ends", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.say(client, "delete /a", "ping");
    bench.commit(1n, 1, { type: Op.error, err: Err.sessionMoved }, { ...FINE, err: Err.sessionMoved });
    expect([client.news(), bench.clients.outstanding, bench.clients.connections.size]).toEqual([["cut"], 0, 0]);
  });

  test("the same in a multi, whose other results do not matter (ZOOKEEPER-2886)", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.say(client, "multi delete /a + delete /b", "ping");
    const results = [Err.ok, Err.sessionMoved].map((err) => ({
      type: Op.error,
      err,
      path: undefined,
      stat: undefined,
    }));
    const txns = results.map(({ err }) => ({ type: Op.error, err }));
    bench.commit(1n, 1, { type: Op.multi, txns }, { ...FINE, results });
    expect([client.news(), bench.clients.outstanding, bench.clients.connections.size]).toEqual([["cut"], 0, 0]);
  });

  test("what a client of this server cannot have decoded is answered here and goes nowhere", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.say(client, "op 1 00", "openMulti delete /a", "op 16 ff");
    expect(client.news()).toEqual([
      "#1 zxid=0 marshallingError",
      "#2 zxid=0 marshallingError",
      "#3 zxid=0 marshallingError",
    ]);
    expect(bench.asked.slice(1)).toEqual([]);
  });
});

describe("a request of a session", () => {
  test("that has gone: it is dropped, and the connection waits for the end under way", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.state = "gone";
    bench.say(client, "getData /", "delete /a", "ping");
    expect([client.news(), bench.asked.slice(1), bench.clients.outstanding]).toEqual([[], [], 0]);
  });

  test("that has moved to another server: the connection ends without a byte, for reads too", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.state = "moved";
    bench.say(client, "getData /", "ping");
    expect([client.news(), bench.clients.connections.size]).toEqual([["cut"], 0]);
  });
});

describe("sync", () => {
  test("is answered in its place when the leader says so; what is behind it waits", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.say(client, "delete /a", "sync /s", "getData /", "sync /t");
    bench.answerSync();
    expect(client.news()).toEqual([]);
    bench.commit(1n, 1);
    expect(client.news()).toEqual(["#1 zxid=2", "#2 zxid=0 /s", '#3 zxid=0 "" v0']);
    bench.answerSync();
    expect(client.news()).toEqual(["#4 zxid=0 /t"]);
  });

  test("of a connection that is gone: its answer goes to nobody, the next one to its own", () => {
    const bench = new Bench();
    const gone = bench.joined();
    const client = bench.joined();
    bench.say(gone, "sync /s");
    bench.say(client, "sync /s");
    if (gone.link.connection !== undefined) bench.clients.hungUp(gone.link.connection, bench.now);
    bench.answerSync();
    expect(client.news()).toEqual([]);
    bench.answerSync();
    expect(client.news()).toEqual(["#1 zxid=0 /s"]);
  });
});

describe("a local session (client-protocol 4.8)", () => {
  test("its end is answered in its place, without a transaction, and is the last that is", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.local = true;
    bench.say(client, "delete /a", "closeSession", "ping");
    expect([client.news(), bench.asked.slice(1)]).toEqual([[], ["write 1 op 2"]]);
    bench.commit(1n, 1);
    expect(client.news()).toEqual(["#1 zxid=2", "#2 zxid=0", "closed"]);
  });

  test("its time is over: no byte", () => {
    const bench = new Bench();
    const client = bench.joined();
    bench.clients.expired(toSessionId(1n));
    expect([client.news(), bench.clients.connections.size]).toEqual([["cut"], 0]);
  });
});

describe("a session that comes again", () => {
  const SESSION = toSessionId(0x0100000000000007n);

  test.each([
    [true, ["joined, timeout=10000, 37 bytes", '#1 zxid=0 "" v0']],
    [false, ["refused, timeout=0, 37 bytes", "closed"]],
  ])("waits for the leader's word; it lives: %s", (valid, expected) => {
    const bench = new Bench();
    const client = bench.connect("connect session=x", SESSION);
    bench.say(client, "getData /");
    expect([bench.asked, client.news()]).toEqual([[`renew ${SESSION}`], []]);
    bench.renewed(toSessionId(1234n), true);
    expect(client.news()).toEqual([]);
    bench.renewed(SESSION, valid);
    expect(client.news()).toEqual(expected);
    // Its second word says nothing.
    bench.renewed(SESSION, false);
    expect(client.news()).toEqual([]);
  });

  test("a wrong password asks nobody", () => {
    const bench = new Bench();
    const client = bench.connect("connect session=x password=wrong", SESSION);
    expect([bench.asked, client.news()]).toEqual([[], ["refused, timeout=0, 37 bytes", "closed"]]);
  });

  test("twice at once: the older connection is closed, the word belongs to the newer one", () => {
    const bench = new Bench();
    const older = bench.connect("connect session=x", SESSION);
    const newer = bench.connect("connect session=x", SESSION);
    expect(older.news()).toEqual(["cut"]);
    bench.renewed(SESSION, true);
    expect(newer.news()).toEqual(["joined, timeout=10000, 37 bytes"]);
  });

  test("its end arrives while it waits: no byte", () => {
    const bench = new Bench();
    const client = bench.connect("connect session=x", SESSION);
    bench.commit(SESSION, 0, CLOSE);
    expect(client.news()).toEqual(["cut"]);
  });
});

describe("the end of a role", () => {
  test("no byte for anybody, nothing stays behind, and the next role begins anew", () => {
    const bench = new Bench();
    const joined = bench.joined();
    const joining = bench.connect();
    bench.say(joined, "exists /a watch", "delete /a", "getData /");
    expect(joined.news()).toEqual(["#1 zxid=0 noNode"]);
    bench.clients.shut();
    bench.clients.endTurn(bench.now);
    expect([joined.news(), joining.news()]).toEqual([["cut"], ["cut"]]);
    const { clients } = bench;
    expect([clients.connections.size, clients.outstanding, clients.watches.watchCount]).toEqual([0, 0, 0]);
    expect(bench.connect().news()).toEqual(["cut"]);
    clients.open(bench.upstream, new Database(new CommittedLog(1)), 5);
    expect(bench.joined().link.state).toBe("open");
    // A session's transaction of before finds nobody.
    bench.commit(1n as SessionId, 2);
  });
});

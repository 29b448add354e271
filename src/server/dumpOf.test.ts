import { dumpOf, watchesOf } from "./dumpOf.ts";
import type { Status } from "./status.ts";
import { statusOf } from "./statusOf.ts";
import { TestServer } from "./testServer.ts";
import { happens } from "./testTranscript.ts";

/** Two clients after 3000 ms of silence: an ephemeral, a plain node, watches. */
function watched(): TestServer {
  const server = new TestServer();
  happens(
    `
    clients 1 2
    1: create /e x flags=1; create /p x; exists /p watch; exists /none watch; getChildren / watch; ping
    flush
    2: exists /p watch
    at 3000
    2: ping
  `,
    server,
  );
  return server;
}

function statusNow({ server, nowMs }: TestServer): Status {
  const facts = { version: "", directories: { dataBytes: 0, logBytes: 0 }, fileDescriptors: { open: 0, max: 0 } };
  return statusOf(server, facts, nowMs);
}

test("a dump: who expires with whom, in wall time, and whose ephemerals there are", () => {
  const server = watched();
  const { wallMs } = server.instant;
  const { localSessions, globalSessions, ephemerals, connections } = dumpOf(server.server, server.instant);
  const [one = 0n, two = 0n] = [...server.server.home.database.sessions.keys()];
  expect(localSessions).toBeUndefined();
  // Time-out 10000, tick 2000: touched at 0 and at 3000, now it is 3000.
  const sets = [
    [wallMs + 9000, [one]],
    [wallMs + 11_000, [two]],
  ];
  expect(globalSessions).toEqual({ size: 2, sets });
  expect(ephemerals).toEqual(new Map([[one, ["/e"]]]));
  expect(connections.size).toBe(2);
  // In steps of the 10000 that a connection without a session gets.
  const shown = connections.sets.map(([ms, members]) => [ms - wallMs, members.map(({ sessionId }) => sessionId)]);
  expect(shown).toEqual([[17_000, [one, two]]]);
});

test("watches: data watches alone, by path with their sessions", () => {
  const server = watched();
  const [one = 0n, two = 0n] = [...server.server.home.database.sessions.keys()];
  const { connectionCount, pathCount, watchCount, byPath } = watchesOf(server.server);
  expect([connectionCount, pathCount, watchCount]).toEqual([2, 2, 3]);
  expect(new Map(byPath())).toEqual(
    new Map([
      ["/p", [one, two]],
      ["/none", [one]],
    ]),
  );
});

test("statistics begin anew, each kind by its own command", () => {
  const server = watched();
  const before = statusNow(server);
  expect(before.requests.packetsReceived).toBeGreaterThan(8);
  server.server.obey({ kind: "resetServerStatistics" });
  const after = statusNow(server);
  expect(after.requests).toEqual(statusNow(new TestServer()).requests);
  expect(after.connections).toEqual(before.connections);
  server.server.obey({ kind: "resetConnectionStatistics" });
  for (const { received, sent, session } of statusNow(server).connections) {
    expect([received, sent, session?.lastOperation, session?.lastXid, session?.lastZxid]).toEqual([
      0,
      0,
      "NA",
      -1,
      -1n,
    ]);
    expect(session?.latency).toEqual({ count: 0, totalMs: 0, minMs: 0, maxMs: 0 });
  }
});

test("a handshake is a packet and an operation with xid 0; a ping leaves the last xid alone", () => {
  const server = new TestServer();
  happens("clients 1", server);
  const [fresh] = statusNow(server).connections;
  expect([fresh?.received, fresh?.sent, fresh?.session?.lastOperation, fresh?.session?.lastXid]).toEqual([
    1,
    1,
    "SESS",
    0,
  ]);
  const pinged = watched();
  const [, later] = statusNow(pinged).connections;
  expect([later?.session?.lastOperation, later?.session?.lastXid, later?.session?.lastZxid]).toEqual(["PING", 1, 4n]);
  expect(later?.session?.lastResponseMs).toBe(3000);
});

test("a server that stands alone leads nobody", () => expect(statusNow(new TestServer()).leader).toBeUndefined());

test("a trace mask is kept", () => {
  const { server } = new TestServer();
  expect(server.traceMask).toBe(306n);
  server.obey({ kind: "setTraceMask", mask: -5n });
  expect(server.traceMask).toBe(-5n);
});

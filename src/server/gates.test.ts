import { TestServer } from "./testServer.ts";
import { happens, linesOf } from "./testTranscript.ts";

// Conditions that are off unless asked for (client-protocol 5.4, 7.8).

function check(lines: readonly string[], transcript: string): void {
  expect(happens(transcript, new TestServer(lines))).toBe(linesOf(transcript).join("\n"));
}

describe("connection tokens", () => {
  test("a ConnectRequest beyond them: no byte; the session is not lost", () =>
    check(
      ["connection_throttle_tokens=2", "connection_throttle_fill_time=1000"],
      `
      clients 1 2
      3: connect
      3< cut
      4: connect session=1
      4< cut
      1: ping
      1< #-2 zxid=2
      at 1001
      5: connect session=1
      1< cut
      5< joined, timeout=10000, 37 bytes
    `,
    ));
});

describe("the request throttle", () => {
  test("nobody's next request is taken up while it is full, each in its turn when it is not", () =>
    check(
      ["request_throttle_max_requests=1"],
      `
      clients 1 2
      1: create /a x
      2: exists /a
      flush
      1< #1 zxid=3 /a
      2< #1 zxid=3 v0
    `,
    ));

  test("who waits is read on, to some length: what its connection asked for ends with it", () =>
    check(
      ["request_throttle_max_requests=1"],
      `
      clients 1 2 3
      1: create /a x
      2: create /b x
      2: create /c x
      2 hangs up
      3: exists /b; create /d ${"x".repeat(66_000)}
      3: exists /${"x".repeat(66_000)}
      3< paused
      flush
      1< #1 zxid=4 /a
      3< #1 zxid=4 noNode
      3< #2 zxid=5 /d
      3< #3 zxid=5 noNode
      3< resumed
    `,
    ));

  test("but for the end of its session, when nothing of it waits before that", () =>
    check(
      ["request_throttle_max_requests=1"],
      `
      clients 1 2 3
      2: create /two x flags=1
      flush
      2< #1 zxid=4 /two
      3: create /three x flags=1
      flush
      3< #1 zxid=5 /three
      1: create /a x
      2: closeSession
      2 hangs up
      3: exists /; closeSession
      3 hangs up
      flush
      1< #1 zxid=6 /a
      1: exists /two; exists /three
      1< #2 zxid=7 noNode
      1< #3 zxid=7 v0
    `,
    ));

  describe.each(["request_throttle_drop_stale=false", "request_stale_connection_check=false"])("%s", (line) => {
    const LINES = ["request_throttle_max_requests=1", line];

    test("what a client asked for before it hung up is done", () =>
      check(
        LINES,
        `
      clients 1 2
      1: create /a x
      2: exists /; create /b x
      2: create /c x; create /e x flags=1; closeSession; create /d x
      2 hangs up
      flush
      1< #1 zxid=3 /a
      1: exists /b; exists /c; exists /d; exists /e
      1< #2 zxid=7 v0
      1< #3 zxid=7 v0
      1< #4 zxid=7 noNode
      1< #5 zxid=7 noNode
    `,
      ));

    test("and then nothing is left of its connection", () => {
      const server = new TestServer(LINES);
      happens("clients 1 2\n1: create /a x\n2: exists /; create /b x\n2 hangs up", server);
      expect(server.server.home.clients.connections.size).toBe(2);
      server.flush();
      expect(server.server.home.clients.connections.size).toBe(1);
    });

    test("unless its session has come back by then", () =>
      check(
        LINES,
        `
      clients 1 2
      1: create /a x
      2: create /b x
      2 hangs up
      3: connect session=2
      3< joined, timeout=10000, 37 bytes
      flush
      1< #1 zxid=3 /a
      1: exists /b
      1< #2 zxid=3 noNode
    `,
      ));
  });

  test("request_stale_latency_check: what is older than its session's time-out costs its connection, the end of a session does not", () =>
    check(
      ["request_throttle_max_requests=1", "request_stale_latency_check=true", "request_throttle_stall_time=50"],
      `
      clients 1 2 3
      1: create /a x
      2: exists /a
      3: closeSession
      at 9000
      1: exists /a; exists /b
      at 10000
      at 10050
      2< closed
      flush
      1< #1 zxid=4 /a
      1< #2 zxid=4 v0
      1< #3 zxid=4 noNode
      3< #1 zxid=5
      3< closed
    `,
    ));

  test("request_stale_latency_check: what is too old is not taken up when there is room either", () =>
    check(
      ["request_throttle_max_requests=1", "request_stale_latency_check=true", "request_throttle_stall_time=0"],
      `
      clients 1
      1: create /a x; exists /a
      at 10001
      flush
      1< #1 zxid=2 /a
      1< closed
    `,
    ));

  test("who waited longer than throttled_op_wait_time gets -127 in order; a ping and the end do not", () =>
    check(
      ["request_throttle_max_requests=1", "throttled_op_wait_time=100"],
      `
      clients 1
      1: create /a x; exists /a; create /b x; ping; exists /a; closeSession
      at 101
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=2 throttledOp
      1< #3 zxid=2 throttledOp
      1< #-2 zxid=2
      1< #5 zxid=2 throttledOp
      1< #6 zxid=3
      1< closed
    `,
    ));

  test("who waited no longer is served", () =>
    check(
      ["request_throttle_max_requests=1", "throttled_op_wait_time=100"],
      `
      clients 1
      1: create /a x; exists /a
      at 100
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=2 v0
    `,
    ));

  test("each has waited since it arrived", () =>
    check(
      ["request_throttle_max_requests=1", "throttled_op_wait_time=100"],
      `
      clients 1
      1: create /a x; exists /a
      at 100
      1: exists /a
      at 101
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=2 throttledOp
      1< #3 zxid=2 v0
    `,
    ));
});

describe("large requests", () => {
  const LINES = ["largeRequestThreshold=100", "largeRequestMaxBytes=390"];
  const LARGE = "x".repeat(150);

  test("what passes their budget costs its connection, and gives back what it had", () =>
    check(
      LINES,
      `
      clients 1 2 3
      1: create /a ${LARGE}
      2: create /b ${LARGE}
      2< cut
      3: create /small x
      flush
      1< #1 zxid=4 /a
      3< #1 zxid=5 /small
      1: create /c ${LARGE}
      flush
      1< #2 zxid=6 /c
    `,
    ));

  test("a read does not hold it, a client that goes gives it back", () =>
    check(
      LINES,
      `
      clients 1 2
      1: create /a ${LARGE}
      1 hangs up
      2: create /b ${LARGE}
      flush
      2< #1 zxid=4 /b
      2: exists /${LARGE}; exists /${LARGE}; exists /${LARGE}
      2< #2 zxid=4 noNode
      2< #3 zxid=4 noNode
      2< #4 zxid=4 noNode
    `,
    ));
});

describe("enforced authentication", () => {
  const LINES = ["enforce.auth.enabled=true", "enforce.auth.schemes=digest"];

  test.each(["ping", "getData /", "create /a x", "closeSession", "whoAmI"])(
    "%s without a login: -124, and the end",
    (words) => {
      check(
        LINES,
        `
      clients 1
      1: ${words}
      1< #1 zxid=0 sessionClosedRequireAuth
      1< closed
    `,
      );
    },
  );

  test("after one everything is as always; sasl is no way in here", () =>
    check(
      LINES,
      `
      clients 1
      1: auth digest bob:pw; sasl x; exists /
      1< #1 zxid=0
      1< #2 zxid=0 token null
      1< #3 zxid=1 v0
    `,
    ));

  test("one of several schemes is enough", () =>
    check(
      ["enforce.auth.enabled=true", "enforce.auth.schemes=digest,ip"],
      `
      clients 1
      1: exists /
      1< #1 zxid=1 v0
    `,
    ));
});

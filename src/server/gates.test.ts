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
      1< paused
      2: exists /a
      2< paused
      flush
      1< #1 zxid=3 /a
      1< resumed
      2< #1 zxid=3 v0
      2< resumed
    `,
    ));

  test("who waited longer than throttled_op_wait_time gets -127 in order; a ping and the end do not", () =>
    check(
      ["request_throttle_max_requests=1", "throttled_op_wait_time=100"],
      `
      clients 1
      1: create /a x; exists /a; create /b x; ping; exists /a; closeSession
      1< paused
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
      1< paused
      at 100
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=2 v0
      1< resumed
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

import { TestServer } from "./testServer.ts";
import { happens, linesOf } from "./testTranscript.ts";

/** The transcript is what happens. */
function check(transcript: string, server?: TestServer): void {
  expect(happens(transcript, server)).toBe(linesOf(transcript).join("\n"));
}

describe("the order of replies (client-protocol 5.1)", () => {
  test("a read waits behind the unflushed write of its own session, and sees it", () =>
    check(`
      clients 1
      1: create /a x; getData /a
      1: exists /a
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=2 "x" v0
      1< #3 zxid=2 v0
    `));

  test("a read of another session waits for nothing and sees what was committed", () =>
    check(`
      clients 1 2
      1: create /a x
      2: getData /a; ping
      2< #1 zxid=2 noNode
      2< #-2 zxid=2
      flush
      1< #1 zxid=3 /a
      2: getData /a
      2< #3 zxid=3 "x" v0
    `));

  test("everything that is asked behind a write waits in its place: reads, pings, watches, refusals, auth, sync", () =>
    check(`
      clients 1
      1: create /a x; ping; getData /none; op 1 00; auth digest bob:pw; whoAmI; sync /a; addWatch /a; getData /a
      flush
      1< #1 zxid=2 /a
      1< #-2 zxid=2
      1< #3 zxid=2 noNode
      1< #4 zxid=2 marshallingError
      1< #5 zxid=0
      1< #6 zxid=2 ip:127.0.0.1 digest:bob
      1< #7 zxid=2 /a
      1< #8 zxid=2 0
      1< #9 zxid=2 "x" v0
    `));

  test("writes are answered in the order asked, refused ones too, each with a zxid of its own", () =>
    check(`
      clients 1
      1: create /a x; create /a y; delete /none; setData /a z; getData /a; delete /a 7
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=3 nodeExists
      1< #3 zxid=4 noNode
      1< #4 zxid=5 v1
      1< #5 zxid=5 "z" v1
      1< #6 zxid=6 badVersion
    `));

  test("the event of a write comes before its reply, and the reply that set the watch before the event", () =>
    check(`
      clients 1 2
      1: create /a x; exists /a watch; setData /a y; getData /a watch
      2: exists /b watch
      2< #1 zxid=2 noNode
      flush
      1< #1 zxid=3 /a
      1< #2 zxid=3 v0
      1< event nodeDataChanged /a zxid=4
      1< #3 zxid=4 v1
      1< #4 zxid=4 "y" v1
      1: multi create /b + setData /a z
      flush
      1< event nodeDataChanged /a zxid=5
      1< #5 zxid=5 [create /b, setData v2]
      2< event nodeCreated /b zxid=5
    `));

  test("no watch is left by a reading that failed, but one for a node that is not there yet is", () =>
    check(`
      clients 1
      1: getData /a watch; getChildren /a watch
      1< #1 zxid=1 noNode
      1< #2 zxid=1 noNode
      1: create /a x
      flush
      1< #3 zxid=2 /a
      1: getChildren / watch; getChildren2 /a watch
      1< #4 zxid=2 [a zookeeper]
      1< #5 zxid=2 []
      1: delete /a
      flush
      1< event nodeDeleted /a zxid=3
      1< event nodeChildrenChanged / zxid=3
      1< #6 zxid=3
    `));

  test("replies repeat the xid, whatever it is, but a ping's is -2", () =>
    check(`
      clients 1
      1: xid=0 exists /a; xid=-8 setWatches2 data=/a; xid=77 ping; xid=-5 exists /
      1< #0 zxid=1 noNode
      1< event nodeDeleted /a zxid=-1
      1< #-8 zxid=1
      1< #-2 zxid=1
      1< #-5 zxid=1 v0
    `));
});

describe("the end of a session", () => {
  test("closeSession: its ephemerals go, others hear of it, nothing behind it is answered", () =>
    check(`
      clients 1 2
      1: create /e x flags=1; getEphemerals
      2: exists /e watch
      2< #1 zxid=2 noNode
      flush
      1< #1 zxid=3 /e
      1< #2 zxid=3 [/e]
      2< event nodeCreated /e zxid=3
      2: exists /e watch
      2< #2 zxid=3 v0
      1: getData /e; closeSession; getData /e; ping
      1< #3 zxid=3 "x" v0
      flush
      1< #4 zxid=4
      1< closed
      2< event nodeDeleted /e zxid=4
      1: ping
    `));

  test("who closes behind a write gets the write's answer first", () =>
    check(`
      clients 1
      1: create /a x; closeSession; setData /a y
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=3
      1< closed
      clients 2
      2: getData /a
      2< #1 zxid=5 "x" v0
    `));

  test("a session that is silent for its time-out ends at a tick: its connection closes without a byte", () =>
    check(`
      1: connect timeout=4000
      flush
      1< joined, timeout=4000, 37 bytes
      1: create /e x flags=1
      flush
      1< #1 zxid=2 /e
      at 3000
      1: ping
      1< #-2 zxid=2
      at 7999
      flush
      at 8000
      flush
      1< cut
      clients 2
      2: exists /e
      2< #1 zxid=4 noNode
    `));

  test("the client hangs up: the session lives on, its watches do not", () =>
    check(`
      1: connect timeout=4000
      flush
      1< joined, timeout=4000, 37 bytes
      1: create /e x flags=1; exists /a watch
      flush
      1< #1 zxid=2 /e
      1< #2 zxid=2 noNode
      1 hangs up
      2: connect session=1
      2< joined, timeout=10000, 37 bytes
      2: create /a; exists /e
      flush
      2< #1 zxid=3 /a
      2< #2 zxid=3 v0
    `));

  test("what was asked before hanging up is done, and answered to nobody", () =>
    check(`
      clients 1 2
      1: create /a x; getData /a
      1 hangs up
      flush
      2: getData /a
      2< #1 zxid=3 "x" v0
    `));

  test("the role ends: every connection closes without a byte", () =>
    check(`
      clients 1 2
      3 opens
      1: create /a x
      4: connect
      stop
      1< cut
      2< cut
      3< cut
      4< cut
      flush
    `));
});

describe("auth (client-protocol 7.2)", () => {
  test("an identity counts for what is asked behind it, once however often it is given", () =>
    check(`
      clients 1 2
      1: auth digest bob:pw; create /p x acl=31:digest:bob:H(bob/pw); auth digest bob:pw; auth ip; whoAmI
      1< #1 zxid=0
      flush
      1< #2 zxid=3 /p
      1< #3 zxid=0
      1< #4 zxid=0
      1< #5 zxid=3 ip:127.0.0.1 digest:bob
      2: getData /p; auth digest bob:pw; getData /p
      2< #1 zxid=3 noAuth
      2< #2 zxid=0
      2< #3 zxid=3 "x" v0
    `));

  test.each(["world anyone", "super x", "x509 x", "nonsense x", "digest"])("auth %s: -115, and the end", (words) =>
    check(`
      clients 1
      1: getData /; xid=-4 auth ${words}; getData /
      1< #1 zxid=1 "" v0
      1< #-4 zxid=0 authFailed
      1< closed
    `),
  );

  test("an auth packet that does not decode: no byte, the end", () =>
    check(`
      clients 1
      1: op 100 00
      1< cut
    `));

  describe("ensemble: the client says which one it means", () => {
    const PROVIDER = "authProvider.1=org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider";

    test.each([
      [[PROVIDER], "woo"],
      [[PROVIDER, "ensembleAuthName=woo"], "woo"],
      [[PROVIDER, "ensembleAuthName= foo,woo, b\u00e4r "], "woo"],
      [[PROVIDER, "ensembleAuthName= foo,woo, b\u00e4r "], "b\u00e4r"],
      [[PROVIDER, "ensembleAuthName=woo"], ""],
    ])("%j takes %j, and knows no more of the client than before", (lines, name) =>
      check(
        `
        clients 1
        1: auth ensemble ${name}; whoAmI
        1< #1 zxid=0
        1< #2 zxid=1 ip:127.0.0.1
      `,
        new TestServer(lines),
      ),
    );

    test("another name: no byte, the end, and a line for the operator", () => {
      const server = new TestServer([PROVIDER, "ensembleAuthName=woo"]);
      check(
        `
        clients 1 2
        1: auth ensemble goo; getData /
        1< cut
        2: auth ensemble woo2
        2< cut
      `,
        server,
      );
      expect(
        server.events.filter(({ name }) => name === "clients.wrongEnsemble").map(({ message }) => message),
      ).toEqual(["Unexpected ensemble name: ensemble name: goo client ip: 127.0.0.1"]);
    });

    test("without its provider it is a scheme like any unknown one", () =>
      check(
        `
        clients 1
        1: auth ensemble woo
        1< #1 zxid=0 authFailed
        1< closed
      `,
        new TestServer(["ensembleAuthName=woo"]),
      ));
  });

  test("super may do everything, and is named without a user", () => {
    const properties = { "zookeeper.DigestAuthenticationProvider.superDigest": "root:H(root/pw)" };
    check(
      `
      clients 1 2
      1: create /p x acl=31:digest:bob:other
      flush
      1< #1 zxid=3 /p
      2: auth digest root:pw; getData /p; whoAmI
      2< #1 zxid=0
      2< #2 zxid=3 "x" v0
      2< #3 zxid=3 ip:127.0.0.1 super: digest:root
    `,
      new TestServer([], properties),
    );
  });

  test("sasl without a login: a null token; a null one costs the connection", () =>
    check(`
      clients 1
      1: sasl abc
      1< #1 zxid=0 token null
      1: sasl
      1< cut
    `));
});

describe("ACLs of reads", () => {
  test("getACL shows digests only to who may administer", () =>
    check(`
      clients 1 2
      1: auth digest bob:pw
      1< #1 zxid=0
      1: create /a x acl=31:digest:bob:H(bob/pw),1:world:anyone; create /b x acl=31:digest:bob:H(bob/pw)
      flush
      1< #2 zxid=3 /a
      1< #3 zxid=4 /b
      1: getACL /a
      1< #4 zxid=4 31:digest:bob:H(bob/pw),1:world:anyone
      2: getACL /a; getACL /b; exists /b watch; getChildren /b; getAllChildrenNumber /b; getACL /none; checkWatches /b
      2< #1 zxid=4 31:digest:bob:x,1:world:anyone
      2< #2 zxid=4 noAuth
      2< #3 zxid=4 noAuth
      2< #4 zxid=4 noAuth
      2< #5 zxid=4 noAuth
      2< #6 zxid=4 noNode
      2< #7 zxid=4 noWatcher
    `));

  test("an event goes to who may read the node; the watch is used up all the same (6.4)", () =>
    check(`
      clients 1 2 3
      2: exists /p watch
      2< #1 zxid=3 noNode
      3: auth digest bob:pw; exists /p watch
      3< #1 zxid=0
      3< #2 zxid=3 noNode
      1: create /p x acl=31:digest:bob:H(bob/pw)
      flush
      1< #1 zxid=4 /p
      3< event nodeCreated /p zxid=4
      2: auth digest bob:pw
      2< #2 zxid=0
      3: setData /p y
      flush
      3< #3 zxid=5 v1
    `));
});

describe("setWatches (client-protocol 6.5)", () => {
  const PREPARED = `
      clients 1
      1: create /a; create /b; create /b/c
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=3 /b
      1< #3 zxid=4 /b/c`;

  test.each([
    ["data, absent", "data=/x zxid=9", "nodeDeleted /x"],
    ["data, changed", "data=/a zxid=1", "nodeDataChanged /a"],
    ["exist, present", "exist=/a zxid=9", "nodeCreated /a"],
    ["child, absent", "child=/x zxid=9", "nodeDeleted /x"],
    ["child, changed", "child=/b zxid=3", "nodeChildrenChanged /b"],
  ])("%s: an event with zxid -1 before the reply, and no watch", (_, words, event) =>
    check(`${PREPARED}
      1: setWatches2 ${words}; checkWatches ${event.split(" ")[1]}
      1< event ${event} zxid=-1
      1< #4 zxid=4
      1< #5 zxid=4 noWatcher
    `),
  );

  test.each([
    ["data, as it was", "data=/a zxid=2", "/a 2"],
    ["exist, absent", "exist=/x zxid=0", "/x 2"],
    ["child, as it was", "child=/b zxid=4", "/b 1"],
    ["persistent, absent", "persistent=/x zxid=0", "/x 4"],
    ["recursive, changed", "recursive=/a zxid=0", "/a 5"],
  ])("%s: a watch and no event", (_, words, watch) =>
    check(`${PREPARED}
      1: setWatches2 ${words}; checkWatches ${watch}
      1< #4 zxid=4
      1< #5 zxid=4
    `),
  );

  test("events in the order of the lists; one path in two lists has two", () =>
    check(`${PREPARED}
      1: setWatches2 child=/b,/x exist=/a data=/b,/a zxid=0
      1< event nodeDataChanged /b zxid=-1
      1< event nodeDataChanged /a zxid=-1
      1< event nodeCreated /a zxid=-1
      1< event nodeChildrenChanged /b zxid=-1
      1< event nodeDeleted /x zxid=-1
      1< #4 zxid=4
    `));

  test("nobody learns of nodes that he may not read (CVE-2026-59739)", () =>
    check(`
      clients 1 2
      1: auth digest bob:pw; create /p x acl=31:digest:bob:H(bob/pw)
      1< #1 zxid=0
      flush
      1< #2 zxid=3 /p
      1: setWatches2 data=/p exist=/p child=/p
      1< event nodeDataChanged /p zxid=-1
      1< event nodeCreated /p zxid=-1
      1< event nodeChildrenChanged /p zxid=-1
      1< #3 zxid=3
      2: setWatches2 data=/p exist=/p child=/p
      2< #1 zxid=3
    `));
});

describe("persistent watches (client-protocol 6.1, 6.2, 6.6)", () => {
  test("each mode sees its events, is found by its type, and goes with it", () =>
    check(`
      clients 1
      1: create /w
      flush
      1< #1 zxid=2 /w
      1: addWatch /w 0; addWatch /w 1; addWatch /w 2; checkWatches /w 4; checkWatches /w 5; checkWatches /w 1
      1< #2 zxid=2 0
      1< #3 zxid=2 0
      1< #4 zxid=2 marshallingError
      1< #5 zxid=2
      1< #6 zxid=2
      1< #7 zxid=2 noWatcher
      1: create /w/x; setData /w y
      flush
      1< event nodeCreated /w/x zxid=3
      1< event nodeChildrenChanged /w zxid=3
      1< #8 zxid=3 /w/x
      1< event nodeDataChanged /w zxid=4
      1< #9 zxid=4 v1
      1: removeWatches /w 4; removeWatches /w 4; checkWatches /w 5; checkWatches /w 9
      1< #10 zxid=4
      1< #11 zxid=4 noWatcher
      1< #12 zxid=4
      1< #13 zxid=4 marshallingError
      1: delete /w/x
      flush
      1< event nodeDeleted /w/x zxid=5
      1< #14 zxid=5
    `));
});

describe("multi and multiRead", () => {
  test("a failed multi: 0 before the failing op, -2 behind it, a zxid of its own, no node", () =>
    check(`
      clients 1
      1: multi create /a + delete /none + setData / x; exists /a
      flush
      1< #1 zxid=2 [0, noNode, runtimeInconsistency]
      1< #2 zxid=2 noNode
    `));

  test("what does not decode is -5 and costs a multi its zxid, a single write none", () =>
    check(`
      clients 1
      1: openMulti create /a; op 1 0000; multi getData /
      flush
      1< #1 zxid=2 marshallingError
      1< #2 zxid=2 marshallingError
      1< #3 zxid=3 marshallingError
      1: multi
      flush
      1< #4 zxid=4 []
    `));

  test("multiRead: each node's error is a result; what is no list of reads is -5", () =>
    check(`
      clients 1
      1: create /a x; multiRead getData /a + getData /none + getChildren /; multiRead create /b; openMultiRead getData /a
      flush
      1< #1 zxid=2 /a
      1< #2 zxid=2 [getData "x" v0, noNode, getChildren [a zookeeper]]
      1< #3 zxid=2 marshallingError []
      1< #4 zxid=2 marshallingError
    `));
});

describe("what no client may ask", () => {
  test.each([0, 10, 13, 20, -1, -10, 99, 2147483647])("op %d: -6 with zxid -1, and the end", (op) =>
    check(`
      clients 1
      1: getData /; op ${op}; getData /
      1< #1 zxid=1 "" v0
      1< #2 zxid=-1 unimplemented
      1< closed
    `),
  );

  test("what was read behind it is not carried out (ZOOKEEPER-4907)", () =>
    check(`
      clients 1 2
      1: op 99; create /a x; delete /b
      1< #1 zxid=-1 unimplemented
      1< closed
      flush
      2: exists /a; sync /
      2< #1 zxid=2 noNode
      2< #2 zxid=2 /
    `));

  test("a second ConnectRequest is one of them", () =>
    check(`
      clients 1
      1: connect
      1< #0 zxid=-1 unimplemented
      1< closed
    `));

  test.each([3, 4, 6, 8, 12, 17, 18, 22, 101, 103, 104, 105, 106])(
    "a read that does not decode (op %d): -5, and the connection lives",
    (op) =>
      check(`
      clients 1
      1: op ${op} 00; ping
      1< #1 zxid=1 marshallingError
      1< #-2 zxid=1
    `),
  );

  test.each([
    ["shorter than its header", "bytes 00000007 00000001000000"],
    ["longer than allowed", "bytes 00100000"],
    ["of negative length", "bytes ffffffff"],
    ["of the most negative length", "bytes 80000000"],
  ])("a frame %s: the replies so far, and the end", (_, bytes) => {
    const end = bytes.startsWith("bytes 00000007") ? "cut" : "closed";
    const before = end === "cut" ? "" : `1< #1 zxid=1 "" v0`;
    check(`
      clients 1
      1: getData /; ${bytes}
      ${before}
      1< ${end}
    `);
  });
});

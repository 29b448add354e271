import { checkSession, linesOf } from "./testSession.ts";

/** A session 7 with server a:1, whose last request so far had xid 0. */
const CONNECTED = `
  > start
  dial a:1
  > dialled
  send connect session=0/0 zxid=0 timeout=3000 readOnly=false
  > accept session=7
  connected a:1
`;

describe("requests", () => {
  test("are answered in order, and what is asked before a connection leaves with it in one write", () =>
    checkSession(`
      > start
      dial a:1
      > ask getData /a
      > ask exists /b
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
      send #1 getData /a + #2 exists /b
      > ask sync /
      send #3 sync /
      > reply 1 zxid=5
      call 0: ok
      > reply 2 zxid=5 err=-101
      call 1: -101
      > reply 3 zxid=6
      call 2: ok
    `));

  test("outstanding ones fail with their connection, later ones wait for the next, which has the same session", () =>
    checkSession(`${CONNECTED}
      > ask getData /a
      send #1 getData /a
      > ask setData /b
      send #2 setData /b
      > reply 1 zxid=9
      call 0: ok
      > lost read ECONNRESET
      call 1: ConnectionLoss, the connection was lost (a:1: read ECONNRESET), it is unknown whether the request was executed
      connecting a:1 read ECONNRESET
      > ask getData /c
      > at 100
      (50)
      dial a:1
      > dialled
      send connect session=7/7 zxid=9 timeout=3000 readOnly=false
      > accept session=7 timeout=2000
      connected a:1
      send #3 getData /c
    `));

  test("one that waits can be taken back, one that was sent cannot", () =>
    checkSession(`
      > start
      dial a:1
      > ask getData /a
      > withdraw 0
      true
      > ask getData /b
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
      send #1 getData /b
      > withdraw 1
      false
    `));
});

describe("time", () => {
  test("a ping after a third of silence, the next server after two thirds", () =>
    checkSession(`${CONNECTED}
      > at 999
      > at 1500
      (1000)
      send #-2 ping
      > reply -2 zxid=4
      > at 2900
      (2000)
      send #-2 ping
      > ask getData /a
      send #1 getData /a
      > at 3499
      > at 3500
      (3500)
      hang up
      call 0: ConnectionLoss, the connection was lost (a:1: nothing heard for 2000 ms), it is unknown whether the request was executed
      connecting a:1 nothing heard for 2000 ms
      > at 3600
      (3550)
      dial a:1
      > dialled
      send connect session=7/7 zxid=4 timeout=3000 readOnly=false
    `));

  test("the times are those of the negotiated timeout", () =>
    checkSession(`
      > start
      dial a:1
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > accept session=7 timeout=9000
      connected a:1
      > at 2999
      > at 3000
      (3000)
      send #-2 ping
    `));

  test("all servers are tried before a pause, pauses grow, and each attempt has its share of the timeout", () =>
    checkSession(
      `
      > start
      dial a:1
      > at 1500
      (1000)
      hang up
      dial b:2
      > lost refused
      dial c:3
      > lost refused
      > at 1599
      > at 1600
      (1600)
      dial a:1
      > lost refused
      dial b:2
      > lost refused
      dial c:3
      > lost refused
      > at 1799
      > at 1800
      (1800)
      dial a:1
    `,
      { servers: "a:1,b:2,c:3" },
    ));

  test("a server that takes no session is left within the same time", () =>
    checkSession(
      `
      > start
      dial a:1
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > at 500
      (500)
      hang up
      dial b:2
    `,
      { servers: "a:1,b:2,c:3,d:4,e:5,f:6" },
    ));

  test.each([
    [400, "a:1", 400],
    [2400, "a:1", 1000],
    [2400, "a:1,b:2", 1000],
    [2400, "a:1,b:2,c:3,d:4", 600],
    [30_000, "a:1", 10_000],
    [30_000, "a:1,b:2,c:3,d:4", 7500],
  ])("of a session of %i ms with the servers %s an attempt has %i ms", (timeoutMs, servers, attemptMs) =>
    checkSession(
      `
      > start
      dial a:1
      > at ${attemptMs - 1}
      > at ${attemptMs}
      (${attemptMs})
      hang up
      ${servers.includes("b:2") ? "dial b:2" : ""}
    `,
      { servers, timeoutMs },
    ),
  );

  test("a lone server that takes the connection and never answers does not cost the session", () =>
    checkSession(`${CONNECTED}
      > lost gone
      connecting a:1 gone
      > at 100
      (100)
      dial a:1
      > dialled
      send connect session=7/7 zxid=0 timeout=3000 readOnly=false
      > at 1300
      (1100)
      hang up
      (1300)
      dial a:1
      > dialled
      send connect session=7/7 zxid=0 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
    `));

  test("without a server for four thirds of the timeout it never was connected", () =>
    checkSession(`
      > start
      dial a:1
      > ask getData /a
      > lost connect ECONNREFUSED 127.0.0.1:1
      > at 3999
      (100)
      dial a:1
      (1100)
      hang up
      (1300)
      dial a:1
      (2300)
      hang up
      (2700)
      dial a:1
      (3700)
      hang up
      > at 4000
      (4000)
      hang up
      call 0: ConnectionLoss, no server answered within 4000 ms; the last: a:1: no answer within 1000 ms
      closed a:1 no server answered within 4000 ms; the last: a:1: no answer within 1000 ms
    `));

  test("... or its session is expired by then", () =>
    checkSession(`${CONNECTED}
      > lost gone
      connecting a:1 gone
      > at 4000
      (100)
      dial a:1
      (1100)
      hang up
      (1300)
      dial a:1
      (2300)
      hang up
      (2700)
      dial a:1
      (3700)
      hang up
      (4000)
      hang up
      expired a:1 no server answered within 4000 ms; the last: a:1: no answer within 1000 ms
      > ask getData /a
      call 0: SessionExpired, no server answered within 4000 ms; the last: a:1: no answer within 1000 ms
    `));
});

describe("the end", () => {
  test("an expired session", () =>
    checkSession(`${CONNECTED}
      > watch persistent /p
      > lost gone
      connecting a:1 gone
      > ask getData /a
      > at 100
      (100)
      dial a:1
      > dialled
      send connect session=7/7 zxid=0 timeout=3000 readOnly=false
      > accept session=0 timeout=0
      hang up
      call 0: SessionExpired, the session has expired: the server no longer knows it
      persistent /p ended: SessionExpired
      expired a:1 the session has expired: the server no longer knows it
      > ask getData /a
      call 1: SessionExpired, the session has expired: the server no longer knows it
      > auth digest u:p
      call 2: SessionExpired, the session has expired: the server no longer knows it
      > close
      > lost late
      > at 99999
    `));

  test("close lets what was asked before be answered", () =>
    checkSession(`${CONNECTED}
      > ask getData /a
      send #1 getData /a
      > close
      send #2 closeSession
      > ask getData /b
      call 1: Closed, the client was closed
      > reply 1 zxid=3
      call 0: ok
      > reply 2 zxid=4
      hang up
      closed a:1 the client was closed
    `));

  test("close without a connection, and a connection lost while closing", () => {
    checkSession(`${CONNECTED}
      > lost gone
      connecting a:1 gone
      > ask getData /a
      > close
      hang up
      call 0: Closed, the client was closed
      closed a:1 the client was closed
    `);
    checkSession(`${CONNECTED}
      > ask getData /a
      send #1 getData /a
      > close
      send #2 closeSession
      > lost gone
      call 0: ConnectionLoss, the connection was lost (a:1: gone), it is unknown whether the request was executed
      hang up
      closed a:1 the client was closed
    `);
  });
});

describe("credentials", () => {
  test("go first on every connection; a call is answered by the first server that takes its credential", () =>
    checkSession(`
      > auth digest u:p
      > start
      dial a:1
      > watch persistent /p
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > ask getData /a
      > accept session=7
      connected a:1
      send #-4 auth digest + #-8 setWatches2 zxid=0 persistent=/p + #1 getData /a
      > lost gone
      call 1: ConnectionLoss, the connection was lost (a:1: gone), it is unknown whether the request was executed
      connecting a:1 gone
      > auth x509 y
      > at 100
      (100)
      dial a:1
      > dialled
      send connect session=7/7 zxid=0 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
      send #-4 auth digest + #-4 auth x509 + #-8 setWatches2 zxid=0 persistent=/p
      > reply -4
      call 0: ok
      > reply -4
      call 2: ok
      > auth digest v:q
      send #-4 auth digest
      > reply -4
      call 3: ok
    `));

  test.each([
    ["-4", -115, "AuthFailed, the server refused the credentials"],
    [
      "1",
      -124,
      "SessionClosedRequireSaslAuth, the server demands authentication, and no credential was sent that it takes",
    ],
  ])("refused: reply %s with error %i", (xid, err, reason) =>
    checkSession(`${CONNECTED}
      > auth digest u:p
      send #-4 auth digest
      > ask getData /a
      send #1 getData /a
      > ask getData /b
      send #2 getData /b
      > reply ${xid} err=${err}
      ${xid === "1" ? `call 1: ${err}\nhang up` : `hang up\ncall 1: ${reason}`}
      call 2: ${reason}
      call 0: ${reason}
      authFailed a:1 ${reason.slice(reason.indexOf(" ") + 1)}
    `),
  );
});

describe("watches", () => {
  test("a reply sets them, an event uses them up, a reconnect sends the rest with the last zxid of a reply", () =>
    checkSession(`${CONNECTED}
      > ask getData /d watch=data
      send #1 getData /d
      > ask exists /e watch=exist
      send #2 exists /e
      > ask getChildren2 /c watch=child
      send #3 getChildren2 /c
      > ask getData /none watch=data
      send #4 getData /none
      > ask getData /used watch=data
      send #5 getData /used
      > event nodeDataChanged /d zxid=8
      > reply 1 zxid=9
      call 0: ok
      > reply 2 zxid=9 err=-101
      call 1: -101
      > reply 3 zxid=10
      call 2: ok
      > reply 4 zxid=10 err=-101
      call 3: -101
      > reply 5 zxid=10
      call 4: ok
      > event nodeDataChanged /used zxid=11
      data /used heard nodeDataChanged /used 11
      > event nodeDataChanged /used zxid=12
      > lost gone
      connecting a:1 gone
      > at 60
      (50)
      dial a:1
      > dialled
      send connect session=7/7 zxid=12 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
      send #-8 setWatches zxid=10 data=/d exist=/e child=/c
      > event nodeCreated /e zxid=-1
      exist /e heard nodeCreated /e -1
      > reply -8 zxid=12
    `));

  test("a standing one stays, hears no child list if recursive, and tells that it stands again", () =>
    checkSession(`${CONNECTED}
      > watch persistent /p
      > watch recursive /r
      > watch recursive /
      > event nodeChildrenChanged /p zxid=1
      persistent /p heard nodeChildrenChanged /p 1
      > event nodeCreated /r/s/t zxid=2
      recursive /r heard nodeCreated /r/s/t 2
      recursive / heard nodeCreated /r/s/t 2
      > event nodeChildrenChanged /r zxid=2
      > event nodeDeleted /ra zxid=3
      recursive / heard nodeDeleted /ra 3
      > lost gone
      connecting a:1 gone
      > at 60
      (50)
      dial a:1
      > dialled
      send connect session=7/7 zxid=3 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
      send #-8 setWatches2 zxid=0 persistent=/p persistentRecursive=/r,/
      > reply -8 zxid=3
      persistent /p stands again
      recursive /r stands again
      recursive / stands again
    `));

  test("many go in several frames; until all are answered the zxid they are sent with does not move", () => {
    const long = "x".repeat(1000);
    const asked = Array.from(
      { length: 60 },
      (_, i) => `> ask getData /${i}${long} watch=data\nsend #${i + 1} getData /${i}${long}`,
    );
    const answered = Array.from({ length: 60 }, (_, i) => `> reply ${i + 1} zxid=5\ncall ${i}: ok`);
    const again = `
      > dialled
      send connect session=7/7 zxid=9 timeout=3000 readOnly=false
      > accept session=7
      connected a:1
      send #-8 setWatches zxid=5 data=43 paths + #-8 setWatches zxid=5 data=17 paths
    `;
    checkSession(`${CONNECTED}${[...asked, ...answered].join("\n")}
      > event nodeCreated / zxid=9
      > lost gone
      connecting a:1 gone
      > at 60
      (50)
      dial a:1
      ${again}
      > reply -8 zxid=9
      > lost gone
      connecting a:1 gone
      > at 120
      (110)
      dial a:1
      ${again}
    `);
  });
});

describe("a server that cannot be understood", () => {
  test("another reply than the one that is due", () =>
    checkSession(`${CONNECTED}
      > ask getData /a
      send #1 getData /a
      > ask getData /b
      send #2 getData /b
      > reply 2 zxid=3
      call 0: ConnectionLoss, the connection was lost (reply 2 came where 1 was due), it is unknown whether the request was executed
      hang up
      call 1: ConnectionLoss, the connection was lost (a:1: reply 2 came where 1 was due), it is unknown whether the request was executed
      connecting a:1 reply 2 came where 1 was due
    `));

  test("a reply to nothing", () =>
    checkSession(`${CONNECTED}
      > reply 1
      hang up
      connecting a:1 a reply 1 that nothing was asked for
    `));

  test("a reply without its record", () =>
    checkSession(`${CONNECTED}
      > ask getAllChildrenNumber /a
      send #1 getAllChildrenNumber /a
      > reply 1
      call 0: ConnectionLoss, the connection was lost (the reply cannot be read), it is unknown whether the request was executed
      hang up
      connecting a:1 a message that cannot be read: int at offset 20: needs 4 bytes, 0 remain
    `));

  test("another protocol", () =>
    checkSession(`
      > start
      dial a:1
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > bytes HTTP/1.1 400 Bad Request
      hang up
    `));

  test("bytes that arrive one by one are the same bytes", () => {
    const transcript = linesOf(`${CONNECTED}
      > ask exists /a watch=exist
      send #1 exists /a
      > reply 1 zxid=3 err=-101
      call 0: -101
      > event nodeCreated /a zxid=4
      exist /a heard nodeCreated /a 4
    `).join("\n");
    for (const chunk of [1, 2, 3, 5, 7, 19, 20, 21]) checkSession(transcript, { chunk });
  });
});

describe("a read-only server", () => {
  test("is left when it was not asked for", () =>
    checkSession(
      `
      > start
      dial a:1
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=false
      > accept session=7 readOnly=true
      hang up
      dial b:2
    `,
      { servers: "a:1,b:2" },
    ));

  test("serves until another serves writes; its session is no session to the others", () =>
    checkSession(
      `
      > start
      dial a:1
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=true
      > accept session=7 readOnly=true
      connectedReadOnly a:1
      > at 450
      (100)
      isro b:2
      (300)
      isro c:3
      > searched b:2 ro
      > searched c:3 rw
      hang up
      connecting a:1 read-only, and c:3 serves writes
      dial c:3
      > dialled
      send connect session=0/0 zxid=0 timeout=3000 readOnly=true
      > accept session=8
      connected c:3
      > searched b:2 rw
      > at 1500
      (1450)
      send #-2 ping
    `,
      { servers: "a:1,b:2,c:3", readOnly: true },
    ));
});

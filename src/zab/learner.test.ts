import { hex64 } from "../base/bytes.ts";
import { toServerId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import type { EpochName } from "./leaderWorld.ts";
import { Learner } from "./learner.ts";
import type { LearnerEnd, LearnerEvent, LearnerInit, LearnerWorld } from "./learnerWorld.ts";
import { committedLogOf, packetOfText, textOfPacket, textOfZxid, zxidOfText } from "./testScript.ts";

/**
 * Runs a transcript against a learner. Lines that begin with `<` are packets of the leader, with `!` what its own world reports; all
 * others are what the learner does about it, and have to come out exactly.
 */
function check(start: Partial<Start>, transcript: string): void {
  const script = transcript
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const peer = new Scripted({ ...START, ...start });
  for (const line of script) if (line.startsWith("<") || line.startsWith("!")) peer.play(line);
  expect(peer.lines).toEqual(script);
}

interface Start {
  readonly role: "follower" | "observer";
  readonly accepted: number;
  readonly current: number;
  readonly last: string;
  /** The committed log; as a rule the last transaction alone. */
  readonly committed: string | undefined;
  readonly wantSnapshot: boolean;
}

const START: Start = {
  role: "follower",
  accepted: 5,
  current: 5,
  last: "5:9",
  committed: undefined,
  wantSnapshot: false,
};

class Scripted implements LearnerWorld {
  readonly lines: string[] = [];
  private readonly learner: Learner;
  private epoch = 0;
  private now = 0;
  private lastPing: QuorumPacket | undefined;

  constructor(start: Start) {
    const init: LearnerInit = {
      sid: toServerId(3n),
      role: start.role,
      configVersion: 0n,
      tickTimeMs: 2000,
      initLimit: 10,
      syncLimit: 5,
      acceptedEpoch: start.accepted,
      currentEpoch: start.current,
      lastLoggedZxid: zxidOfText(start.last),
      committedLog: committedLogOf(start.committed ?? (start.last.endsWith(":0") ? "" : start.last)),
      wantSnapshot: start.wantSnapshot,
    };
    this.learner = new Learner(init, this);
  }

  play(line: string): void {
    this.lines.push(line);
    if (line.startsWith("< ")) this.learner.onPacket(packetOfText(line.slice(2)), this.now);
    else this.report(line.slice(2).split(" "));
  }

  private report([what = "", ...rest]: string[]): void {
    const argument = rest.join(" ");
    const { learner, now } = this;
    switch (what) {
      case "start":
        return learner.start(now);
      case "saved":
        return learner.onEpochSaved(argument === "acceptedEpoch" ? "acceptedEpoch" : "currentEpoch", this.epoch, now);
      case "flushed":
        return learner.onFlushed(zxidOfText(argument));
      case "truncated":
        return learner.onTruncated(argument === "not" ? undefined : zxidOfText(argument), now);
      case "snapshot":
        if (argument === "saved") return learner.onSnapshotSaved();
        if (argument === "bytes") return learner.onSnapshotProgress(now);
        return learner.onSnapshotReceived(argument === "received", now);
      case "closed":
        return learner.onLinkClosed("connection reset");
      case "stop":
        return learner.stop("asked to");
      case "pong":
        if (this.lastPing !== undefined) learner.pong(this.lastPing, Uint8Array.from(argument, Number));
        return;
      case "request":
        return learner.request(Uint8Array.from(argument, Number), null);
      case "revalidate":
        return learner.revalidate(Uint8Array.from(argument, Number));
      case "after":
        this.now += Number(argument);
        if (this.now >= learner.deadline) learner.onDeadline(this.now);
        return;
      default:
        throw new Error(`no such report: ${what}`);
    }
  }

  send(packet: QuorumPacket): void {
    this.lines.push(`> ${textOfPacket(packet)}`);
  }
  saveEpoch(which: EpochName, epoch: number): void {
    this.epoch = epoch;
    this.lines.push(`save ${which} ${epoch}`);
  }
  append({ zxid }: TxnBytes): void {
    this.lines.push(`log ${textOfZxid(zxid)}`);
  }
  commit({ zxid, bytes }: TxnBytes): void {
    expect(String.fromCharCode(...bytes)).toBe(textOfZxid(zxid));
    this.lines.push(`apply ${textOfZxid(zxid)}`);
  }
  truncate(zxid: Zxid): void {
    this.lines.push(`truncate ${textOfZxid(zxid)}`);
  }
  receiveSnapshot(zxid: Zxid): void {
    this.lines.push(`load ${textOfZxid(zxid)}`);
  }
  saveSnapshot(zxid: Zxid): void {
    this.lines.push(`snapshot ${textOfZxid(zxid)}`);
  }
  newLeaderConfig(text: Uint8Array): void {
    this.lines.push(`config ${String.fromCharCode(...text)}`);
  }
  established(epoch: number): void {
    this.lines.push(`serve ${epoch}`);
  }
  activateConfig({ zxid }: TxnBytes, leader: bigint): void {
    this.lines.push(`activate ${textOfZxid(zxid)} leader ${leader}`);
  }
  pinged(ping: QuorumPacket): void {
    this.lastPing = ping;
    this.lines.push("pinged");
  }
  syncReturned(): void {
    this.lines.push("sync returned");
  }
  revalidated(data: Uint8Array | null): void {
    this.lines.push(`revalidated ${data?.length}`);
  }
  ended(reason: string, { discardMemory, wantSnapshot }: LearnerEnd): void {
    this.lines.push(`ended${discardMemory ? ", reload" : ""}${wantSnapshot ? ", wants a snapshot" : ""}: ${reason}`);
  }
  observe(event: LearnerEvent): void {
    if (event.kind === "ignoredPacket") this.lines.push("ignored");
    if (event.kind === "commitWithoutProposal") this.lines.push("commit without proposal");
  }
}

function hexOf(text: string): string {
  return `0x${hex64(zxidOfText(text))}`;
}

const JOIN = `
  ! start
  > FOLLOWERINFO 5:0 sid=3
  < LEADERINFO 6:0
  save acceptedEpoch 6
  ! saved acceptedEpoch
  > ACKEPOCH 5:9 epoch=5`;

const SERVE = `
  < NEWLEADER 6:0
  config version=0
  save currentEpoch 6
  ! saved currentEpoch
  > ACK 6:0
  < UPTODATE -1
  > ACK 6:0
  serve 6`;

const FOLLOW = `${JOIN}
  < DIFF 5:9
  ${SERVE}`;

describe("discovery (3.3)", () => {
  test("a higher epoch is on disk before it is promised", () => check({}, JOIN));

  test("the same epoch again: sync me, do not count me", () =>
    check(
      { accepted: 6 },
      `! start
       > FOLLOWERINFO 6:0 sid=3
       < LEADERINFO 6:0
       > ACKEPOCH 5:9 epoch=-1`,
    ));

  test("a lower epoch is refused", () =>
    check(
      { accepted: 7, last: "5:0" },
      `! start
       > FOLLOWERINFO 7:0 sid=3
       < LEADERINFO 6:0
       ended: epoch 6 is below the accepted epoch 7`,
    ));

  test("an observer introduces itself as one; an empty server too has an epoch to tell", () =>
    check(
      { role: "observer", accepted: 0, current: 0, last: "0:0" },
      `! start
       > OBSERVERINFO 0:0 sid=3
       < LEADERINFO 1:0
       save acceptedEpoch 1
       ! saved acceptedEpoch
       > ACKEPOCH 0:0 epoch=0`,
    ));

  test("protocol 0x20000 is accepted (10.14)", () =>
    check(
      {},
      `! start
       > FOLLOWERINFO 5:0 sid=3
       < LEADERINFO 6:0 protocol=131072
       save acceptedEpoch 6`,
    ));

  test.each([
    ["LEADERINFO 6:0 data=null", "LEADERINFO without protocol version"],
    ["LEADERINFO 6:0 data=000100", "LEADERINFO without protocol version"],
    ["NEWLEADER 6:0", "packet of type 10 where LEADERINFO belongs"],
    ["PING 6:0", "packet of type 5 where LEADERINFO belongs"],
    ["UNKNOWN 6:0", "packet of type 99 where LEADERINFO belongs"],
  ])("%s instead of LEADERINFO ends it", (packet, reason) =>
    check(
      {},
      `! start
       > FOLLOWERINFO 5:0 sid=3
       < ${packet}
       ended: ${reason}`,
    ),
  );
});

describe("taking over history (3.9, 3.10)", () => {
  test("an empty DIFF", () => check({}, FOLLOW));

  test("DIFF: logged and applied, then fsynced, then the epoch, then the ack (ZOOKEEPER-3911, 4643, 4646, 3023)", () =>
    check(
      {},
      `${JOIN}
       < DIFF 5:11
       < PROPOSAL 5:10
       < COMMIT 5:10
       < PROPOSAL 5:11
       < COMMIT 5:11
       < NEWLEADER 6:0
       config version=0
       log 5:10
       log 5:11
       apply 5:10
       apply 5:11
       ! flushed 5:10
       ! flushed 5:11
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < UPTODATE -1
       > ACK 6:0
       serve 6`,
    ));

  test("a proposal that is not committed at NEWLEADER waits for UPTODATE, is logged, and acked once durable (ZOOKEEPER-4785)", () =>
    check(
      {},
      `${JOIN}
       < DIFF 5:9
       < PROPOSAL 6:1
       < NEWLEADER 6:0
       config version=0
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < UPTODATE -1
       log 6:1
       > ACK 6:0
       serve 6
       ! flushed 6:1
       > ACK 6:1
       < COMMIT 6:1
       apply 6:1`,
    ));

  test("COMMIT between NEWLEADER and UPTODATE is applied once (ZOOKEEPER-4394)", () =>
    check(
      {},
      `${JOIN}
       < DIFF 5:10
       < PROPOSAL 5:10
       < COMMIT 5:10
       < PROPOSAL 6:1
       < NEWLEADER 6:0
       config version=0
       log 5:10
       apply 5:10
       ! flushed 5:10
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < COMMIT 6:1
       < PROPOSAL 6:2
       < UPTODATE -1
       log 6:1
       log 6:2
       apply 6:1
       > ACK 6:0
       serve 6
       ! flushed 6:2
       > ACK 6:1
       > ACK 6:2`,
    ));

  test("what arrives while the disk works waits, and is handled in order", () =>
    check(
      {},
      `${JOIN}
       < DIFF 5:10
       < PROPOSAL 5:10
       < COMMIT 5:10
       < NEWLEADER 6:0
       config version=0
       log 5:10
       apply 5:10
       < PING 6:1
       < PROPOSAL 6:1
       ! flushed 5:10
       save currentEpoch 6
       < COMMIT 6:1
       < UPTODATE -1
       ! saved currentEpoch
       > ACK 6:0
       ignored
       log 6:1
       apply 6:1
       > ACK 6:0
       serve 6`,
    ));

  test("TRUNC, then DIFF: memory is never ahead of the disk (ZOOKEEPER-5094)", () =>
    check(
      {},
      `${JOIN}
       < TRUNC 5:7
       truncate 5:7
       < PROPOSAL 5:8
       < COMMIT 5:8
       ! truncated 5:7
       ! closed
       ended: connection reset`,
    ));

  test("TRUNC lost while the log is being cut: memory still has what the disk loses", () =>
    check({}, `${JOIN}\n< TRUNC 5:7\ntruncate 5:7\n! closed\nended, reload: connection reset\n! truncated 5:7`));

  test("TRUNC needs no snapshot: what follows is logged", () =>
    check(
      { committed: "" },
      `${JOIN}
       < TRUNC 5:7
       truncate 5:7
       ! truncated 5:7
       < PROPOSAL 6:1
       < COMMIT 6:1
       < NEWLEADER 6:0
       config version=0
       log 6:1
       apply 6:1
       ! flushed 6:1
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < UPTODATE -1
       > ACK 6:0
       serve 6`,
    ));

  test("a log that cannot be cut where the leader said is no base for more; the next attempt tells where it ends", () =>
    check(
      {},
      `${JOIN}
       < TRUNC 5:7
       truncate 5:7
       ! truncated 5:5
       ended: the log ends at ${hexOf("5:5")} where the leader cut it at ${hexOf("5:7")}`,
    ));

  test("a log that cannot be cut there at all: the next session asks for a snapshot, uncounted", () => {
    check(
      {},
      `${JOIN}
       < TRUNC 5:7
       truncate 5:7
       ! truncated not
       ended, wants a snapshot: the files hold no cut at ${hexOf("5:7")}; asking for a snapshot next`,
    );
    const asking = JOIN.replace("> ACKEPOCH 5:9 epoch=5", "> ACKEPOCH 0:0 epoch=-1");
    check(
      { wantSnapshot: true },
      `${asking}
       < SNAP 6:4
       load 6:4
       ! snapshot received
       < NEWLEADER 6:0
       config version=0
       snapshot 6:4
       ! snapshot saved
       save currentEpoch 6
       ! closed
       ended: connection reset`,
    );
    check(
      { wantSnapshot: true },
      `${asking}\n< DIFF 5:9\nended, wants a snapshot: packet of type 13 where a snapshot was asked for`,
    );
  });

  test("TRUNC to a zxid that belongs to no transaction keeps what is below", () =>
    check(
      { last: "6:2", accepted: 6, current: 6 },
      `! start
       > FOLLOWERINFO 6:0 sid=3
       < LEADERINFO 6:0
       > ACKEPOCH 6:2 epoch=-1
       < TRUNC 6:0
       truncate 6:0
       ! truncated 5:9
       < NEWLEADER 6:0
       config version=0
       save currentEpoch 6`,
    ));

  test("SNAP: applied in memory, saved whole before the epoch (ZOOKEEPER-2872, 3104)", () =>
    check(
      {},
      `${JOIN}
       < SNAP 6:4
       load 6:4
       ! snapshot received
       < PROPOSAL 6:5
       < COMMIT 6:5
       apply 6:5
       < PROPOSAL 6:6
       < NEWLEADER 6:0
       config version=0
       snapshot 6:5
       ! snapshot saved
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < COMMIT 6:6
       < UPTODATE -1
       log 6:6
       apply 6:6
       > ACK 6:0
       serve 6
       ! flushed 6:6
       > ACK 6:6`,
    ));

  test("the stream behind a SNAP may repeat what the snapshot holds (3.8)", () =>
    check(
      {},
      `${JOIN}
       < SNAP 6:4
       load 6:4
       ! snapshot received
       < PROPOSAL 6:3
       < COMMIT 6:3
       apply 6:3
       < PROPOSAL 6:4
       < COMMIT 6:4
       apply 6:4
       < NEWLEADER 6:0
       config version=0
       snapshot 6:4`,
    ));

  test.each([
    ["in the stream", "", "! closed", "connection reset"],
    ["after the stream", "! snapshot received", "! closed", "connection reset"],
    ["with a broken stream", "", "! snapshot broken", "the snapshot stream is broken"],
    [
      "while the snapshot is being saved",
      "! snapshot received\n< NEWLEADER 6:0\nconfig version=0\nsnapshot 6:4",
      "! closed",
      "connection reset",
    ],
  ])("SNAP lost %s: memory is not to be trusted (ZOOKEEPER-3642)", (_when, before, last, reason) =>
    check({}, `${JOIN}\n< SNAP 6:4\nload 6:4\n${before}\n${last}\nended, reload: ${reason}`),
  );

  test("SNAP lost after it was saved: disk and memory agree", () =>
    check(
      {},
      `${JOIN}
       < SNAP 6:4
       load 6:4
       ! snapshot received
       < NEWLEADER 6:0
       config version=0
       snapshot 6:4
       ! snapshot saved
       save currentEpoch 6
       ! closed
       ended: connection reset
       ! saved currentEpoch`,
    ));

  test("INFORM is a proposal and its commit", () =>
    check(
      { role: "observer" },
      `! start
       > OBSERVERINFO 5:0 sid=3
       < LEADERINFO 6:0
       save acceptedEpoch 6
       ! saved acceptedEpoch
       > ACKEPOCH 5:9 epoch=5
       < DIFF 5:11
       < PROPOSAL 5:10
       < COMMIT 5:10
       < INFORM 5:11
       < NEWLEADER 6:0
       config version=0
       log 5:10
       log 5:11
       apply 5:10
       apply 5:11
       ! flushed 5:11
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < INFORM 6:1
       < UPTODATE -1
       log 6:1
       apply 6:1
       > ACK 6:0
       serve 6
       ! flushed 6:1`,
    ));

  test("a second NEWLEADER is acked again; its zxid is ignored, and so is config data that says nothing (10.13)", () =>
    check(
      {},
      `${JOIN}
       < DIFF 5:9
       < NEWLEADER 77:0 data=null
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < NEWLEADER 6:0 data=00
       save currentEpoch 6
       ! saved currentEpoch
       > ACK 6:0
       < UPTODATE -1
       > ACK 6:0
       serve 6`,
    ));

  test("COMMITANDACTIVATE and INFORMANDACTIVATE activate before they commit, and count in the order", () => {
    check({}, `${FOLLOW}\n< PROPOSAL 6:1\nlog 6:1\n< COMMITANDACTIVATE 6:1 leader=2\nactivate 6:1 leader 2\napply 6:1`);
    const joined = FOLLOW.replace("FOLLOWERINFO", "OBSERVERINFO");
    check(
      { role: "observer" },
      `${joined}
       < INFORMANDACTIVATE 6:1 leader=2
       log 6:1
       activate 6:1 leader 2
       apply 6:1
       < INFORM 6:2
       log 6:2
       apply 6:2`,
    );
    check(
      {},
      `${JOIN}\n< DIFF 5:9\n< INFORMANDACTIVATE 6:1 leader=2\nactivate 6:1 leader 2\n< INFORM 6:2\n< PROPOSAL 6:3`,
    );
  });

  const SYNCING = `${JOIN}\n< DIFF 5:9`;
  test.each([
    [
      "the first packet of the sync is none",
      JOIN,
      "PROPOSAL 5:10",
      "packet of type 2 where DIFF, TRUNC or SNAP belongs",
    ],
    ["a gap at the first proposal (10.3)", SYNCING, "PROPOSAL 5:11", "gap"],
    ["a gap further on", `${SYNCING}\n< PROPOSAL 5:10`, "PROPOSAL 5:12", "gap"],
    ["a repetition", `${SYNCING}\n< PROPOSAL 5:10`, "PROPOSAL 5:10", "gap"],
    ["an epoch that goes back", SYNCING, "PROPOSAL 4:10", "gap"],
    ["an INFORM with a gap", SYNCING, "INFORM 5:11", "gap"],
    [
      "a proposal without a transaction",
      SYNCING,
      "PROPOSAL 5:10 data=null",
      `proposal ${hexOf("5:10")} without a transaction`,
    ],
    ["a commit of nothing", SYNCING, "COMMIT 5:10", `commit of ${hexOf("5:10")} where no proposal is next`],
    [
      "a commit of another",
      `${SYNCING}\n< PROPOSAL 5:10\n< PROPOSAL 5:11`,
      "COMMIT 5:11",
      `commit of ${hexOf("5:11")} where ${hexOf("5:10")} is next`,
    ],
    ["UPTODATE before NEWLEADER", SYNCING, "UPTODATE -1", "UPTODATE before NEWLEADER"],
    [
      "COMMITANDACTIVATE without a leader",
      SYNCING,
      "COMMITANDACTIVATE 6:1 data=null",
      "COMMITANDACTIVATE without a leader",
    ],
    [
      "INFORMANDACTIVATE without a leader",
      SYNCING,
      "INFORMANDACTIVATE 6:1 data=00",
      "INFORMANDACTIVATE without a leader",
    ],
  ])("%s ends the session", (_name, before, packet, reason) => {
    const zxid = hexOf(packet.split(" ")[1] ?? "");
    const last = hexOf(before.includes("PROPOSAL 5:10") ? "5:10" : "5:9");
    const text = reason === "gap" ? `proposal ${zxid} does not continue ${last}` : reason;
    check({}, `${before}\n< ${packet}\nended: ${text}`);
  });

  test.each(["PING 6:0", "SYNC 0:0", "REVALIDATE -1", "REQUEST -1", "UNKNOWN 6:1", "DIFF 5:9"])(
    "%s in the sync is ignored, and a ping is not answered",
    (packet) => check({}, `${SYNCING}\n< ${packet}\nignored\n${SERVE}`),
  );
});

describe("steady state (4.6, 4.7)", () => {
  test("each proposal is acked in order, once it is durable; a commit does not wait for the own disk", () =>
    check(
      {},
      `${FOLLOW}
       < PROPOSAL 6:1
       log 6:1
       < PROPOSAL 6:2
       log 6:2
       < COMMIT 6:1
       apply 6:1
       < PROPOSAL 6:3
       log 6:3
       ! flushed 6:2
       > ACK 6:1
       > ACK 6:2
       < COMMIT 6:2
       apply 6:2
       ! flushed 6:3
       > ACK 6:3
       < COMMIT 6:3
       apply 6:3`,
    ));

  test("an observer logs and applies, and acks nothing", () =>
    check(
      { role: "observer" },
      `${FOLLOW.replace("FOLLOWERINFO", "OBSERVERINFO")}
       < INFORM 6:1
       log 6:1
       apply 6:1
       ! flushed 6:1
       < PROPOSAL 6:2
       ignored
       < COMMIT 6:2
       ignored
       < PING 6:1
       pinged
       ! pong 12
       > PING 6:1 data=0102`,
    ));

  test("ping, sync, revalidate, requests", () =>
    check(
      {},
      `${FOLLOW}
       < PING 6:7 auth=10.0.0.1
       pinged
       # The answer echoes the ping's zxid and authinfo, and its data is never null (10.15).
       ! pong
       > PING 6:7 data= auth=10.0.0.1
       < SYNC 0:0
       sync returned
       < REVALIDATE -1 data=000000000000000101
       revalidated 9
       < REVALIDATE -1
       revalidated undefined
       ! request 123
       > REQUEST -1 data=010203
       ! revalidate 45
       > REVALIDATE -1 data=0405
       < UPTODATE -1
       ignored
       < NEWLEADER 6:0
       ignored
       < INFORM 6:1
       ignored
       < UNKNOWN 6:1
       ignored`,
    ));

  test("a commit with nothing pending is ignored", () =>
    check({}, `${FOLLOW}\n< COMMIT 6:1\ncommit without proposal\n< PROPOSAL 6:1\nlog 6:1`));

  test("a commit that is not the next ends the role, not the process (4.15)", () =>
    check(
      {},
      `${FOLLOW}
       < PROPOSAL 6:1
       log 6:1
       < COMMIT 6:2
       ended: commit of ${hexOf("6:2")} where ${hexOf("6:1")} is next`,
    ));

  test("a gap is not logged (10.4)", () =>
    check(
      {},
      `${FOLLOW}
       < PROPOSAL 6:1
       log 6:1
       < PROPOSAL 6:3
       ended: proposal ${hexOf("6:3")} does not continue ${hexOf("6:1")}`,
    ));

  test("nothing is sent once the link is gone (ZOOKEEPER-4409)", () =>
    check(
      {},
      `${FOLLOW}
       < PROPOSAL 6:1
       log 6:1
       < PING 6:1
       pinged
       ! closed
       ended: connection reset
       ! flushed 6:1
       ! pong 1
       < COMMIT 6:1
       ! stop`,
    ));
});

describe("silence of the leader", () => {
  test("initLimit ticks until NEWLEADER is handled, syncLimit ticks from there on", () => {
    check(
      {},
      `! start
       > FOLLOWERINFO 5:0 sid=3
       ! after 19999
       ! after 1
       ended: nothing came from the leader while greeting`,
    );
    check(
      {},
      `${FOLLOW}\n! after 9999\n< PING 6:0\npinged\n! after 9999\n! after 1\nended: nothing came from the leader while following`,
    );
  });

  test("no limit runs while the own disk works", () =>
    check(
      {},
      `! start
       > FOLLOWERINFO 5:0 sid=3
       < LEADERINFO 6:0
       save acceptedEpoch 6
       ! after 100000
       ! saved acceptedEpoch
       > ACKEPOCH 5:9 epoch=5
       ! after 20000
       ended: nothing came from the leader while choosing`,
    ));

  test("a snapshot takes as long as bytes come", () =>
    check(
      {},
      `${JOIN}
       < SNAP 6:4
       load 6:4
       ! after 19999
       ! snapshot bytes
       ! after 19999
       ! after 1
       ended, reload: nothing came from the leader while loading`,
    ));
});

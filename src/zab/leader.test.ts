import { hex64 } from "../base/bytes.ts";
import { toServerId } from "../base/ids.ts";
import type { Zxid } from "../base/zxid.ts";
import type { QuorumPacket } from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { Leader } from "./leader.ts";
import type { EpochName, LeaderEvent, LeaderInit, LeaderWorld, LinkId } from "./leaderWorld.ts";
import { Majority } from "./quorum.ts";
import {
  CONFIG_TEXT,
  committedLogOf,
  packetOfText,
  textOfPacket,
  textOfZxid,
  txn,
  txnsOfText,
  zxidOfText,
} from "./testScript.ts";

/**
 * Runs a transcript against the leader with sid 1. Lines that begin with `<` are packets on a link, with `!` what its own world reports
 * or asks; all others are what the leader does about it, and have to come out exactly. `> 1,2 X`: X on both links.
 */
function check(start: Partial<Start>, transcript: string): void {
  const script = transcript
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const peer = new Scripted({ ...START, ...start });
  for (const line of script) if (line.startsWith("<") || line.startsWith("!")) peer.play(line);
  expect(peer.lines).toEqual(script);
  expect(peer.isTidy()).toBe(true);
}

interface Start {
  readonly voters: readonly number[];
  readonly pendingVoters: readonly number[] | undefined;
  readonly solo: boolean;
  readonly accepted: number;
  readonly current: number;
  readonly last: string;
  readonly committed: string;
  readonly disk: boolean;
  readonly snapSyncs: number;
  readonly diffSyncs: number;
}

const START: Start = {
  voters: [1, 2, 3],
  pendingVoters: undefined,
  solo: false,
  accepted: 5,
  current: 5,
  last: "5:9",
  committed: "5:5-5:9",
  disk: true,
  snapSyncs: 10,
  diffSyncs: 100,
};

class Scripted implements LeaderWorld {
  readonly lines: string[] = [];
  private readonly leader: Leader;
  private readonly init: LeaderInit;
  private epoch = 0;
  private now = 0;

  constructor(start: Start) {
    const ids = (numbers: readonly number[]) => numbers.map((id) => toServerId(BigInt(id)));
    this.init = {
      sid: toServerId(1n),
      solo: start.solo,
      verifier: new Majority(0n, ids(start.voters)),
      pendingVerifier: start.pendingVoters && new Majority(1n, ids(start.pendingVoters)),
      configText: CONFIG_TEXT,
      tickTimeMs: 2000,
      initLimit: 10,
      syncLimit: 5,
      acceptedEpoch: start.accepted,
      currentEpoch: start.current,
      lastZxid: zxidOfText(start.last),
      committedLog: committedLogOf(start.committed),
      diskHistory: start.disk,
      maxConcurrentSnapSyncs: start.snapSyncs,
      maxConcurrentDiffSyncs: start.diffSyncs,
    };
    this.leader = new Leader(this.init, this);
  }

  /** Nobody holds the committed log when nobody is read for. */
  isTidy(): boolean {
    if (this.leader.learners().length > 0) return true;
    try {
      this.init.committedLog.release();
      return false;
    } catch {
      return true;
    }
  }

  play(line: string): void {
    this.lines.push(line);
    const [what = "", ...rest] = line.slice(2).split(" ");
    if (line.startsWith("< ")) this.leader.onPacket(Number(what), packetOfText(rest.join(" ")), this.now);
    else this.report(what, rest[0] ?? "", rest.slice(1).join(" "));
  }

  private report(what: string, first: string, rest: string): void {
    const { leader, now } = this;
    switch (what) {
      case "start":
        return leader.start(now);
      case "connected":
        return leader.onLearnerConnected(Number(first), now);
      case "closed":
        return leader.onLinkClosed(Number(first));
      case "saved":
        return leader.onEpochSaved(first === "acceptedEpoch" ? "acceptedEpoch" : "currentEpoch", this.epoch, now);
      case "flushed":
        return leader.onFlushed(zxidOfText(first), now);
      case "propose": {
        const zxid = leader.nextZxid();
        if (zxid !== undefined) leader.propose(txn(zxid), now);
        return;
      }
      case "exhaust":
        return this.exhaust();
      case "sync":
        return leader.syncRequested(Number(first));
      case "reply":
        return leader.reply(Number(first), packetOfText(rest));
      case "snapshot":
        if (rest === "sent") return leader.onSnapshotSent(Number(first), now);
        return leader.onSnapshotProgress(Number(first), now);
      case "history":
        return leader.onLogRead(Number(first), rest === "unusable" ? "unusable" : txnsOfText(rest), now);
      case "stop":
        return leader.stop("asked to");
      case "after":
        return this.pass(Number(first));
      case "status":
        return void this.lines.push(this.status());
      default:
        throw new Error(`no such report: ${what}`);
    }
  }

  /** Lets time go by as a shell with one timer does. */
  private pass(ms: number): void {
    const end = this.now + ms;
    while (this.leader.deadline <= end) {
      this.now = Math.max(this.now, this.leader.deadline);
      this.leader.onDeadline(this.now);
    }
    this.now = end;
  }

  private exhaust(): void {
    Object.assign(this.leader, {
      broadcast: Object.assign(Reflect.get(this.leader, "broadcast"), { lastProposed: zxidOfText(`6:${0xfffffffd}`) }),
    });
  }

  private status(): string {
    const { epoch, isEstablished, outstanding, lastProposed, lastCommitted } = this.leader;
    const learners = this.leader
      .learners()
      .map(
        (one) =>
          `${one.link}:${one.sid}${one.voter ? "v" : ""}${one.role === "observer" ? "o" : ""}${one.synced ? "+" : ""}`,
      );
    const zxids = `${textOfZxid(lastCommitted)} of ${textOfZxid(lastProposed)}`;
    return `epoch ${epoch} ${isEstablished ? "established" : "-"} ${zxids} outstanding ${outstanding} ${["learners", ...learners].join(" ")}`;
  }

  send(link: LinkId, packet: QuorumPacket): void {
    const text = textOfPacket(packet);
    const last = this.lines[this.lines.length - 1];
    const joined = /^> ([\d,]+) (.*)$/.exec(last ?? "");
    if (joined?.[2] === text && !joined[1]?.split(",").includes(`${link}`))
      this.lines[this.lines.length - 1] = `> ${joined[1]},${link} ${text}`;
    else this.lines.push(`> ${link} ${text}`);
  }
  sendSnapshot(link: LinkId): void {
    this.lines.push(`stream ${link}`);
  }
  close(link: LinkId, reason: string): void {
    this.lines.push(`close ${link}: ${reason}`);
  }
  saveEpoch(which: EpochName, epoch: number): void {
    this.epoch = epoch;
    this.lines.push(`save ${which} ${epoch}`);
  }
  append({ zxid }: TxnBytes): void {
    this.lines.push(`log ${textOfZxid(zxid)}`);
  }
  commit({ zxid }: TxnBytes): void {
    this.lines.push(`apply ${textOfZxid(zxid)}`);
  }
  readLog(link: LinkId, from: Zxid): void {
    this.lines.push(`read ${link} from ${textOfZxid(from)}`);
  }
  established(zxid: Zxid): void {
    this.lines.push(`serve ${textOfZxid(zxid)}`);
  }
  ended(reason: string): void {
    this.lines.push(`ended: ${reason}`);
  }
  request(link: LinkId, sid: bigint, packet: QuorumPacket): void {
    this.lines.push(`request ${link} sid ${sid} ${packet.data?.length}`);
  }
  touched(link: LinkId, sessions: Uint8Array): void {
    this.lines.push(`touched ${link} by ${sessions.length / 12}`);
  }
  revalidate(link: LinkId, packet: QuorumPacket): void {
    this.lines.push(`revalidate ${link} ${packet.data?.length}`);
  }
  learnerGone(link: LinkId): void {
    this.lines.push(`gone ${link}`);
  }
  observe(event: LeaderEvent): void {
    if (event.kind === "ignoredPacket") this.lines.push("ignored");
    if (event.kind === "wrongNewLeaderAck") this.lines.push("wrong NEWLEADER ack");
    if (event.kind === "unknownAck") this.lines.push("unknown ack");
  }
}

const DISCOVER = `
  ! start
  ! connected 2
  < 2 FOLLOWERINFO 5:0 sid=2
  save acceptedEpoch 6
  ! saved acceptedEpoch
  > 2 LEADERINFO 6:0
  < 2 ACKEPOCH 5:9 epoch=5
  save currentEpoch 6
  ! saved currentEpoch
  > 2 DIFF 5:9
  > 2 NEWLEADER 6:0`;

const LEAD = `${DISCOVER}
  < 2 ACK 6:0
  serve 6:0
  > 2 UPTODATE -1
  < 2 ACK 6:0`;

function join(link: number, sid: number, peer: string, sync: string, role = "FOLLOWERINFO"): string {
  return `
    ! connected ${link}
    < ${link} ${role} 6:0 sid=${sid}
    > ${link} LEADERINFO 6:0
    < ${link} ACKEPOCH ${peer} epoch=-1
    ${sync}`;
}

function joined(link: number, sid: number, peer: string, role = "FOLLOWERINFO"): string {
  return join(
    link,
    sid,
    peer,
    `> ${link} DIFF ${peer}
     > ${link} NEWLEADER 6:0
     < ${link} ACK 6:0
     > ${link} UPTODATE -1
     < ${link} ACK 6:0`,
    role,
  );
}

test("of 256 connections that have not said who they are the oldest goes for the next one, whoever did stays", () => {
  const silent = Array.from({ length: 256 }, (_, i) => `! connected ${100 + i}`).join("\n");
  check(
    {},
    `${LEAD}
     ${silent}
     ! connected 3
     close 100: 256 newer ones have not said who they are either
     < 3 FOLLOWERINFO 6:0 sid=3
     > 3 LEADERINFO 6:0
     ! connected 400
     ! connected 401
     close 101: 256 newer ones have not said who they are either
     ! status
     epoch 6 established 6:0 of 6:0 outstanding 0 learners 2:2v+ 3:3v`,
  );
});

describe("the three barriers (3.4)", () => {
  test("one follower of three", () => check({}, LEAD));

  test("two followers that come at the same time", () =>
    check(
      {},
      `! start
       ! connected 2
       ! connected 3
       < 2 FOLLOWERINFO 5:0 sid=2
       save acceptedEpoch 6
       < 3 FOLLOWERINFO 4:0 sid=3
       ! saved acceptedEpoch
       > 2,3 LEADERINFO 6:0
       < 3 ACKEPOCH 5:7 epoch=5
       save currentEpoch 6
       < 2 ACKEPOCH 5:9 epoch=5
       ! saved currentEpoch
       > 2 DIFF 5:9
       > 2 NEWLEADER 6:0
       > 3 DIFF 5:9
       > 3 PROPOSAL 5:8
       > 3 COMMIT 5:8
       > 3 PROPOSAL 5:9
       > 3 COMMIT 5:9
       > 3 NEWLEADER 6:0
       < 3 ACK 6:0
       serve 6:0
       > 3 UPTODATE -1
       < 2 ACK 6:0
       > 2 UPTODATE -1
       ! status
       epoch 6 established 6:0 of 6:0 outstanding 0 learners 2:2v+ 3:3v+`,
    ));

  test("everybody's accepted epoch raises the epoch, voters alone make the quorum (ZOOKEEPER-2959)", () =>
    check(
      {},
      `! start
       ! connected 7
       < 7 OBSERVERINFO 9:0 sid=7
       ! connected 8
       < 8 FOLLOWERINFO 11:0 sid=8
       ! connected 9
       # A voter that introduces itself as an observer does not count: its acks say nothing about its disk.
       < 9 OBSERVERINFO 5:0 sid=3
       ! status
       epoch undefined - 5:9 of 5:9 outstanding 0 learners 7:7o 8:8 9:3vo
       ! connected 2
       < 2 FOLLOWERINFO 5:0 sid=2
       save acceptedEpoch 12
       ! connected 10
       < 10 FOLLOWERINFO 20:0 sid=3
       ! saved acceptedEpoch
       > 7,8,9,2,10 LEADERINFO 12:0
       < 7 ACKEPOCH 5:9 epoch=5
       < 8 ACKEPOCH 5:9 epoch=5
       < 9 ACKEPOCH 5:9 epoch=5
       < 2 ACKEPOCH 5:9 epoch=5
       save currentEpoch 12`,
    ));

  test.each([
    ["a later epoch", "5:3 epoch=6", `close 2: it is ahead of this leader: epoch 6, zxid ${hexOf("5:3")}`],
    [
      "the same epoch and a later zxid",
      "5:10 epoch=5",
      `close 2: it is ahead of this leader: epoch 5, zxid ${hexOf("5:10")}`,
    ],
    ["an earlier epoch and a later zxid", "5:10 epoch=4", "save currentEpoch 6"],
    ["-1: promised before", "5:10 epoch=-1", ""],
    ["no zxid", "-1 epoch=5", ""],
  ])("ACKEPOCH with %s", (_name, ack, outcome) =>
    check(
      {},
      `! start
       ! connected 2
       < 2 FOLLOWERINFO 5:0 sid=2
       save acceptedEpoch 6
       ! saved acceptedEpoch
       > 2 LEADERINFO 6:0
       < 2 ACKEPOCH ${ack}
       ${outcome}`,
    ),
  );

  test("a follower that is ahead does not stop the others", () =>
    check(
      {},
      `! start
       ! connected 2
       < 2 FOLLOWERINFO 5:0 sid=2
       save acceptedEpoch 6
       ! saved acceptedEpoch
       > 2 LEADERINFO 6:0
       < 2 ACKEPOCH 5:10 epoch=5
       close 2: it is ahead of this leader: epoch 5, zxid ${hexOf("5:10")}
       ! connected 3
       < 3 FOLLOWERINFO 5:0 sid=3
       > 3 LEADERINFO 6:0
       < 3 ACKEPOCH 5:9 epoch=5
       save currentEpoch 6`,
    ));

  test("once a quorum promised, who is ahead has a tail that nobody committed", () =>
    check(
      {},
      `${LEAD}
       ! connected 3
       < 3 FOLLOWERINFO 5:0 sid=3
       > 3 LEADERINFO 6:0
       < 3 ACKEPOCH 5:12 epoch=5
       > 3 TRUNC 5:9
       > 3 NEWLEADER 6:0`,
    ));

  test("a wrong NEWLEADER ack is not counted, and the right one may still come (10.9, ZOOKEEPER-4685)", () =>
    check(
      {},
      `${DISCOVER}
       < 2 ACK 5:0
       wrong NEWLEADER ack
       < 2 ACK 6:1
       wrong NEWLEADER ack
       < 2 ACK 6:0
       serve 6:0
       > 2 UPTODATE -1`,
    ));

  test("observers and strangers do not complete the last barrier; they are welcomed when it opens", () =>
    check(
      {},
      `${DISCOVER}
       ${join(7, 7, "5:9", "> 7 DIFF 5:9\n> 7 NEWLEADER 6:0", "OBSERVERINFO")}
       ${join(8, 8, "5:9", "> 8 DIFF 5:9\n> 8 NEWLEADER 6:0")}
       < 7 ACK 6:0
       < 8 ACK 6:0
       < 2 ACK 6:0
       serve 6:0
       > 2,7,8 UPTODATE -1`,
    ));

  test("with a pending configuration the last barrier and every commit need both quorums", () =>
    check(
      { voters: [1, 2, 3], pendingVoters: [1, 3, 4] },
      `${DISCOVER}
       < 2 ACK 6:0
       ${join(4, 4, "5:9", "> 4 DIFF 5:9\n> 4 NEWLEADER 6:0")}
       < 4 ACK 6:0
       serve 6:0
       > 2,4 UPTODATE -1
       ! propose
       > 2,4 PROPOSAL 6:1
       log 6:1
       ! flushed 6:1
       < 2 ACK 6:1
       < 4 ACK 6:1
       > 2,4 COMMIT 6:1
       apply 6:1`,
    ));

  test.each([
    ["discovering", ""],
    [
      "collectingPromises",
      "! connected 2\n< 2 FOLLOWERINFO 5:0 sid=2\nsave acceptedEpoch 6\n! saved acceptedEpoch\n> 2 LEADERINFO 6:0\n! closed 2",
    ],
    ["synchronising", `${DISCOVER.replace("! start", "")}\n! closed 2`],
  ])("no quorum within initLimit ticks while %s", (phase, before) =>
    check({}, `! start\n${before}\n! after 19999\n! after 1\nended: no quorum while ${phase}`),
  );

  test("an ensemble of one voter needs nobody, and writes its epochs first", () =>
    check(
      { voters: [1] },
      `! start
       save acceptedEpoch 6
       ! saved acceptedEpoch
       save currentEpoch 6
       ! saved currentEpoch
       serve 6:0
       ! propose
       log 6:1
       ! flushed 6:1
       apply 6:1
       ! after 100000`,
    ));
});

describe("a server alone", () => {
  test("serves at once, counts on from its last zxid, writes no epoch and has no time-out", () =>
    check(
      { solo: true, voters: [1] },
      `! start
       serve 5:9
       ! propose
       log 5:10
       ! propose
       log 5:11
       ! flushed 5:10
       apply 5:10
       ! after 100000
       ! flushed 5:11
       apply 5:11
       ! status
       epoch 5 established 5:11 of 5:11 outstanding 0 learners
       ! stop
       ended: asked to`,
    ));
});

describe("one learner's connection (3.5)", () => {
  test.each([
    ["a packet that is no introduction", "PING 5:0", "packet of type 5 while introducing"],
    ["no data", "FOLLOWERINFO 5:0 data=null", "LearnerInfo is too short, or of a protocol before 3.4"],
    [
      "eleven bytes",
      "FOLLOWERINFO 5:0 data=0000000000000002000100",
      "LearnerInfo is too short, or of a protocol before 3.4",
    ],
    ["an old protocol", "FOLLOWERINFO 5:0 sid=2 protocol=1", "LearnerInfo is too short, or of a protocol before 3.4"],
    ["a later configuration", "FOLLOWERINFO 5:0 sid=2 config=1", "its configuration 1 is later than 0"],
    ["this server's own sid", "FOLLOWERINFO 5:0 sid=1", "it claims to be this server, 1"],
    ["the last epoch there is", "FOLLOWERINFO 2147483647:0 sid=2", "accepted epoch 2147483647 has no successor"],
  ])("refused: %s", (_name, packet, reason) =>
    check({}, `! start\n! connected 2\n< 2 ${packet}\nclose 2: ${reason}\n< 2 PING 5:0`),
  );

  test("3.4 tells no configuration version", () =>
    check({}, "! start\n! connected 2\n< 2 FOLLOWERINFO 5:0 data=000000000000000200010000\nsave acceptedEpoch 6"));

  const INTRODUCED = "! start\n! connected 2\n< 2 FOLLOWERINFO 5:0 sid=2\nsave acceptedEpoch 6";
  const ASKED = `${INTRODUCED}\n! saved acceptedEpoch\n> 2 LEADERINFO 6:0`;
  const FAR_BEHIND = `${ASKED}\n< 2 ACKEPOCH 4:9 epoch=4\nsave currentEpoch 6\n! saved currentEpoch\nread 2 from 4:9`;
  test.each([
    ["awaitingEpoch", INTRODUCED],
    ["promising", ASKED],
    ["awaitingQuorum", `${ASKED}\n< 2 ACKEPOCH 5:9 epoch=5\nsave currentEpoch 6`],
    ["planning", FAR_BEHIND],
    ["streaming", `${FAR_BEHIND}\n! history 2 unusable\n> 2 SNAP 5:9\nstream 2`],
    ["taking", DISCOVER],
    [
      "ready",
      `${DISCOVER}\n${join(7, 7, "5:9", "> 7 DIFF 5:9\n> 7 NEWLEADER 6:0", "OBSERVERINFO")}\n< 7 ACK 6:0\n< 7 ACK 6:1`,
    ],
  ])("a request while %s loses the link", (phase, before) => {
    const link = phase === "ready" ? 7 : 2;
    check({}, `${before}\n< ${link} REQUEST -1\nclose ${link}: packet of type 1 while ${phase}`);
  });

  /** Follower 2 answers every ping, so that the leader lives. */
  const PASS = "! after 1000\n> 2 PING 6:0\n< 2 PING 6:0 data=\ntouched 2 by 0\n";
  test.each([
    ["FOLLOWERINFO", "", "introducing"],
    ["ACKEPOCH", "< 3 FOLLOWERINFO 6:0 sid=3\n> 3 LEADERINFO 6:0", "promising"],
    [
      "the disk log",
      "< 3 FOLLOWERINFO 6:0 sid=3\n> 3 LEADERINFO 6:0\n< 3 ACKEPOCH 4:1 epoch=-1\nread 3 from 4:1",
      "planning",
    ],
  ])("waiting for %s has an end", (_name, before, phase) =>
    check(
      {},
      `${LEAD}
       ! connected 3
       ${before}
       ${PASS.repeat(19)}
       ! after 1000
       close 3: nothing came while ${phase}
       > 2 PING 6:0`,
    ),
  );

  test("waiting for the NEWLEADER ack has an end, however slow the snapshot was", () =>
    check(
      { disk: false },
      `${LEAD}${join(3, 3, "4:1", "> 3 SNAP 6:0\nstream 3")}
       ${PASS.repeat(19)}
       ! snapshot 3 goes on
       ${PASS.repeat(19)}
       ! snapshot 3 sent
       > 3 NEWLEADER 6:0
       ${PASS.replace("> 2", "> 2,3").repeat(19)}
       ! after 1000
       close 3: nothing came while taking
       > 2 PING 6:0`,
    ));

  test("history from the committed log, from the disk, and none", () => {
    const three = LEAD;
    check(
      {},
      `${three}${join(3, 3, "5:7", "> 3 DIFF 5:9\n> 3 PROPOSAL 5:8\n> 3 COMMIT 5:8\n> 3 PROPOSAL 5:9\n> 3 COMMIT 5:9\n> 3 NEWLEADER 6:0")}`,
    );
    check({}, `${three}${join(3, 3, "5:11", "> 3 TRUNC 5:9\n> 3 NEWLEADER 6:0")}`);
    check(
      {},
      `${three}${join(
        3,
        3,
        "5:3",
        `read 3 from 5:3
         ! history 3 5:3-5:7
         > 3 DIFF 5:9
         > 3 PROPOSAL 5:4
         > 3 COMMIT 5:4
         > 3 PROPOSAL 5:5
         > 3 COMMIT 5:5
         > 3 PROPOSAL 5:6
         > 3 COMMIT 5:6
         > 3 PROPOSAL 5:7
         > 3 COMMIT 5:7
         > 3 PROPOSAL 5:8
         > 3 COMMIT 5:8
         > 3 PROPOSAL 5:9
         > 3 COMMIT 5:9
         > 3 NEWLEADER 6:0`,
      )}`,
    );
    check(
      {},
      `${three}${join(3, 3, "5:3", "read 3 from 5:3\n! history 3 5:3\n> 3 SNAP 6:0\nstream 3\n! snapshot 3 sent\n> 3 NEWLEADER 6:0")}`,
    );
    check({ disk: false }, `${three}${join(3, 3, "5:3", "> 3 SNAP 6:0\nstream 3")}`);
  });

  test("the answer of the disk comes for a link that is gone", () =>
    check(
      {},
      `${LEAD}${join(3, 3, "5:3", "read 3 from 5:3\n! closed 3\n! history 3 5:3-5:9\n! stop\nclose 2: asked to\ngone 2\nended: asked to")}`,
    ));

  test("while a snapshot is streamed live packets wait; they go before NEWLEADER (ZOOKEEPER-3104)", () =>
    check(
      { disk: false },
      `${LEAD}
       ! propose
       > 2 PROPOSAL 6:1
       log 6:1
       ${join(3, 3, "4:1", "> 3 SNAP 6:0\nstream 3")}
       ! flushed 6:1
       < 2 ACK 6:1
       > 2 COMMIT 6:1
       apply 6:1
       ! propose
       > 2 PROPOSAL 6:2
       log 6:2
       # No ping to a link whose snapshot is under way (3.7).
       ! after 1000
       > 2 PING 6:2
       ! snapshot 3 sent
       > 3 PROPOSAL 6:1
       > 3 COMMIT 6:1
       > 3 PROPOSAL 6:2
       > 3 NEWLEADER 6:0
       < 3 ACK 6:0
       > 3 UPTODATE -1
       < 3 ACK 6:1
       < 3 ACK 6:2
       ! flushed 6:2
       > 2,3 COMMIT 6:2
       apply 6:2`,
    ));

  test("from NEWLEADER to UPTODATE live packets wait, pings go out (3.11, ZOOKEEPER-4394)", () =>
    check(
      {},
      `${LEAD}
       ${join(3, 3, "5:9", "> 3 DIFF 5:9\n> 3 NEWLEADER 6:0")}
       ! propose
       > 2 PROPOSAL 6:1
       log 6:1
       ! flushed 6:1
       < 2 ACK 6:1
       > 2 COMMIT 6:1
       apply 6:1
       ! after 1000
       > 2,3 PING 6:1
       < 3 ACK 6:0
       > 3 UPTODATE -1
       > 3 PROPOSAL 6:1
       > 3 COMMIT 6:1`,
    ));

  test("an observer joins: no outstanding proposals, INFORM from there on", () =>
    check(
      {},
      `${LEAD}
       ! propose
       > 2 PROPOSAL 6:1
       log 6:1
       ${joined(7, 7, "5:9", "OBSERVERINFO")}
       < 7 ACK 6:1
       ! flushed 6:1
       < 2 ACK 6:1
       > 2 COMMIT 6:1
       > 7 INFORM 6:1
       apply 6:1`,
    ));

  test("too many observers at one time are turned away, followers never", () => {
    const snap = (link: number, role: string) => join(link, link, "4:1", `> ${link} SNAP 6:0\nstream ${link}`, role);
    const refused = (link: number, by: string) =>
      join(
        link,
        link,
        by === "snap" ? "4:1" : "5:9",
        `close ${link}: too many learners are being synced by ${by}`,
        "OBSERVERINFO",
      );
    check(
      { disk: false, snapSyncs: 1 },
      `${LEAD}${snap(7, "OBSERVERINFO")}${refused(8, "snap")}${snap(9, "FOLLOWERINFO")}`,
    );
    check({ diffSyncs: 0 }, `${LEAD}${refused(8, "diff")}${joined(9, 9, "5:9")}`);
  });

  test("the same sid twice: both are served (10.11)", () =>
    check(
      {},
      `${LEAD}${joined(3, 3, "5:9")}${joined(4, 3, "5:9")}
       ! propose
       > 2,3,4 PROPOSAL 6:1
       log 6:1
       ! flushed 6:1
       < 3 ACK 6:1
       > 2,3,4 COMMIT 6:1
       apply 6:1
       ! status
       epoch 6 established 6:1 of 6:1 outstanding 0 learners 2:2v+ 3:3v+ 4:3v+`,
    ));

  test("who is synced again acks again: a TRUNC drops what the old acks stood for", () =>
    check(
      {},
      `${LEAD}${joined(3, 3, "5:9")}
       ! propose
       > 2,3 PROPOSAL 6:1
       log 6:1
       < 3 ACK 6:1
       ${join(4, 3, "6:1", "> 4 TRUNC 5:9\n> 4 PROPOSAL 6:1\n> 4 NEWLEADER 6:0")}
       # The own disk is done; follower 3 has nothing of 6:1 at this moment.
       ! flushed 6:1
       # A late ack of the old link tells nothing either.
       < 3 ACK 6:1
       < 4 ACK 6:0
       > 4 UPTODATE -1
       < 4 ACK 6:1
       > 2,3,4 COMMIT 6:1
       apply 6:1`,
    ));
});

describe("the broadcast (4.5, 4.9, 4.13)", () => {
  test("in order, each with a quorum, whatever the order of acks", () =>
    check(
      {},
      `${LEAD}${joined(3, 3, "5:9")}
       ! propose
       > 2,3 PROPOSAL 6:1
       log 6:1
       ! propose
       > 2,3 PROPOSAL 6:2
       log 6:2
       < 2 ACK 6:2
       < 3 ACK 6:2
       ! status
       epoch 6 established 6:0 of 6:2 outstanding 2 learners 2:2v+ 3:3v+
       < 3 ACK 6:1
       ! flushed 6:1
       > 2,3 COMMIT 6:1
       apply 6:1
       > 2,3 COMMIT 6:2
       apply 6:2`,
    ));

  test("two followers are a quorum without the leader's own disk", () =>
    check(
      {},
      `${LEAD}${joined(3, 3, "5:9")}
       ! propose
       > 2,3 PROPOSAL 6:1
       log 6:1
       < 2 ACK 6:1
       < 3 ACK 6:1
       > 2,3 COMMIT 6:1
       apply 6:1
       ! flushed 6:1`,
    ));

  test("acks of nobody, of nothing, of what is committed", () =>
    check(
      {},
      `${LEAD}${joined(8, 8, "5:9")}
       < 2 ACK 6:1
       ! propose
       > 2,8 PROPOSAL 6:1
       log 6:1
       < 8 ACK 6:1
       < 2 ACK 6:0
       < 2 ACK 6:2
       unknown ack
       ! flushed 6:1
       < 2 ACK 6:1
       > 2,8 COMMIT 6:1
       apply 6:1
       < 2 ACK 6:1`,
    ));

  test("SYNC waits for what is proposed, and comes behind its COMMIT", () =>
    check(
      {},
      `${LEAD}
       ! sync 2
       > 2 SYNC 0:0
       ! propose
       > 2 PROPOSAL 6:1
       log 6:1
       ! propose
       > 2 PROPOSAL 6:2
       log 6:2
       ! sync 2
       ! sync 2
       ! propose
       > 2 PROPOSAL 6:3
       log 6:3
       ! flushed 6:3
       < 2 ACK 6:1
       > 2 COMMIT 6:1
       apply 6:1
       < 2 ACK 6:2
       > 2 COMMIT 6:2
       > 2 SYNC 0:0
       > 2 SYNC 0:0
       apply 6:2`,
    ));

  test("what learners ask, and answers to links that are gone", () =>
    check(
      {},
      `${LEAD}
       < 2 REQUEST -1 data=0300012345670000000000000000000100
       request 2 sid 2 17
       < 2 REVALIDATE -1 data=030001234567000000007530
       revalidate 2 12
       ! reply 2 REVALIDATE -1 data=030001234567000001
       > 2 REVALIDATE -1 data=030001234567000001
       < 2 PING 6:0 data=030001234567000000007530
       touched 2 by 1
       < 2 UNKNOWN 6:0
       ignored
       < 2 FOLLOWERINFO 5:0 sid=2
       ignored
       ! closed 2
       gone 2
       ! reply 2 REVALIDATE -1 data=030001234567000001
       ! sync 2
       < 2 PING 6:0 data=`,
    ));

  test.each([
    ["REQUEST -1 data=null", 1],
    ["REQUEST -1 data=000102030405060708090a0b0c0d0e", 1],
    ["REVALIDATE -1 data=null", 6],
    ["REVALIDATE -1 data=0300012345670000000075", 6],
    ["PING 6:0 data=null", 5],
    ["PING 6:0 data=03000123456700000000753001", 5],
  ])("malformed: %s loses the link", (packet, type) =>
    check({}, `${LEAD}\n< 2 ${packet}\nclose 2: packet of type ${type} while live\ngone 2`),
  );

  test("the counter ends at 0xfffffffe (4.13, ZOOKEEPER-1277)", () =>
    check(
      {},
      `${LEAD}
       ! exhaust
       ! propose
       > 2 PROPOSAL 6:4294967294
       log 6:4294967294
       ! propose
       close 2: the counter of the epoch is used up
       gone 2
       ended: the counter of the epoch is used up
       ! propose
       ! flushed 6:4294967294
       ! connected 9
       ! saved currentEpoch
       ! after 100000`,
    ));
});

describe("who is alive (4.14)", () => {
  test("pings twice a tick; silence of syncLimit ticks loses the link, and with it the quorum", () =>
    check(
      {},
      `${LEAD}
       ${"! after 1000\n> 2 PING 6:0\n".repeat(9)}
       ! after 1000
       close 2: nothing came while live
       gone 2
       ended: not sufficient followers synced, only with sids 1`,
    ));

  test("a link that is open and silent counts as synced for syncLimit ticks from what it said last", () =>
    check(
      { disk: false },
      `${LEAD}${join(3, 3, "4:1", "> 3 SNAP 6:0\nstream 3")}
       ! closed 2
       gone 2
       # It connected at tick 0: initLimit + syncLimit ticks.
       ${"! after 10000\n! snapshot 3 goes on\n".repeat(3)}
       ! after 2000
       close 3: not sufficient followers synced, only with sids 1
       ended: not sufficient followers synced, only with sids 1`,
    ));

  test("an answer a tick keeps both alive", () =>
    check(
      {},
      `${LEAD}
       ${"! after 1000\n> 2 PING 6:0\n! after 1000\n> 2 PING 6:0\n< 2 PING 6:0 data=030001234567000000007530\ntouched 2 by 1\n".repeat(30)}`,
    ));

  test("observers do not make a quorum", () => {
    const answer = "< 7 PING 6:0 data=030001234567000000007530\ntouched 7 by 1";
    check(
      {},
      `${LEAD}${joined(7, 7, "5:9", "OBSERVERINFO")}
       ! closed 2
       gone 2
       ! after 1000
       > 7 PING 6:0
       ${answer}
       ! after 1000
       close 7: not sufficient followers synced, only with sids 1
       gone 7
       ended: not sufficient followers synced, only with sids 1`,
    );
  });

  test("a follower that answers pings and acks no proposal is closed after syncLimit ticks", () => {
    const answer = (link: number) => `< ${link} PING 6:1 data=030001234567000000007530\ntouched ${link} by 1`;
    const pass = `! after 1000\n> 2,3 PING 6:1\n${answer(2)}\n${answer(3)}\n`;
    check(
      {},
      `${LEAD}${joined(3, 3, "5:9")}
       ! propose
       > 2,3 PROPOSAL 6:1
       log 6:1
       < 2 ACK 6:1
       ${pass.repeat(9)}
       ! after 1000
       > 2 PING 6:1
       close 3: its acks are late
       gone 3`,
    );
  });

  test("stopped: every link is closed", () =>
    check({}, `${LEAD}\n! stop\nclose 2: asked to\ngone 2\nended: asked to\n! stop\n! closed 2`));
});

function hexOf(text: string): string {
  return `0x${hex64(zxidOfText(text))}`;
}

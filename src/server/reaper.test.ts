import { DataTree } from "../tree/dataTree.ts";
import { create, createContainer, createTTL, remove, setData, statShown, txn } from "../tree/testTxns.ts";
import { Reaper, type ReaperSettings } from "./reaper.ts";
import { TestServer } from "./testServer.ts";
import { happens, linesOf } from "./testTranscript.ts";

const LINES = ["maxSessionTimeout=10000000"];
const EXTENDED = { "zookeeper.extendedTypesEnabled": "true" };

/** The transcript is what happens; `properties` as with -D. */
function check(properties: Record<string, string>, transcript: string): void {
  expect(happens(transcript, new TestServer(LINES, properties))).toBe(linesOf(transcript).join("\n"));
}

describe("a standalone server (client-protocol 3.16)", () => {
  test("a container that lost its last child goes at the next look, as a delete of nobody's", () =>
    check(
      {},
      `
      1: connect timeout=10000000
      flush
      1< joined, timeout=10000000, 37 bytes
      1: createContainer /c flags=4; createContainer /unused flags=4; create /c/x
      flush
      1< #1 zxid=2 /c v0
      1< #2 zxid=3 /unused v0
      1< #3 zxid=4 /c/x
      at 60000
      flush
      1: delete /c/x; exists /c watch; getChildren / watch
      flush
      1< #4 zxid=5
      1< #5 zxid=5 v0
      1< #6 zxid=5 [c unused zookeeper]
      at 119999
      flush
      at 120000
      flush
      1< event nodeDeleted /c zxid=6
      1< event nodeChildrenChanged / zxid=6
      1: exists /unused
      1< #7 zxid=6 v0
    `,
    ));

  test("a TTL node goes when it is older than its TTL; setData renews it, a child keeps it", () =>
    check(
      EXTENDED,
      `
      1: connect timeout=10000000
      flush
      1< joined, timeout=10000000, 37 bytes
      1: createTTL /t 59999; createTTL /renewed 59999; createTTL /parent 1; create /parent/x; createTTL /long 10000000
      flush
      1< #1 zxid=2 /t v0
      1< #2 zxid=3 /renewed v0
      1< #3 zxid=4 /parent v0
      1< #4 zxid=5 /parent/x
      1< #5 zxid=6 /long v0
      at 1
      1: setData /renewed x
      flush
      1< #6 zxid=7 v1
      at 60000
      flush
      at 60010
      flush
      1: getChildren /
      1< #7 zxid=8 [long parent renewed zookeeper]
      1: delete /parent/x
      flush
      1< #8 zxid=9
      at 120020
      flush
      at 120040
      flush
      1: getChildren /
      1< #9 zxid=11 [long zookeeper]
    `,
    ));

  test("without extended types there is no TTL node to make", () =>
    check(
      {},
      `
      clients 1
      1: createTTL /t 1
      flush
      1< #1 zxid=2 unimplemented
    `,
    ));
});

describe("the reaper alone", () => {
  const SETTINGS: ReaperSettings = {
    containerCheckIntervalMs: 1000,
    containerMaxPerMinute: 600,
    containerMaxNeverUsedIntervalMs: 0,
    extendedTypesEnabled: true,
    emulate353TTLNodes: false,
  };

  /** What is reaped until `untilMs`, with the moment. The wall is years ahead of what the transactions say. */
  function reaped(settings: Partial<ReaperSettings>, tree: DataTree, untilMs: number): readonly string[] {
    const seen: string[] = [];
    let nowMs = 0;
    const reaper = new Reaper(
      { ...SETTINGS, ...settings },
      () => tree,
      (path) => {
        seen.push(`${nowMs} ${path}`);
        tree.apply(txn(1_000 + seen.length, remove(path)));
      },
    );
    reaper.start(0);
    while (reaper.deadline <= untilMs) {
      nowMs = reaper.deadline;
      reaper.onDeadline({ monoMs: nowMs, wallMs: 2 ** 41 + nowMs });
    }
    return seen;
  }

  /** A tree after these, with zxids from 1; a txn's time is small. */
  function treeOf(...bodies: Parameters<typeof txn>[1][]): DataTree {
    const tree = new DataTree();
    for (const [index, body] of bodies.entries()) tree.apply(txn(index + 1, body));
    return tree;
  }

  const used = (path: string) => [
    createContainer(path),
    create(`${path}/x`, "", { parentCVersion: 1 }),
    remove(`${path}/x`),
  ];

  test("one delete every minute/maxPerMinute, looks at a fixed rate", () => {
    const tree = treeOf(...used("/a"), ...used("/b"), ...used("/c"));
    expect(reaped({}, tree, 10_000)).toEqual(["1000 /a", "1100 /b", "1200 /c"]);
  });

  test("no more than one a millisecond, and none when none may be", () => {
    expect(reaped({ containerMaxPerMinute: 1_000_000 }, treeOf(...used("/a"), ...used("/b")), 5_000)).toEqual([
      "1000 /a",
      "1001 /b",
    ]);
    expect(reaped({ containerMaxPerMinute: 0 }, treeOf(...used("/a")), 5_000)).toEqual([]);
  });

  test.each([
    ["a container that was never used", { containerMaxNeverUsedIntervalMs: 0 }, []],
    ["the same, long ago", { containerMaxNeverUsedIntervalMs: 1 }, ["1000 /c"]],
    ["the same, not long enough ago", { containerMaxNeverUsedIntervalMs: 2 ** 50 }, []],
  ])("%s", (_, settings, expected) => {
    expect(reaped(settings, treeOf(createContainer("/c")), 1_500)).toEqual(expected);
  });

  test("nodes of the other kinds stay, TTL nodes too while extended types are off", () => {
    const tree = treeOf(create("/p"), create("/e", "", { ephemeral: true }), createTTL("/t", 1n));
    expect(reaped({ extendedTypesEnabled: false }, tree, 5_000)).toEqual([]);
    expect(reaped({}, tree, 5_000)).toEqual(["1000 /t"]);
  });

  test("a TTL node as 3.5.3 marked it: the sign, and the TTL below it", () => {
    const negative = -(2n ** 63n) + 5n;
    const make = { type: 1, path: "/t", data: null, acl: null, ephemeral: true, parentCVersion: 1 } as const;
    const seen = [false, true].map((emulate353TTLNodes) => {
      const tree = new DataTree(emulate353TTLNodes);
      tree.apply(txn(1, make, negative));
      expect(tree.stat(tree.find("/t")).ephemeralOwner).toBe(emulate353TTLNodes ? 0n : negative);
      const { stat } = tree.apply(txn(2, setData("/t", "x", 1), negative));
      expect(statShown(stat)?.ephemeralOwner).toBe(emulate353TTLNodes ? 0n : negative);
      expect(tree.removeOrphans(() => false)).toBe(emulate353TTLNodes ? 0 : 1);
      return reaped({ emulate353TTLNodes }, tree, 5_000);
    });
    expect(seen).toEqual([[], ["1000 /t"]]);
  });

  test("a candidate that changed before its turn is left alone", () => {
    const tree = treeOf(createTTL("/a", 3_000_000n), createTTL("/b", 3_000_000n));
    const seen: string[] = [];
    const reaper = new Reaper(
      SETTINGS,
      () => tree,
      (path) => seen.push(path),
    );
    reaper.start(0);
    reaper.onDeadline({ monoMs: 1_000, wallMs: 2 ** 41 });
    tree.apply({ ...txn(9, setData(seen[0] === "/a" ? "/b" : "/a", "x", 1)), timeMs: BigInt(2 ** 41) });
    reaper.onDeadline({ monoMs: 1_100, wallMs: 2 ** 41 });
    expect(seen).toHaveLength(1);
  });
});

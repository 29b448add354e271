import { Writer } from "jute-ts";
import { Op } from "../wire/client/numbers.ts";
import { Frames } from "../wire/frames.ts";
import { type LooksAhead, UpcomingPaths } from "./upcomingPaths.ts";

/** A tree that notes what it is told; `room` paths at a time. */
class FakeTree implements LooksAhead {
  exceedsCache = true;
  /** The paths of each fetch. */
  readonly fetched: string[][] = [];
  readonly lookAhead: LooksAhead["lookAhead"];

  constructor(room: number) {
    let paths: string[] = [];
    let from: Uint8Array = new Uint8Array(0);
    const { fetched } = this;
    this.lookAhead = {
      get isFull() {
        return paths.length === room;
      },
      begin: (bytes) => {
        from = bytes;
        paths = [];
      },
      expect: (start, end) => paths.push(String.fromCharCode(...from.subarray(start, end))),
      fetch: () => {
        fetched.push(paths);
      },
    };
  }
}

/** A frame: its op, and a path that lies where a path would, with so many bytes behind it. */
type Sketch = readonly [op: number, path: string, padding?: number];

const GETS: readonly Sketch[] = ["/a", "/b", "/c", "/d", "/e", "/f"].map((path) => [Op.getData, path, 20]);

const CHUNKS: readonly (readonly [name: string, chunk: Uint8Array, room: number, fetched: readonly string[][]])[] = [
  ["one request", chunkOf(GETS.slice(0, 1)), 32, []],
  ["few requests", chunkOf(GETS.slice(0, 3)), 32, []],
  ["many", chunkOf(GETS), 32, [["/a", "/b", "/c", "/d", "/e", "/f"]]],
  [
    "more than there is room for",
    chunkOf([...GETS, ...GETS]),
    5,
    [
      ["/a", "/b", "/c", "/d", "/e"],
      ["/f", "/a", "/b", "/c", "/d"],
    ],
  ],
  [
    "reads among others",
    chunkOf([
      [Op.exists, "/a"],
      [Op.ping, ""],
      [Op.setData, "/m"],
      [Op.getChildren2, "/c"],
      [Op.getACL, "/d"],
      [Op.whoAmI, "", 100],
    ]),
    32,
    [["/a", "/c", "/d"]],
  ],
  ["the last one cut off", chunkOf(GETS).subarray(0, -1), 32, [["/a", "/b", "/c", "/d", "/e"]]],
  ["a path longer than its frame", changed(chunkOf(GETS), frameAt(2) + 12, 1000), 32, [["/a", "/b", "/d", "/e", "/f"]]],
  ["a path of a negative length", changed(chunkOf(GETS), frameAt(2) + 12, -1), 32, [["/a", "/b", "/d", "/e", "/f"]]],
  ["an empty path", changed(chunkOf(GETS), frameAt(2) + 12, 0), 32, [["/a", "/b", "/d", "/e", "/f"]]],
  ["a frame of a negative length", changed(chunkOf(GETS), frameAt(2), -4), 32, [["/a", "/b"]]],
  ["a frame too short for a path", shortened(chunkOf(GETS), 2), 32, [["/a", "/b", "/d", "/e", "/f"]]],
];

test.each(CHUNKS)("%s", (_name, chunk, room, fetched) => {
  expect(fetchedOf(chunk, new FakeTree(room))).toEqual(fetched);
});

test("a tree in the cache needs no looking ahead", () => {
  const tree = new FakeTree(32);
  tree.exceedsCache = false;
  expect(fetchedOf(chunkOf(GETS), tree)).toEqual([]);
});

/** What is fetched while all frames of the chunk are carried out, one after the other. */
function fetchedOf(chunk: Uint8Array, tree: FakeTree): readonly string[][] {
  const frames = new Frames(0, 1000);
  const upcoming = new UpcomingPaths(tree);
  frames.push(chunk);
  while (frames.next()) upcoming.see(frames);
  return tree.fetched;
}

function chunkOf(sketches: readonly Sketch[]): Uint8Array {
  const out = new Writer();
  for (const [op, path, padding = 30] of sketches) {
    out.int(12 + path.length + padding);
    out.int(1);
    out.int(op);
    out.ustring(path);
    out.reserve(padding);
  }
  return out.toBytes();
}

/** Where a frame of GETS begins. */
function frameAt(index: number): number {
  return index * (16 + 2 + 20);
}

/** Of one frame only the header is left. */
function shortened(chunk: Uint8Array, index: number): Uint8Array {
  const at = frameAt(index);
  return changed(Uint8Array.from([...chunk.subarray(0, at + 12), ...chunk.subarray(frameAt(index + 1))]), at, 8);
}

function changed(chunk: Uint8Array, at: number, int: number): Uint8Array {
  new DataView(chunk.buffer, chunk.byteOffset).setInt32(at, int);
  return chunk;
}

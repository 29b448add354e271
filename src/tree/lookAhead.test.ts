import { crc32 } from "../base/checksum.ts";
import { Contents } from "./contents.ts";
import { HashTable } from "./hashTable.ts";
import { LookAhead } from "./lookAhead.ts";
import { NO_NODE, NodeTable } from "./nodeTable.ts";
import { LARGEST_BLOCK } from "./slab.ts";
import { Znodes } from "./znodes.ts";

const NODES = 20_000;
/** Nearly all of them are in the table that is being left. */
const JUST_GROWN = 12_300;
const BYTES = new TextEncoder().encode("/n1 /n19999 /n7 /absent /n1");
/** Where the paths lie in these bytes. */
const RANGES = [
  [0, 3],
  [4, 11],
  [12, 15],
  [16, 23],
  [24, 27],
] as const;

test("what a look-up finds does not depend on having been expected", () => {
  const znodes = treeOf(NODES);
  const plain = RANGES.map(([start, end]) => znodes.findBytes(BYTES, start, end));
  expect(plain.map((ref) => (ref === NO_NODE ? "none" : znodes.path(ref)))).toEqual([
    "/n1",
    "/n19999",
    "/n7",
    "none",
    "/n1",
  ]);
  for (let expected = 0; expected < 1 << RANGES.length; expected++) {
    const chosen = RANGES.filter((_, i) => (expected >> i) & 1);
    expectPaths(znodes, chosen);
    expect(RANGES.map(([start, end]) => znodes.findBytes(BYTES, start, end))).toEqual(plain);
  }
});

test("data of any size, and none, can be looked up ahead", () => {
  const znodes = treeOf(20);
  const refOf = (path: string) => znodes.find(path);
  znodes.setData(refOf("/n1"), new Uint8Array(LARGEST_BLOCK + 1));
  znodes.setData(refOf("/n7"), null);
  expectPaths(znodes, RANGES);
  expect(RANGES.map(([start, end]) => znodes.findBytes(BYTES, start, end))).toEqual(
    ["/n1", "/n19999", "/n7", "/absent", "/n1"].map(refOf),
  );
});

test("a known CRC is that of its path alone: other bytes, another beginning or end have their own", () => {
  const { lookAhead } = treeOf(1);
  const other = BYTES.map((byte) => byte ^ 1);
  const asked = (bytes: Uint8Array, start: number, end: number) => {
    lookAhead.begin(BYTES);
    lookAhead.expect(4, 11);
    lookAhead.fetch();
    return lookAhead.crcOf(bytes, start, end);
  };
  for (const [bytes, start, end] of [
    [BYTES, 4, 11],
    [BYTES, 4, 10],
    [BYTES, 5, 11],
    [BYTES, 0, 3],
    [BYTES, 12, 15],
    [other, 4, 11],
  ] as const) {
    expect(asked(bytes, start, end)).toBe(crc32(0, bytes, start, end) | 0);
  }
});

test("it is full after 32 paths, until others begin", () => {
  const { lookAhead } = treeOf(1);
  lookAhead.begin(BYTES);
  for (let i = 0; i < 32; i++) {
    expect(lookAhead.isFull).toBe(false);
    lookAhead.expect(0, 3);
  }
  expect(lookAhead.isFull).toBe(true);
  lookAhead.begin(BYTES);
  expect(lookAhead.isFull).toBe(false);
});

test("a guess is nearly always right, and none is made of what is not there", () => {
  const table = tableOf(NODES);
  let vain = 0;
  for (let index = NODES; index < 2 * NODES; index++) if (table.guess(hashOf(index)) !== -1) vain++;
  expect(rightGuesses(table, NODES)).toBeGreaterThan(0.9 * NODES);
  expect(vain).toBeLessThan(0.15 * NODES);
});

test("a table that has just grown is soon guessed right though it is only read", () => {
  const table = tableOf(JUST_GROWN);
  const lookAhead = new LookAhead(table, new NodeTable(), new Contents());
  expect(rightGuesses(table, JUST_GROWN)).toBeLessThan(0.1 * JUST_GROWN);
  for (let i = 0; i < JUST_GROWN / 8; i++) lookAhead.fetch();
  expect(rightGuesses(table, JUST_GROWN)).toBeGreaterThan(0.9 * JUST_GROWN);
});

/** Of the records below `count`, each with its index for a key. */
function tableOf(count: number): HashTable {
  const table = new HashTable({ hash: hashOf, isSought: () => false, textOf: String, soughtText: () => "" });
  for (let index = 0; index < count; index++) table.add(index);
  return table;
}

function hashOf(index: number): number {
  return crc32(0, Uint8Array.of(index, index >> 8, index >> 16)) | 0;
}

function rightGuesses(table: HashTable, count: number): number {
  let right = 0;
  for (let index = 0; index < count; index++) if (table.guess(hashOf(index)) === index) right++;
  return right;
}

function expectPaths(znodes: Znodes, ranges: readonly (readonly [start: number, end: number])[]): void {
  znodes.lookAhead.begin(BYTES);
  for (const [start, end] of ranges) znodes.lookAhead.expect(start, end);
  znodes.lookAhead.fetch();
}

function treeOf(nodes: number): Znodes {
  const znodes = new Znodes();
  const stamp = { zxidHigh: 0, zxidLow: 1, timeHigh: 0, timeLow: 0 };
  for (let i = 0; i < nodes; i++) znodes.insert(znodes.seekParent(`/n${i}`), new Uint8Array(10), stamp);
  return znodes;
}

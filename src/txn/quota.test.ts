import { asciiBytes } from "../base/bytes.ts";
import { spoilsQuotaStats } from "./quota.ts";
import { create, errOf, multi, setData, TestWorld } from "./testWorld.ts";

/** A quota of this text on /q, below which is one node of four bytes: usage is 2 nodes and 4 bytes. */
function worldWith(
  limits: string | null,
  enforceQuota = true,
  warnQuota: (line: string) => void = () => {},
): TestWorld {
  const world = new TestWorld({ enforceQuota, warnQuota });
  for (const path of ["/q", "/zookeeper/quota/q"]) world.do(create(path));
  world.do(create("/q/n", { data: new Uint8Array(4) }));
  world.do(create("/zookeeper/quota/q/zookeeper_limits", { data: limits === null ? null : asciiBytes(limits) }));
  world.do(create("/zookeeper/quota/q/zookeeper_stats"));
  return world;
}

const BYTES_5 = "count=-1,bytes=-1=;byteHardLimit=5";
const COUNT_2 = "count=-1,bytes=-1=;countHardLimit=2";

test.each([
  [BYTES_5, create("/q/m", { data: new Uint8Array(1) }), 0],
  [BYTES_5, create("/q/m", { data: new Uint8Array(2) }), -125],
  [BYTES_5, create("/q/m"), 0],
  [BYTES_5, create("/other", { data: new Uint8Array(9) }), 0],
  [BYTES_5, setData("/q/n", new Uint8Array(5)), 0],
  [BYTES_5, setData("/q/n", new Uint8Array(6)), -125],
  [BYTES_5, setData("/q", new Uint8Array(2)), -125],
  [COUNT_2, create("/q/m"), -125],
  [COUNT_2, setData("/q/n", new Uint8Array(99)), 0],
  ["count=-1,bytes=-1=;byteHardLimit=2", setData("/q/n", new Uint8Array(3)), -125],
  ["count=-1,bytes=-1=;byteHardLimit=2", setData("/q/n", new Uint8Array(2)), 0],
  ["count=1,bytes=1", create("/q/m", { data: new Uint8Array(9) }), 0],
  ["count=1,bytes=1=;byteHardLimit=99;countHardLimit=3", create("/q/m", { data: new Uint8Array(9) }), 0],
  ["rubbish", create("/q/m"), -5],
  ["rubbish", setData("/q/n", new Uint8Array(9)), -5],
  [null, create("/q/m"), -5],
  ["", create("/q/m"), 0],
])("limits %j: row %#", (limits, write, err) => {
  expect(errOf(worldWith(limits).prepare(write))).toBe(err);
  expect(errOf(worldWith(limits, false).prepare(write))).toBe(0);
});

test.each([
  ["count=2,bytes=9", create("/q/m"), "/q [current count=3, softCountLimit=2]"],
  ["count=9,bytes=4", create("/q/m", { data: new Uint8Array(1) }), "/q [current bytes=5, softByteLimit=4]"],
  [COUNT_2, create("/q/m"), "/q [current count=3, hardCountLimit=2]"],
  [BYTES_5, setData("/q/n", new Uint8Array(6)), "/q [current bytes=6, hardByteLimit=5]"],
  ["count=1,bytes=1=;countHardLimit=9", create("/q/m"), undefined],
])("limits %j: what the log is told, row %#", (limits, write, told) => {
  const lines: string[] = [];
  worldWith(limits, true, (line) => lines.push(line)).prepare(write);
  expect(lines).toEqual(told === undefined ? [] : [`Quota exceeded: ${told}`]);
});

test("only applied usage counts", () => {
  const world = worldWith(BYTES_5);
  expect(errOf(world.prepare(create("/q/a", { data: new Uint8Array(1) })))).toBe(0);
  expect(errOf(world.prepare(create("/q/b", { data: new Uint8Array(1) })))).toBe(0);
  world.apply();
  expect(errOf(world.prepare(create("/q/c", { data: new Uint8Array(1) })))).toBe(-125);
});

test("in a multi a hard limit fails its op, and unreadable limits the whole", () => {
  const op = create("/q/m", { data: new Uint8Array(9) });
  expect(worldWith(BYTES_5).prepare(multi(op)).body).toEqual({ type: 14, txns: [{ type: -1, err: -125 }] });
  expect(worldWith("rubbish").prepare(multi(op)).body).toEqual({ type: -1, err: -5 });
});

const STATS = "/zookeeper/quota/q/zookeeper_stats";

/** What Java 3.9.5 parses and what it does not. */
test.each([
  ["", false],
  ["count=1,bytes=2", false],
  ["count=1", false],
  ["count==5", false],
  ["=5", false],
  [",,", false],
  [";", false],
  ["count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=3", false],
  ["count=9223372036854775807", false],
  ["count=+5", false],
  ["count=1;;,bytes=2", false],
  ["count=1=x", false],
  ["foo=7", false],
  ["count=00000000000000000000000000000000001", false],
  ["count=-9223372036854775808", false],
  ["count=", true],
  ["=", true],
  ["==", true],
  ["a", true],
  ["count=x", true],
  [",count=1", true],
  ["count=9223372036854775808", true],
  ["count=-9223372036854775809", true],
  ["count= 1", true],
  ["count=1\n", true],
  ["count=-", true],
  ["count=0x1", true],
  ["count=1.5", true],
  ["count=1,=", true],
  ["count=\u00b1", true],
  [`count=${"9".repeat(1_000_000)}`, true],
])("stats %# are refused if Java cannot read them", (text, spoils) => {
  expect(spoilsQuotaStats(STATS, asciiBytes(text))).toBe(spoils);
});

test.each([
  [STATS, true],
  ["/zookeeper/quota/zookeeper_stats", true],
  ["/zookeeper/quota/q/zookeeper_limits", false],
  ["/zookeeper/quota/q/x_zookeeper_stats", false],
  ["/q/zookeeper_stats", false],
])("null data for %s", (path, spoils) => expect(spoilsQuotaStats(path, null)).toBe(spoils));

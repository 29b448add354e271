import { pathCrcOf } from "../tree/digest.ts";
import { NodeStat } from "../tree/nodeStat.ts";
import { collidingNames } from "../tree/testCollisions.ts";
import { ChangeRecord } from "./changeRecord.ts";
import { ChangeTable } from "./changeTable.ts";

/** Few CRCs for many paths, so that buckets hold several and CRCs collide. */
function recordOf(path: string): ChangeRecord {
  return new ChangeRecord(path, crcOf(path), 1n, true, new NodeStat());
}

function crcOf(path: string): number {
  return (Number(path.slice(1)) % 7) * 0x40000000;
}

test("holds what a Map would, whatever comes and goes", () => {
  const table = new ChangeTable();
  const map = new Map<string, ChangeRecord>();
  let seed = 1;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % limit;
  };
  for (let step = 0; step < 20_000; step++) {
    const path = `/${below(step < 10_000 ? 4000 : 40)}`;
    const known = map.get(path);
    expect(table.find(path, crcOf(path))).toBe(known);
    if (known !== undefined && below(3) === 0) {
      table.remove(known);
      map.delete(path);
    } else {
      const record = recordOf(path);
      expect(table.put(record)).toBe(known);
      map.set(path, record);
      // One that was replaced is not there to be removed.
      if (known !== undefined) table.remove(known);
    }
  }
  for (const [path, record] of map) expect(table.find(path, crcOf(path))).toBe(record);
  table.clear();
  for (const path of map.keys()) expect(table.find(path, crcOf(path))).toBeUndefined();
});

test("of many changes of one CRC, few are looked at for one", () => {
  let looks = 0;
  const table = new ChangeTable();
  const records = collidingNames(2_000).map((name) => {
    const record = new ChangeRecord(`/${name}`, pathCrcOf(`/${name}`), 1n, true, new NodeStat());
    const get = (of: ChangeRecord, key: string): unknown => {
      if (key === "path") looks++;
      return Reflect.get(of, key);
    };
    return new Proxy(record, { get });
  });
  let most = 0;
  const count = (action: () => void): void => {
    looks = 0;
    action();
    most = Math.max(most, looks);
  };
  for (const record of records) count(() => table.put(record));
  for (const record of records) count(() => expect(table.find(record.path, record.pathCrc)).toBe(record));
  for (const record of records) count(() => table.remove(record));
  for (const record of records) expect(table.find(record.path, record.pathCrc)).toBeUndefined();
  expect(most).toBeLessThanOrEqual(20);
});

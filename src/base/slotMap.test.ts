import { JavaRandom } from "./javaRandom.ts";
import { SlotMap } from "./slotMap.ts";

test("says what a Map says", () => {
  const map = new SlotMap<number, string>();
  const model = new Map<number, string>();
  const random = new JavaRandom(7n);
  for (let step = 0; step < 5000; step++) {
    const key = random.nextInt() & 63;
    if ((random.nextInt() & 1) === 0) {
      map.set(key, `${step}`);
      model.set(key, `${step}`);
    } else {
      expect(map.delete(key)).toBe(model.delete(key));
    }
    expect(map.get(key)).toBe(model.get(key));
    expect(map.size).toBe(model.size);
  }
  expect([...map.values()]).toEqual([...model.values()]);
});

test("entries go while their values are visited", () => {
  const map = new SlotMap<number, string>();
  for (const value of ["a", "b", "c"]) map.set(value.charCodeAt(0), value);
  const seen: string[] = [];
  for (const value of map.values()) {
    seen.push(value);
    map.delete("b".charCodeAt(0));
  }
  expect(seen).toEqual(["a", "c"]);
});

test("a slot is taken again", () => {
  const map = new SlotMap<number, object>();
  for (let key = 0; key < 1000; key++) {
    map.set(key, {});
    if (key >= 3) map.delete(key - 3);
  }
  expect(map.size).toBe(3);
  expect(Reflect.get(map, "held")).toHaveLength(4);
});

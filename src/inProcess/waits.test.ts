import { Waits } from "./waits.ts";

test("each resolves to what it waits for once that is there, at once when it is there already", async () => {
  const waits = new Waits();
  let [a, b]: (string | undefined)[] = [];
  const both = Promise.all([waits.until(() => a), waits.until(() => b), waits.until(() => "there")]);
  let looks = 0;
  const counted = waits.until(() => (++looks > 2 ? looks : undefined));
  a = "a";
  waits.look();
  b = "b";
  waits.look();
  waits.look();
  expect([await both, await counted, looks]).toEqual([["a", "b", "there"], 3, 3]);
});

test("a probe that throws ends its own wait; fail ends all that are left", async () => {
  const waits = new Waits();
  let isBroken = false;
  const broken = waits.until(() => {
    if (isBroken) throw new Error("broken");
  });
  const left = waits.until(() => undefined);
  isBroken = true;
  waits.look();
  await expect(broken).rejects.toThrow("broken");
  waits.fail(new Error("over"));
  await expect(left).rejects.toThrow("over");
});

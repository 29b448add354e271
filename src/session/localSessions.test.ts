import { toSessionId } from "../base/ids.ts";
import { LocalSessions } from "./localSessions.ts";

const ID = toSessionId(7n);

function sessions(): LocalSessions {
  const local = new LocalSessions(100, true);
  local.begin(ID, 1000, 0);
  return local;
}

test("lives while it is heard from, and is unknown when its time is over", () => {
  const local = sessions();
  expect([local.has(ID), local.size, local.touch(ID, 1000, 500)]).toEqual([true, 1, true]);
  expect(local.expire(1400)).toEqual([]);
  expect(local.expire(1600)).toEqual([ID]);
  expect([local.has(ID), local.size, local.touch(ID, 1000, 1600), local.expire(9999)]).toEqual([false, 0, false, []]);
});

test("upgraded it is timed by the leader alone, whatever becomes of it", () => {
  const local = sessions();
  expect([local.upgrade(ID), local.upgrade(ID)]).toEqual([1000, undefined]);
  expect([local.has(ID), local.isUpgrading(ID), local.touch(ID, 1000, 0), local.expire(9999)]).toEqual([
    false,
    true,
    false,
    [],
  ]);
  local.committed(ID);
  expect(local.isUpgrading(ID)).toBe(false);
});

test.each([
  ["ended", (local: LocalSessions) => local.end(ID)],
  ["with its role", (local: LocalSessions) => local.clear()],
])("%s it is unknown", (_, act) => {
  const local = sessions();
  act(local);
  expect([local.has(ID), local.isUpgrading(ID), local.upgrade(ID), local.deadline]).toEqual([
    false,
    false,
    undefined,
    Number.POSITIVE_INFINITY,
  ]);
});

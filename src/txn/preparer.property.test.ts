import { asciiBytes, hexBytes } from "../base/bytes.ts";
import { type SessionId, toSessionId } from "../base/ids.ts";
import { JavaRandom } from "../base/javaRandom.ts";
import { deleteContainerWrite, type SubWrite } from "../wire/client/decode.ts";
import { CreateFlags, Perms } from "../wire/client/numbers.ts";
import type { ACL, Id } from "../wire/client/shared.ts";
import { decodeTxn, encodeTxn } from "../wire/txnCodec.ts";
import type { Txn } from "../wire/txnValue.ts";
import {
  check,
  create,
  createTTL,
  errOf,
  multi,
  NOBODY,
  OPEN,
  only,
  remove,
  SUPER,
  setACL,
  setData,
  TestWorld,
  type TestWrite,
} from "./testWorld.ts";

/**
 * Random requests to two preparers, one whose tree follows at once, from the bytes, and one whose tree lags by a random number of
 * transactions and is given what was found when they were made: they must give the same bytes, and the digest in each transaction must be the tree's once it is applied.
 */
const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);
const REQUESTS = 1000;
/** Types and errors of the transactions of all seeds. */
const seen = new Set<number>();
const OPTIONS = { extendedTypesEnabled: true };

test.each(SEEDS)("seed %i: what is outstanding decides as if it were applied", (seed) => {
  const prompt = new TestWorld(OPTIONS);
  const lagging = new TestWorld(OPTIONS);
  for (const world of [prompt, lagging]) begin(world);
  const chance = new Chance(seed);
  for (let i = 0; i < REQUESTS; i++) {
    const { write, from } = chance.request();
    const txn = prompt.prepare(write, from);
    expect(hexBytes(encodeTxn(lagging.prepare(write, from)))).toBe(hexBytes(encodeTxn(txn)));
    settle(prompt, 1, "bytes");
    settle(lagging, chance.below(4) > 0 ? 0 : chance.below(lagging.outstanding.length + 1), "prepared");
    seen.add(txn.body.type === -1 ? errOf(txn) : txn.body.type);
  }
  settle(lagging, lagging.outstanding.length, "prepared");
  expect(lagging.tree.digest).toBe(prompt.tree.digest);
  expect(prompt.preparer.pending.size + lagging.preparer.pending.size).toBe(0);
});

test("the requests came to everything they can come to", () => {
  const expected = [-11, -10, 1, 2, 5, 7, 14, 15, 19, 20, 21, -101, -102, -103, -108, -110, -111, -112, -8];
  expect(expected.filter((outcome) => !seen.has(outcome))).toEqual([]);
});

/** A root whose creation counter is about to overflow, and a node that refuses much. */
function begin(world: TestWorld): void {
  const made = world.do(create("/a"));
  if (made.body.type !== 1) throw new Error("create failed");
  world.tree.apply({
    ...made,
    body: { ...made.body, path: "/last", parentCVersion: 2 ** 31 - 40, finding: undefined },
  });
  world.do(create("/closed", { acl: only(Perms.read) }));
}

/** Applies as it was prepared, which a leader does, or from the bytes, as a follower does. */
function settle(world: TestWorld, count: number, as: "prepared" | "bytes"): void {
  for (let i = 0; i < count; i++) {
    const [txn] = world.outstanding;
    if (txn === undefined) return;
    if (as === "bytes") world.outstanding[0] = decodeTxn(encodeTxn(txn));
    world.apply(1);
    checkDigest(world, txn);
  }
}

function checkDigest(world: TestWorld, txn: Txn): void {
  if (txn.body.type === -1) expect(txn.digest).toBeUndefined();
  else expect(txn.digest).toEqual({ version: 2, treeDigest: BigInt.asIntN(64, world.tree.digest) });
}

class Chance {
  private readonly random: JavaRandom;
  private readonly sessions: SessionId[] = [];
  private lastSession = 100n;

  constructor(seed: number) {
    this.random = new JavaRandom(BigInt(seed));
  }

  below(bound: number): number {
    return (this.random.nextInt() >>> 1) % bound;
  }

  request(): { write: TestWrite; from: { sessionId: SessionId; identities: readonly Id[] } } {
    const identities = this.below(4) === 0 ? SUPER : NOBODY;
    if (this.sessions.length < 3 || this.below(40) === 0) {
      const sessionId = toSessionId(++this.lastSession);
      this.sessions.push(sessionId);
      return { write: { op: -10, timeOut: this.below(1000) }, from: { sessionId, identities } };
    }
    const sessionId = this.pick(this.sessions);
    if (this.below(30) === 0) {
      // It may be closed twice, and asked for more afterwards.
      if (this.below(2) === 0) this.sessions.splice(this.sessions.indexOf(sessionId), 1);
      return { write: { op: -11 }, from: { sessionId, identities } };
    }
    return { write: this.write(), from: { sessionId, identities } };
  }

  private write(): TestWrite {
    const kind = this.below(12);
    if (kind === 0) return setACL(this.path(), this.acl(), this.version());
    if (kind === 1) return deleteContainerWrite(this.path());
    if (kind < 4) return multi(...Array.from({ length: this.below(6) }, () => this.subWrite()));
    const write = this.subWrite();
    return write.op === 13 ? multi(write) : write;
  }

  private subWrite(): SubWrite {
    const flags = this.pick([
      0,
      0,
      0,
      CreateFlags.ephemeral,
      CreateFlags.persistentSequential,
      CreateFlags.ephemeralSequential,
    ]);
    const fields = { flags, acl: this.acl(), data: this.data() };
    switch (this.below(12)) {
      case 0:
        return create(this.path(), { ...fields, flags: this.pick([4, 4, flags, 9]) }, this.pick([1, 15, 19]));
      case 1:
        return createTTL(this.path(), this.pick([0n, 1n, 60000n]), { ...fields, flags: this.pick([5, 6]) });
      case 2:
      case 3:
      case 4:
      case 5:
        return create(this.path(), fields, this.pick([1, 15]));
      case 6:
      case 7:
      case 8:
        return remove(this.path(), this.version());
      case 9:
        return check(this.path(), this.version());
      default:
        return setData(this.path(), this.data(), this.version());
    }
  }

  private path(): string {
    const depth = this.pick([1, 1, 2, 2, 3]);
    let path = this.pick(["", "", "", "", "/a", "/zookeeper", "/zookeeper/quota", "/closed"]);
    for (let i = 0; i < depth; i++) path += `/${this.pick(["a", "b", "c", "d\u00e9", "zookeeper_stats"])}`;
    return this.pick([path, path, path, path, path, path, path, path, path, "/", "/zookeeper", "", "//", `${path}/`]);
  }

  private acl(): readonly ACL[] {
    return this.pick([OPEN, OPEN, OPEN, OPEN, only(this.below(32)), []]);
  }

  private data(): Uint8Array | null {
    return this.pick([
      null,
      new Uint8Array(0),
      asciiBytes("count=1"),
      new Uint8Array(this.below(300)).fill(this.below(256)),
    ]);
  }

  private version(): number {
    return this.pick([-1, -1, -1, -1, 0, 0, 1, 2]);
  }

  private pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error("nothing to pick");
    return choice;
  }
}

import { Err, Perms } from "../wire/client/numbers.ts";
import type { ACL, Id } from "../wire/client/shared.ts";
import { AclRules, checkAcl, withoutDigests } from "./aclCheck.ts";
import { AclTable, OPEN, OPEN_ACL } from "./aclTable.ts";
import { isIpPattern, matchesIp } from "./ipPattern.ts";
import { acl } from "./testTxns.ts";

const IP: Id = { scheme: "ip", id: "10.1.2.3" };
const BOB: Id = { scheme: "digest", id: "bob:hash" };
const SUPER: Id = { scheme: "super", id: "" };
const { read, write, admin, all } = Perms;

describe("the check (client-protocol 3.4)", () => {
  test.each<[string, readonly ACL[] | null, number, readonly Id[], boolean]>([
    ["no list", null, all, [], true],
    ["an empty list", [], all, [], true],
    ["world", [acl(read, "world", "anyone")], read, [], true],
    ["world without the bit", [acl(read, "world", "anyone")], write, [IP, BOB], false],
    ["any bit of the mask is enough", [acl(admin, "world", "anyone")], read | admin, [], true],
    ["world of someone else", [acl(all, "world", "bob")], read, [BOB], false],
    ["digest", [acl(all, "digest", "bob:hash")], read, [IP, BOB], true],
    ["digest of another", [acl(all, "digest", "bob:other")], read, [IP, BOB], false],
    ["digest compared with ip", [acl(all, "digest", "10.1.2.3")], read, [IP], false],
    ["ip", [acl(all, "ip", "10.0.0.0/8")], read, [IP], true],
    ["ip of another net", [acl(all, "ip", "11.0.0.0/8")], read, [IP], false],
    ["the second entry", [acl(read, "ip", "1.1.1.1"), acl(write, "digest", "bob:hash")], write, [BOB], true],
    ["super", [acl(0, "digest", "bob:hash")], all, [SUPER], true],
    ["a scheme without provider", [acl(all, "sasl", "bob")], read, [{ scheme: "sasl", id: "bob" }], false],
    ["auth is no identity's scheme", [acl(all, "auth", "")], read, [BOB], false],
    ["no permission bits", [acl(0, "world", "anyone")], all, [BOB], false],
    ["null scheme and id", [acl(all, null, null)], read, [{ scheme: null, id: null }], false],
  ])("%s", (_, list, perms, identities, allowed) => {
    expect(checkAcl(list, perms, identities)).toBe(allowed);
    expect(new AclRules(true).permits(list, perms, identities)).toBe(true);
  });
});

describe("the fix-up (client-protocol 3.8)", () => {
  const a = acl(all, "world", "anyone");
  test.each<[string, readonly ACL[] | null, readonly Id[], readonly ACL[] | number]>([
    ["null", null, [], Err.invalidACL],
    ["empty", [], [], Err.invalidACL],
    ["world", [a], [], [a]],
    ["duplicates", [a, acl(read, "ip", "1.1.1.1"), a], [], [a, acl(read, "ip", "1.1.1.1")]],
    ["other perms are no duplicate", [a, acl(1, "world", "anyone")], [], [a, acl(1, "world", "anyone")]],
    [
      "perms are not looked at",
      [acl(-1, "world", "anyone"), acl(64, "ip", "1.1.1.1")],
      [],
      [acl(-1, "world", "anyone"), acl(64, "ip", "1.1.1.1")],
    ],
    ["null scheme", [acl(all, null, "x")], [], Err.invalidACL],
    ["null scheme and id", [acl(all, null, null)], [], Err.invalidACL],
    ["world of bob", [acl(all, "world", "bob")], [], Err.invalidACL],
    ["world of nobody", [acl(all, "world", null)], [], Err.marshallingError],
    ["digest of nobody", [acl(all, "digest", null)], [], Err.marshallingError],
    ["unknown scheme, null id", [acl(all, "nope", null)], [], Err.invalidACL],
    ["unknown scheme", [acl(all, "nope", "x")], [], Err.invalidACL],
    ["super", [acl(all, "super", "")], [SUPER], Err.invalidACL],
    ["the first wrong one decides", [a, acl(all, "nope", "x"), acl(all, "digest", null)], [], Err.invalidACL],
    ["auth", [acl(5, "auth", "")], [IP, BOB], [acl(5, "digest", "bob:hash")]],
    ["auth, id null", [acl(5, "auth", null)], [IP, BOB], [acl(5, "digest", "bob:hash")]],
    [
      "auth of two",
      [acl(5, "auth", "")],
      [BOB, { scheme: "digest", id: "eve:h" }],
      [acl(5, "digest", "bob:hash"), acl(5, "digest", "eve:h")],
    ],
    ["auth of nobody", [acl(5, "auth", "")], [IP, SUPER], Err.invalidACL],
    ["a null id behind one alike", [acl(5, "auth", ""), acl(5, "auth", null)], [BOB], Err.marshallingError],
    ["a null id before one alike", [acl(5, "auth", null), acl(5, "auth", "")], [IP], Err.invalidACL],
    ["a null scheme behind equal perms", [a, acl(a.perms, null, "x")], [], Err.marshallingError],
    ["a null scheme behind other perms", [a, acl(read + 1, null, "x")], [], Err.invalidACL],
    [
      "auth is not de-duplicated again",
      [acl(5, "digest", "bob:hash"), acl(5, "auth", "")],
      [BOB],
      [acl(5, "digest", "bob:hash"), acl(5, "digest", "bob:hash")],
    ],
  ])("%s", (_, list, identities, fixed) => expect(new AclRules().fixUp(list, identities)).toEqual(fixed));

  test.each([
    ["u:x", true],
    [":x", true],
    ["a:b:", true],
    ["a:b::", true],
    ["a", false],
    ["a:", false],
    ["a:b:c", false],
    ["", false],
    [":", false],
  ])("digest id %j: %s", (id, ok) => {
    expect(new AclRules().fixUp([acl(all, "digest", id)], [])).toEqual(ok ? [acl(all, "digest", id)] : Err.invalidACL);
  });
});

describe("ip ids (client-protocol 7.4)", () => {
  test.each([
    "1.2.3.4",
    "0.0.0.0/0",
    "255.255.255.255/32",
    "1.2.3.4/08",
    "1.2.3.4/+8",
    "+1.2.3.000000000004/-0",
    "::",
    "::1",
    "1::",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "0:0:0:0:0:0:0:1",
    "fe80::ABCD/128",
    "2001:db8::/0",
  ])("%s is one", (text) => expect(isIpPattern(text)).toBe(true));

  test.each([
    "",
    "1.2.3.4/",
    "1.2.3.4/33",
    "127.0.0",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.-1",
    "a.b.c.d",
    "1.2.3.4/x",
    "1.2.3.4/1/1",
    "1.2.3.",
    ":::",
    "::1::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    "::1%lo",
    "::ffff:1.2.3.4",
    "::1/129",
    "1:2:3:4:5:6:7:",
    "::1/-1",
  ])("%j is none", (text) => expect(isIpPattern(text)).toBe(false));

  test.each([
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.3", "10.1.2.4", false],
    ["10.1.2.3", "10.1.2.2/31", true],
    ["10.1.2.3", "10.1.2.0/30", true],
    ["10.1.2.3", "10.1.2.4/30", false],
    ["10.1.2.3", "11.0.0.0/7", true],
    ["10.1.2.3", "0.0.0.0/0", true],
    ["10.1.2.3", "::/0", false],
    ["0:0:0:0:0:0:0:1", "::1", true],
    ["0:0:0:0:0:0:0:1", "0.0.0.0/0", false],
    ["2001:db8:0:0:0:0:0:1", "2001:DB8::/32", true],
    ["2001:db9:0:0:0:0:0:1", "2001:db8::/31", true],
    ["2001:dba:0:0:0:0:0:1", "2001:db8::/31", false],
    ["rubbish", "0.0.0.0/0", false],
  ])("%s in %s: %s", (address, pattern, matches) => expect(matchesIp(address, pattern)).toBe(matches));
});

test("who lacks ADMIN sees no digest", () => {
  const list = [acl(1, "digest", "bob:ha:sh"), acl(2, "ip", "1.1.1.1"), acl(3, "digest", "plain")];
  expect(withoutDigests(list)).toEqual([acl(1, "digest", "bob:x"), acl(2, "ip", "1.1.1.1"), acl(3, "digest", "plain")]);
});

describe("the table (on-disk-formats 4.3)", () => {
  const first = [acl(1, "ip", "1.1.1.1")];
  const second = [acl(31, "world", "anyone")];

  test("a list is stored once and goes with its last node; a key is never given out twice", () => {
    const table = new AclTable();
    const a = table.use(first);
    expect(table.use([acl(1, "ip", "1.1.1.1")])).toBe(a);
    const b = table.use(second);
    expect([table.key(a), table.key(b), table.key(table.use(null))]).toEqual([1n, 2n, -1n]);
    table.release(a);
    expect(table.entries()).toHaveLength(2);
    table.release(a);
    expect(table.entries()).toEqual([{ key: 2n, acl: second }]);
    expect(table.key(table.use(first))).toBe(3n);
  });

  test("null is open and not listed, an explicit open list has a key", () => {
    const table = new AclTable();
    expect([table.use(null), table.entries()]).toEqual([OPEN, []]);
    expect(table.list(OPEN)).toEqual(OPEN_ACL);
    expect(table.use(OPEN_ACL)).not.toBe(OPEN);
  });

  test("lists that only look alike are different", () => {
    const table = new AclTable();
    const ids = [
      [acl(1, "a", "b:c")],
      [acl(1, "a:b", "c")],
      [acl(1, "a", null)],
      [acl(1, "a", "")],
      [acl(1, "a", "x"), acl(1, "a", "y")],
      [acl(1, "a", "y"), acl(1, "a", "x")],
      [],
    ].map((list) => table.use(list));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("keys that come again, in turn, and after nobody used them any more", () => {
    const table = new AclTable();
    table.load(5n, [acl(1, "ip", "1.1.1.1")]);
    table.load(0x100000005n, [acl(2, "ip", "1.1.1.1")]);
    const uses = [table.useKey(0, 5), table.useKey(0, 5), table.useKey(1, 5), table.useKey(-1, -1), table.useKey(0, 5)];
    expect(uses.map((id) => table.key(id))).toEqual([5n, 5n, 0x100000005n, -1n, 5n]);
    for (const id of uses) table.release(id);
    expect(table.entries()).toEqual([]);
    const again = table.useKey(0, 5);
    expect([table.key(again), table.danglingUses()]).toEqual([5n, 1]);
  });

  test("a key without a list denies everybody but super, until the last node leaves it", () => {
    const table = new AclTable();
    table.load(5n, first);
    const known = table.useKey(0, 5);
    const dangling = table.useKey(0, 9);
    expect(table.list(known)).toEqual(first);
    expect([checkAcl(table.list(dangling), all, [IP, BOB]), table.danglingUses()]).toEqual([false, 1]);
    // Above every key in use: another list must not come to mean the dangling one.
    expect(table.key(table.use(second))).toBe(10n);
    expect(table.use([acl(0, "world", "anyone")])).not.toBe(dangling);
    table.release(dangling);
    expect(table.danglingUses()).toBe(0);
  });

  test("what no node uses goes after a load", () => {
    const table = new AclTable();
    table.load(1n, first);
    table.load(2n, second);
    table.useKey(0, 2);
    table.purge();
    expect(table.entries()).toEqual([{ key: 2n, acl: second }]);
  });
});

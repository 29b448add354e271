import type { ACL } from "../../src/wire/client/shared.ts";
import type { Chance } from "./chance.ts";

/**
 * The values that requests are made of: few enough to meet again, odd enough to find the rules of client-protocol 3.2 and 3.8.
 *
 * Nodes below SHUT may lose any permission; all others always let everybody read, so that setWatches, which ours filters by READ
 * and 3.9.5 does not (CVE-2026-59739), names only these.
 */
const OPEN_TOPS = ["/a", "/b", "/c"];
const SHUT_TOPS = ["/r", "/s"];
const NAMES = ["x", "y", "z", "q-", "1", "10", "9", "__proto__", "constructor", "toString"];

const ODD_PATHS: readonly (string | null)[] = [
  null,
  "",
  "/",
  "a",
  "a/b",
  "//",
  "/a/",
  "/a//x",
  "//a",
  "/absent//x",
  "/a/.",
  "/a/..",
  "/a/../x",
  "/./a",
  "/a/..b",
  "/a/b..",
  "/a/...",
  "/a\u0000",
  "/a/\u0000x",
  "/a/\u0001",
  "/a/\u001f",
  "/a/\u007f",
  "/a/\u009f",
  "/a/\u00a0",
  "/a/ ",
  "/a/é漢",
  "/a/\ud7ff",
  "/a/\ud800",
  "/a/\udfff",
  "/a/😀",
  "/a/\ue000",
  "/a/\uf8ff",
  "/a/\uf900",
  "/a/\ufeff",
  "/a/\uffef",
  "/a/\ufff0",
  "/a/\ufffd",
  "/a/\uffff",
  "/\ufeffa",
  `/a/${"l".repeat(2_000)}`,
  `/deep${"/d".repeat(300)}`,
  "/zookeeper",
  "/zookeeper/quota",
  "/zookeeper/config",
  "/zookeeper/own",
  "/zookeeperx",
];

/** A path that may be shut or odd; `made` are paths that earlier replies named. */
export function anyPath(chance: Chance, made: readonly string[]): string | null {
  const kind = chance.weighted([
    [50, "open"],
    [18, "shut"],
    [22, "made"],
    [10, "odd"],
  ] as const);
  if (kind === "odd") return chance.pick(ODD_PATHS);
  if (kind === "made" && made.length > 0) return chance.pick(made);
  return plainPath(chance, kind === "shut" ? SHUT_TOPS : OPEN_TOPS);
}

/** A path whose node, if there is one, everybody may read. */
export function readablePath(chance: Chance, made: readonly string[]): string | null {
  for (;;) {
    const path = anyPath(chance, made);
    if (!isShut(path)) return path;
  }
}

export function isShut(path: string | null): boolean {
  // Sequential siblings of a shut top count too.
  return SHUT_TOPS.some((top) => path?.startsWith(top));
}

function plainPath(chance: Chance, tops: readonly string[]): string {
  const depth = chance.weighted([
    [5, 0],
    [9, 1],
    [4, 2],
  ]);
  const below = Array.from({ length: depth }, () => chance.pick(NAMES));
  return [chance.pick(tops), ...below].join("/");
}

const ANYONE = { scheme: "world", id: "anyone" };
const BOB = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
const ZED = "zed:WCG2SkUVYiWbl7gaUg7oZzK3imI=";

/** What an addauth packet may carry; digest logins that ACLS speak of are among them. */
export const LOGINS = [
  { scheme: "digest", auth: "bob:pw" },
  { scheme: "digest", auth: "bob:pw" },
  { scheme: "digest", auth: "zed" },
  { scheme: "digest", auth: "" },
  { scheme: "digest", auth: ":" },
  { scheme: "digest", auth: "é漢:x:y" },
  { scheme: "ip", auth: "1.2.3.4" },
  { scheme: "ip", auth: null },
  { scheme: "digest", auth: "super:pw" },
];

/** Each of these costs the connection. */
export const BAD_LOGINS = [
  { scheme: "digest", auth: null },
  { scheme: "world", auth: "anyone" },
  { scheme: "auth", auth: "" },
  { scheme: "super", auth: "" },
  { scheme: "sasl", auth: "x" },
  { scheme: "x509", auth: "CN=a" },
  { scheme: "ensemble", auth: "" },
  { scheme: "Digest", auth: "bob:pw" },
  { scheme: "", auth: "" },
  { scheme: null, auth: "bob:pw" },
];

/** The super user of both servers: `super:pw`. */
export const SUPER_DIGEST = "super:0bX78nEegDzJM3ju0iLBEJdWzjg=";

const SHUT_IDS: readonly ACL["id"][] = [
  { scheme: "digest", id: BOB },
  { scheme: "digest", id: ZED },
  { scheme: "digest", id: "u:x" },
  { scheme: "digest", id: ":x" },
  { scheme: "digest", id: "a:b:" },
  { scheme: "auth", id: "" },
  { scheme: "auth", id: null },
  { scheme: "ip", id: "127.0.0.1" },
  { scheme: "ip", id: "127.0.0.0/8" },
  { scheme: "ip", id: "10.1.2.3" },
  { scheme: "ip", id: "::1" },
  { scheme: "ip", id: "0:0:0:0:0:ffff:0:0/96" },
  { scheme: "ip", id: "0.0.0.0/0" },
];

const BAD_IDS: readonly ACL["id"][] = [
  { scheme: "world", id: "bob" },
  { scheme: "world", id: null },
  { scheme: "digest", id: null },
  { scheme: "digest", id: "a" },
  { scheme: "digest", id: "a:" },
  { scheme: "digest", id: "a:b:c" },
  { scheme: "digest", id: "" },
  { scheme: "ip", id: "127.0.0" },
  { scheme: "ip", id: "1.2.3.4/" },
  { scheme: "ip", id: "1.2.3.4/33" },
  { scheme: "ip", id: "1.2.3.4/-1" },
  { scheme: "ip", id: "1.2.3.256" },
  { scheme: "ip", id: null },
  { scheme: "ip", id: "1::2::3" },
  { scheme: "super", id: "" },
  { scheme: "nope", id: "x" },
  { scheme: null, id: "anyone" },
  { scheme: "", id: "" },
];

/** Schemes that a server knows when it is told to, with ids that are well formed and ids that are not. */
const LOGIN_IDS: readonly ACL["id"][] = [
  ...["bob", "", "bob@R", "bob/h@R", "a/b/c", "a/b/c@R", "bob@R@S", "/@", "bob@R/h"].map((id) => ({
    scheme: "sasl",
    id,
  })),
  ...[
    "CN=a",
    "",
    "cn=a; o=b",
    "CN=a+OU=b",
    "CN",
    "XX=a",
    "1.2.3=a",
    "1.40.1=a",
    "oid.2.5.4.3=x",
    "CN=#040161",
    "CN=#0401",
    'CN="a,b"',
    'CN="a',
    "CN=a\\,b",
    "CN=a\\x",
    "CN=a\\41",
    "CN=a<b",
    "CN=a,",
    "emailAddress=a@b",
    "CN=é",
  ].map((id) => ({ scheme: "x509", id })),
  { scheme: "sasl", id: null },
  { scheme: "x509", id: null },
];

/** Some are well formed (client-protocol 7.4), most are not. */
const ODD_ADDRESSES = [
  "1.2.3.4/08",
  "1.2.3.4/+8",
  "1.2.3.4/ 8",
  "1.2.3.4/-0",
  "+1.2.3.000000000004",
  "1.2.3.4/4294967304",
  "1.2.3.4/8/",
  " 1.2.3.4",
  "1.2.3.4/x",
  "1.2.3.4/1/1",
  "1.2.3.4.5",
  "1.2.3.",
  ".1.2.3",
  "01.2.3.4",
  "1.2.3.-1",
  "a.b.c.d",
  "::",
  "1::",
  "::/0",
  ":::",
  "::1::",
  "1:2:3:4:5:6:7::",
  "::2:3:4:5:6:7:8",
  "1:2:3:4::5:6:7:8",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:",
  ":1:2:3:4:5:6:7",
  "12345::",
  "g::",
  "FE80::abcd/128",
  "::1/129",
  "::1/-1",
  "::1%lo",
  "::ffff:1.2.3.4",
];

/** An ACL list for a node at `path`: of any kind where it is shut, readable by all elsewhere, sometimes refused. */
export function aclFor(chance: Chance, path: string | null): readonly ACL[] | null {
  if (chance.once(40)) return chance.pick([null, []]);
  const all = [{ perms: 31, id: ANYONE }];
  if (chance.once(2)) return all;
  if (chance.once(10)) return [...all, { perms: chance.pick([1, 31]), id: badId(chance) }];
  if (!isShut(path)) return openList(chance);
  return Array.from({ length: 1 + chance.below(3) }, () => shutEntry(chance));
}

function badId(chance: Chance): ACL["id"] {
  if (chance.once(3)) return chance.pick(LOGIN_IDS);
  return chance.once(2) ? { scheme: "ip", id: chance.pick(ODD_ADDRESSES) } : chance.pick(BAD_IDS);
}

function openList(chance: Chance): readonly ACL[] {
  const full = { perms: 31, id: ANYONE };
  const more = [full, { perms: 31, id: chance.pick(SHUT_IDS) }, { perms: 1, id: ANYONE }];
  return [full, ...more.slice(chance.below(3))];
}

function shutEntry(chance: Chance): ACL {
  const perms = chance.weighted([
    [4, 31],
    [3, 1],
    [2, 6],
    [1, 2],
    [1, 4],
    [1, 8],
    [2, 16],
    [1, 0],
    [1, 64],
    [1, -1],
  ]);
  return { perms, id: chance.once(3) ? ANYONE : chance.pick(SHUT_IDS) };
}

/** Data: null, empty, short, and now and then long. */
export function dataFor(chance: Chance): Uint8Array | null {
  const kind = chance.below(40);
  if (kind < 3) return null;
  if (kind < 6) return new Uint8Array(0);
  if (kind === 6) return new Uint8Array(5_000).fill(chance.below(256));
  return chance.bytes(1 + chance.below(24));
}

/** -1 mostly; else a number that small nodes reach, or one that never fits. */
export function versionFor(chance: Chance): number {
  return chance.weighted([
    [12, -1],
    [3, 0],
    [2, 1],
    [1, 2],
    [1, 3],
    [1, -2],
    [1, 0x7fffffff],
  ]);
}

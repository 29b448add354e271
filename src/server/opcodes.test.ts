import { TestServer } from "./testServer.ts";
import { happens } from "./testTranscript.ts";

// Every type from -127 to 127, from a client that is nobody, somebody, and super (reliability 7): who asks makes no difference to
// what may be asked.

const LOGINS: readonly (readonly [who: string, login: string | undefined])[] = [
  ["nobody in particular", undefined],
  ["a user", "auth digest bob:pw"],
  ["super", "auth digest root:pw"],
];
const SUPER = { "zookeeper.DigestAuthenticationProvider.superDigest": "root:H(root/pw)" };

type Fate = "answered" | "marshallingError" | "cut" | "ended" | "unimplemented";

/** What comes of a type whose body is missing; of every other type: -6 and the end. */
const WITHOUT_BODY: ReadonlyMap<number, Fate> = new Map<number, Fate>([
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 18, 19, 21, 22].map((type) => [type, "marshallingError"] as const),
  ...[101, 103, 104, 105, 106].map((type) => [type, "marshallingError"] as const),
  [11, "answered"],
  [107, "answered"],
  [100, "cut"],
  [102, "cut"],
  [-11, "ended"],
]);

/** What only servers send to each other, whole: { int timeOut }, { buffer path }, { ustring path, int version }, { int err }. */
const OF_SERVERS: readonly (readonly [name: string, words: string])[] = [
  ["createSession", "op -10 00007530"],
  ["deleteContainer", "op 20 00000002 2f61"],
  ["check", "op 13 00000002 2f61 ffffffff"],
  ["error", "op -1 00000000"],
];

describe.each(LOGINS)("asked by %s", (_who, login) => {
  test("every type without its body", () => {
    const types = Array.from({ length: 255 }, (_, index) => index - 127);
    expect(types.map((type) => [type, fateOf(`op ${type}`, login)])).toEqual(
      types.map((type) => [type, WITHOUT_BODY.get(type) ?? "unimplemented"]),
    );
  });

  test.each(OF_SERVERS)("%s is for servers to send", (_name, words) => {
    expect(fateOf(words, login)).toBe("unimplemented");
  });
});

test("a name means nothing: what JavaScript knows, and numbers, are nodes as any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "10", "9", "010"];
  const talk = happens(
    [
      "clients 1",
      ...names.map((name) => `1: getData /${name}`),
      ...names.map((name) => `1: create /${name} of-${name}`),
      "flush",
      ...names.map((name) => `1: getData /${name}`),
    ].join("\n"),
  );
  const seen = talk.split("\n").filter((line) => line.startsWith("1< "));
  const [absent, created, read] = [seen.slice(0, 7), seen.slice(7, 14), seen.slice(14)];
  expect(absent.every((line) => line.endsWith(" noNode"))).toBe(true);
  expect(created.map((line) => line.split(" ").at(-1))).toEqual(names.map((name) => `/${name}`));
  expect(read.map((line) => line.split(" ").slice(-2))).toEqual(names.map((name) => [`"of-${name}"`, "v0"]));
});

/** Of one request; that the connection goes on is seen by a ping behind it. */
function fateOf(request: string, login: string | undefined): Fate | string {
  const logins = login === undefined ? [] : [`1: ${login}`];
  const talk = happens(
    ["clients 1", ...logins, `1: ${request}`, "flush", "1: ping"].join("\n"),
    new TestServer([], SUPER),
  );
  const seen = talk.split("\n").filter((line) => line.startsWith("1< "));
  const [reply = "", then = "", ...more] = seen.slice(logins.length);
  if (more.length > 0) return `more than a reply: ${more}`;
  if (reply === "1< cut" && then === "") return "cut";
  if (reply.endsWith(" zxid=-1 unimplemented") && then === "1< closed") return "unimplemented";
  if (then === "1< closed") return "ended";
  if (!then.startsWith("1< #-2 ")) return `no ping: ${reply}, ${then}`;
  return reply.endsWith(" marshallingError") ? "marshallingError" : "answered";
}
